// Text from a guest's thread: nothing lost, nothing twice, characters whole, and an end to it.

import fc from "fast-check";
import { expect, test } from "vitest";
import { LOG_RING_BYTES } from "../limits.ts";
import { LogReader, LogWriter, createLogRing } from "./log-ring.ts";

const SEED = Number(process.env["SEED"] ?? 20_261_123);

test("what is taken is read, in order, across many laps", () => {
  console.log(`log-ring: seed ${SEED}`);
  const chunk = fc.record({ text: fc.string({ unit: "grapheme", maxLength: 4000 }), read: fc.boolean() });
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 60 }), (chunks) => {
      const ring = createLogRing();
      let rings = 0;
      const [writer, reader] = [new LogWriter(ring, () => rings++), new LogReader(ring)];
      let [written, read, pending] = ["", "", false];
      for (const { text, read: look } of chunks) {
        const bytes = new TextEncoder().encode(text);
        const before = rings;
        if (writer.hasRoom(bytes.length)) {
          expect(writer.write(bytes, 0, bytes.length)).toBe(bytes.length);
          written += text;
          if (bytes.length > 0 && !pending) expect(rings, "the reader is told once").toBe(before + 1);
          pending ||= bytes.length > 0;
        }
        if (look) {
          read += reader.read();
          pending = false;
        }
      }
      expect(read + reader.read()).toBe(written);
    }),
    { seed: SEED, numRuns: 50 },
  );
});

test("a full ring takes what fits, then nothing, until it is read", () => {
  const ring = createLogRing();
  const [writer, reader] = [new LogWriter(ring, () => undefined), new LogReader(ring)];
  const bytes = new Uint8Array(LOG_RING_BYTES + 10).fill(65);
  expect(writer.write(bytes, 0, 10)).toBe(10);
  expect(writer.write(bytes, 0, bytes.length)).toBe(LOG_RING_BYTES - 10);
  expect([writer.hasRoom(1), writer.hasRoom(0), writer.write(bytes, 0, 1)]).toEqual([false, true, 0]);
  expect(reader.read().length).toBe(LOG_RING_BYTES);
  expect([writer.hasRoom(LOG_RING_BYTES), writer.hasRoom(LOG_RING_BYTES + 1)]).toEqual([true, false]);
});
