// What a function of the program's interface answers when it does not do what was asked.

import { ERRNO, type ErrnoName } from "./abi.ts";

/** Thrown inside a function, and answered by it as a number. */
export class Refused extends Error {
  readonly errno: ErrnoName;

  constructor(errno: ErrnoName) {
    super(errno);
    this.errno = errno;
  }
}

/** The number for a `Refused` or an error of the host's file system; undefined for every other exception. */
function errnoOf(error: unknown): number | undefined {
  if (error instanceof Refused) return ERRNO[error.errno];
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return Object.hasOwn(ERRNO, error.code) ? ERRNO[error.code as ErrnoName] : ERRNO.EIO;
}

/** Does the work; what is refused becomes its number. */
export function settle(work: () => number): number {
  try {
    return work();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return errno;
  }
}
