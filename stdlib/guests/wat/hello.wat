;; A guest by hand, from docs/abi.md and nothing else: agrees on the version, prints its name, its arguments
;; and the devices of its bus, and ends with 0.
(module
  (import "vbus" "call" (func $call (param i32 i32 i32 i32 i32) (result i32)))
  (import "vbus" "wait" (func $wait (param i64) (result i32)))
  ;; Two pages at least: ours, and one for the boot information, which has 64 KiB at most.
  (import "env" "memory" (memory 2 65536 shared))

  ;; 0: the negotiation, 16 bytes. 128: a change record, 128 bytes. 256: texts. 65536: the boot information.
  (data (i32.const 256) "hello from argument device \n")
  (global $HELLO i32 (i32.const 256))     ;; "hello from ", 11 bytes
  (global $ARGUMENT i32 (i32.const 267))  ;; "argument ", 9
  (global $DEVICE i32 (i32.const 276))    ;; "device ", 7
  (global $NEWLINE i32 (i32.const 283))
  (global $RECORDS i32 (i32.const 65536))

  ;; BUS WRITE takes what there is room for; EAGAIN (-11) is none now. Another error, and the text is lost.
  (func $write (param $at i32) (param $length i32)
    (local $taken i32)
    (loop $more
      (if (i32.eqz (local.get $length)) (then (return)))
      (local.set $taken
        (call $call (i32.const 0) (i32.const 5) (local.get $at) (local.get $length) (i32.const 0)))
      (if (i32.eq (local.get $taken) (i32.const -11))
        (then
          (drop (call $wait (i64.const 1000000)))
          (br $more)))
      (if (i32.lt_s (local.get $taken) (i32.const 0)) (then (return)))
      (local.set $at (i32.add (local.get $at) (local.get $taken)))
      (local.set $length (i32.sub (local.get $length) (local.get $taken)))
      (br $more)))

  ;; A line of two parts.
  (func $line (param $label i32) (param $labelLength i32) (param $at i32) (param $length i32)
    (call $write (local.get $label) (local.get $labelLength))
    (call $write (local.get $at) (local.get $length))
    (call $write (global.get $NEWLINE) (i32.const 1)))

  ;; Goes through the boot information: type 2 is the guest's name, type 3 an argument, others are skipped.
  (func $tellBoot (param $bytes i32)
    (local $at i32) (local $end i32) (local $length i32) (local $type i32)
    (local.set $at (global.get $RECORDS))
    (local.set $end (i32.add (global.get $RECORDS) (local.get $bytes)))
    (loop $next
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return)))
      (local.set $type (i32.load8_u (local.get $at)))
      (local.set $length (i32.load16_u offset=2 (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (if (i32.eq (local.get $type) (i32.const 2))
        (then (call $line (global.get $HELLO) (i32.const 11) (local.get $at) (local.get $length))))
      (if (i32.eq (local.get $type) (i32.const 3))
        (then (call $line (global.get $ARGUMENT) (i32.const 9) (local.get $at) (local.get $length))))
      (local.set $at (i32.add (local.get $at) (local.get $length)))
      (br $next)))

  ;; Bytes of the name in the change record: it ends at the first zero, or after 32.
  (func $nameLength (result i32)
    (local $length i32)
    (loop $next
      (if (i32.eq (local.get $length) (i32.const 32)) (then (return (local.get $length))))
      (if (i32.eqz (i32.load8_u offset=144 (local.get $length))) (then (return (local.get $length))))
      (local.set $length (i32.add (local.get $length) (i32.const 1)))
      (br $next))
    (unreachable))

  ;; A new guest is told of every device that is there, as one that was added (type 1).
  (func $tellDevices
    (loop $next
      (if (i32.ne (i32.const 1)
            (call $call (i32.const 0) (i32.const 4) (i32.const 128) (i32.const 128) (i32.const 0)))
        (then (return)))
      (if (i32.eq (i32.load (i32.const 128)) (i32.const 1))
        (then (call $line (global.get $DEVICE) (i32.const 7) (i32.const 144) (call $nameLength))))
      (br $next)))

  (func (export "main") (result i32)
    (local $bytes i32)
    (i32.store (i32.const 0) (i32.const 1))
    (if (i32.lt_s
          (call $call (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 16) (i32.const 0)) (i32.const 0))
      (then (return (i32.const 1))))
    (local.set $bytes
      (call $call (i32.const 0) (i32.const 2) (global.get $RECORDS) (i32.const 65536) (i32.const 0)))
    (if (i32.lt_s (local.get $bytes) (i32.const 0)) (then (return (i32.const 1))))
    (call $tellBoot (local.get $bytes))
    (call $tellDevices)
    (i32.const 0)))
