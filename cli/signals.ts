// SIGINT, SIGTERM and SIGHUP: the first one asks for a clean end, a second one ends at once.

import { EXIT } from "./exit-codes.ts";

const CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: 129 } as const;

/** Calls `stop` with the exit code at the first signal. The answer takes the handlers away. */
export function onSignals(stop: (exit: number) => void): () => void {
  let asked = false;
  const handlers = Object.entries(CODES).map(([signal, exit]) => {
    const handler = (): void => {
      if (asked) process.exit(exit);
      asked = true;
      stop(exit);
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  return () => {
    for (const { signal, handler } of handlers) process.removeListener(signal, handler);
  };
}
