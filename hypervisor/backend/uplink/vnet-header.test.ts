// What the kernel says before a frame, and is told: sums that it began are finished, what can't be is
// refused, and no bytes but a sum's are ever changed.

import fc from "fast-check";
import { expect, test } from "vitest";
import { Cutter } from "../../datapath/offload.ts";
import { FLAGS, largeFrame, readSegment, type LargeFrame } from "../../large-frames.test-support.ts";
import { TAP_SEGMENT_BYTES_MIN } from "../../limits.ts";
import { readVnet, VNET_BYTES, WRONG, writeLarge } from "./vnet-header.ts";

const [NEEDS_SUM, TCP4, UDP, TCP6, ECN] = [1, 1, 3, 4, 0x80];

interface Header {
  readonly flags?: number;
  readonly type?: number;
  readonly segment?: number;
  readonly from?: number;
  readonly at?: number;
}

function messageOf(header: Header, frame: readonly number[]): Uint8Array {
  const { flags = 0, type = 0, segment = 0, from = 0, at = 0 } = header;
  const two = (value: number): number[] => [value & 255, value >>> 8];
  const head = [flags, type, ...two(54), ...two(segment), ...two(from), ...two(at)];
  return Uint8Array.from([...head, ...frame]);
}

const frameOf = (change: Partial<LargeFrame> = {}): number[] =>
  largeFrame({
    to: [2, 0, 0, 0, 0, 1],
    from: [2, 0, 0, 0, 0, 2],
    payload: Array.from({ length: 999 }, (_, n) => n & 255),
    ...change,
  });

/** A frame as the kernel gives it, its sum begun: the sum over addresses, protocol and length. */
function begun(change: Partial<LargeFrame>): Uint8Array {
  const frame = frameOf(change);
  const cutter = new Cutter();
  expect(cutter.judge({ u8: Uint8Array.from(frame) }, 0, frame.length, 65_535)).toBe(1);
  const message = messageOf({}, frame);
  writeLarge(message, frame.length, cutter);
  return message;
}

test("a frame that needs nothing stays as it is", () => {
  const message = messageOf({}, frameOf());
  const before = [...message];
  expect(readVnet(message)).toBe(0);
  expect([...message]).toEqual(before);
});

test.each([{}, { ipv6: true }, { vlan: 7 }, { payload: [1] }, { payload: [] }, { tcpOptions: 12 }])(
  "a sum that was begun is finished: %o",
  (change) => {
    const message = begun(change);
    expect([message[0], message[1]]).toEqual([NEEDS_SUM, 0]);
    expect(readSegment([...message.subarray(VNET_BYTES)]).wrong).not.toEqual([]);
    expect(readVnet(message)).toBe(0);
    expect(readSegment([...message.subarray(VNET_BYTES)]).wrong).toEqual([]);
  },
);

test("a sum that comes to 0 is written as its other form: 0 says that UDP has none", () => {
  const message = messageOf({ flags: NEEDS_SUM, from: 14, at: 0 }, [...Array(14).fill(9), 0xff, 0xff, 0, 0]);
  expect(readVnet(message)).toBe(0);
  expect([...message.subarray(-4)]).toEqual([0xff, 0xff, 0, 0]);
});

test("large frames of TCP are told by the payload of a segment", () => {
  for (const [type, segment] of [
    [TCP4, 1448],
    [TCP6, TAP_SEGMENT_BYTES_MIN],
    [TCP4 | ECN, 65_535],
  ] as const)
    expect(readVnet(messageOf({ flags: NEEDS_SUM, type, segment }, frameOf()))).toBe(segment);
});

test.each<[string, Uint8Array]>([
  ["nothing", new Uint8Array(0)],
  ["half a header", new Uint8Array(VNET_BYTES - 1)],
  ["segments of no bytes", messageOf({ type: TCP4, segment: 0 }, frameOf())],
  ["segments of UDP", messageOf({ type: UDP, segment: 1000 }, frameOf())],
  ["another kind of segments", messageOf({ type: 5, segment: 1000 }, frameOf())],
  ["a sum that begins in the Ethernet header", messageOf({ flags: NEEDS_SUM, from: 13, at: 16 }, frameOf())],
  [
    "a sum that stands half behind the frame",
    messageOf({ flags: NEEDS_SUM, from: 34, at: 19 }, Array(54).fill(0)),
  ],
  ["a sum that stands far behind it", messageOf({ flags: NEEDS_SUM, from: 65_535, at: 65_535 }, frameOf())],
])("is refused: %s", (_, message) => {
  const before = [...message];
  expect(readVnet(message)).toBe(WRONG);
  expect([...message]).toEqual(before);
});

test("the last place that a sum may have is the frame's end", () => {
  const message = messageOf({ flags: NEEDS_SUM, from: 34, at: 18 }, Array(54).fill(0));
  expect(readVnet(message)).toBe(0);
  expect([...message.subarray(-2)]).toEqual([0xff, 0xff]);
});

test("whatever header there is, two bytes of the frame change at most, where a sum may stand", () => {
  const header = fc.uint8Array({ minLength: 0, maxLength: VNET_BYTES });
  const near = fc.record({
    flags: fc.constantFrom(0, 1, 2, 3, 255),
    type: fc.constantFrom(0, 0, 0, TCP4, UDP, TCP6, ECN, ECN | TCP4),
    segment: fc.nat(65_535),
    from: fc.oneof(fc.nat(120), fc.nat(65_535)),
    at: fc.oneof(fc.nat(120), fc.nat(65_535)),
  });
  const frame = fc.uint8Array({ maxLength: 120 });
  const any = fc.oneof(
    fc.tuple(header, frame).map(([head, body]) => Uint8Array.from([...head, ...body])),
    fc.tuple(near, frame).map(([head, body]) => messageOf(head, [...body])),
  );
  fc.assert(
    fc.property(any, (message) => {
      const before = Uint8Array.from(message);
      const answer = readVnet(message);
      const changed = [...message.keys()].filter((at) => message[at] !== before[at]);
      expect(answer).toBeGreaterThanOrEqual(WRONG);
      expect(answer).toBeLessThanOrEqual(65_535);
      if (answer !== 0) expect(changed).toEqual([]);
      if (changed.length === 0) return;
      const [first = 0, last = first] = [changed[0], changed.at(-1)];
      expect(first).toBeGreaterThanOrEqual(VNET_BYTES + 14);
      expect(last - first).toBeLessThanOrEqual(1);
    }),
    { numRuns: 2000, endOnFailure: true },
  );
});

test.each([{}, { ipv6: true }, { tcpOptions: 12, flags: FLAGS.ack | FLAGS.cwr }])(
  "the kernel is told of a large frame what cutting it takes: %o",
  (change) => {
    const frame = frameOf({ payload: Array.from({ length: 5000 }, () => 3), ...change });
    const cutter = new Cutter();
    expect(cutter.judge({ u8: Uint8Array.from(frame) }, 0, frame.length, 1000)).toBe(5);
    const message = messageOf({}, frame);
    writeLarge(message, frame.length, cutter);
    const { ipv6 = false, tcpOptions = 0, flags = 0 } = change as Partial<LargeFrame>;
    const tcp = ipv6 ? 54 : 34;
    const type = (ipv6 ? TCP6 : TCP4) | (flags & FLAGS.cwr ? ECN : 0);
    const head = messageOf({ flags: NEEDS_SUM, type, segment: 1000, from: tcp, at: 16 }, []);
    head[2] = tcp + 20 + tcpOptions;
    expect([...message.subarray(0, VNET_BYTES)]).toEqual([...head]);
    // As if it were to be summed and not cut: then it is right.
    message[1] = 0;
    expect(readVnet(message)).toBe(0);
    expect(readSegment([...message.subarray(VNET_BYTES)]).wrong).toEqual([]);
  },
);
