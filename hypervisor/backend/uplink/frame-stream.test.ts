// Frames in a stream: whatever the pieces, the same frames come out; and no bytes at all break the reader.

import fc from "fast-check";
import { expect, test } from "vitest";
import { UPLINK_FRAME_MAX } from "../../limits.ts";
import { inStream } from "../../uplinks.test-support.ts";
import { FrameReader, FrameWriter } from "./frame-stream.ts";

const frames = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: fc.uint8Array({ maxLength: 80 }) },
    fc.uint8Array({ minLength: UPLINK_FRAME_MAX - 1, maxLength: UPLINK_FRAME_MAX, size: "max" }),
  ),
  { maxLength: 12 },
);

/** The bytes in pieces of these lengths, again and again. */
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const length = lengths[n % lengths.length] ?? 1;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

/** What a reader finds in the pieces, and whether it could read on. */
function read(pieces: readonly Uint8Array[]): { found: Buffer[]; sane: boolean } {
  const found: Buffer[] = [];
  const reader = new FrameReader((frame) => found.push(Buffer.from(frame)));
  return { found, sane: pieces.every((piece) => reader.take(piece)) };
}

test("frames come out of a stream as they went in, however it is cut", () => {
  const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 70_000 })), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(frames, lengths, (sent, pieces) => {
      const written: Uint8Array[] = [];
      const writer = new FrameWriter((bytes) => written.push(bytes));
      for (const frame of sent) writer.put(frame);
      writer.flush();
      const stream = Buffer.concat(written);
      expect(stream.equals(Buffer.concat(sent.map(inStream)))).toBe(true);
      const { found, sane } = read(cut(stream, pieces));
      expect(sane).toBe(true);
      expect(found.map(({ length }) => length)).toEqual(sent.map(({ length }) => length));
      expect(found.every((frame, index) => frame.equals(sent[index] as Uint8Array))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("any bytes are frames, or are refused", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 10 }), (pieces) => {
      const { found, sane } = read(pieces);
      const bytes = Buffer.concat(pieces);
      // What an array says: frame after frame, up to the first length that can't be.
      let at = 0;
      let expected = 0;
      while (at + 4 <= bytes.length && bytes.readUInt32BE(at) <= UPLINK_FRAME_MAX) {
        if (at + 4 + bytes.readUInt32BE(at) > bytes.length) break;
        at += 4 + bytes.readUInt32BE(at);
        expected++;
      }
      expect(found.length).toBe(expected);
      expect(sane).toBe(at + 4 > bytes.length || bytes.readUInt32BE(at) <= UPLINK_FRAME_MAX);
    }),
  );
});

test("the longest frame is taken, and one byte more is no frame", () => {
  expect(read([inStream(new Uint8Array(UPLINK_FRAME_MAX))]).found.length).toBe(1);
  expect(read([inStream(new Uint8Array(UPLINK_FRAME_MAX + 1))])).toEqual({ found: [], sane: false });
  expect(read([Uint8Array.of(0xff, 0xff, 0xff), Uint8Array.of(0xff)])).toEqual({ found: [], sane: false });
});
