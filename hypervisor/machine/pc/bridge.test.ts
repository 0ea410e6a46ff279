// The bridge of a PC: what a kernel reaches by it, when either side tells the other, and what ends the PC.

import { expect, test } from "vitest";
import { BRIDGE_BATCH } from "../../limits.ts";
import { BRIDGE, BUS, CHANGE, DESCRIPTOR, EVENT, SIGNAL, VENET } from "../../ring/abi.ts";
import {
  AT,
  Broken,
  BUFFER_BYTES,
  COUNT,
  Machine,
  REGISTER,
  RAM_BYTES,
  venetRecord,
} from "./bridge.test-support.ts";

const VENET_CLASS = 1;
const RX_BIT = 1 << VENET.rx;
const TX_BIT = 1 << VENET.tx;

function started(): Machine {
  const machine = new Machine();
  machine.add(5);
  machine.begin();
  expect(machine.open(5)).toBe(1);
  return machine;
}

test("a driver finds the bridge, its devices, and what they are", () => {
  const machine = new Machine();
  expect(machine.read(REGISTER.magic)).toBe(BRIDGE.magic);
  expect(Buffer.from(Int32Array.of(machine.read(REGISTER.magic)).buffer).toString()).toBe("vbus");
  expect(machine.read(REGISTER.version)).toBe(BRIDGE.version);
  machine.add(5);
  machine.add(7, 1);
  expect(machine.begin()).toEqual([
    [CHANGE.added, 5, VENET_CLASS],
    [CHANGE.added, 7, VENET_CLASS],
  ]);
  const handle = machine.open(7);
  expect(machine.verb(BRIDGE.call, handle, VENET.info, 0x1400, 28, 0)).toBe(0);
  expect([...machine.ram.subarray(0x1400, 0x1408)]).toEqual([2, 0, 0, 0, 0, 7, 0xdc, 5]);
  machine.words.set([1, 0, 0xff, 0xff], 0x1400 >>> 2);
  expect(machine.verb(BRIDGE.call, 0, BUS.negotiate, 0x1400, 16, 0)).toBe(0);
  expect([...machine.words.subarray(0x1400 >>> 2, 0x1410 >>> 2)]).toEqual([1, 0, 14, 0]);
});

test("frames go both ways in order, with one interrupt until the guest has looked", () => {
  const machine = started();
  expect(machine.line).toBe(false);
  // Bound: some turns of the rings.
  for (let round = 0; round < 3 * COUNT; round += 3) {
    for (const mark of [round, round + 1, round + 2]) machine.send(mark, 60);
    machine.bridge.collect();
    machine.bridge.move();
    expect(machine.line).toBe(true);
    expect(machine.read(REGISTER.status)).toBe(1);
    expect([machine.line, machine.read(REGISTER.status)]).toEqual([false, 0]);
    expect(machine.pending()).toBe(RX_BIT);
    expect(machine.take()).toEqual([round, round + 1, round + 2]);
  }
  expect(machine.counted.interrupts).toBe(COUNT);
});

test("a guest that looks anyway is not interrupted; one that waits for a position is, at that one", () => {
  const machine = started();
  machine.setEnabled(0);
  machine.send(1);
  machine.bridge.move();
  expect([machine.line, machine.pending(), machine.take()]).toEqual([false, 0, [1]]);
  machine.setEnabled(2);
  machine.words[(AT.rx + COUNT * DESCRIPTOR.size + SIGNAL.at) >>> 2] = 2;
  machine.send(2);
  machine.bridge.move();
  expect(machine.line).toBe(false);
  machine.send(3);
  machine.bridge.move();
  expect([machine.line, machine.take()]).toEqual([true, [2, 3]]);
});

test("one frame is sent as it is kicked for; a busy guest kicks for a batch, and is looked after", () => {
  const machine = started();
  machine.setEnabled(0);
  expect(machine.txSignal(SIGNAL.enabled)).toBe(1);
  machine.send(1);
  expect(machine.loop.sent).toEqual([64]);
  machine.send(2);
  expect(machine.txSignal(SIGNAL.enabled)).toBe(2);
  expect(machine.txSignal(SIGNAL.at)).toBe(2 + BRIDGE_BATCH - 1);
  const { kicks } = machine.counted;
  machine.send(3);
  expect(machine.loop.sent).toHaveLength(2);
  machine.bridge.collect();
  expect(machine.loop.sent).toHaveLength(3);
  for (let mark = 0; mark < 4 * BRIDGE_BATCH; mark++) {
    machine.send(mark);
    if (machine.free === 0) machine.bridge.move();
    machine.take();
  }
  expect(machine.counted.kicks - kicks).toBeLessThanOrEqual(4);
  machine.bridge.move();
  expect(machine.bridge.move()).toBe(0);
  expect(machine.txSignal(SIGNAL.enabled)).toBe(1);
});

test("who has filled its ring is told when there is room; one that has to wait needs no kicks", () => {
  const machine = started();
  machine.setEnabled(0);
  machine.loop.waitUs = 250;
  for (let mark = 0; mark < COUNT; mark++) machine.send(mark);
  expect(machine.bridge.move()).toBe(250);
  expect(machine.txSignal(SIGNAL.enabled)).toBe(0);
  for (let mark = 0; mark < COUNT; mark++) machine.send(mark);
  machine.setTxSignal(BRIDGE.waiting, 1);
  expect([machine.free, machine.line]).toEqual([0, false]);
  machine.loop.waitUs = 0;
  expect(machine.bridge.move()).toBe(0);
  expect(machine.bridge.move()).toBe(0);
  expect([machine.free, machine.line, machine.pending() & TX_BIT]).toEqual([COUNT, true, TX_BIT]);
  expect(machine.txSignal(BRIDGE.waiting)).toBe(0);
});

test("frames wait for buffers in the host; the driver needn't say that there are new ones", () => {
  const machine = started();
  for (let mark = 0; mark < COUNT; mark++) expect(machine.loop.deliver(Uint8Array.of(mark, 0))).toBe(true);
  machine.bridge.move();
  for (let mark = 0; mark < 4; mark++) expect(machine.loop.deliver(Uint8Array.of(100 + mark, 0))).toBe(true);
  machine.bridge.move();
  expect(machine.bridge.collect()).toBe(0);
  expect(machine.take()).toHaveLength(COUNT);
  expect(machine.bridge.collect()).toBe(-1);
  expect(machine.take()).toEqual([100, 101, 102, 103]);
});

test("a frame that is too large for its buffer carries nothing; one too long for any is the switch's", () => {
  const machine = started();
  machine.words[(AT.rx + 4) >>> 2] = 10;
  machine.loop.deliver(new Uint8Array(64).fill(9));
  machine.loop.deliver(new Uint8Array(64).fill(8));
  machine.bridge.move();
  expect(machine.take()).toEqual([-1, 8]);
  // Who was given frames answers without a kick.
  expect(machine.txSignal(SIGNAL.enabled)).toBe(2);
  machine.send(1, BUFFER_BYTES);
  expect(machine.loop.sent).toEqual([]);
  machine.bridge.collect();
  expect(machine.loop.sent.at(-1)).toBeGreaterThan(1518);
  machine.send(1, 3);
  machine.bridge.move();
  expect(machine.loop.sent.at(-1)).toBe(3);
});

test("devices change, go and come again; a driver that begins anew is told of all", () => {
  const machine = started();
  machine.bridge.change(5, venetRecord(5, "other"));
  expect(machine.line).toBe(true);
  expect(machine.changes()).toEqual([[CHANGE.changed, 5, VENET_CLASS]]);
  expect(Buffer.from(machine.ram.subarray(AT.record + 16, AT.record + 22)).toString()).toBe("other\0");
  expect(machine.verb(BRIDGE.open, 5, 1)).toBe(-16);
  machine.bridge.remove(5);
  expect([machine.loop.closed, machine.bridge.has(5), machine.bridge.cards]).toEqual([1, false, []]);
  expect(machine.verb(BRIDGE.open, 5, 1)).toBe(-19);
  machine.write(REGISTER.kick, VENET.tx);
  machine.add(5, 1);
  expect(machine.changes()).toEqual([
    [CHANGE.removed, 5, VENET_CLASS],
    [CHANGE.added, 5, VENET_CLASS],
  ]);
  expect(machine.open(5)).toBe(1);
  expect(machine.begin()).toEqual([[CHANGE.added, 5, VENET_CLASS]]);
  expect(machine.open(5)).toBe(1);
  machine.send(3);
  machine.bridge.move();
  expect(machine.take()).toEqual([3]);
  expect(machine.verb(BRIDGE.close, 1)).toBe(0);
  machine.send(4);
  machine.bridge.move();
  expect(machine.take()).toEqual([]);
});

test("arguments that can't be are answered", () => {
  const machine = started();
  const ring = COUNT * DESCRIPTOR.size;
  const shm = (handle: number, id: number, at: number, bytes: number, signal = ring): number =>
    machine.verb(BRIDGE.shm, handle, id, 0, at, bytes, signal, 0);
  expect([machine.verb(9), machine.verb(BRIDGE.open, 6, 1), machine.verb(BRIDGE.close, 3)]).toEqual([
    -22, -2, -9,
  ]);
  expect(shm(2, VENET.tx, AT.tx, ring)).toBe(-9);
  expect(shm(1, 2, AT.tx, ring)).toBe(-2);
  for (const [at, bytes, signal] of [
    [AT.tx + 16, ring, ring],
    [AT.tx, ring + 16, ring],
    [AT.tx, 8 * 16, ring],
    [AT.tx, 2048 * 16, ring],
    [RAM_BYTES - 64, ring, -4096],
    [AT.tx, ring, ring + 4],
    [AT.tx, ring, -AT.tx - 16],
    [AT.tx, ring, RAM_BYTES],
    [0xffff_ff00, ring, ring],
  ] as const)
    expect(shm(1, VENET.tx, at, bytes, signal)).toBe(-22);
  const call = (handle: number, func: number, at: number, bytes: number): number =>
    machine.verb(BRIDGE.call, handle, func, at, bytes, 0);
  expect([call(1, 9, 0, 64), call(0, 9, 0, 64), call(4, 1, 0, 64)]).toEqual([-2, -2, -9]);
  expect([call(1, VENET.info, 0, 27), call(0, BUS.nextChange, 0, 127)]).toEqual([-28, -28]);
  expect([call(1, VENET.info, RAM_BYTES - 27, 28), call(1, VENET.info, 0, -1)]).toEqual([-14, -14]);
  expect([call(0, BUS.events, 32, EVENT.size), call(0, BUS.negotiate, 1, 16)]).toEqual([-22, -22]);
  machine.words[0] = 2;
  expect([call(0, BUS.negotiate, 0, 16), machine.verb(BRIDGE.open, 5, 2)]).toEqual([-71, -71]);
  machine.write(REGISTER.kick, -1);
  machine.write(REGISTER.kick, VENET.rx);
});

test("a turn, a buffer or a block that can't be ends the PC, and nothing else", () => {
  const other = started();
  const breaks = (spoil: (machine: Machine) => void): void => {
    const machine = started();
    machine.loop.deliver(Uint8Array.of(1, 2, 3));
    spoil(machine);
    expect(() => machine.bridge.move()).toThrow(Broken);
  };
  const tx = (word: number, value: number) => (machine: Machine) => {
    machine.setTxSignal(SIGNAL.enabled, 0);
    machine.send(1);
    machine.words[(AT.tx + word) >>> 2] = value;
  };
  breaks(tx(DESCRIPTOR.turn, 3));
  breaks(tx(DESCRIPTOR.turn, 2));
  breaks(tx(DESCRIPTOR.address, RAM_BYTES - 63));
  breaks(tx(DESCRIPTOR.address, -1));
  breaks(tx(DESCRIPTOR.length, -1));
  breaks((machine) => (machine.words[(AT.rx + DESCRIPTOR.turn) >>> 2] = 2));
  breaks((machine) => (machine.words[(AT.rx + DESCRIPTOR.address) >>> 2] = RAM_BYTES));
  for (const block of [AT.block + 4, RAM_BYTES, RAM_BYTES - 32, -64])
    expect(() => started().write(REGISTER.call, block)).toThrow(Broken);
  other.send(7);
  other.bridge.move();
  expect(other.take()).toEqual([7]);
});
