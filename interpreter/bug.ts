// Our own mistakes: told loudly, never caught.

/** Thrown where the program contradicts itself; never for what a user or a guest does. */
export class BugError extends Error {
  constructor(message: string) {
    super(`bug: ${message}`);
    this.name = "BugError";
  }
}

/** Throws `BugError` unless the condition holds. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new BugError(message);
}
