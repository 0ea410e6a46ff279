import { expect, test } from "vitest";
import { FRAME_BYTES_KEPT, FrameBuffer } from "./buffer.ts";
import { PcapngReader } from "./pcapng.ts";
import { makeFrame, pcapngOf } from "./frames.test-support.ts";

test("what was captured is read, however it is cut into pieces", () => {
  const frames = [
    makeFrame(1),
    makeFrame(2, { inbound: true, length: 1500 }),
    makeFrame(3, { device: "server.eth0", dropped: "full" }),
  ];
  const file = pcapngOf(frames);
  for (const size of [1, 7, 64, file.length]) {
    const reader = new PcapngReader();
    const read = [];
    for (let at = 0; at < file.length; at += size) read.push(...reader.push(file.subarray(at, at + size)));
    expect(read).toEqual(frames);
  }
});

test("what is no pcapng is refused", () => {
  expect(() => new PcapngReader().push(new Uint8Array(16))).toThrow("no pcapng");
});

test("the last frames are kept, by number and by time, and long ones are cut", () => {
  const buffer = new FrameBuffer(100);
  const before = buffer.heldBytes;
  buffer.append(Array.from({ length: 250 }, (_, index) => makeFrame(index + 1)));
  expect(buffer.heldBytes).toBe(before);
  expect(buffer.last).toBe(250);
  expect(buffer.before(250, 3).map(({ sequence }) => sequence)).toEqual([248, 249, 250]);
  expect(buffer.before(250, 1000)).toHaveLength(100);
  expect(buffer.after(0, 2).map(({ sequence }) => sequence)).toEqual([151, 152]);
  expect(buffer.after(249, 2).map(({ sequence }) => sequence)).toEqual([250]);
  expect(buffer.lastUntil(makeFrame(200).timeMs)).toBe(200);
  expect(buffer.lastUntil(makeFrame(200).timeMs + 1)).toBe(200);
  expect(buffer.lastUntil(makeFrame(150).timeMs)).toBe(0);
  expect(buffer.lastUntil(Number.MAX_VALUE)).toBe(250);
  buffer.append([makeFrame(251, { bytes: new Uint8Array(500) })]);
  expect(buffer.before(251, 1)[0]?.bytes).toHaveLength(FRAME_BYTES_KEPT);
});

test("a filter sees the device, what was decoded, and why it was dropped", () => {
  const buffer = new FrameBuffer();
  buffer.append([makeFrame(1), makeFrame(2, { dropped: "full" }), makeFrame(3, { device: "b.eth1" })]);
  const found = (wanted: string): readonly number[] =>
    buffer.before(3, 10, (text) => text.includes(wanted)).map(({ sequence }) => sequence);
  expect(found("ICMP")).toEqual([1, 2, 3]);
  expect(found("dropped full")).toEqual([2]);
  expect(found("b.eth1")).toEqual([3]);
  expect(found("seq 2")).toEqual([2]);
});
