// Frames come out by their time, those of one time in the order of coming, whole, and all room comes back.

import fc from "fast-check";
import { expect, test } from "vitest";
import { LINE_BLOCK_BYTES } from "../limits.ts";
import { SEED } from "../machine-room.test-support.ts";
import { WaitingFrames } from "./waiting-frames.ts";

const BLOCKS = 24;
const bytes = Uint8Array.from(
  { length: LINE_BLOCK_BYTES * BLOCKS },
  (_, index) => (index * 7 + (index >> 8)) & 255,
);
const target = new Uint8Array(LINE_BLOCK_BYTES * BLOCKS + 16);

const step = fc.oneof(
  fc.record({
    put: fc.nat(3),
    precise: fc.boolean(),
    due: fc.nat(9),
    address: fc.nat(99),
    length: fc.oneof(
      fc.integer({ min: 1, max: 70 }),
      fc.integer({ min: 1, max: 5 * LINE_BLOCK_BYTES }),
      fc.constantFrom(LINE_BLOCK_BYTES, 2 * LINE_BLOCK_BYTES, LINE_BLOCK_BYTES + 1),
    ),
  }),
  fc.record({ take: fc.nat(4) }),
  fc.record({ drop: fc.nat(3) }),
);

interface Model {
  readonly line: number;
  readonly precise: boolean;
  readonly due: number;
  readonly order: number;
  readonly address: number;
  readonly length: number;
}

test("as a sorted list does it", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const frames = new WaitingFrames(LINE_BLOCK_BYTES * BLOCKS);
      let model: Model[] = [];
      const used = (): number =>
        model.reduce((sum, { length }) => sum + Math.ceil(length / LINE_BLOCK_BYTES), 0);
      const takeOne = (): void => {
        const [first] = model.sort((a, b) => a.due - b.due || a.order - b.order);
        expect(frames.nextDueNs).toBe(first?.due ?? Infinity);
        expect(frames.nextPreciseNs).toBe(model.find(({ precise }) => precise)?.due ?? Infinity);
        if (!first) return;
        model = model.filter((other) => other !== first);
        expect(frames.nextLine).toBe(first.line);
        expect(frames.take(target, 16)).toBe(first.length);
        const wanted = bytes.subarray(first.address, first.address + first.length);
        expect(Buffer.compare(target.subarray(16, 16 + first.length), wanted)).toBe(0);
      };
      for (const [order, each] of steps.entries()) {
        if ("put" in each) {
          const { put: line, precise, due, address, length } = each;
          const fits = used() + Math.ceil(length / LINE_BLOCK_BYTES) <= BLOCKS;
          expect(frames.put({ line, dueNs: due, precise }, bytes, address, length)).toBe(fits);
          if (fits) model.push({ line, precise, due, order, address, length });
        } else if ("drop" in each) {
          frames.drop(each.drop);
          model = model.filter(({ line }) => line !== each.drop);
        } else {
          for (let count = 0; count < each.take; count++) takeOne();
        }
        expect(frames.count).toBe(model.length);
      }
      while (model.length > 0) takeOne();
      takeOne();
      const last = { line: 0, dueNs: 0, precise: false };
      expect(frames.put(last, bytes, 0, LINE_BLOCK_BYTES * BLOCKS), "all room is there again").toBe(true);
    }),
    { seed: SEED, numRuns: 300 },
  );
});
