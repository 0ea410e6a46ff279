// The guests of the eleven holes: what those of 2009 did to their host, in today's ABI. See holes.test.ts.

import {
  POINTER,
  RX,
  TX,
  forge,
  expected,
  loop,
  main,
  post,
  shm,
  times,
  type Hostile,
} from "./hostile-words.test-support.ts";

const memoryEnd = "(i32.shl (memory.size) (i32.const 16))";
/** Leaves the guest with a number where a call does not answer this. */
const want = (call: string, answer: number, exit: number): string =>
  `(if (i32.ne ${call} (i32.const ${answer})) (then (return (i32.const ${exit}))))`;
const call = (...args: readonly number[]): string =>
  `(call $call ${args.map((arg) => `(i32.const ${arg})`).join(" ")})`;

/**
 * 1. A good frame, then one whose bytes end outside its memory, again and again, whatever the host throws.
 */
export const RING_FAULT: Hostile = {
  name: "a fault in a shared ring",
  body: main(
    "(call $begin)",
    loop("(try (do (call $sendOne)", post(`(i32.sub ${memoryEnd} (i32.const 10))`, 64), ") (catch_all))"),
  ),
  end: "quarantined",
  reason: POINTER,
};

/** 2. Posts as if the ring had gone round once more than it has. */
export const WRONG_INDEX: Hostile = {
  name: "a position that can't be",
  body: main(
    "(call $begin)",
    times(100, "(call $sendOne)"),
    forge(`(i32.add ${expected} (i32.const 512))`),
    "(call $kick) (call $stay)",
  ),
  end: "quarantined",
  reason: TX,
};

/**
 * 3. Takes buffers back while senders look at them, and gives them again; at last with another lap's turn.
 */
export const FLIPPED_OWNER: Hostile = {
  name: "an owner bit that flips",
  body: `(func $flip (param $mask i32) (local $i i32)
      (loop $next
        (drop (i32.atomic.rmw.xor offset=8 (call $rxSlot (local.get $i)) (local.get $mask)))
        (br_if $next (i32.le_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const %RX_MASK%)))))
    ${main(
      "(call $begin)",
      times(2000, "(call $flip (i32.const 1)) (call $flip (i32.const 1)) (call $drain)"),
      "(call $report (i32.const 5) (i32.const 1))",
      "(loop $until (call $drain) (br_if $until (i32.ne (i32.atomic.load (i32.const 120)) (i32.const 2))))",
      "(call $flip (i32.const 0x100)) (call $stay)",
    )}`,
  end: "quarantined",
  reason: RX,
  fed: true,
};

/** 4. Never posts a buffer again, never takes a signal or a change, and wants to be told of all of them. */
export const NEVER_RECYCLES: Hostile = {
  name: "events that are never taken",
  body: main(
    "(call $begin)",
    "(i32.atomic.store (i32.const 256) (i32.const 1))",
    loop("(call $count (i32.const 6)) (drop (call $signal (global.get $txNumber)))"),
  ),
  end: "running",
  fed: true,
  lost: "full",
};

/** 5. A buffer that begins inside its memory and ends outside. */
export const BUFFER_BEYOND: Hostile = {
  name: "a buffer that ends outside",
  body: main(
    "(call $begin)",
    loop(
      `(call $drain) (call $setAll (i32.const 0) (i32.sub ${memoryEnd} (i32.const 40)))`,
      "(drop (call $wait (i64.const 1000)))",
    ),
  ),
  end: "quarantined",
  reason: RX,
  fed: true,
};

/** 6. Signals at places that only a driver's good will would keep inside. */
export const SIGNAL_OUTSIDE: Hostile = {
  name: "a signal outside its memory",
  body: main(
    "(call $begin)",
    ...[-4112, 0x7ffffff0, -0x80000000].map((offset, index) =>
      want(shm("(global.get $handle)", 0, 0, 4096, 1024, offset, 0), -14, index + 1),
    ),
    // The last 16 bytes are inside, those behind them are not.
    want(shm("(global.get $handle)", 0, 0, 4096, 1024, `(i32.sub ${memoryEnd} (i32.const 4096))`, 0), -14, 8),
    want(shm("(global.get $handle)", 0, 0, 4096, 1024, `(i32.sub ${memoryEnd} (i32.const 4112))`, 0), 1, 9),
  ),
  end: "completed",
  exit: 0,
};

/** 7. Address and length each fit in 32 bits, and their sum, wrapped, lies inside its memory. */
export const WRAPPED_SUM: Hostile = {
  name: "a sum that wraps",
  body: main(
    "(call $begin)",
    loop(
      "(call $drain) (call $setAll (i32.const 0) (i32.const 0xfffff000))",
      "(call $setAll (i32.const 4) (i32.const 0x1400)) (drop (call $wait (i64.const 1000)))",
    ),
  ),
  end: "quarantined",
  reason: RX,
  fed: true,
};

/**
 * 8. A ring of 1024 with everything posted: the call ends before the ring does. Then for ever, while another
 * thread posts each descriptor again.
 */
export const FLAGS_FOR_EVER: Hostile = {
  name: "flags that are set for ever",
  body: main(
    "(call $begin)",
    "(drop (call $close (global.get $handle))) (global.set $handle (call $open (i32.const 1) (i32.const 1)))",
    "(memory.fill (i32.const 65536) (i32.const 0) (i32.const 16384))",
    `(global.set $txNumber ${shm("(global.get $handle)", 1, 1, 65_536, 16_384, -65_536 + 272, 0)})`,
    `(loop $all
      (i32.store offset=4 (i32.add (i32.const 65536) (i32.shl (local.get $i) (i32.const 4))) (i32.const 13))
      (i32.atomic.store offset=8 (i32.add (i32.const 65536) (i32.shl (local.get $i) (i32.const 4)))
        (i32.or (i32.shl (local.get $i) (i32.const 1)) (i32.const 1)))
      (br_if $all (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1024))))`,
    want("(call $signal (global.get $txNumber))", 1, 1),
    want("(i32.load (i32.add (i32.const 65536) (i32.const 4088)))", 510, 2), // Slot 255 is given back,
    want("(i32.load (i32.add (i32.const 65536) (i32.const 4104)))", 513, 3), // slot 256 is not.
    "(call $report (i32.const 5) (i32.const 1))",
    `(loop $more
      (call $count (i32.const 6))
      (if (i32.lt_s (call $signal (global.get $txNumber)) (i32.const 0)) (then (return (i32.const 4))))
      (br_if $more (i32.eqz (call $stopping))))`,
  ),
  end: "running",
};

/** 9. Closes its device in the middle of being sent to, and never lets anything go that it is asked for. */
export const NEVER_LETS_GO: Hostile = {
  name: "closing that waits",
  body: main(
    "(call $begin)",
    "(loop $until (br_if $until (i32.ne (i32.atomic.load (i32.const 120)) (i32.const 2))))",
    want("(call $open (i32.const 2) (i32.const 1))", 2, 1),
    want("(call $close (global.get $handle))", 0, 2),
    "(call $report (i32.const 5) (i32.const 1))",
    "(global.set $handle (call $open (i32.const 1) (i32.const 1)))",
    loop("(call $count (i32.const 6)) (drop (call $signal (i32.const 0)))"),
  ),
  end: "stopped",
};

const FORGED = [-1, -0x80000000, 0x7fffffff, 256, 257, 0x10001, 0x1000001, 0x40000001, 4096, 65_536, 2, 255];

/** 10. Handles that it was not given: small, large, its own with other bits, and addresses. */
export const FORGED_HANDLE: Hostile = {
  name: "a handle that was not given",
  body: main(
    "(call $begin)",
    want("(global.get $handle)", 1, 1),
    ...FORGED.flatMap((handle, index) => [
      want(call(handle, 1, 512, 28, 0), -9, 10 + index),
      want(shm(handle, 1, 1, 20_480, 4096, -20_480 + 272, 0), -9, 30 + index),
      want(`(call $close (i32.const ${handle}))`, -9, 50 + index),
    ]),
    // Every small one, for what a neighbour may have been given.
    `(local.set $i (i32.const 2))
    (loop $each
      (if (i32.ne (call $call (local.get $i) (i32.const 1) (i32.const 512) (i32.const 28) (i32.const 0))
          (i32.const -9)) (then (return (i32.const 70))))
      (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000))))`,
    want(call(1, 1, 512, 28, 0), 0, 71),
  ),
  end: "completed",
  exit: 0,
};

/** 11. Turns its own flags on and off as fast as it can while it is signalled. */
export const FLAPPING_FLAGS: Hostile = {
  name: "flags that flap",
  body: main(
    "(call $begin)",
    loop(
      "(i32.atomic.store (i32.const 256) (i32.const 1)) (i32.atomic.store (i32.const 196) (i32.const 1))",
      "(drop (i32.atomic.rmw.xchg (i32.const 224) (i32.const -1))) (call $drain)",
      "(i32.atomic.store (i32.const 256) (i32.const 0)) (i32.atomic.store (i32.const 196) (i32.const 0))",
      "(drop (i32.atomic.rmw.xchg (i32.const 224) (i32.const 0))) (drop (call $signal (i32.const 0)))",
    ),
  ),
  end: "running",
  fed: true,
};

/**
 * A well-behaved guest that hands tokens over: for each that it takes it sends one, after a moment by chance,
 * and sleeps without a time limit where none is there. Report: 4 tokens taken, 5 sleeps.
 */
export const HANDS_OVER = `
  (global $random (mut i32) (i32.const %SEED%))
  (func $moment
    (local $i i32)
    (global.set $random (i32.xor (global.get $random) (i32.shl (global.get $random) (i32.const 13))))
    (global.set $random (i32.xor (global.get $random) (i32.shr_u (global.get $random) (i32.const 17))))
    (global.set $random (i32.xor (global.get $random) (i32.shl (global.get $random) (i32.const 5))))
    (local.set $i (i32.and (global.get $random) (i32.const %MOMENT%)))
    (loop $on (br_if $on (i32.gt_s (local.tee $i (i32.sub (local.get $i) (i32.const 1))) (i32.const 0)))))
  (func $sendToken
    (call $head (call $txBuffer) (i32.const 7))
    (call $post (call $txBuffer) (i32.const 64))
    (call $kick))
  (func (export "main") (result i32)
    (local $slot i32) (local $i i32)
    (call $setup)
    (local.set $i (i32.const %TOKENS%))
    (block $begun
      (loop $first
        (br_if $begun (i32.eqz (local.get $i)))
        (local.set $i (i32.sub (local.get $i) (i32.const 1)))
        (call $sendToken)
        (br $first)))
    (loop $round
      (block $empty
        (loop $more
          (br_if $empty (i32.eqz (local.tee $slot (call $take))))
          (local.set $i (i32.load offset=12 align=1 (call $rxBuffer (local.get $slot))))
          (call $repost (local.get $slot))
          (br_if $more (i32.ne (local.get $i) (i32.const 0x7b588)))
          (call $count (i32.const 4))
          (call $moment)
          (call $sendToken)
          (br $more)))
      (if (call $stopping) (then (return (i32.const 0))))
      (if (i32.eqz (i32.atomic.load (i32.const 256)))
        (then (i32.atomic.store (i32.const 256) (i32.const 1)) (br $round)))
      (drop (call $wait (i64.const -1)))
      (call $count (i32.const 5))
      (drop (i32.atomic.rmw.xchg (i32.const 224) (i32.const 0)))
      (i32.atomic.store (i32.const 256) (i32.const 0))
      (br $round))
    (unreachable))`;
