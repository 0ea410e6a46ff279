;; The hot loop of the data path: moves frames of one sending ring to one receiving ring while they carry the same
;; Ethernet header, in batches: look at descriptors, claim positions, copy, publish, give back. It decides nothing else:
;; whatever is not plain (another header, a bad length, no room) ends it, and switch.ts judges that one frame.
;; Offsets are those of memory/layout.ts and docs/abi.md; layout.test.ts compares them.
;;
;; A thread can be ended at loop heads only, so the straight lines between them are whole.
(module
  (import "host" "tx" (memory 1 65536 shared))
  (import "host" "rx" (memory 1 65536 shared))
  (import "host" "fabric" (memory 1 65536 shared))

  ;; Result: frames moved; bit 30 is set where positions were passed over meanwhile and the claim must be resolved.
  (func (export "pump")
    (param $thread i32) (param $port i32) (param $portRow i32) (param $ring i32)
    (param $txRing i32) (param $txMask i32) (param $q i32) (param $txLimit i32)
    (param $rxLimit i32) (param $frameMax i32)
    (param $w0 i32) (param $w1 i32) (param $w2 i32)
    (param $frames i32) (param $batchBytes i32) (param $maxBytes i32)
    (param $generation i32) (param $spare i32)
    (result i32)
    (local $c i32) (local $total i32) (local $n i32) (local $i i32) (local $moved i32) (local $bytes i32) (local $most i32)
    (local $d i32) (local $a i32) (local $l i32) (local $r i32) (local $ra i32) (local $s i32) (local $x i32)
    (local $rxRing i32) (local $rxMask i32) (local $slots i32) (local $passes i32) (local $turn i32)
    (local.set $rxMask (i32.load 2 offset=64 (local.get $ring)))
    (local.set $rxRing (i32.load 2 offset=68 (local.get $ring)))
    (local.set $slots (i32.add (local.get $ring) (i32.const 128)))
    ;; A ring that has just come in the place of the one that was looked up may lie outside this memory.
    (local.set $x (i32.shl (i32.add (local.get $rxMask) (i32.const 1)) (i32.const 4)))
    (if (i32.gt_u (local.get $x) (local.get $rxLimit)) (then (return (i32.const 0))))
    (if (i32.gt_u (local.get $rxRing) (i32.sub (local.get $rxLimit) (local.get $x))) (then (return (i32.const 0))))
    (block $done
      (loop $batch
        (br_if $done (i32.ge_u (local.get $moved) (local.get $frames)))
        (br_if $done (i32.ge_u (local.get $total) (local.get $maxBytes)))
        (local.set $most (i32.sub (local.get $frames) (local.get $moved)))
        (if (i32.gt_u (local.get $most) (i32.const 32)) (then (local.set $most (i32.const 32))))
        (local.set $passes (i32.atomic.load 2 offset=4 (local.get $ring)))
        (local.set $c (i32.atomic.load 2 (local.get $ring)))
        (local.set $n (i32.const 0))
        (local.set $bytes (i32.const 0))

        ;; 1. Look: each word of a guest is read once and kept in the thread's scratch.
        (block $looked
          (loop $look
            (br_if $looked (i32.ge_u (local.get $n) (local.get $most)))
            (br_if $looked (i32.ge_u (local.get $bytes) (local.get $batchBytes)))
            ;; So many buffers are to be left for others: is the one that lies so far ahead posted?
            (if (local.get $spare)
              (then
                (local.set $x (i32.add (i32.add (local.get $c) (local.get $n)) (local.get $spare)))
                (local.set $s (i32.add (local.get $slots)
                  (i32.shl (i32.and (local.get $x) (local.get $rxMask)) (i32.const 5))))
                (br_if $looked (i32.ne (i32.atomic.load 2 (local.get $s)) (local.get $x)))
                (br_if $looked (i32.ne
                  (i32.atomic.load 1 offset=8 (i32.add (local.get $rxRing)
                    (i32.shl (i32.and (local.get $x) (local.get $rxMask)) (i32.const 4))))
                  (i32.or (i32.load 2 offset=8 (local.get $s)) (i32.const 1))))))
            (local.set $x (i32.add (local.get $q) (local.get $n)))
            (local.set $d (i32.add (local.get $txRing)
              (i32.shl (i32.and (local.get $x) (local.get $txMask)) (i32.const 4))))
            (br_if $looked (i32.ne (i32.atomic.load 0 offset=8 (local.get $d))
              (i32.or (i32.shl (local.get $x) (i32.const 1)) (i32.const 1))))
            (local.set $a (i32.load 0 (local.get $d)))
            (local.set $l (i32.load 0 offset=4 (local.get $d)))
            (br_if $looked (i32.lt_u (local.get $l) (i32.const 14)))
            (br_if $looked (i32.gt_u (local.get $l) (local.get $frameMax)))
            (br_if $looked (i32.gt_u (local.get $l) (local.get $txLimit)))
            (br_if $looked (i32.gt_u (local.get $a) (i32.sub (local.get $txLimit) (local.get $l))))
            (br_if $looked (i32.ne (i32.load 0 (local.get $a)) (local.get $w0)))
            (br_if $looked (i32.ne (i32.load 0 offset=4 (local.get $a)) (local.get $w1)))
            (br_if $looked (i32.ne (i32.load 0 offset=8 (local.get $a)) (local.get $w2)))
            (local.set $x (i32.add (local.get $c) (local.get $n)))
            (local.set $s (i32.add (local.get $slots)
              (i32.shl (i32.and (local.get $x) (local.get $rxMask)) (i32.const 5))))
            (br_if $looked (i32.ne (i32.atomic.load 2 (local.get $s)) (local.get $x)))
            (local.set $r (i32.add (local.get $rxRing)
              (i32.shl (i32.and (local.get $x) (local.get $rxMask)) (i32.const 4))))
            (br_if $looked (i32.ne (i32.atomic.load 1 offset=8 (local.get $r))
              (i32.or (i32.load 2 offset=8 (local.get $s)) (i32.const 1))))
            ;; The whole buffer lies in its guest's memory, as claims.ts wants it; so does the frame in it.
            (local.set $ra (i32.load 1 (local.get $r)))
            (local.set $x (i32.load 1 offset=4 (local.get $r)))
            (br_if $looked (i32.lt_u (local.get $x) (local.get $l)))
            (br_if $looked (i32.gt_u (local.get $x) (local.get $rxLimit)))
            (br_if $looked (i32.gt_u (local.get $ra) (i32.sub (local.get $rxLimit) (local.get $x))))
            (local.set $x (i32.add (local.get $thread) (i32.shl (local.get $n) (i32.const 4))))
            (i32.store 2 offset=64 (local.get $x) (local.get $a))
            (i32.store 2 offset=68 (local.get $x) (local.get $l))
            (i32.store 2 offset=72 (local.get $x) (local.get $ra))
            (local.set $bytes (i32.add (local.get $bytes) (local.get $l)))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br $look)))
        (br_if $done (i32.eqz (local.get $n)))

        ;; 2. Claim: what the reaper needs is written down before the positions are ours.
        (i32.store 2 offset=8 (local.get $thread) (local.get $c))
        (i32.store 2 offset=12 (local.get $thread) (local.get $n))
        (i32.store 2 offset=44 (local.get $thread) (i32.add (local.get $port) (i32.const 1)))
        (i32.atomic.store 2 offset=4 (local.get $thread)
          (i32.add (i32.load 2 offset=84 (local.get $ring)) (i32.const 1)))
        ;; The note stands: who ends a registration from here on waits for us; one that has ended shows.
        (if (i32.ne (i32.atomic.load 2 offset=104 (local.get $ring)) (local.get $generation))
          (then
            (i32.store 2 offset=4 (local.get $thread) (i32.const 0))
            (i32.store 2 offset=44 (local.get $thread) (i32.const 0))
            (br $done)))
        (if (i32.ne (local.get $c) (i32.atomic.rmw.cmpxchg 2 (local.get $ring) (local.get $c)
              (i32.add (local.get $c) (local.get $n))))
          (then
            (i32.store 2 offset=4 (local.get $thread) (i32.const 0))
            (i32.store 2 offset=44 (local.get $thread) (i32.const 0))
            (br $done)))

        ;; 3. Copy. The header was decided on, so it is written from what was read.
        (local.set $i (i32.const 0))
        (loop $copy
          (local.set $x (i32.add (local.get $thread) (i32.shl (local.get $i) (i32.const 4))))
          (local.set $l (i32.load 2 offset=68 (local.get $x)))
          (local.set $ra (i32.load 2 offset=72 (local.get $x)))
          (local.set $a (i32.load 2 offset=64 (local.get $x)))
          ;; A call of memory.copy costs more than short frames do: those go 16 bytes at a time, the last ones twice.
          (if (i32.le_u (i32.sub (local.get $l) (i32.const 16)) (i32.const 240))
            (then
              (local.set $r (i32.add (local.get $ra) (i32.sub (local.get $l) (i32.const 16))))
              (local.set $d (i32.sub (local.get $a) (local.get $ra)))
              (local.set $x (local.get $ra))
              (loop $short
                (v128.store 1 (local.get $x) (v128.load 0 (i32.add (local.get $x) (local.get $d))))
                (br_if $short (i32.lt_u (local.tee $x (i32.add (local.get $x) (i32.const 16))) (local.get $r))))
              (v128.store 1 (local.get $r) (v128.load 0 (i32.add (local.get $r) (local.get $d)))))
            (else (memory.copy 1 0 (local.get $ra) (local.get $a) (local.get $l))))
          (i32.store 1 (local.get $ra) (local.get $w0))
          (i32.store 1 offset=4 (local.get $ra) (local.get $w1))
          (i32.store 1 offset=8 (local.get $ra) (local.get $w2))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $copy (i32.lt_u (local.get $i) (local.get $n))))
        ;; Lengths only now: the receiver looks at these lines all the time, and each look costs the next store.
        (local.set $i (i32.const 0))
        (loop $lengths
          (i32.store 1 offset=4 (i32.add (local.get $rxRing)
            (i32.shl (i32.and (i32.add (local.get $c) (local.get $i)) (local.get $rxMask)) (i32.const 4)))
            (i32.load 2 offset=68 (i32.add (local.get $thread) (i32.shl (local.get $i) (i32.const 4)))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $lengths (i32.lt_u (local.get $i) (local.get $n))))
        (atomic.fence)

        ;; 4. Publish: the turn in the guest's descriptor is the commit of its frame, and `published` tells the reaper.
        (local.set $i (i32.const 0))
        (loop $publish
          (local.set $x (i32.add (local.get $c) (local.get $i)))
          (local.set $turn (i32.shl (local.get $x) (i32.const 1)))
          (local.set $x (i32.and (local.get $x) (local.get $rxMask)))
          (local.set $s (i32.add (local.get $slots) (i32.shl (local.get $x) (i32.const 5))))
          (local.set $l (i32.load 2 offset=68 (i32.add (local.get $thread) (i32.shl (local.get $i) (i32.const 4)))))
          (i32.store 1 offset=8 (i32.add (local.get $rxRing) (i32.shl (local.get $x) (i32.const 4))) (local.get $turn))
          (i32.store 2 offset=8 (local.get $s) (local.get $turn))
          (f64.store 2 offset=16 (local.get $s) (f64.add (f64.load 2 offset=16 (local.get $s)) (f64.const 1)))
          (f64.store 2 offset=24 (local.get $s)
            (f64.add (f64.load 2 offset=24 (local.get $s)) (f64.convert_i32_u (local.get $l))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (i32.store 2 offset=56 (local.get $thread) (local.get $i))
          (br_if $publish (i32.lt_u (local.get $i) (local.get $n))))
        ;; Whoever sees a slot's next position below sees its turn.
        (atomic.fence)
        (local.set $i (i32.const 0))
        (loop $pass
          (local.set $x (i32.add (local.get $c) (local.get $i)))
          (local.set $s (i32.add (local.get $slots)
            (i32.shl (i32.and (local.get $x) (local.get $rxMask)) (i32.const 5))))
          ;; A slot that was not passed over for a quarter of the circle: as P4 of claims.ts.
          (local.set $a (i32.load 2 offset=4 (local.get $s)))
          (if (i32.gt_s (i32.sub (local.get $x) (local.get $a)) (i32.const 0x40000000))
            (then (drop (i32.atomic.rmw.cmpxchg 2 offset=4 (local.get $s) (local.get $a)
              (i32.sub (local.get $x) (i32.add (local.get $rxMask) (i32.const 1)))))))
          (i32.store 2 (local.get $s) (i32.add (local.get $x) (i32.add (local.get $rxMask) (i32.const 1))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $pass (i32.lt_u (local.get $i) (local.get $n))))

        ;; 5. Give the sender its descriptors back.
        (local.set $i (i32.const 0))
        (loop $return
          (local.set $x (i32.add (local.get $q) (local.get $i)))
          (i32.store 0 offset=8 (i32.add (local.get $txRing)
            (i32.shl (i32.and (local.get $x) (local.get $txMask)) (i32.const 4)))
            (i32.shl (local.get $x) (i32.const 1)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $return (i32.lt_u (local.get $i) (local.get $n))))

        ;; 6. Count.
        (local.set $q (i32.add (local.get $q) (local.get $n)))
        (local.set $moved (i32.add (local.get $moved) (local.get $n)))
        (local.set $total (i32.add (local.get $total) (local.get $bytes)))
        (i32.store 2 offset=32 (local.get $portRow) (local.get $q))
        (f64.store 2 offset=128 (local.get $portRow)
          (f64.add (f64.load 2 offset=128 (local.get $portRow)) (f64.convert_i32_u (local.get $n))))
        (f64.store 2 offset=184 (local.get $portRow)
          (f64.add (f64.load 2 offset=184 (local.get $portRow)) (f64.convert_i32_u (local.get $bytes))))
        (i32.store 2 offset=44 (local.get $thread) (i32.const 0))
        (i32.store 2 offset=56 (local.get $thread) (i32.const 0))
        (if (i32.ne (local.get $passes) (i32.atomic.load 2 offset=4 (local.get $ring)))
          (then (return (i32.or (local.get $moved) (i32.const 0x40000000)))))
        ;; Atomic: who waits for us to let go has seen all of the above.
        (i32.atomic.store 2 offset=4 (local.get $thread) (i32.const 0))
        (br $batch)))
    (local.get $moved)))
