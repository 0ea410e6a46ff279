// Positions in a ring, which count its frames and come round.

/**
 * Bits of a position as guests and receivers count them: one less than a word, whose other one is the turn.
 */
export const POSITIONS = 0x7fff_ffff;
/** Of two positions, the later one is less than this ahead. */
export const HALF_CIRCLE = 0x4000_0000;

/**
 * Whether `at` has been given to somebody, where `next` is the first position that has not. Both may be
 * anything.
 */
export function isGiven(at: number, next: number): boolean {
  return ((next - at - 1) & POSITIONS) < HALF_CIRCLE;
}
