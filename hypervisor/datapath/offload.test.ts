// Large frames in a memory: cut, they say what they said whole, with sums that are right; what can't be cut
// is refused.

import fc from "fast-check";
import { expect, test } from "vitest";
import { SEGMENT_BYTES_MIN, TAP_SEGMENT_BYTES_MIN } from "../limits.ts";
import { FLAGS, largeFrame, readSegment, type LargeFrame } from "../large-frames.test-support.ts";
import { viewGuestMemory } from "../memory/fabric.ts";
import { Cutter, LARGE_FRAME_MAX } from "./offload.ts";

const memory = viewGuestMemory(new WebAssembly.Memory({ initial: 3, maximum: 3, shared: true }));
const PLACE = 4097;
const [TO, FROM] = [
  [2, 0, 0, 0, 0, 1],
  [2, 0, 0, 0, 0, 2],
];

function judge(cutter: Cutter, bytes: readonly number[], size: number): number {
  memory.u8.set(bytes, PLACE);
  return cutter.judge(memory, PLACE, bytes.length, size);
}

/** All frames that are made of one. */
function cut(cutter: Cutter, bytes: readonly number[], size: number): number[][] {
  const count = judge(cutter, bytes, size);
  if (count > 0) cutter.load(memory, PLACE);
  return Array.from({ length: count }, (_, index) => {
    const length = cutter.cut(index);
    return [...cutter.u8.subarray(cutter.at, cutter.at + length)];
  });
}

const base = (change: Partial<LargeFrame> = {}): LargeFrame => ({
  to: TO as number[],
  from: FROM as number[],
  payload: Array.from({ length: 3000 }, (_, n) => n & 255),
  ...change,
});

test("cut into segments, a frame says what it said whole", () => {
  const cutter = new Cutter();
  const options = fc.constantFrom(0, 4, 12, 40);
  const frame = fc.record({
    payload: fc.array(fc.nat(255), { maxLength: 9000, size: "max" }),
    ipv6: fc.boolean(),
    vlan: fc.option(fc.integer({ min: 1, max: 4094 }), { nil: undefined }),
    ipOptions: options,
    tcpOptions: options,
    flags: fc.constantFrom(FLAGS.ack, FLAGS.ack | FLAGS.psh | FLAGS.fin | FLAGS.cwr),
    sequence: fc.constantFrom(1, 2 ** 32 - 1000),
    id: fc.constantFrom(9, 65_535),
  });
  const sizes = fc.integer({ min: SEGMENT_BYTES_MIN, max: 4000 });
  fc.assert(
    fc.property(frame, sizes, ({ vlan, ...rest }, size) => {
      const whole = base({ ...rest, ...(vlan !== undefined && { vlan }) });
      const bytes = largeFrame(whole);
      const frames = cut(cutter, bytes, size);
      const segments = frames.map(readSegment);
      expect(frames.length).toBe(Math.max(1, Math.ceil(rest.payload.length / size)));
      expect(cutter.bytes).toBe(frames.reduce((sum, { length }) => sum + length, 0));
      expect(cutter.longest).toBe(Math.max(...frames.map(({ length }) => length)));
      expect(segments.flatMap(({ payload }) => payload)).toEqual(rest.payload);
      for (const [index, segment] of segments.entries()) {
        const isLast = index === segments.length - 1;
        const flags = rest.flags & ~(isLast ? 0 : FLAGS.psh | FLAGS.fin) & ~(index === 0 ? 0 : FLAGS.cwr);
        expect(segment).toMatchObject({
          wrong: [],
          flags,
          sequence: (rest.sequence + index * size) % 2 ** 32,
          id: rest.ipv6 ? 0 : (rest.id + index) & 0xffff,
        });
        // Addresses and tag stand as they were.
        expect(frames[index]?.slice(0, 14)).toEqual(bytes.slice(0, 14));
      }
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

test("the longest frame, and one without payload", () => {
  const cutter = new Cutter();
  const payload = Array.from({ length: 65_535 - 40 }, () => 255);
  const frames = cut(cutter, largeFrame(base({ payload })), SEGMENT_BYTES_MIN);
  expect(frames.length).toBe(Math.ceil(payload.length / SEGMENT_BYTES_MIN));
  expect(frames.flatMap((frame) => readSegment(frame).wrong)).toEqual([]);
  const one = cut(cutter, largeFrame(base({ payload: [], flags: FLAGS.syn })), SEGMENT_BYTES_MIN);
  expect(one.map((frame) => readSegment(frame).wrong)).toEqual([[]]);
});

/** The bytes of a frame with some of them changed. */
function changed(frame: LargeFrame, ...at: readonly (readonly [number, number])[]): number[] {
  const bytes = largeFrame(frame);
  for (const [place, value] of at) bytes[place] = value;
  return bytes;
}

test.each<[string, number[]]>([
  ["another EtherType", changed(base(), [13, 6])],
  ["another version", changed(base(), [14, 0x55])],
  ["a header shorter than IPv4's", changed(base(), [14, 0x44])],
  ["a header that hides TCP's", changed(base({ payload: [] }), [14, 0x4f])],
  ["a length that is one less", changed(base(), [17, (3040 & 255) - 1])],
  ["a part of a datagram, more to come", changed(base(), [20, 0x20])],
  ["a part of a datagram, the second", changed(base(), [20, 0], [21, 1])],
  ["UDP", changed(base(), [23, 17])],
  ["a TCP header shorter than TCP's", changed(base(), [46, 0x40])],
  ["a TCP header longer than the frame", changed(base({ payload: [] }), [46, 0xf0])],
  ["SYN and more than a segment", largeFrame(base({ flags: FLAGS.syn }))],
  ["RST and more than a segment", largeFrame(base({ flags: FLAGS.rst | FLAGS.ack }))],
  ["URG and more than a segment", largeFrame(base({ flags: FLAGS.urg | FLAGS.ack }))],
  ["IPv6 in IPv4's place", changed(base({ ipv6: true }), [14, 0x45])],
  ["IPv6, a length that is one more", changed(base({ ipv6: true }), [19, (3020 & 255) + 1])],
  ["IPv6 with more headers", changed(base({ ipv6: true }), [20, 0])],
  ["nothing but addresses", largeFrame(base()).slice(0, 14)],
  ["a tag and no more", changed(base({ vlan: 5 })).slice(0, 18)],
  ["half of its headers", largeFrame(base({ payload: [] })).slice(0, 50)],
])("can't be cut: %s", (_, bytes) => {
  const cutter = new Cutter();
  // What lay there before is no part of it.
  expect(judge(cutter, largeFrame(base()), 1000)).toBe(3);
  expect(judge(cutter, bytes, 1000)).toBe(0);
});

test("segments of so many bytes, and no fewer", () => {
  const cutter = new Cutter();
  const bytes = largeFrame(base());
  expect(judge(cutter, bytes, SEGMENT_BYTES_MIN - 1)).toBe(0);
  expect(judge(cutter, bytes, SEGMENT_BYTES_MIN)).toBe(6);
  expect(judge(cutter, bytes, SEGMENT_BYTES_MIN + 1)).toBe(6);
});

test("segments that are shorter than their headers say what the frame said", () => {
  const cutter = new Cutter();
  const payload = Array.from({ length: 2000 }, (_, n) => (n * 7) & 255);
  const bytes = largeFrame(base({ payload, ipv6: true, tcpOptions: 40 }));
  const least = TAP_SEGMENT_BYTES_MIN;
  memory.u8.set(bytes, PLACE);
  expect(cutter.judge(memory, PLACE, bytes.length, least - 1, least)).toBe(0);
  const count = cutter.judge(memory, PLACE, bytes.length, least, least);
  expect(count).toBe(Math.ceil(payload.length / least));
  cutter.load(memory, PLACE);
  const segments = Array.from({ length: count }, (_, index) => {
    const length = cutter.cut(index);
    return readSegment([...cutter.u8.subarray(cutter.at, cutter.at + length)]);
  });
  expect(segments.flatMap(({ wrong }) => wrong)).toEqual([]);
  expect(segments.flatMap((segment) => segment.payload)).toEqual(payload);
});

test("whatever bytes there are, it is cut within its bounds or refused", () => {
  const cutter = new Cutter();
  const most = Math.ceil(LARGE_FRAME_MAX / SEGMENT_BYTES_MIN);
  const tear = fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 3 });
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.boolean(),
      tear,
      fc.nat(40_000),
      fc.nat(32_767),
      (ipv6, tagged, torn, payload, size) => {
        const frame = base({
          ipv6,
          ...(tagged && { vlan: 5 }),
          payload: Array.from({ length: payload }, () => 7),
        });
        const frames = cut(cutter, changed(frame, ...torn), size);
        expect(frames.length).toBeLessThanOrEqual(most);
        expect(frames.flatMap((one) => readSegment(one).wrong)).toEqual([]);
      },
    ),
    { numRuns: 100, endOnFailure: true },
  );
});
