// Counts beyond what 32 bits hold, and the moment at which they go over.

import { expect, test } from "vitest";
import { countOf, countUp } from "./counts.ts";

const [LOW, HIGH] = [3, 1];

/** A counter that stands at `count`. */
function counter(count: number): Int32Array {
  const i32 = new Int32Array(new SharedArrayBuffer(16));
  i32[LOW] = (count % 2 ** 32) | 0;
  i32[HIGH] = Math.floor(count / 2 ** 31);
  return i32;
}

test.each([0, 2 ** 31 - 2, 2 ** 32 - 2, 2 ** 40 + 2 ** 31 - 2])(
  "from %d on each count is one more",
  (start) => {
    const i32 = counter(start);
    for (let count = start; count < start + 4; count++) {
      expect(countOf(i32, LOW, HIGH)).toBe(count);
      countUp(i32, LOW, HIGH);
    }
  },
);

test.each([2 ** 31, 2 ** 32])(
  "who reads between both words at %d sees the count, and so it stays",
  (half) => {
    const i32 = counter(half - 1);
    // Ended here: the half is never counted.
    Atomics.add(i32, LOW, 1);
    expect(countOf(i32, LOW, HIGH)).toBe(half);
    for (let more = 0; more < 3; more++) countUp(i32, LOW, HIGH);
    expect(countOf(i32, LOW, HIGH)).toBe(half + 3);
    i32[LOW] = (half + 2 ** 31 - 1) | 0;
    countUp(i32, LOW, HIGH);
    expect(countOf(i32, LOW, HIGH)).toBe(half + 2 ** 31);
  },
);
