// A disk on the bridge over a volume that may take its time: what the driver asks for, and what can't be.

import { expect, test } from "vitest";
import { PC_BUDGET_REQUESTS, REQUEST_BYTES_MAX } from "../../limits.ts";
import { BRIDGE, BRIDGE_PART_BYTES, CHANGE, DESCRIPTOR, REQUEST, REQUEST_OP, VBLK } from "../../ring/abi.ts";
import { BridgeDisk } from "./bridge-disk.ts";
import { DiskStation } from "./disk-station.ts";
import { PLACE, Volume, VOLUME_BYTES } from "./disk.test-support.ts";

const AT = { ring: 0x1000, requests: 0x2000, data: 0x8000 } as const;
const SLOTS = 64;
const SIGNAL = SLOTS * DESCRIPTOR.size;
const REQUEST_ROOM = 1024;
const NUMBER = 4;

class Broken extends Error {}

type Part = readonly [address: number, length: number];

/** A disk, and a driver's hand in its ring. */
class Driver {
  readonly ram = new Uint8Array(1 << 21);
  readonly words = new Int32Array(this.ram.buffer);
  readonly volume = new Volume();
  readonly disk: BridgeDisk;
  signals = 0;
  #posted = 0;

  constructor() {
    const { verbs, memory } = this.volume;
    const { ram, words } = this;
    const emulator = { ram, words, ramBytes: ram.length, wrote: () => undefined };
    const broken = (): never => {
      throw new Broken();
    };
    const station = DiskStation.open(verbs, memory, PLACE, 3) as DiskStation;
    const signal = (number: number): void => void (this.signals += number === NUMBER ? 1 : 0);
    const record = new Uint8Array(CHANGE.size).fill(9, CHANGE.facts);
    this.disk = new BridgeDisk({ ram: { emulator, broken }, station, signal }, record);
    this.begin();
  }

  begin(): void {
    this.#posted = 0;
    this.words.fill(0, AT.ring >>> 2, (AT.ring + SIGNAL + 16) >>> 2);
    expect(this.disk.open()).toBe(0);
    const at = { offset: AT.ring, bytes: SIGNAL, signalOffset: SIGNAL };
    expect(this.disk.shm(0, at, NUMBER)).toBe(NUMBER);
  }

  /** Posts a request; its index. The volume hears of it with a kick. */
  post(op: number, offset: number, length: number, parts: readonly Part[] = []): number {
    const index = this.#posted++;
    const at = (AT.requests + (index % 16) * REQUEST_ROOM) >>> 2;
    this.words.set([op, -1, offset, 0, length, 0, ...parts.flat()], at);
    const slot = (AT.ring + (index % SLOTS) * DESCRIPTOR.size) >>> 2;
    this.words[slot] = at << 2;
    this.words[slot + 1] = REQUEST.size + parts.length * BRIDGE_PART_BYTES;
    this.words[slot + 2] = (index << 1) | 1;
    return index;
  }

  kick(): void {
    expect(this.disk.kick(0)).toBe(true);
  }

  /** How a request ended; undefined: it has not. */
  status(index: number): number | undefined {
    const turn = this.words[(AT.ring + (index % SLOTS) * DESCRIPTOR.size + DESCRIPTOR.turn) >>> 2];
    const status = this.words[(AT.requests + (index % 16) * REQUEST_ROOM + REQUEST.status) >>> 2];
    return turn === index << 1 ? status : undefined;
  }

  set waiting(value: number) {
    this.words[(AT.ring + SIGNAL + BRIDGE.waiting) >>> 2] = value;
  }

  get waiting(): number {
    return this.words[(AT.ring + SIGNAL + BRIDGE.waiting) >>> 2] as number;
  }
}

test("what lies in parts of the RAM is written, read into others, flushed and discarded in one kick", () => {
  const driver = new Driver();
  driver.ram.fill(5, AT.data, AT.data + 512).fill(6, AT.data + 4096, AT.data + 4096 + 1536);
  const written = driver.post(REQUEST_OP.write, 1024, 2048, [
    [AT.data, 512],
    [AT.data + 4096, 1536],
  ]);
  const read = driver.post(REQUEST_OP.read, 1024, 1024, [[AT.data + 8192, 1024]]);
  const flushed = driver.post(REQUEST_OP.flush, 0, 0);
  const discarded = driver.post(REQUEST_OP.discard, 0, 512);
  driver.kick();
  expect([written, read, flushed, discarded].map((index) => driver.status(index))).toEqual([0, 0, 0, 0]);
  expect(driver.volume.done).toEqual(["write 1024 2048", "read 1024 1024", "flush 0 0", "discard 0 512"]);
  expect([...driver.ram.subarray(AT.data + 8192 + 511, AT.data + 8192 + 513)]).toEqual([5, 6]);
  expect(driver.signals).toBe(0);
  expect(driver.disk.kick(1)).toBe(false);
});

test("a request that has to wait is gone on with, and whoever waits for it is told, once", () => {
  const driver = new Driver();
  driver.volume.waitUs = 300;
  const index = driver.post(REQUEST_OP.read, 0, 512, [[AT.data, 512]]);
  driver.kick();
  driver.waiting = 1;
  expect([driver.status(index), driver.signals]).toEqual([undefined, 0]);
  expect(driver.disk.collect()).toBe(0);
  expect([driver.status(index), driver.signals, driver.waiting]).toEqual([0, 1, 0]);
  // One whose driver has gone is done, and written nowhere.
  driver.ram.fill(1, AT.data, AT.data + 512);
  const lost = driver.post(REQUEST_OP.read, 512, 512, [[AT.data, 512]]);
  expect(driver.disk.move()).toBe(300);
  driver.disk.reset();
  driver.disk.collect();
  expect([driver.status(lost), driver.ram[AT.data]]).toEqual([undefined, 1]);
  driver.volume.waitUs = 0;
  driver.begin();
  const again = driver.post(REQUEST_OP.read, 512, 512, [[AT.data, 512]]);
  driver.kick();
  expect([driver.status(again), driver.ram[AT.data]]).toEqual([0, 0]);
});

test("many requests are done in turns; the facts are those of the record", () => {
  const driver = new Driver();
  for (let index = 0; index < SLOTS; index++) driver.post(REQUEST_OP.flush, 0, 0);
  expect(driver.disk.move()).toBe(1);
  expect(driver.volume.done).toHaveLength(PC_BUDGET_REQUESTS);
  expect(driver.disk.move()).toBe(1);
  expect(driver.disk.move()).toBe(0);
  expect(driver.volume.done).toHaveLength(SLOTS);
  expect(driver.disk.call(VBLK.info, AT.data, VBLK.factsBytes)).toBe(0);
  expect([...driver.ram.subarray(AT.data, AT.data + VBLK.factsBytes + 1)]).toEqual([
    ...Array.from({ length: VBLK.factsBytes }, () => 9),
    0,
  ]);
  expect(driver.disk.call(VBLK.info, AT.data, VBLK.factsBytes - 1)).toBe(-28);
  expect([driver.disk.call(9, 0, 64), driver.disk.open()]).toEqual([-2, -16]);
  const at = { offset: AT.ring, bytes: SIGNAL, signalOffset: SIGNAL };
  expect([driver.disk.shm(1, at, 0), driver.disk.shm(0, { ...at, bytes: 20 }, 0)]).toEqual([-2, -22]);
});

test("what can't be asked for is answered and not done; what can't be in the RAM ends the PC", () => {
  const driver = new Driver();
  const refused = [
    driver.post(9, 0, 512, [[AT.data, 512]]),
    driver.post(REQUEST_OP.read, 0, 1024, [[AT.data, 512]]),
    driver.post(REQUEST_OP.flush, 0, 0, [[AT.data, 512]]),
    driver.post(REQUEST_OP.write, 0, REQUEST_BYTES_MAX + 512, [[0, REQUEST_BYTES_MAX + 512]]),
  ];
  driver.kick();
  expect(refused.map((index) => driver.status(index))).toEqual([-22, -22, -22, -22]);
  expect(driver.volume.done).toEqual([]);
  const odd = driver.post(REQUEST_OP.read, VOLUME_BYTES, 100, [[AT.data, 100]]);
  driver.kick();
  expect(driver.status(odd)).toBe(-22);
  for (const part of [
    [driver.ram.length - 511, 512],
    [-1, 512],
    [AT.data, -1],
  ] as const) {
    const hostile = new Driver();
    hostile.post(REQUEST_OP.write, 0, 512, [part]);
    expect(() => hostile.kick()).toThrow(Broken);
  }
  for (const spoil of [
    (words: Int32Array) => (words[AT.ring >>> 2] = AT.requests + 4),
    (words: Int32Array) => (words[(AT.ring + 4) >>> 2] = REQUEST.size - 8),
    (words: Int32Array) => (words[(AT.ring + 4) >>> 2] = REQUEST.size + 4),
    (words: Int32Array) => (words[(AT.ring + 4) >>> 2] = REQUEST.size + 63 * BRIDGE_PART_BYTES),
  ]) {
    const hostile = new Driver();
    hostile.post(REQUEST_OP.read, 0, 512, [[AT.data, 512]]);
    spoil(hostile.words);
    expect(() => hostile.kick()).toThrow(Broken);
  }
});
