;; A guest that means harm: it opens its network device, gives it a ring for sending, writes a turn that no guest may
;; write (docs/abi.md, "Rings") and asks the host to send. The host stops it for that, and nobody else.
(module
  (import "vbus" "open" (func $open (param i32 i32) (result i32)))
  (import "vbus" "call" (func $call (param i32 i32 i32 i32 i32) (result i32)))
  (import "vbus" "shm" (func $shm (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "vbus" "signal" (func $signal (param i32) (result i32)))
  (import "env" "memory" (memory 2 65536 shared))

  ;; 0: the negotiation. 128: a change record. 1024: the ring, 16 descriptors. 2048: its signal. 3072: the event area. 4096: a text.
  (data (i32.const 4096) "vandal: here is a turn that you will not like\n")

  (func (export "main") (result i32)
    (local $handle i32) (local $ring i32)
    (i32.store (i32.const 0) (i32.const 1))
    (drop (call $call (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 16) (i32.const 0)))
    ;; Where it is told of events; without that it gets no ring.
    (drop (call $call (i32.const 0) (i32.const 3) (i32.const 3072) (i32.const 64) (i32.const 0)))
    ;; The first device of the bus, as the record of its being added says.
    (drop (call $call (i32.const 0) (i32.const 4) (i32.const 128) (i32.const 128) (i32.const 0)))
    (local.set $handle (call $open (i32.load (i32.const 132)) (i32.const 1)))
    ;; Ring 1 is tx, priority 0; its signal stands 1024 bytes behind it.
    (drop (call $call (i32.const 0) (i32.const 5) (i32.const 4096) (i32.const 46) (i32.const 0)))
    (local.set $ring (call $shm (local.get $handle) (i32.const 1) (i32.const 0) (i32.const 1024) (i32.const 256)
      (i32.const 1024) (i32.const 0)))
    (i32.store (i32.const 1032) (i32.const 0x66666667))
    (drop (call $signal (local.get $ring)))
    (i32.const 0)))
