// The lanes of a channel beside arrays, in every order of the steps of a few calls, and between threads.

import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { CHANNEL_ENDS_MAX } from "../limits.ts";
import { viewGuestMemory } from "../memory/fabric.ts";
import { Lanes, createLanes, sendersMax } from "./lanes.ts";
import type { LaneThreadStart } from "./lanes-thread.test-support.ts";

const memory = viewGuestMemory(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
const IN = 0;
const OUT = 4096;
const never = (): boolean => false;
const real = Object.fromEntries(
  ["load", "store", "compareExchange"].map((name) => [name, Reflect.get(Atomics, name)]),
);

afterEach(() => {
  for (const [name, value] of Object.entries(real)) Object.defineProperty(Atomics, name, { value });
});

function lanesOf(depth: number, stream = false, messageMax = 64): Lanes {
  return new Lanes(createLanes({ stream, depth, messageMax }));
}

function put(lanes: Lanes, lane: number, bytes: readonly number[], priority = 0): boolean {
  memory.u8.set(bytes, IN);
  return lanes.put(lane, memory, IN, bytes.length, priority);
}

function take(lanes: Lanes, own = -1): number[] | undefined {
  lanes.lookAnew();
  const bytes = lanes.take(own, memory, OUT, 64);
  return bytes > 0 ? [...memory.u8.subarray(OUT, OUT + bytes)] : undefined;
}

interface Sent {
  readonly bytes: readonly number[];
  readonly priority: number;
}

test("lanes are arrays: any order of sending and receiving, over the end of the positions", () => {
  const step = fc.oneof(
    fc.record({
      lane: fc.nat(2),
      bytes: fc.array(fc.nat(255), { minLength: 1, maxLength: 64 }),
      priority: fc.nat(7),
    }),
    fc.constant("take" as const),
  );
  const depths = fc.constantFrom(1, 2, 3, 4, 7);
  const starts = fc.constantFrom(0, 2 ** 31 - 2, 2 ** 32 - 2);
  fc.assert(
    fc.property(depths, starts, fc.array(step, { maxLength: 60 }), (depth, start, steps) => {
      const lanes = lanesOf(depth);
      const model: Sent[][] = [[], [], []];
      let [count, bytesTaken] = [0, 0];
      for (let lane = 0; lane < 3; lane++) {
        expect(lanes.addSender(lane + 10, never)).toBe(lane);
        lanes.startAt(lane, start);
      }
      for (const one of steps) {
        if (one !== "take") {
          const queue = model[one.lane] as Sent[];
          expect(put(lanes, one.lane, one.bytes, one.priority)).toBe(queue.length < depth);
          if (queue.length < depth) queue.push(one);
          continue;
        }
        const got = take(lanes);
        const first = model.filter((queue) => queue.length > 0).map(([head]) => head as Sent);
        const urgent = Math.max(...first.map(({ priority }) => priority));
        const from = model.find(
          ([head]) =>
            head?.priority === urgent &&
            String(head.bytes) === String(got) &&
            got?.length === head.bytes.length,
        );
        expect(from === undefined).toBe(first.length === 0);
        if (from === undefined) continue;
        from.shift();
        count++;
        bytesTaken += got?.length ?? 0;
      }
      const lists = [0, 1, 2];
      expect(lists.map((lane) => lanes.waiting(lane))).toEqual(model.map((queue) => queue.length));
      expect(lists.reduce((sum, lane) => sum + lanes.received(lane), 0)).toBe(count);
      expect(lists.reduce((sum, lane) => sum + lanes.bytesReceived(lane), 0)).toBe(bytesTaken);
    }),
  );
});

test("a stream gives as many chunks as there is room for, of one lane", () => {
  const lanes = lanesOf(8, true, 30);
  lanes.addSender(1, never);
  for (const length of [10, 20, 30, 5])
    put(
      lanes,
      0,
      Array.from({ length }, () => length),
    );
  expect(lanes.take(-1, memory, OUT, 30)).toBe(30);
  expect(lanes.messages).toBe(2);
  expect(lanes.take(-1, memory, OUT, 34)).toBe(30);
  expect(lanes.take(-1, memory, OUT, 34)).toBe(5);
  expect(lanes.take(-1, memory, OUT, 34)).toBe(0);
});

test("long messages, and such as don't begin at a word, are whole", () => {
  const lanes = lanesOf(2, false, 1024);
  lanes.addSender(1, never);
  for (const [length, shift] of [
    [512, 0],
    [513, 0],
    [1024, 0],
    [63, 1],
    [511, 2],
    [7, 0],
  ] as const) {
    for (let at = 0; at < length; at++) memory.u8[IN + shift + at] = at * 7 + length;
    memory.u8.fill(0, OUT, OUT + 2000);
    expect(lanes.put(0, memory, IN + shift, length, 0)).toBe(true);
    expect(lanes.take(-1, memory, OUT + shift, 1024)).toBe(length);
    expect(memory.u8.slice(OUT + shift, OUT + shift + length)).toEqual(
      memory.u8.slice(IN + shift, IN + shift + length),
    );
    expect(memory.u8[OUT + shift + length]).toBe(0);
  }
});

test("as many may send and receive as there are places, which are free again when they are empty", () => {
  const lanes = lanesOf(4);
  expect(sendersMax(lanes.shape)).toBe(CHANNEL_ENDS_MAX);
  for (let port = 0; port < CHANNEL_ENDS_MAX; port++) {
    expect(lanes.addSender(port, never)).toBe(port);
    expect(lanes.addReceiver(port)).toBe(true);
  }
  expect(lanes.addReceiver(999)).toBe(false);
  expect(lanes.addSender(999, never)).toBe(-1);
  expect(lanes.addSender(7, never)).toBe(7);
  put(lanes, 3, [1]);
  expect(lanes.addSender(999, (lane) => lane === 3)).toBe(-1);
  expect(take(lanes)).toEqual([1]);
  expect(lanes.addSender(999, (lane) => lane === 3)).toBe(3);
  lanes.removeReceiver(5);
  expect(lanes.addReceiver(999)).toBe(true);
});

test("what was seen of a lane long ago says nothing: positions go round", () => {
  const lanes = lanesOf(4);
  lanes.addSender(1, never);
  put(lanes, 0, [1]);
  put(lanes, 0, [2]);
  expect(take(lanes)).toEqual([1]);
  // Others have taken all of a whole circle since, and stand just before what was seen.
  lanes.startAt(0, 2 ** 32 - 1);
  expect(take(lanes)).toBeUndefined();
});

/**
 * Another thread's turn at one of the calls of `Atomics` that a call makes; the thread may be killed there.
 */
class Killed extends Error {}

/** Calls `work` with `other` done in the middle, at its `at`-th call of `Atomics`. False: it makes fewer. */
function interrupted(at: number, work: () => void, other: () => void): boolean {
  let calls = 0;
  for (const [name, value] of Object.entries(real)) {
    const stepping = (...args: unknown[]): unknown => {
      if (++calls === at) other();
      return (value as (...args: unknown[]) => unknown)(...args);
    };
    Object.defineProperty(Atomics, name, { value: stepping });
  }
  try {
    work();
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  } finally {
    for (const [name, value] of Object.entries(real)) Object.defineProperty(Atomics, name, { value });
  }
  return calls >= at;
}

/** A sender and two receivers, each with a view of its own, and what has come. */
function trio(depth: number, start: number) {
  const shape = createLanes({ stream: false, depth, messageMax: 64 });
  const [control, sender, one, two] = [0, 1, 2, 3].map(() => new Lanes(shape)) as [
    Lanes,
    Lanes,
    Lanes,
    Lanes,
  ];
  control.addSender(9, never);
  control.startAt(0, start);
  const got: number[] = [];
  const receive = (lanes: Lanes): void => {
    lanes.lookAnew();
    // The copy is looked at only where the call says that it took something.
    const bytes = lanes.take(-1, memory, OUT + (lanes === one ? 0 : 128), 64);
    if (bytes > 0) got.push(memory.u8[OUT + (lanes === one ? 0 : 128)] as number);
  };
  let next = 1;
  const send = (): void => {
    memory.u8[IN] = next;
    if (sender.put(0, memory, IN, 1, 0)) next++;
  };
  return { one, two, sender, got, receive, send, sent: () => next - 1 };
}

test.each([0, 2 ** 31 - 2, 2 ** 32 - 2])(
  "whatever others do in the middle of a call, each message is received once, from position %i",
  (start) => {
    for (const depth of [1, 2, 3])
      for (let filled = 0; filled <= depth; filled++)
        for (const who of ["send", "one"] as const)
          // Of what happens in between: any few calls of the other two.
          for (let what = 0; what < 3 ** 4; what++) {
            let at = 1;
            // Bound: the calls of `Atomics` that one call makes.
            for (let more = true; more; at++) {
              const room = trio(depth, start);
              for (let n = 0; n < filled; n++) room.send();
              const others = (): void => {
                for (let turn = 0, rest = what; turn < 4; turn++, rest = Math.floor(rest / 3)) {
                  if (rest % 3 === 1) room.receive(room.two);
                  if (rest % 3 === 2 && who !== "send") room.send();
                }
              };
              const work = (): void => (who === "send" ? room.send() : room.receive(room.one));
              more = interrupted(at, work, others);
              for (let n = 0; n < 8; n++) room.receive(room.two);
              expect(room.got.toSorted((a, b) => a - b)).toEqual(
                Array.from({ length: room.sent() }, (_, n) => n + 1),
              );
            }
          }
  },
);

test("who is ended in the middle of a call has sent, or received, all or nothing", () => {
  for (const who of ["send", "one"] as const) {
    let at = 1;
    for (let more = true; more; at++) {
      const room = trio(2, 5);
      room.send();
      const work = (): void => (who === "send" ? room.send() : room.receive(room.one));
      more = interrupted(at, work, () => {
        throw new Killed();
      });
      const came = [...room.got];
      for (let n = 0; n < 4; n++) room.receive(room.two);
      // It says nothing of what it did last, so that one is there, or it is not; never twice, never in
      // between.
      const all = room.got.toSorted((a, b) => a - b);
      expect([[1], [1, 2]]).toContainEqual(who === "send" ? all : [1]);
      if (who === "one") expect([[], [1]]).toContainEqual(all);
      expect(came.length).toBeLessThanOrEqual(1);
      // The lane goes on as before.
      room.send();
      room.receive(room.two);
      expect(room.got.length).toBeGreaterThan(0);
    }
  }
});

test("a sender that waits is told once there is room, whatever the order", () => {
  for (let at = 1, more = true; more; at++) {
    const room = trio(1, 0);
    room.send();
    let told = -1;
    let hasRoom = false;
    more = interrupted(
      at,
      () => (hasRoom = room.sender.wantRoom(0)),
      () => {
        room.receive(room.one);
        told = room.one.waitingSender();
      },
    );
    if (!more) room.receive(room.one);
    if (!more) told = room.one.waitingSender();
    expect(hasRoom || told === 9, `step ${at}`).toBe(true);
  }
});

test(
  "four threads: each message is received once, those of a sender in order",
  { timeout: 120_000 },
  async () => {
    const shape = createLanes({ stream: false, depth: 16, messageMax: 64 });
    const control = new Lanes(shape);
    for (const sender of [0, 1]) control.addSender(sender, never);
    const count = process.env["SLOW"] === "1" ? 2_000_000 : 50_000;
    const done = new SharedArrayBuffer(8);
    const run = (start: Omit<LaneThreadStart, "shape" | "count" | "done">): Promise<number[][]> =>
      new Promise((resolve, reject) => {
        const workerData: LaneThreadStart = { ...start, shape, count, done };
        const worker = new Worker(new URL("./lanes-thread.test-support.ts", import.meta.url), { workerData });
        worker.once("message", resolve);
        worker.once("error", reject);
      });
    const lists = await Promise.all([
      run({ role: "send", lane: 0 }),
      run({ role: "send", lane: 1 }),
      run({ role: "receive", lane: -1 }),
      run({ role: "receive", lane: -1 }),
    ]);
    for (const lane of [0, 1]) {
      const parts = lists.map((list) => list[lane] ?? []);
      for (const part of parts)
        expect(part.every((n, at) => at === 0 || n > (part[at - 1] as number))).toBe(true);
      const all = parts.flat();
      expect(all.length).toBe(count);
      expect(new Set(all).size).toBe(count);
    }
  },
);
