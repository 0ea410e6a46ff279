// Clocks, timers, realtime guests and sources of randomness, with real guests that a test leads verb by verb.

import { accessSync, constants, readdirSync, readlinkSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Caller, callerImage } from "./caller.test-support.ts";
import { BelievedClock } from "./device/vclock/believed-clock.ts";
import { Deadline, Period, Timers } from "./device/vclock/timers.ts";
import { keyOf, seededRandomness } from "./device/vrng/randomness.ts";
import type { DeviceSpec, GuestSpec, Image, VclockSpec } from "./hypervisor.ts";
import { CLOCK_PERIOD_NS_MIN, RANDOM_BYTES_MAX } from "./limits.ts";
import { must, until } from "./machine-room.test-support.ts";
import { assembleMachineRoom, type MachineRoom } from "./machine-room.ts";

const LIMIT = { timeout: 120_000 };
const ENOENT = -2;
const ENODEV = -19;
const EINVAL = -22;
const ENOSPC = -28;
const NOW = 1;
const LISTEN = 2;
const DEADLINE = 3;
const PERIOD = 4;
const TICKS = 5;
const MS = 1e6;

let image: Image;
let room: MachineRoom;
beforeAll(async () => {
  image = await callerImage();
  room = assembleMachineRoom({ lab: "test", warm: 2 });
});
afterAll(() => room.hypervisor.close());

let guests = 0;
const clockSpec = (change: Partial<VclockSpec> = {}): DeviceSpec => ({
  class: "vclock",
  name: "clock",
  vclock: { offsetNs: 0, drift: 0, ...change },
});

/** A guest with a clock that it has open and listens to with priority 5. */
class Clock {
  readonly caller: Caller;
  readonly handle: number;
  readonly #at: number;
  number = -1;

  private constructor(caller: Caller, handle: number) {
    this.caller = caller;
    this.handle = handle;
    this.#at = caller.allocate(64);
  }

  static async open(spec = clockSpec(), more: Partial<GuestSpec> = {}): Promise<Clock> {
    const caller = await Caller.boot(room, `g${guests++}`, image, [spec], more);
    const clock = new Clock(caller, await caller.open(1));
    clock.number = await clock.call(LISTEN, [5], 4);
    return clock;
  }

  get device(): string {
    return `${this.caller.id}.clock`;
  }

  /** Calls with these numbers of 64 bits. */
  call(func: number, values: readonly number[], bytes = values.length * 8): Promise<number> {
    for (const [index, value] of values.entries())
      this.caller.memory.view.setBigUint64(this.#at + index * 8, BigInt(value), true);
    return this.caller.call(this.handle, func, this.#at, bytes);
  }

  async read(func: number, count: number): Promise<number[]> {
    expect(await this.call(func, [], count * 8)).toBe(0);
    return Array.from({ length: count }, (_, index) =>
      Number(this.caller.memory.view.getBigInt64(this.#at + index * 8, true)),
    );
  }

  async now(): Promise<number> {
    return (await this.read(NOW, 1 + 1))[0] as number;
  }

  /** The signals of its priority, which are cleared. */
  take(): number {
    return this.caller.takePending(5);
  }
}

test("a clock tells the time, and what its guest is to believe of it", LIMIT, async () => {
  const clock = await Clock.open();
  const truth = Date.now() * 1e6;
  const [first, wall] = (await clock.read(NOW, 2)) as [number, number];
  expect(Math.abs(wall - truth)).toBeLessThan(5e9);
  const set = (change: Partial<VclockSpec>) =>
    must(room.hypervisor.setDevice(clock.device, clockSpec(change)));
  set({ offsetNs: 3600e9 });
  const [second, shifted] = (await clock.read(NOW, 2)) as [number, number];
  expect(second).toBeGreaterThanOrEqual(first);
  expect(Math.abs(shifted - wall - 3600e9 - (second - first))).toBeLessThan(1e6);
  set({ offsetNs: -3600e9 });
  expect((await clock.read(NOW, 2))[1]).toBeLessThan(wall);
});

test("a deadline ends a sleep, once, and not before", LIMIT, async () => {
  const clock = await Clock.open();
  const due = (await clock.now()) + 30 * MS;
  expect(await clock.call(DEADLINE, [due])).toBe(0);
  expect(await clock.caller.wait(60_000)).toBe(1);
  expect(await clock.now()).toBeGreaterThanOrEqual(due);
  expect(clock.take()).toBe(1 << (clock.number & 31));
  expect(await clock.caller.wait(30)).toBe(0);
  expect((await clock.read(TICKS, 4))[3]).toBe(1);
  expect(room.hypervisor.device(clock.device)).toMatchObject({ ticks: 1, late: 0 });
});

test("a sleep that ends before the timer is told so, and 0 takes it back", LIMIT, async () => {
  const clock = await Clock.open();
  await clock.call(DEADLINE, [(await clock.now()) + 3600e9]);
  expect(await clock.caller.wait(20)).toBe(0);
  await clock.call(DEADLINE, [(await clock.now()) + 50 * MS]);
  await clock.call(DEADLINE, [0]);
  expect(await clock.caller.wait(120)).toBe(0);
  expect(clock.take()).toBe(0);
});

test("a guest that computes is told at its next verb", LIMIT, async () => {
  const clock = await Clock.open();
  const due = (await clock.now()) + 20 * MS;
  await clock.call(DEADLINE, [due]);
  await until("it is due", () => process.hrtime.bigint() > BigInt(Math.ceil(due)));
  expect(clock.take()).toBe(0);
  await clock.caller.signal(255);
  expect(clock.take()).toBe(1 << (clock.number & 31));
});

test("a period ends sleeps in turn; who sleeps through some has missed them", LIMIT, async () => {
  const clock = await Clock.open();
  const start = await clock.now();
  await clock.call(PERIOD, [20 * MS, 0]);
  for (let tick = 1; tick <= 3; tick++) {
    expect(await clock.caller.wait(60_000)).toBe(1);
    expect(clock.take()).not.toBe(0);
  }
  const [ticks, missed, last] = (await clock.read(TICKS, 4)) as [number, number, number, number];
  expect(ticks + missed).toBeGreaterThanOrEqual(3);
  expect(Math.abs(((last - start) % (20 * MS)) - 0)).toBeLessThan(20 * MS);
  await until("some are missed", () => process.hrtime.bigint() > BigInt(Math.ceil(last + 200 * MS)));
  await clock.caller.signal(255);
  const after = (await clock.read(TICKS, 4)) as [number, number, number, number];
  expect(after[1]).toBeGreaterThan(missed);
  expect((after[2] - last) / (20 * MS)).toBeCloseTo(after[0] - ticks + after[1] - missed, 3);
  await clock.call(PERIOD, [0, 0]);
  clock.take();
  expect(await clock.caller.wait(60)).toBe(0);
});

test("a first tick can be put anywhere", LIMIT, async () => {
  const clock = await Clock.open();
  const first = (await clock.now()) + 40 * MS;
  await clock.call(PERIOD, [3600e9, first]);
  expect(await clock.caller.wait(60_000)).toBe(1);
  expect((await clock.read(TICKS, 4))[2]).toBe(first);
});

test("what a clock refuses", LIMIT, async () => {
  const clock = await Clock.open();
  expect(await clock.call(LISTEN, [8], 4)).toBe(EINVAL);
  expect(await clock.call(PERIOD, [CLOCK_PERIOD_NS_MIN - 1, 0])).toBe(EINVAL);
  expect(await clock.call(PERIOD, [CLOCK_PERIOD_NS_MIN, 0])).toBe(0);
  expect(await clock.call(PERIOD, [0, 0])).toBe(0);
  clock.take();
  expect(await clock.call(9, [])).toBe(ENOENT);
  for (const [func, bytes] of [
    [NOW, 15],
    [LISTEN, 3],
    [DEADLINE, 7],
    [PERIOD, 15],
    [TICKS, 31],
  ] as const)
    expect(await clock.call(func, [], bytes)).toBe(ENOSPC);
  await clock.call(DEADLINE, [(await clock.now()) + 20 * MS]);
  await clock.caller.close(clock.handle);
  expect(await clock.caller.wait(60)).toBe(0);
  const again = await clock.caller.open(1);
  must(room.hypervisor.removeDevice(clock.device));
  expect(await clock.caller.call(again, NOW, 4096, 16)).toBe(ENODEV);
});

test(
  "a realtime guest's late wake-ups are counted, and it can be made one while it runs",
  LIMIT,
  async () => {
    const { hypervisor } = room;
    const clock = await Clock.open();
    const { id } = clock.caller;
    const tick = async (): Promise<void> => {
      await clock.call(DEADLINE, [(await clock.now()) + 2 * MS]);
      expect(await clock.caller.wait(60_000)).toBe(1);
      clock.take();
    };
    await tick();
    expect(hypervisor.guest(id)).toMatchObject({ late: 0 });
    expect(hypervisor.guest(id)?.realtime).toBeUndefined();
    // No wake-up is that quick.
    must(hypervisor.setRealtime(id, { priority: 7, deadlineNs: 1 }));
    await tick();
    await tick();
    const facts = hypervisor.guest(id);
    expect(facts).toMatchObject({ late: 2, realtime: { priority: 7, deadlineNs: 1 } });
    // It goes before others, or the system's word why not.
    expect(facts?.nice === -20 || facts?.realtime?.refused !== undefined).toBe(true);
    expect(hypervisor.device(clock.device)).toMatchObject({ late: 2, ticks: 3 });
    expect(hypervisor.device(clock.device)?.histograms.wakeNs.count).toBe(3);
    must(hypervisor.setRealtime(id, { priority: 1, deadlineNs: 3600e9 }));
    await tick();
    expect(hypervisor.guest(id)?.late).toBe(2);
    const { nice } = hypervisor.guest(id) ?? {};
    must(hypervisor.setNice(id, 3));
    expect(hypervisor.guest(id)?.nice).toBe(nice);
    must(hypervisor.setRealtime(id, undefined));
    expect(hypervisor.guest(id)?.nice).toBe(3);
  },
);

test("a realtime guest is one from its boot on, and killed while it looks", LIMIT, async () => {
  const clock = await Clock.open(clockSpec(), { realtime: { priority: 3 } });
  const { id } = clock.caller;
  expect(room.hypervisor.guest(id)?.realtime).toMatchObject({ priority: 3 });
  await clock.call(PERIOD, [100_000, 0]); // Shorter than it looks: it never sleeps.
  void clock.caller.wait(-1).catch(() => undefined);
  must(await room.hypervisor.pauseGuest(id));
  must(room.hypervisor.resumeGuest(id));
  must(await room.hypervisor.killGuest(id));
});

test("while a realtime guest runs, the machine's processors stay awake", LIMIT, async () => {
  const request = "/dev/cpu_dma_latency";
  const isMine = (file: string): boolean => {
    try {
      return readlinkSync(`/proc/self/fd/${file}`) === request;
    } catch {
      return false; // Of the folder that was read, which is closed by now.
    }
  };
  const held = (): number => readdirSync("/proc/self/fd").filter(isMine).length;
  let allowed = 0;
  try {
    accessSync(request, constants.R_OK | constants.W_OK);
    allowed = 1;
  } catch {
    console.log(`not asked here: ${request} is not this user's; then nothing is held`);
  }
  const { hypervisor } = room;
  expect(held()).toBe(0);
  const [one, other] = [await Clock.open(clockSpec(), { realtime: { priority: 3 } }), await Clock.open()];
  expect(held()).toBe(allowed);
  must(hypervisor.setRealtime(other.caller.id, { priority: 0 }));
  must(await hypervisor.killGuest(one.caller.id));
  expect(held()).toBe(allowed);
  must(hypervisor.setRealtime(other.caller.id, undefined));
  expect(held()).toBe(0);
  must(hypervisor.setRealtime(other.caller.id, { priority: 0 }));
  expect(held()).toBe(allowed);
  must(await hypervisor.killGuest(other.caller.id));
  expect(held()).toBe(0);
});

test("what no realtime guest can be", LIMIT, async () => {
  const { id } = (await Clock.open()).caller;
  const set = (priority: number, deadlineNs?: number) =>
    room.hypervisor.setRealtime(id, { priority, ...(deadlineNs !== undefined && { deadlineNs }) });
  for (const priority of [-1, 8, 1.5]) expect(set(priority)).toMatchObject({ refusal: { code: "invalid" } });
  expect(set(0, 0)).toMatchObject({ refusal: { code: "invalid" } });
  expect(room.hypervisor.setRealtime("nobody", undefined)).toMatchObject({ refusal: { code: "missing" } });
});

const vrng = (seed?: number): DeviceSpec => ({
  class: "vrng",
  name: "random",
  vrng: seed === undefined ? {} : { seed },
});

/** Bytes that a guest of this name gets in pieces of these sizes. */
async function randomBytes(id: string, spec: DeviceSpec, ...sizes: readonly number[]): Promise<Uint8Array> {
  const caller = await Caller.boot(room, id, image, [spec]);
  const handle = await caller.open(1);
  const at = caller.allocate(1024);
  let all: number[] = [];
  for (const size of sizes) {
    expect(await caller.call(handle, 1, at, size)).toBe(size);
    all = [...all, ...caller.memory.u8.subarray(at, at + size)];
  }
  expect(room.hypervisor.device(`${id}.random`)?.randomBytes).toBe(all.length);
  must(await room.hypervisor.killGuest(id));
  must(room.hypervisor.removeGuest(id));
  must(room.hypervisor.removeDevice(`${id}.random`));
  return new Uint8Array(all);
}

test("random bytes are the host's, or with a seed the same, however they are asked for", LIMIT, async () => {
  const [one, two] = [await randomBytes("r", vrng(), 64), await randomBytes("r", vrng(), 64)];
  expect(one).not.toEqual(two);
  const seeded = await randomBytes("r", vrng(7), 64, 3);
  expect(await randomBytes("r", vrng(7), 1, 66)).toEqual(seeded);
  expect(await randomBytes("r", vrng(8), 64, 3)).not.toEqual(seeded);
  expect(await randomBytes("other", vrng(7), 64, 3)).not.toEqual(seeded);
});

test("what a source of randomness refuses, and that it writes nowhere else", LIMIT, async () => {
  const caller = await Caller.boot(room, "rr", image, [vrng(1)]);
  const handle = await caller.open(1);
  const at = caller.allocate(RANDOM_BYTES_MAX + 64);
  expect(await caller.call(handle, 1, at, RANDOM_BYTES_MAX + 1)).toBe(EINVAL);
  expect(await caller.call(handle, 1, at, RANDOM_BYTES_MAX)).toBe(RANDOM_BYTES_MAX);
  expect(caller.memory.u8.subarray(at + RANDOM_BYTES_MAX, at + RANDOM_BYTES_MAX + 64)).toEqual(
    new Uint8Array(64),
  );
  expect(await caller.call(handle, 2, at, 1)).toBe(ENOENT);
  must(room.hypervisor.removeDevice("rr.random"));
  expect(await caller.call(handle, 1, at, 1)).toBe(ENODEV);
});

test("the keystream is ChaCha20's", () => {
  const bytes = new Uint8Array(8);
  seededRandomness(new Uint8Array(32))(bytes, 0, 8);
  // Spec: RFC 8439, appendix A.1, test vector 1.
  expect(Buffer.from(bytes).toString("hex")).toBe("76b8e0ada0f13d90");
  expect(keyOf(1, "a")).not.toEqual(keyOf(1, "b"));
});

test("timers fire when they are due, each by itself", () => {
  const timers = new Timers();
  const late: string[] = [];
  const deadline = new Deadline((ns) => late.push(`deadline ${ns}`));
  const period = new Period((ns) => late.push(`period ${ns}`));
  timers.add(deadline);
  timers.add(period);
  timers.fire(1e9);
  expect(timers.nextNs).toBe(Infinity);
  deadline.dueNs = 50;
  period.dueNs = 20;
  period.periodNs = 20;
  timers.look();
  for (const [now, next] of [
    [19, 20],
    [20, 40],
    [45, 50],
    [59, 60],
    [125, 140],
  ] as const) {
    timers.fire(now);
    expect(timers.nextNs).toBe(next);
  }
  expect(late).toEqual(["period 0", "period 5", "deadline 9", "period 65"]);
  expect(period).toMatchObject({ fired: 3, missed: 3, lastNs: 120 });
  timers.remove(period);
  expect(timers.nextNs).toBe(Infinity);
});

test("a clock that runs fast gains, and goes on from where it stands", () => {
  let now = 1000;
  const clock = new BelievedClock(
    5,
    0.1,
    () => now,
    () => BigInt(now),
  );
  expect(clock.wallNs()).toBe(1005n);
  now = 2000;
  expect(clock.wallNs()).toBe(2105n);
  clock.set(5, -0.1);
  expect(clock.wallNs()).toBe(2105n);
  now = 3000;
  expect(clock.wallNs()).toBe(3005n);
  clock.set(-3000, 0);
  expect(clock.wallNs()).toBe(0n);
});
