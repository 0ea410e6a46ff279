// Segments that came one behind the other are one large frame, which cut again says what they said; what does
// not go on, is not alike or has a wrong sum stays apart.

import fc from "fast-check";
import { expect, test } from "vitest";
import { Cutter } from "../../datapath/offload.ts";
import { FLAGS, largeFrame, readSegment, type LargeFrame } from "../../large-frames.test-support.ts";
import { SEGMENT_BYTES_MIN } from "../../limits.ts";
import { LARGE } from "../../ring/abi.ts";
import { FRAME, Gather } from "./gather.ts";

const ROOM = 16_384;
const SIZE = 1000;

const base = (change: Partial<LargeFrame> = {}): LargeFrame => ({
  to: [2, 0, 0, 0, 0, 1],
  from: [2, 0, 0, 0, 0, 2],
  payload: Array.from({ length: 3 * SIZE + 10 }, (_, n) => (n * 7) & 255),
  ...change,
});

/** The segments of a frame, summed. */
function segmentsOf(frame: LargeFrame, size = SIZE): Uint8Array[] {
  const cutter = new Cutter();
  const u8 = Uint8Array.from(largeFrame(frame));
  const count = cutter.judge({ u8 }, 0, u8.length, size);
  cutter.load({ u8 }, 0);
  return Array.from({ length: count }, (_, index) => {
    const length = cutter.cut(index);
    return cutter.u8.slice(cutter.at, cutter.at + length);
  });
}

/** What a guest would be given of these: the frames, each with its length word. */
function gathered(frames: readonly Uint8Array[], room = ROOM): { word: number; bytes: number[] }[] {
  const gather = new Gather();
  const given: { word: number; bytes: number[] }[] = [];
  let large: number[] = [];
  const end = (): void => {
    if (!gather.open) return;
    const word = gather.end();
    const { headers } = gather;
    given.push({ word, bytes: [...headers, ...large.slice(headers.length)] });
  };
  for (const frame of frames) {
    const kind = gather.read(frame);
    if (gather.open && kind === FRAME.segment && gather.follows(room)) {
      large.push(...frame.subarray(gather.payloadAt));
      continue;
    }
    end();
    if (kind === FRAME.segment && gather.begin()) large = [...frame];
    else given.push({ word: gather.word(kind, frame.length), bytes: [...frame] });
  }
  end();
  return given;
}

const lengths = (frames: readonly Uint8Array[], room?: number): number[] =>
  gathered(frames, room).map(({ word }) => word & LARGE.lengthMask);
const sizes = (frames: readonly Uint8Array[]): number[] =>
  gathered(frames).map(({ word }) => word >>> LARGE.segmentShift);

test("gathered and cut again, segments say what they said", () => {
  const options = fc.constantFrom(0, 4, 12, 40);
  const frame = fc.record({
    payload: fc.array(fc.nat(255), { minLength: 1, maxLength: 9000, size: "max" }),
    ipv6: fc.boolean(),
    ipOptions: options,
    tcpOptions: options,
    flags: fc.constantFrom(FLAGS.ack, FLAGS.ack | FLAGS.psh),
    sequence: fc.constantFrom(1, 2 ** 32 - 1000),
    id: fc.constantFrom(9, 65_535),
  });
  const size = fc.integer({ min: SEGMENT_BYTES_MIN, max: 4000 });
  fc.assert(
    fc.property(frame, size, (change, bytes) => {
      const segments = segmentsOf(base(change), bytes);
      const given = gathered(segments);
      expect(given.length).toBe(1);
      const { word, bytes: whole } = given[0] as (typeof given)[number];
      expect(word & LARGE.lengthMask).toBe(whole.length);
      const cutter = new Cutter();
      const u8 = Uint8Array.from(whole);
      const count = cutter.judge({ u8 }, 0, u8.length, word >>> LARGE.segmentShift);
      expect(count).toBe(segments.length);
      cutter.load({ u8 }, 0);
      for (const segment of segments) {
        const length = cutter.cut(segments.indexOf(segment));
        expect([...cutter.u8.subarray(cutter.at, cutter.at + length)]).toEqual([...segment]);
        expect(readSegment([...segment]).payload.length).toBeGreaterThan(0);
      }
    }),
  );
});

test("a large frame ends with a segment that is short, is pushed, or has no room", () => {
  const headers = 54;
  const segments = segmentsOf(base());
  const [first, second, third, last] = segments as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  expect(lengths(segments)).toEqual([headers + 3 * SIZE + 10]);
  expect(lengths(segments, headers + 2 * SIZE)).toEqual([headers + 2 * SIZE, headers + SIZE + 10]);
  expect(lengths([first, third, second, last])).toEqual([
    headers + SIZE,
    headers + SIZE,
    headers + SIZE,
    headers + 10,
  ]);
  const pushed = segmentsOf(base({ flags: FLAGS.ack | FLAGS.psh, payload: base().payload.slice(0, 2000) }));
  expect(lengths([...pushed, third])).toEqual([headers + 2 * SIZE, headers + SIZE]);
  const again = segmentsOf(base({ sequence: 1 + 3 * SIZE + 10 }));
  expect(lengths([...segments, ...again])).toEqual([headers + 3 * SIZE + 10, headers + 3 * SIZE + 10]);
});

test("segments whose headers differ stay apart", () => {
  const [first] = segmentsOf(base()) as [Uint8Array];
  const other = (change: Partial<LargeFrame>): number => {
    const second = segmentsOf(base(change))[1] as Uint8Array;
    return gathered([first, second]).length;
  };
  expect(other({})).toBe(1);
  expect(other({ id: 500 })).toBe(1);
  expect(other({ from: [2, 0, 0, 0, 0, 3] })).toBe(2);
  expect(other({ tcpOptions: 12 })).toBe(2);
  expect(other({ ipOptions: 4 })).toBe(2);
  expect(other({ ipv6: true })).toBe(2);
  expect(other({ sequence: 2 })).toBe(2);
  expect(other({ vlan: 5 })).toBe(2);
});

test("a sum that is right is said; one that is wrong is the guest's to find, and ends a large frame", () => {
  const segments = segmentsOf(base());
  expect(sizes(segments)).toEqual([SIZE]);
  expect(sizes(segments.slice(0, 1))).toEqual([SIZE]);
  for (const at of [16, 24, 30, 45, 60]) {
    const spoilt = segments.map((each) => each.slice());
    const second = spoilt[1] as Uint8Array;
    second[at] = (second[at] as number) ^ 1;
    expect([at, sizes(spoilt)]).toEqual([at, [SIZE, 0, SIZE]]);
    expect(gathered(spoilt)[1]?.bytes).toEqual([...second]);
  }
});
