// The ring of captured frames: nothing lost without being counted, nothing twice, over many laps.

import fc from "fast-check";
import { expect, test } from "vitest";
import { TAP_RING_BYTES } from "../limits.ts";
import { createFabric } from "../memory/fabric.ts";
import { PORT, RECORD, portAt } from "../memory/layout.ts";
import { TapReader, TapWriter, tapLost } from "./tap-ring.ts";

const SEED = Number(process.env["SEED"] ?? 20_261_123);
const PORT_OF_ALL = 3;

function ends(): { readonly write: (kept: number, mark: number) => boolean; readonly read: () => number[] } {
  const fabric = createFabric();
  fabric.i32[(portAt(PORT_OF_ALL) + PORT.tap) >> 2] = 1;
  const reader = new TapReader(fabric);
  return {
    // A writer for each record: the thread of the one before may have been ended.
    write: (kept, mark) => {
      const writer = new TapWriter(fabric, 5);
      if (kept % 7 === 0) new TapWriter(fabric, 5).begin(PORT_OF_ALL, kept); // Ended in the middle.
      const at = writer.begin(PORT_OF_ALL, kept);
      if (at < 0) return false;
      fabric.u8.fill(mark & 0xff, at, at + kept);
      writer.commit(PORT_OF_ALL, mark, kept, 1, 0);
      return true;
    },
    read: () => {
      const found: number[] = [];
      reader.look();
      reader.take((at) => {
        const mark = fabric.f64[(at + RECORD.time) >> 3] as number;
        const kept = fabric.i32[(at + RECORD.kept) >> 2] as number;
        const bytes = fabric.u8.subarray(at + RECORD.frame, at + RECORD.frame + kept);
        expect(bytes.every((byte) => byte === (mark & 0xff))).toBe(true);
        found.push(mark);
      });
      return found;
    },
  };
}

test("what finds room is read, once and in order, across many laps", () => {
  console.log(`tap-ring: seed ${SEED}`);
  const step = fc.record({
    kept: fc.integer({ min: 0, max: 66_000 }),
    count: fc.nat(12),
    read: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { write, read } = ends();
      const [written, seen]: [number[], number[]] = [[], []];
      let mark = 0;
      for (const { kept, count, read: look } of steps) {
        for (let turn = 0; turn < count; turn++) if (write(kept, ++mark)) written.push(mark);
        if (look) seen.push(...read());
      }
      expect([...seen, ...read()]).toEqual(written);
    }),
    { seed: SEED, numRuns: 30 },
  );
});

test("a full ring takes no record more, and counts it", () => {
  const fabric = createFabric();
  fabric.i32[(portAt(PORT_OF_ALL) + PORT.tap) >> 2] = 9;
  const [writer, reader] = [new TapWriter(fabric, 1), new TapReader(fabric)];
  const put = (kept: number): boolean => {
    const at = writer.begin(PORT_OF_ALL, kept);
    if (at >= 0) writer.commit(PORT_OF_ALL, 1, kept, 1, 0);
    return at >= 0;
  };
  const half = TAP_RING_BYTES / 2 - RECORD.frame;
  expect([put(half), put(half - 8)]).toEqual([true, true]);
  // Eight bytes are left: not even a record without a frame.
  expect([put(0), tapLost(fabric, PORT_OF_ALL, 9), tapLost(fabric, PORT_OF_ALL, 8)]).toEqual([
    false,
    1,
    undefined,
  ]);
  reader.look();
  expect(reader.take(() => undefined)).toBe(2);
  expect([put(0), tapLost(fabric, PORT_OF_ALL, 9)]).toEqual([true, 1]);
});

test("a record that has to begin at the ring's start leaves those alone that were not read", () => {
  const { write, read } = ends();
  const [sixteenth, first] = [TAP_RING_BYTES / 16, 1];
  const bytes = (parts: number): number => parts * sixteenth - RECORD.frame;
  expect(write(bytes(12), first)).toBe(true);
  expect(read()).toEqual([first]);
  expect(write(bytes(2), 2)).toBe(true);
  // Fourteen parts are free, two of them behind and twelve before: not thirteen in one.
  expect([write(bytes(13), 3), write(bytes(12), 4)]).toEqual([false, true]);
  expect(read()).toEqual([2, 4]);
});
