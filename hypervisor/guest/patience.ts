// A wait that counts only while this process runs: one that was stopped, or had no processor for long, has
// not given those whom it waits for their time either.

const TICK_MS = 250;

interface Wait {
  ticks: number;
  readonly over: () => void;
}

/** One clock for all that wait: a timer each costs more than what most of them wait for. */
const waits = new Set<Wait>();
let timer: NodeJS.Timeout | undefined;

/**
 * Calls `over` after `ms` milliseconds in which this thread could have looked; what it answers calls that
 * off.
 */
export function afterAwake(ms: number, over: () => void): () => void {
  const wait = { ticks: Math.ceil(ms / TICK_MS) + 1, over }; // The first one may be about to come.
  waits.add(wait);
  timer ??= setInterval(tick, TICK_MS);
  return () => drop(wait);
}

/** However long nobody ran, it is one. */
function tick(): void {
  for (const wait of waits) {
    if (--wait.ticks > 0) continue;
    drop(wait);
    wait.over();
  }
}

function drop(wait: Wait): void {
  waits.delete(wait);
  if (waits.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}
