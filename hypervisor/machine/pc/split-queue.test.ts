// A PC's virtio queue from the device's side: what a driver writes is what the device reads, and whatever
// else stands in the PC's RAM ends the PC or does nothing.

import fc from "fast-check";
import { expect, test } from "vitest";
import { PC_CHAIN_MAX } from "../../limits.ts";
import { SplitQueue } from "./split-queue.ts";

const RAM_BYTES = 8192;
const PLACE = { desc_addr: 0x100, avail_addr: 0x800, used_addr: 0xa00 } as const;
const SIZE = 16;
const EVENT_INDEX = 29;

class Broken extends Error {}

/** A queue over some RAM, and a driver's hand in it. */
class Bench {
  readonly ram = new Uint8Array(RAM_BYTES);
  readonly view = new DataView(this.ram.buffer);
  readonly dirty: [number, number][] = [];
  interrupts = 0;
  readonly queue: SplitQueue;
  #available = 0;

  constructor(place: typeof PLACE | Readonly<Record<keyof typeof PLACE, number>> = PLACE, events = false) {
    this.queue = new SplitQueue({
      emulator: {
        ram: this.ram,
        ramBytes: RAM_BYTES,
        wrote: (from, length) => void this.dirty.push([from, length]),
      },
      registers: {
        queues: [{ size: SIZE, enabled: true, ...place }],
        is_feature_negotiated: (feature) => events && feature === EVENT_INDEX,
        raise_irq: () => void this.interrupts++,
      },
      index: 0,
      broken: () => {
        throw new Broken();
      },
    });
  }

  descriptor(index: number, address: number, length: number, flags: number, next = 0): void {
    const at = PLACE.desc_addr + index * 16;
    this.view.setUint32(at, address, true);
    this.view.setUint32(at + 8, length, true);
    this.view.setUint16(at + 12, flags, true);
    this.view.setUint16(at + 14, next, true);
  }

  offer(head: number): void {
    this.view.setUint16(PLACE.avail_addr + 4 + (this.#available % SIZE) * 2, head, true);
    this.#available = (this.#available + 1) & 0xffff;
    this.view.setUint16(PLACE.avail_addr + 2, this.#available, true);
  }

  get used(): number {
    return this.view.getUint16(PLACE.used_addr + 2, true);
  }
}

const NEXT = 1;
const WRITE = 2;

test("a chain is read and written across its parts, given back, and told once", () => {
  const bench = new Bench();
  bench.ram.set(Buffer.from("hello world"), 0x1000);
  bench.descriptor(3, 0x1000, 6, NEXT, 1);
  bench.descriptor(1, 0x1006, 5, NEXT, 2);
  bench.descriptor(2, 0x1800, 3, NEXT | WRITE, 0);
  bench.descriptor(0, 0x1900, 8, WRITE);
  bench.offer(3);
  const { queue } = bench;
  expect(queue.take()).toBe(true);
  expect([queue.readableBytes, queue.writableBytes]).toEqual([11, 11]);
  const read = new Uint8Array(9);
  expect(queue.read(read, 2)).toBe(9);
  expect(Buffer.from(read).toString()).toBe("llo world");
  expect(queue.write(Buffer.from("answer"), 1)).toBe(6);
  expect(Buffer.from(bench.ram.subarray(0x1800, 0x1803)).toString()).toBe("\0an");
  expect(Buffer.from(bench.ram.subarray(0x1900, 0x1904)).toString()).toBe("swer");
  expect(bench.dirty).toEqual([
    [0x1801, 2],
    [0x1900, 4],
  ]);
  queue.give(7);
  queue.flush();
  queue.flush();
  expect([bench.used, bench.view.getUint32(PLACE.used_addr + 4, true), bench.interrupts]).toEqual([1, 3, 1]);
  expect(bench.view.getUint32(PLACE.used_addr + 8, true)).toBe(7);
  expect(queue.take()).toBe(false);
});

test("what was put back is taken again", () => {
  const bench = new Bench();
  bench.descriptor(5, 0x1000, 4, 0);
  bench.offer(5);
  expect(bench.queue.take()).toBe(true);
  bench.queue.putBack();
  expect(bench.queue.take()).toBe(true);
  expect(bench.queue.take()).toBe(false);
});

test("a driver is interrupted where it asks for it: by its flag, or at the index that it names", () => {
  const quiet = new Bench();
  quiet.descriptor(0, 0x1000, 4, WRITE);
  quiet.view.setUint16(PLACE.avail_addr, 1, true);
  const turn = (bench: Bench): void => {
    bench.offer(0);
    bench.queue.take();
    bench.queue.give(0);
    bench.queue.flush();
  };
  turn(quiet);
  expect(quiet.interrupts).toBe(0);
  const exact = new Bench(PLACE, true);
  exact.descriptor(0, 0x1000, 4, WRITE);
  exact.view.setUint16(PLACE.avail_addr + 4 + SIZE * 2, 2, true);
  turn(exact);
  turn(exact);
  expect(exact.interrupts).toBe(0);
  turn(exact);
  expect(exact.interrupts).toBe(1);
  // And it is told when the device wants to be kicked: at whatever comes next.
  expect(exact.queue.take()).toBe(false);
  expect(exact.view.getUint16(PLACE.used_addr + 4 + SIZE * 8, true)).toBe(3);
});

test.each<[string, (bench: Bench) => void]>([
  ["a buffer behind the RAM", (bench) => bench.descriptor(0, RAM_BYTES - 4, 5, 0)],
  ["a length beyond all memory", (bench) => bench.descriptor(0, 0x1000, 0xffff_ffff, 0)],
  ["an address of 64 bits", (bench) => bench.view.setUint32(PLACE.desc_addr + 4, 1, true)],
  ["a chain that comes back to itself", (bench) => bench.descriptor(0, 0x1000, 4, NEXT, 0)],
  ["a next one that is none", (bench) => bench.descriptor(0, 0x1000, 4, NEXT, SIZE)],
  [
    "a part to be read behind one to be written",
    (bench) => {
      bench.descriptor(0, 0x1000, 4, NEXT | WRITE, 1);
      bench.descriptor(1, 0x1000, 4, 0);
    },
  ],
  ["more available than there are", (bench) => bench.view.setUint16(PLACE.avail_addr + 2, SIZE + 1, true)],
  ["a head that is none", (bench) => bench.view.setUint16(PLACE.avail_addr + 4, SIZE, true)],
])("%s is broken", (_what, spoil) => {
  const bench = new Bench();
  bench.descriptor(0, 0x1000, 4, 0);
  bench.offer(0);
  spoil(bench);
  expect(() => bench.queue.take()).toThrow(Broken);
});

test("a chain has as many parts as there may be, and no more", () => {
  expect(PC_CHAIN_MAX).toBeGreaterThan(SIZE);
  const bench = new Bench();
  for (let index = 0; index < SIZE; index++)
    bench.descriptor(index, 0x1000, 1, index === SIZE - 1 ? 0 : NEXT, index + 1);
  bench.offer(0);
  expect(bench.queue.take()).toBe(true);
  expect(bench.queue.count).toBe(SIZE);
});

test("whatever stands in the RAM and the registers, nothing but the end of the PC comes of it", () => {
  const somewhere = fc.oneof(
    fc.integer({ min: 0, max: RAM_BYTES }),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  );
  const scribble = fc.record({
    desc_addr: somewhere,
    avail_addr: somewhere,
    used_addr: somewhere,
    bytes: fc.uint8Array({ minLength: 64, maxLength: 64 }),
    events: fc.boolean(),
  });
  fc.assert(
    fc.property(scribble, ({ bytes, events, ...place }) => {
      const bench = new Bench(place, events);
      for (let at = 0; at < RAM_BYTES; at += bytes.length) bench.ram.set(bytes, at);
      const buffer = new Uint8Array(64);
      try {
        for (let turn = 0; turn < 40 && bench.queue.take(); turn++) {
          bench.queue.read(buffer, bytes[0] as number);
          bench.queue.write(buffer, bytes[1] as number);
          bench.queue.give(bytes[2] as number);
          bench.queue.flush();
        }
      } catch (error) {
        expect(error).toBeInstanceOf(Broken);
      }
      for (const [from, length] of bench.dirty) expect(from + length).toBeLessThanOrEqual(RAM_BYTES);
    }),
    { numRuns: process.env["SLOW"] ? 50_000 : 500 },
  );
});
