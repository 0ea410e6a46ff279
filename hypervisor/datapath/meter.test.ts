// What is measured at a ring, step by step with a clock of the test's own: samples, how full the ring is,
// wake-ups, and which kicks are timed.

import { expect, test } from "vitest";
import { KICKS_TIMED_EVERY, KICKS_TIMED_FIRST } from "../limits.ts";
import { createFabric, viewGuestMemory } from "../memory/fabric.ts";
import { HISTOGRAM, METER, RING, meterAt, ringAt } from "../memory/layout.ts";
import { valueOf } from "../memory/histogram.ts";
import { histogramsOf } from "../metrics/histograms.ts";
import { CLAIMED, Claims } from "../ring/claims.ts";
import { Receiver } from "../ring/receiver.test-support.ts";
import { startRing } from "../ring/ring-start.test-support.ts";
import { signalRing } from "../ring/signal.ts";
import { closeSample, countKick, dropSample, forgetSignal, hasSample } from "./meter.ts";
import { openSample, recordKick, recordWake } from "./meter.ts";

const [RING_INDEX, OWNER, EVENTS] = [10, 9, 512];
const PORT = RING_INDEX >> 1;
const SLEEPING = (EVENTS + 4) >> 2;
const SIZES = [16, 128, 1024];
const STARTS = [0, 2 ** 31 - 5, 2 ** 32 - 5];
const RINGS = SIZES.flatMap((count) => STARTS.map((start) => [count, start] as const));

/** A ring with one sender and its guest, at a time that the test sets. */
class Bench {
  readonly fabric = createFabric();
  readonly memory = viewGuestMemory(new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true }));
  readonly claims = new Claims(this.fabric, 7);
  readonly guest: Receiver;
  position: number;
  nowNs = 1e15;
  readonly clock = (): number => this.nowNs;

  constructor(count: number, start: number) {
    const place = { count, offset: 4096, signal: 1024, buffers: 32_768, bufferBytes: 64 };
    startRing(this.fabric, this.memory, place, { ring: RING_INDEX, owner: OWNER, events: EVENTS, start });
    this.guest = new Receiver(this.memory, place, start & 0x7fff_ffff);
    this.position = start | 0;
  }

  send(frames: number): void {
    for (let frame = 0; frame < frames; frame++) {
      expect(this.claims.claim(RING_INDEX, this.memory, 8, 0)).toBe(CLAIMED);
      this.claims.publish(8);
      this.claims.release();
      this.position = (this.position + 1) | 0;
    }
  }

  /** Gives back so many buffers in order. */
  take(frames: number): void {
    for (let frame = 0; frame < frames; frame++) this.guest.post(this.guest.take()?.slot as number);
  }

  open(position = this.position - 1): void {
    openSample(this.fabric, RING_INDEX, this.memory, position, this.clock);
  }

  close(): void {
    closeSample(this.fabric, RING_INDEX, this.memory, this.clock);
  }

  get told(): ReturnType<typeof histogramsOf> {
    return histogramsOf(this.fabric, PORT);
  }
}

/** What a histogram says of one value. */
const asTold = (value: number): number => {
  const cells = new Bench(16, 0);
  recordKick(cells.fabric, PORT, 0, value);
  return cells.told.kickNs.max;
};

test.each(RINGS)("a ring of %d from %d: a frame's time ends when its buffer is back", (count, start) => {
  const bench = new Bench(count, start);
  bench.send(5);
  bench.open();
  expect(hasSample(bench.fabric, RING_INDEX)).toBe(true);
  bench.nowNs += 1000;
  bench.take(4);
  bench.close();
  expect(bench.told.latencyNs.count).toBe(0); // The fifth still lies there.
  bench.open(); // It has a sample.
  bench.nowNs += 2000;
  bench.take(1);
  bench.close();
  bench.close();
  expect(hasSample(bench.fabric, RING_INDEX)).toBe(false);
  expect(bench.told.latencyNs).toMatchObject({ count: 1, max: asTold(3000) });
  expect(bench.told.occupancy).toMatchObject({ count: 1, max: 5 });
});

test.each(RINGS)("a ring of %d from %d: a slot that has served again was given back", (count, start) => {
  const bench = new Bench(count, start);
  bench.send(1);
  bench.open();
  for (let lap = 0; lap < 3; lap++) {
    bench.take(1);
    bench.send(count);
    bench.take(count - 1);
  }
  bench.nowNs += 50_000;
  bench.close();
  expect(bench.told.latencyNs).toMatchObject({ count: 1, max: asTold(50_000) });
});

test.each(RINGS)("a ring of %d from %d: it is as full as the guest has left it", (count, start) => {
  const bench = new Bench(count, start);
  const fills = [1, 2, 3, 7, 8, 9, count - 1, count].filter((fill) => fill <= count);
  bench.send(5);
  bench.take(5);
  for (const [index, fill] of fills.entries()) {
    bench.send(fill);
    bench.open();
    bench.take(fill);
    bench.close();
    expect(bench.told.occupancy.count).toBe(index + 1);
  }
  const row = (meterAt(PORT) + HISTOGRAM.occupancy.at) >> 3;
  const cells = bench.fabric.f64.subarray(row, row + HISTOGRAM.occupancy.cells);
  const told = [...cells].flatMap((times, cell) => Array.from({ length: times }, () => valueOf(cell)));
  for (const [index, fill] of [...new Set(fills)].sort((a, b) => a - b).entries())
    expect(Math.abs((told[index] as number) - fill)).toBeLessThanOrEqual(fill / 32);
});

test("a frame that is taken at once was one, and a position that nobody published is no sample", () => {
  const bench = new Bench(16, 0);
  bench.send(1);
  bench.open(3);
  bench.open(-16);
  expect(hasSample(bench.fabric, RING_INDEX)).toBe(false);
  bench.take(1);
  bench.open();
  bench.close();
  expect([bench.told.occupancy.max, bench.told.latencyNs.count]).toEqual([1, 1]);
});

test("a ring that begins anew drops its sample, and has others afterwards", () => {
  const bench = new Bench(16, 0);
  bench.send(1);
  bench.open();
  dropSample(bench.fabric, PORT);
  dropSample(bench.fabric, PORT);
  expect(hasSample(bench.fabric, RING_INDEX)).toBe(false);
  bench.take(1);
  bench.close();
  expect(bench.told.latencyNs.count).toBe(0);
  bench.send(1);
  bench.open();
  bench.take(1);
  bench.close();
  expect(bench.told.latencyNs.count).toBe(1);
});

test("a ring that is broken meanwhile throws nothing and leaves a histogram", () => {
  const bench = new Bench(16, 0);
  bench.send(1);
  bench.open();
  bench.fabric.i32[(ringAt(RING_INDEX) + RING.offset) >> 2] = 0x7fff_fff0;
  bench.close();
  expect(bench.told.latencyNs.count).toBe(1);
});

test("a wake-up counts from the first signal that found the guest asleep", () => {
  const bench = new Bench(16, 0);
  const { fabric, memory, clock } = bench;
  const signal = (): void => signalRing(fabric, RING_INDEX, memory, clock);
  const interrupts = (): number => fabric.i32[(ringAt(RING_INDEX) + RING.interrupts) >> 2] as number;
  const noted = (): number => fabric.f64[(meterAt(PORT) + METER.signalledNs) >> 3] as number;
  signal(); // It wants none.
  memory.i32[1024 >> 2] = 1;
  signal(); // It is awake.
  expect([noted(), interrupts()]).toEqual([0, 0]);
  forgetSignal(fabric, PORT);
  memory.i32[SLEEPING] = 1;
  signal();
  bench.nowNs += 70_000;
  signal();
  bench.nowNs += 5000;
  recordWake(fabric, PORT, clock);
  expect(bench.told.wakeNs).toMatchObject({ count: 1, max: asTold(75_000) });
  expect(interrupts()).toBe(2);
  forgetSignal(fabric, PORT);
  recordWake(fabric, PORT, clock); // Something else woke it.
  expect(bench.told.wakeNs.count).toBe(1);
});

test("the first kicks of a device are timed, then one in so many", () => {
  const { fabric } = new Bench(16, 0);
  const tx = { port: PORT, offset: 0, mask: 15, position: 0, lapped: false, untimed: 0 };
  const kicks = KICKS_TIMED_FIRST + 10 * KICKS_TIMED_EVERY;
  const timed = Array.from({ length: kicks }, () => countKick(fabric, tx));
  expect(timed.slice(0, KICKS_TIMED_FIRST).every(Boolean)).toBe(true);
  expect(timed.slice(KICKS_TIMED_FIRST).filter(Boolean).length).toBe(10);
  expect(timed.lastIndexOf(true) - timed.lastIndexOf(true, timed.lastIndexOf(true) - 1)).toBe(
    KICKS_TIMED_EVERY,
  );
});
