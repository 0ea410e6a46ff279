// Long works of a lab that a signal calls off: what becomes of them is waited for.

import type { Context, Exit } from "./context.ts";
import { onSignals } from "./signals.ts";

export interface CallOff {
  /** Asks the lab to end the work; may fail where the lab has gone, and the work with it. */
  readonly stop: () => Promise<unknown>;
  /** What was drawn makes room for what is said. */
  readonly clear: () => void;
}

/** Resolves with what the work ends with, or, called off, with the signal's exit code. */
export async function untilDone(
  { terminal }: Pick<Context, "terminal">,
  { stop, clear }: CallOff,
  work: () => Promise<Exit>,
): Promise<Exit> {
  let interrupted: Exit | undefined;
  const release = onSignals((exit) => {
    interrupted = exit;
    stop().catch(() => undefined);
  });
  try {
    return await work();
  } catch (error) {
    clear();
    if (interrupted === undefined || !(error instanceof Error)) throw error;
    terminal.err(`${error.message}\n`);
    return interrupted;
  } finally {
    release();
  }
}
