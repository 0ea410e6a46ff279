// Counters that any thread adds to and that never come round: 64 bits of two words. The low word is counted
// up by one atomic operation, and only who takes it over a half of its circle counts the high word, which is
// the number of such halves. Who reads in between sees by the low word's highest bit that one is missing.

/** Counts one up. `low` and `high` are i32 indices. Any thread. */
export function countUp(i32: Int32Array, low: number, high: number): void {
  if (((Atomics.add(i32, low, 1) + 1) & HALF_MASK) === 0) Atomics.add(i32, high, 1);
}

/**
 * What has been counted. Never less than before, also where a thread was ended before it counted a half; up
 * to 2^53. Any thread.
 */
export function countOf(i32: Int32Array, low: number, high: number): number {
  // Bound: once more for each 2^31 counts.
  for (;;) {
    const halves = Atomics.load(i32, high) >>> 0;
    const word = Atomics.load(i32, low);
    if (Atomics.load(i32, high) >>> 0 !== halves) continue;
    const missing = (halves & 1) === word >>> 31 ? 0 : 1;
    return (halves + missing) * HALF + (word & HALF_MASK);
  }
}

const HALF = 2 ** 31;
const HALF_MASK = 0x7fff_ffff;
