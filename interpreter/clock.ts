// Time as the interpreter sees it. Passed in by the composition root; nothing here reads a clock of the
// machine.

/** Both in milliseconds. */
export interface Clock {
  /** Monotonic, from any start; may have a fraction. */
  now(): number;
  /** Since 1970. */
  wall(): number;
}

/** Wall time as ISO 8601. */
export function isoTime(clock: Clock): string {
  return new Date(clock.wall()).toISOString();
}
