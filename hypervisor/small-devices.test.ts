// Terminals, clocks and sources of randomness: what a hostile guest does with one costs that guest alone,
// what is changed while it is open its guest sees, and a guest that is paused among its calls goes on where
// it was.

import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { Caller, callerImage, type CallersRing } from "./caller.test-support.ts";
import type { DeviceSpec, Image } from "./hypervisor.ts";
import { RANDOM_BYTES_MAX } from "./limits.ts";
import { TestLab, bootPair, endPair, must, pairAtRest, until } from "./machine-room.test-support.ts";
import { CHANGE, EBADF, EFAULT, EINVAL, ENOENT, ENOSPC, VCLOCK, VCONSOLE, VRNG } from "./ring/abi.ts";

const LIMIT = { timeout: 120_000 };
const MS = 1e6;
/** A caller's memory. */
const MEMORY = 16 * 65_536;
/** Beyond every memory, as a signed word. */
const FAR = 0xffff_0000 | 0;

let image: Image;
let lab: TestLab;
let log = "";
beforeAll(async () => {
  image = await callerImage();
});
beforeEach(() => {
  lab = new TestLab();
  log = "";
  lab.hv.on((event) => {
    if (event.type === "log" && event.id === "c") log += event.text;
  });
});
afterEach(() => lab.close());

const terminal = (columns = 80, rows = 24): DeviceSpec => ({
  class: "vconsole",
  name: "tty",
  vconsole: { columns, rows },
});
const clock = (offsetNs = 0, drift = 0): DeviceSpec => ({
  class: "vclock",
  name: "clock",
  vclock: { offsetNs, drift },
});
const random: DeviceSpec = { class: "vrng", name: "random", vrng: { seed: 7 } };

interface Terminal {
  readonly caller: Caller;
  readonly handle: number;
  readonly in: CallersRing;
  readonly out: CallersRing;
}

async function openTerminal(): Promise<Terminal> {
  const caller = await Caller.boot(lab.room, "c", image, [terminal()]);
  const handle = await caller.open(1);
  const into = await caller.ring(handle, VCONSOLE.in, 16, 64, 3);
  return { caller, handle, in: into, out: await caller.ring(handle, VCONSOLE.out, 16, 64, 2) };
}

const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)];
const textOf = (parts: readonly (readonly number[])[]): string =>
  new TextDecoder().decode(new Uint8Array(parts.flat()));

function show({ caller, out }: Terminal, text: string): Promise<number> {
  out.send(bytesOf(text));
  return caller.signal(out.number);
}

async function plugPair(): Promise<void> {
  for (const n of [1, 2]) lab.plug(n);
  await bootPair(lab);
}

/** The pair lost nothing, and its buffers and claims are where they belong. */
async function checkPair(): Promise<void> {
  expect(await pairAtRest(lab)).toEqual([]);
  const { zeros } = await endPair(lab);
  expect(Object.entries(zeros).filter(([, value]) => value !== 0)).toEqual([]);
}

/** Of what is shown the second one: there was one before. */
test.each<[string, "in" | "out", (tty: Terminal) => void]>([
  ["a turn of what it shows that can't be", "out", ({ out }) => out.write(1, 65_536, 4, 7)],
  ["a text that is not in its memory", "out", ({ out }) => out.write(1, FAR, 4, 3)],
  ["a text that ends behind its memory", "out", ({ out }) => out.write(1, MEMORY - 3, 4, 3)],
  ["a turn of what is typed that can't be", "in", ({ in: into }) => into.write(0, 65_536, 64, 8)],
  ["a place for what is typed outside its memory", "in", ({ in: into }) => into.write(0, FAR, 64, 1)],
  ["a place for what is typed that ends behind it", "in", ({ in: into }) => into.write(0, MEMORY - 3, 64, 1)],
])("%s stops a terminal's guest, and nobody else", LIMIT, async (_, ring, breaks) => {
  await plugPair();
  const tty = await openTerminal();
  expect(await show(tty, "before")).toBe(0);
  breaks(tty);
  if (ring === "out") await expect(tty.caller.signal(tty.out.number)).rejects.toThrow("broke the protocol");
  else expect(lab.hv.typeConsole("c.tty", "typed")).toEqual({ ok: true, value: 0 });
  expect(await lab.ended("c")).toMatchObject({
    state: "quarantined",
    reason: expect.stringContaining(ring === "out" ? "a sending ring" : "a receiving ring"),
  });
  must(lab.hv.removeGuest("c"));
  const again = await openTerminal();
  expect(await show(again, ", after")).toBe(0);
  await until("what both have shown is in the log", () => log === "before, after");
  again.in.post(1);
  must(lab.hv.typeConsole("c.tty", "typed"));
  expect(textOf(again.in.take())).toBe("typed");
  await checkPair();
});

/** What a guest asks a device: a function, where, how many bytes, and what it must be answered. */
type Asked = readonly [func: number, at: number, bytes: number, answer: number];
const SOMEWHERE = 131_072;

const OF_CLOCKS: readonly Asked[] = [
  [VCLOCK.now, MEMORY - 15, 16, EFAULT],
  [VCLOCK.now, -16, 17, EFAULT],
  [VCLOCK.now, -1, 16, EFAULT],
  [VCLOCK.now, SOMEWHERE, -1, EFAULT],
  [VCLOCK.now, SOMEWHERE, 15, ENOSPC],
  [VCLOCK.listen, MEMORY - 3, 4, EFAULT],
  [VCLOCK.deadline, MEMORY - 7, 8, EFAULT],
  [VCLOCK.period, MEMORY - 15, 16, EFAULT],
  [VCLOCK.ticks, MEMORY - 31, 32, EFAULT],
  [VCLOCK.ticks, FAR, 32, EFAULT],
  [0, SOMEWHERE, 32, ENOENT],
  [-1, SOMEWHERE, 32, ENOENT],
  [VCLOCK.now, MEMORY - 16, 16, 0],
];
const OF_RANDOMNESS: readonly Asked[] = [
  [VRNG.fill, MEMORY - 15, 16, EFAULT],
  [VRNG.fill, -1, 2, EFAULT],
  [VRNG.fill, FAR, RANDOM_BYTES_MAX, EFAULT],
  [VRNG.fill, SOMEWHERE, -1, EFAULT],
  [VRNG.fill, SOMEWHERE, RANDOM_BYTES_MAX + 1, EINVAL],
  [0, SOMEWHERE, 16, ENOENT],
  [VRNG.fill + 1, SOMEWHERE, 16, ENOENT],
  [VRNG.fill, SOMEWHERE, 0, 0],
  [VRNG.fill, MEMORY - 16, 16, 16],
];

test.each([
  ["clock", clock(), OF_CLOCKS],
  ["source of randomness", random, OF_RANDOMNESS],
] as const)(
  "a %s that is asked for what can't be writes nowhere, and disturbs nobody",
  LIMIT,
  async (_, spec, asked) => {
    await plugPair();
    const caller = await Caller.boot(lab.room, "c", image, [spec]);
    const handle = await caller.open(1);
    const before = caller.memory.u8.slice(SOMEWHERE, MEMORY - 16);
    for (const [func, at, bytes, answer] of asked)
      expect([func, at, bytes, await caller.call(handle, func, at, bytes)]).toEqual([
        func,
        at,
        bytes,
        answer,
      ]);
    // It has no rings, so nobody takes one of it, and no number of its own.
    for (const id of [0, 1, 7, -1]) expect((await caller.ring(handle, id, 16, 16)).number).toBe(ENOENT);
    for (const number of [0, 255, -1, 2 ** 30]) expect(await caller.signal(number)).toBe(EBADF);
    const after = caller.memory.u8.slice(SOMEWHERE, MEMORY - 16);
    expect(Buffer.compare(after, before)).toBe(0);
    expect(lab.guest("c").state).toBe("running");
    await checkPair();
  },
);

test(
  "timers of all times, and a signal number asked for again and again, cost the guest alone",
  LIMIT,
  async () => {
    await plugPair();
    const caller = await Caller.boot(lab.room, "c", image, [clock()]);
    const handle = await caller.open(1);
    const ask = (func: number, ...values: readonly bigint[]): Promise<number> => {
      for (const [index, value] of values.entries())
        caller.memory.view.setBigUint64(SOMEWHERE + index * 8, value, true);
      return caller.call(handle, func, SOMEWHERE, values.length * 8);
    };
    const numbers = new Set<number>();
    // More than there are: the one before is given back.
    for (let turn = 0; turn < 300; turn++) numbers.add(await ask(VCLOCK.listen, 5n));
    expect(
      [...numbers].every((number) => number >> 5 === 5),
      [...numbers].join(),
    ).toBe(true);
    const all = 2n ** 64n - 1n;
    for (const first of [1n, all, 2n ** 63n]) {
      for (const period of [10_000n, all, 2n ** 63n]) {
        expect(await ask(VCLOCK.period, period, first)).toBe(0);
        expect(await ask(VCLOCK.deadline, first)).toBe(0);
        expect(await ask(VCLOCK.ticks, 0n, 0n, 0n, 0n)).toBe(0);
      }
    }
    // Of a period since the beginning of time, all but one were missed.
    expect(await ask(VCLOCK.period, 10_000n, 1n)).toBe(0);
    expect(await ask(VCLOCK.ticks, 0n, 0n, 0n, 0n)).toBe(0);
    expect(caller.memory.view.getBigUint64(SOMEWHERE + 8, true)).toBeGreaterThan(1000n);
    await checkPair();
  },
);

test("the size of a terminal is another one while it is open, and its guest is told", LIMIT, async () => {
  const { caller, handle } = await openTerminal();
  const NEXT_CHANGE = 4;
  const size = async (): Promise<number[]> => {
    expect(await caller.call(handle, VCONSOLE.size, SOMEWHERE, 8)).toBe(0);
    return [...new Uint32Array(caller.memory.u8.slice(SOMEWHERE, SOMEWHERE + 8).buffer)];
  };
  /** Type, device, columns and rows of the next change. */
  const change = async (): Promise<number[]> => {
    expect(await caller.call(0, NEXT_CHANGE, SOMEWHERE, CHANGE.size)).toBe(1);
    const words = new Uint32Array(caller.memory.u8.slice(SOMEWHERE, SOMEWHERE + CHANGE.size).buffer);
    return [words[0], words[1], ...words.slice(CHANGE.facts >> 2, (CHANGE.facts >> 2) + 2)] as number[];
  };
  expect(await change()).toEqual([CHANGE.added, 1, 80, 24]);
  expect(await size()).toEqual([80, 24]);
  must(lab.hv.setDevice("c.tty", terminal(132, 24)));
  expect(await size()).toEqual([132, 24]);
  must(lab.hv.setDevice("c.tty", terminal(132, 50)));
  expect(await size()).toEqual([132, 50]);
  expect(await change()).toEqual([CHANGE.changed, 1, 132, 50]);
  expect(await caller.call(0, NEXT_CHANGE, SOMEWHERE, CHANGE.size)).toBe(0);
});

test("a clock runs fast or slow from when that is said, for who has it open", LIMIT, async () => {
  const caller = await Caller.boot(lab.room, "c", image, [clock()]);
  const handle = await caller.open(1);
  const read = async (): Promise<readonly [steady: number, wall: number]> => {
    expect(await caller.call(handle, VCLOCK.now, SOMEWHERE, 16)).toBe(0);
    const at = (offset: number): number => Number(caller.memory.view.getBigUint64(SOMEWHERE + offset, true));
    return [at(0), at(8)];
  };
  for (const drift of [0.1, -0.1, 0]) {
    must(lab.hv.setDevice("c.clock", clock(0, drift)));
    let gained = Number.NaN;
    // Both times of a reading may lie apart where other threads take the core: then it is read again.
    for (let tries = 0; tries < 50 && !(Math.abs(gained - drift) < 0.005); tries++) {
      const [steady, wall] = await read();
      await caller.wait(100);
      const [later, believed] = await read();
      gained = (believed - wall) / (later - steady) - 1;
    }
    expect(gained, String(drift)).toBeCloseTo(drift, 2);
  }
});

/** Pauses the caller, has it asked for something, and waits until it stands in that call. */
async function askPaused<T>(ask: () => Promise<T>): Promise<{ answer: Promise<T> }> {
  must(await lab.hv.pauseGuest("c"));
  const { exits } = lab.guest("c");
  let answered = false;
  const answer = ask().then((value) => {
    answered = true;
    return value;
  });
  await until("it calls", () => lab.guest("c").exits > exits);
  expect([lab.guest("c").state, answered]).toEqual(["paused", false]);
  return { answer };
}

test("what a paused guest shows and is typed waits, and is there when it goes on", LIMIT, async () => {
  const tty = await openTerminal();
  tty.in.post(4);
  expect(await show(tty, "one ")).toBe(0);
  await until("it is shown", () => log === "one ");
  tty.out.send(bytesOf("two "), bytesOf("three"));
  const { answer } = await askPaused(() => tty.caller.signal(tty.out.number));
  const typed = ["a", "bc", "def", "ghij", "too many"];
  const took = typed.map((text) => must(lab.hv.typeConsole("c.tty", text)));
  expect(took, "as many as it has places for").toEqual([1, 2, 3, 4, 0]);
  expect(log).toBe("one ");
  must(lab.hv.resumeGuest("c"));
  expect(await answer).toBe(0);
  await until("the rest is shown", () => log === "one two three");
  expect(textOf(tty.in.take())).toBe("abcdefghij");
  tty.in.post(1);
  expect(must(lab.hv.typeConsole("c.tty", "again"))).toBe(5);
});

test("timers that are due in a pause are told after it, once, and the rest is missed", LIMIT, async () => {
  const caller = await Caller.boot(lab.room, "c", image, [clock()]);
  const handle = await caller.open(1);
  const { view } = caller.memory;
  view.setUint32(SOMEWHERE, 5, true);
  const number = await caller.call(handle, VCLOCK.listen, SOMEWHERE, 4);
  const period = 20 * MS;
  const due = process.hrtime.bigint() + BigInt(period);
  view.setBigUint64(SOMEWHERE, BigInt(period), true);
  view.setBigUint64(SOMEWHERE + 8, due, true);
  expect(await caller.call(handle, VCLOCK.period, SOMEWHERE, 16)).toBe(0);
  const { answer } = await askPaused(() => caller.call(handle, VCLOCK.ticks, SOMEWHERE, 32));
  await until("ten of them are due", () => process.hrtime.bigint() > due + BigInt(10 * period));
  expect(caller.takePending(5), "told while it stands").toBe(0);
  must(lab.hv.resumeGuest("c"));
  expect(await answer).toBe(0);
  expect(caller.takePending(5)).toBe(1 << (number & 31));
  const [ticks, missed] = [0, 8].map((offset) => Number(view.getBigUint64(SOMEWHERE + offset, true)));
  expect(missed).toBeGreaterThanOrEqual(9);
  expect(lab.hv.device("c.clock")?.ticks).toBe(ticks);
  // It goes on ticking, and a sleep ends by that.
  expect(await caller.wait(60_000)).toBe(1);
});

test("randomness goes on after a pause where it was, and nothing of it comes meanwhile", LIMIT, async () => {
  const bytes = async (pauses: boolean): Promise<Uint8Array> => {
    const caller = await Caller.boot(lab.room, "c", image, [random]);
    const handle = await caller.open(1);
    expect(await caller.call(handle, VRNG.fill, SOMEWHERE, 100)).toBe(100);
    const more = (): Promise<number> => caller.call(handle, VRNG.fill, SOMEWHERE + 100, 100);
    if (pauses) {
      const { answer } = await askPaused(more);
      expect(caller.memory.u8.slice(SOMEWHERE + 100, SOMEWHERE + 200).every((byte) => byte === 0)).toBe(true);
      must(lab.hv.resumeGuest("c"));
      expect(await answer).toBe(100);
    } else expect(await more()).toBe(100);
    const all = caller.memory.u8.slice(SOMEWHERE, SOMEWHERE + 200);
    must(await lab.hv.killGuest("c"));
    must(lab.hv.removeGuest("c"));
    return all;
  };
  expect(await bytes(true)).toEqual(await bytes(false));
});
