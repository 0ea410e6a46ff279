// Guests that do what no guest should, as WebAssembly text, each with how it must end. See
// test-guests/hostile.wat.txt.

import {
  POINTER,
  RX,
  TX,
  expected,
  forge,
  here,
  loop,
  main,
  post,
  shm,
  times,
  type Hostile,
} from "./hostile-words.test-support.ts";

/** Sending: lengths, pointers, ownership. */
const SENDERS: readonly Hostile[] = [
  {
    name: "frames too short, too long and of length 0xffffffff",
    body: main(
      "(call $begin)",
      ...[0, 13, -1, 1519, 0x7fffffff].map((length) => post(here, length)),
      "(call $stay)",
    ),
    end: "running",
    dropped: { malformed: 2, too_big: 3 },
  },
  {
    name: "a frame outside its memory",
    body: main("(call $begin)", post("(i32.const -64)", 64)),
    end: "quarantined",
    reason: POINTER,
  },
  {
    name: "a frame whose last byte is outside its memory",
    body: main("(call $begin)", post("(i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 63))", 64)),
    end: "quarantined",
    reason: POINTER,
  },
  {
    name: "a good frame before one outside its memory in the same call",
    body: main(
      "(call $begin) (call $head (call $txBuffer) (i32.const 9))",
      "(call $post (call $txBuffer) (i32.const 64))",
      post("(i32.const 0x7ffffff0)", 1514),
    ),
    end: "quarantined",
    reason: POINTER,
  },
  {
    name: "a tx turn of the wrong lap",
    body: main("(call $begin)", forge(`(i32.add ${expected} (i32.const 512))`), "(call $kick)"),
    end: "quarantined",
    reason: TX,
  },
  {
    name: "a tx turn that jumps",
    body: main("(call $begin)", forge(`(i32.add ${expected} (i32.const 2))`), "(call $kick)"),
    end: "quarantined",
    reason: TX,
  },
  {
    name: "a tx turn with all bits",
    body: main("(call $begin)", forge("(i32.const -1)"), "(call $kick)"),
    end: "quarantined",
    reason: TX,
  },
  {
    name: "a tx descriptor taken back after a lap",
    body: main("(call $begin)", times(300, post(here, 13)), forge("(i32.const 2)"), "(call $kick)"),
    end: "quarantined",
    reason: TX,
  },
  {
    name: "breaking the protocol and swallowing what the host throws",
    body: main("(call $begin)", loop("(try (do", forge("(i32.const -1)"), "(call $kick)) (catch_all))")),
    end: "quarantined",
    reason: TX,
  },
];

/** Receiving: what the sender's thread finds in this guest's memory. */
const RECEIVERS: readonly Hostile[] = [
  ...[2, 3, -1, 0x7fffffff].map((turn) => ({
    name: `rx turns of ${turn}`,
    body: main("(call $begin)", `(call $setAll (i32.const 8) (i32.const ${turn}))`, "(call $stay)"),
    end: "quarantined" as const,
    reason: RX,
    fed: true,
  })),
  {
    name: "rx buffers outside its memory",
    body: main(
      "(call $begin)",
      loop(
        "(call $drain) (call $setAll (i32.const 0) (i32.const -4096))",
        "(drop (call $wait (i64.const 1000)))",
      ),
    ),
    end: "quarantined",
    reason: RX,
    fed: true,
  },
  {
    name: "rx buffers whose sizes wrap",
    body: main(
      "(call $begin)",
      loop(
        "(call $drain) (call $setAll (i32.const 4) (i32.const -1))",
        "(drop (call $wait (i64.const 1000)))",
      ),
    ),
    end: "quarantined",
    reason: RX,
    fed: true,
  },
  {
    name: "rx descriptors rewritten while senders look at them",
    body: main(
      "(call $begin)",
      loop(
        "(call $setAll (i32.const 0) (i32.const -4096)) (call $setAll (i32.const 0) (i32.const 65536))",
        "(call $setAll (i32.const 4) (i32.const -1)) (call $setAll (i32.const 4) (i32.const 2048))",
        "(call $drain)",
        "(drop (call $signal (global.get $txNumber)))",
      ),
    ),
    end: "quarantined",
    reason: RX,
    fed: true,
  },
  {
    name: "never reading its ring",
    body: main("(call $begin)", "(call $stay)"),
    end: "running",
    fed: true,
    lost: "full",
  },
  {
    name: "rx buffers that are too small",
    body: main("(call $setup) (call $setAll (i32.const 4) (i32.const 13)) (call $sendOne)", "(call $stay)"),
    end: "running",
    fed: true,
    lost: "malformed",
  },
  {
    name: "rings over each other and over the event area",
    body: main(
      "(call $begin)",
      `(drop ${shm("(global.get $handle)", 0, 0, 0, 4096, 192, 0)})`,
      `(drop ${shm("(global.get $handle)", 1, 1, 64, 4096, 128, 0)})`,
      loop(
        "(call $setAll (i32.const 8) (i32.const 1)) (drop (call $signal (i32.const 33)))",
        "(memory.fill (i32.const 0) (i32.const 1) (i32.const 4096)) (drop (call $wait (i64.const 1000)))",
      ),
    ),
    end: "quarantined",
    fed: true,
  },
];

/** What it does with its time, its stack and its memory. */
const HOGS: readonly Hostile[] = [
  {
    name: "signals without end, also of numbers that nobody gave",
    body: main(
      "(call $begin)",
      loop(
        "(drop (call $signal (global.get $txNumber))) (drop (call $signal (i32.const 0)))",
        "(drop (call $signal (i32.const -1))) (drop (call $signal (i32.const 0x7fffffff)))",
      ),
    ),
    end: "running",
  },
  {
    name: "a loop without end",
    body: main("(call $begin)", loop()),
    end: "quarantined",
    reason: /watchdog/,
    watchdogMs: 300,
  },
  { name: "a trap", body: main("(call $begin) (unreachable)"), end: "failed", reason: /^trap: unreachable/ },
  { name: "an exception", body: main("(call $begin) (throw $own)"), end: "failed", reason: /^trap: / },
  {
    name: "a load outside its memory",
    body: main("(call $begin) (drop (i32.load (i32.const -4)))"),
    end: "failed",
    reason: /^trap: /,
  },
  {
    name: "growing its memory",
    body: main(
      "(call $begin)",
      times(1000, "(if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then (return (i32.const 9))))"),
    ),
    end: "completed",
    exit: 0,
  },
  {
    name: "growing tables as far as they may",
    body: `(table $t 1 262144 funcref)
      ${main("(call $begin)", times(400, "(drop (table.grow $t (ref.null func) (i32.const 1000)))"))}`,
    end: "completed",
    exit: 0,
  },
  {
    name: "recursion without end",
    body: `(func $deep (call $deep) (call $deep)) ${main("(call $begin) (call $deep)")}`,
    end: "failed",
    reason: /^trap: /,
  },
  ...[0, 1, 2, 3, 4, 5].map((pad) => ({
    name: `sending with no stack left (${pad})`,
    // The engine lets no guest catch that, so each attempt ends somewhere else in host code.
    body: `(func $pad (param i64 i64 i64) (result i64)
        (if (i64.eqz (local.get 0)) (then (call $deep) (return (local.get 1))))
        (i64.add (call $pad (i64.sub (local.get 0) (i64.const 1)) (local.get 2) (local.get 1)) (local.get 2)))
      (func $deep
        (call $head (call $txBuffer) (i32.const 9))
        (call $post (call $txBuffer) (i32.const 64))
        (try (do (drop (call $signal (global.get $txNumber)))) (catch_all))
        (call $deep))
      ${main("(call $begin)", loop(`(drop (call $pad (i64.const ${pad}) (i64.const 1) (i64.const 2)))`))}`,
    end: "failed or quarantined" as const,
    reason: /Maximum call stack size exceeded|no stack left/,
    toSink: true,
  })),
  {
    name: "a flood of text",
    body: main(
      "(call $begin)",
      loop(
        "(drop (call $call (i32.const 0) (i32.const 5) (i32.const 65536) (i32.const 16384) (i32.const 0)))",
      ),
    ),
    talks: true,
    end: "running",
  },
  {
    name: "opening and closing without end",
    body: main(
      "(call $begin)",
      loop(
        "(drop (call $close (global.get $handle)))",
        "(global.set $handle (call $open (i32.const 1) (i32.const 1)))",
      ),
    ),
    end: "running",
  },
];

/**
 * Arguments that can't be, each with the error that it must get; the guest returns the number of the first
 * wrong one.
 */
const ARGUMENTS: readonly (readonly [call: string, errno: number])[] = [
  ["(call $wait (i64.const 0))", -22],
  ["(call $open (i32.const 1) (i32.const 2))", -71],
  ["(call $open (i32.const 2) (i32.const 1))", -2],
  ["(call $open (i32.const 0) (i32.const 1))", -2],
  ["(call $open (i32.const -1) (i32.const 1))", -2],
  ["(call $open (i32.const 1) (i32.const 1))", 1],
  ["(call $open (i32.const 1) (i32.const 1))", -16],
  [shm(1, 0, 0, 4096, 1024, -64, 0), -22],
  ["(call $call (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 0))", -22],
  ["(call $call (i32.const 0) (i32.const 3) (i32.const 200) (i32.const 64) (i32.const 0))", -22],
  ["(call $call (i32.const 0) (i32.const 3) (i32.const -64) (i32.const 64) (i32.const 0))", -14],
  ["(call $call (i32.const 0) (i32.const 3) (i32.const 192) (i32.const 63) (i32.const 0))", -28],
  ["(call $call (i32.const 0) (i32.const 3) (i32.const 192) (i32.const 64) (i32.const 1))", -22],
  ["(call $call (i32.const 0) (i32.const 3) (i32.const 192) (i32.const 64) (i32.const 0))", 0],
  ["(call $call (i32.const 0) (i32.const 99) (i32.const 0) (i32.const 0) (i32.const 0))", -2],
  ["(call $call (i32.const 0) (i32.const 1) (i32.const 64) (i32.const 15) (i32.const 0))", -28],
  ["(call $call (i32.const 0) (i32.const 1) (i32.const 512) (i32.const 16) (i32.const 0))", -71],
  ["(call $call (i32.const 0) (i32.const 2) (i32.const 512) (i32.const 1) (i32.const 0))", -28],
  ["(call $call (i32.const 0) (i32.const 4) (i32.const 512) (i32.const 127) (i32.const 0))", -28],
  ["(call $call (i32.const 0) (i32.const 5) (i32.const 512) (i32.const -1) (i32.const 0))", -14],
  ["(call $call (i32.const 0) (i32.const 6) (i32.const -1) (i32.const 16) (i32.const 0))", -14],
  ["(call $call (i32.const 1) (i32.const 1) (i32.const 512) (i32.const 23) (i32.const 0))", -28],
  ["(call $call (i32.const 1) (i32.const 2) (i32.const 512) (i32.const 64) (i32.const 0))", -2],
  ["(call $call (i32.const 2) (i32.const 1) (i32.const 512) (i32.const 64) (i32.const 0))", -9],
  ["(call $call (i32.const -1) (i32.const 1) (i32.const 512) (i32.const 64) (i32.const 0))", -9],
  ["(call $close (i32.const 0))", -9],
  ["(call $close (i32.const 255))", -9],
  ["(call $close (i32.const -1))", -9],
  ...[
    [[2, 0, 0, 4096, 1024, -64, 0], -9],
    [[1, 7, 0, 4096, 1024, -64, 0], -2],
    [[1, 0, 8, 4096, 1024, -64, 0], -22],
    [[1, 0, -1, 4096, 1024, -64, 0], -22],
    [[1, 0, 0, 4096, 1024, -64, 1], -22],
    [[1, 0, 0, 4096, 0, -64, 0], -22],
    [[1, 0, 0, 4096, 128, -64, 0], -22],
    [[1, 0, 0, 4096, 1040, -64, 0], -22],
    [[1, 0, 0, 4096, 1025, -64, 0], -22],
    [[1, 0, 0, 4096, 32_768, -64, 0], -22],
    [[1, 0, 0, 4096, -16, -64, 0], -22],
    [[1, 0, 0, 4100, 1024, -68, 0], -22],
    [[1, 0, 0, 4096, 1024, -63, 0], -22],
    [[1, 0, 0, -1024, 1024, -64, 0], -14],
    [[1, 0, 0, -512, 1024, -64, 0], -14],
    [[1, 0, 0, 4096, 1024, -4112, 0], -14],
    [[1, 0, 0, 4096, 1024, 0x7ffffff0, 0], -14],
  ].map(([args, errno]): readonly [string, number] => [shm(...(args as number[])), errno as number]),
  ["(call $signal (i32.const 0))", -9],
  ["(call $signal (i32.const 255))", -9],
  ["(call $signal (i32.const 256))", -9],
  ["(call $signal (i32.const -1))", -9],
];

const WRONG_ARGUMENTS: Hostile = {
  name: "handles, ids, rings and numbers that can't be",
  body: main(
    ...ARGUMENTS.map(
      ([call, errno], index) =>
        `(if (i32.ne ${call} (i32.const ${errno})) (then (return (i32.const ${index + 1}))))`,
    ),
    // A ring that is registered anew gives its number back.
    ...Array.from(
      { length: 40 },
      () =>
        `(if (i32.lt_s ${shm(1, 1, 3, 4096, 1024, -64, 0)} (i32.const 0)) (then (return (i32.const 100))))`,
    ),
  ),
  end: "completed",
  exit: 0,
};

export const HOSTILE: readonly Hostile[] = [...SENDERS, ...RECEIVERS, ...HOGS, WRONG_ARGUMENTS];
