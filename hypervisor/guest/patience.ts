// A wait that counts only while this process runs: one that was stopped, or had no processor for long, has
// not given those whom it waits for their time either.

const TICK_MS = 250;

/**
 * Calls `over` after `ms` milliseconds in which this thread could have looked; what it answers calls that
 * off.
 */
export function afterAwake(ms: number, over: () => void): () => void {
  let ticks = Math.ceil(ms / TICK_MS);
  // However long nobody ran, it is one tick.
  const timer = setInterval(() => {
    if (--ticks > 0) return;
    clearInterval(timer);
    over();
  }, TICK_MS);
  return () => clearInterval(timer);
}
