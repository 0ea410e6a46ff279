// Large frames on the bridge of a PC: one that its kernel posts comes to the switch whole, and segments that
// came together are one for a kernel that takes such.

import { expect, test } from "vitest";
import { Cutter } from "../../datapath/offload.ts";
import { largeFrame, wordOf } from "../../large-frames.test-support.ts";
import { PC_LARGE_SLOTS } from "../../limits.ts";
import { FEATURE, LARGE } from "../../ring/abi.ts";
import { Broken, BUFFER_BYTES, COUNT, Machine, RAM_BYTES, venetRecord } from "./bridge.test-support.ts";

const SIZE = 600;
const HEADERS = 54;
const LARGE_BYTES = 20_000;

const frameOf = (bytes: number): Uint8Array =>
  Uint8Array.from(
    largeFrame({
      to: [2, 0, 0, 0, 0, 1],
      from: [2, 0, 0, 0, 0, 2],
      payload: Array.from({ length: bytes }, (_, n) => n & 255),
    }),
  );

function started(features: number, offload = true): Machine {
  const machine = new Machine();
  machine.add(5);
  machine.bridge.change(5, venetRecord(5, "eth0", offload));
  machine.begin();
  expect(machine.negotiate(features)).toBe(features);
  machine.open(5);
  return machine;
}

function segments(count: number): Uint8Array[] {
  const cutter = new Cutter();
  const u8 = frameOf(count * SIZE);
  cutter.judge({ u8 }, 0, u8.length, SIZE);
  cutter.load({ u8 }, 0);
  return Array.from({ length: count }, (_, index) => {
    const length = cutter.cut(index);
    return cutter.u8.slice(cutter.at, cutter.at + length);
  });
}

test("a large frame comes to the switch as it is, and more of them than there are buffers do", () => {
  const machine = started(FEATURE.segment);
  machine.loop.waitUs = 250;
  const frames = Array.from({ length: COUNT }, (_, n) => frameOf(LARGE_BYTES + n));
  // All lie in the same place of the RAM, so each is copied before the next.
  for (const frame of frames.slice(0, PC_LARGE_SLOTS)) machine.sendFrame(frame, wordOf(frame.length, 1000));
  expect(machine.free).toBe(COUNT);
  const next = frames[PC_LARGE_SLOTS] as Uint8Array;
  machine.sendFrame(next, wordOf(next.length, 1000));
  expect([machine.free, machine.loop.sent]).toEqual([COUNT - 1, []]);
  machine.loop.waitUs = 0;
  machine.bridge.move();
  expect(machine.free).toBe(COUNT);
  const sent = frames.slice(0, PC_LARGE_SLOTS + 1);
  expect(machine.loop.sent).toEqual(sent.map((frame) => wordOf(frame.length, 1000)));
  expect(machine.loop.frames).toEqual(sent);
});

test("where the guest took no such feature, that word is a length that can't be", () => {
  const machine = started(FEATURE.notifyAt);
  expect(() => machine.sendFrame(frameOf(2000), wordOf(2054, 1000))).toThrow(Broken);
  const other = started(FEATURE.segment);
  expect(() => other.sendFrame(frameOf(2000), wordOf(LARGE.lengthMask, 1000))).not.toThrow();
  expect(other.loop.sent.at(-1)).toBeGreaterThan(65_554);
  expect(RAM_BYTES).toBeGreaterThan(LARGE.lengthMask);
});

test("segments that came together are one frame, as far as the buffer goes", () => {
  const machine = started(FEATURE.whole);
  for (const each of segments(5)) machine.loop.deliver(each);
  machine.bridge.move();
  const fit = Math.floor((BUFFER_BYTES - HEADERS) / SIZE);
  expect(fit).toBe(3);
  const frames = machine.takeFrames();
  expect(frames.map(({ word }) => word)).toEqual([
    wordOf(HEADERS + 3 * SIZE, SIZE),
    wordOf(HEADERS + 2 * SIZE, SIZE),
  ]);
  expect(frames[0]?.bytes.slice(HEADERS)).toEqual([...frameOf(3 * SIZE).subarray(HEADERS)]);
  // What comes later is a frame of its own: nothing waits.
  const [first, second] = segments(2) as [Uint8Array, Uint8Array];
  machine.loop.deliver(first);
  machine.bridge.move();
  machine.loop.deliver(second);
  machine.bridge.move();
  expect(machine.takeFrames().map(({ bytes }) => bytes)).toEqual([[...first], [...second]]);
});

test("who did not ask, and a venet without `offload`, has each as it came", () => {
  for (const machine of [started(FEATURE.segment), started(FEATURE.whole, false)]) {
    const each = segments(3);
    for (const segment of each) machine.loop.deliver(segment);
    machine.bridge.move();
    expect(machine.takeFrames()).toEqual(each.map((one) => ({ word: one.length, bytes: [...one] })));
  }
});
