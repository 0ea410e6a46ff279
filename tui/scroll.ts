// Moves through lists and logs. In logs a place is the number of the line at the bottom, so that new lines
// don't move what is read.

import type { Move } from "./keys.ts";
import type { LogReader } from "./log-buffer.ts";
import type { DashboardState, Size } from "./model.ts";
import { logQuery, selectedIndex } from "./select.ts";

/** The key of the row that a move leads to; absent in an empty list. */
export function moveIn(
  keys: readonly string[],
  selected: string | undefined,
  by: Move,
  size: Size,
): string | undefined {
  const index = stepOf(by, selectedIndex(keys, selected), size);
  return keys[Math.max(0, Math.min(keys.length - 1, index))];
}

/** The place that a move leads to, in a list without an end. */
export function stepOf(by: Move, index: number, size: Size): number {
  const page = Math.max(1, size.rows - 8);
  if (typeof by === "number") return index + by;
  if (by === "first") return 0;
  if (by === "last") return Number.MAX_SAFE_INTEGER;
  return by === "page-up" ? index - page : index + page;
}

/** The number of the line at the bottom of the logs now. */
export function bottomOf(state: DashboardState, logs: LogReader): number {
  return state.logs.at ?? (state.frozen ? state.frozenLog : logs.last);
}

/** The state after a move. At the newest line it follows again. */
export function moveLogs(state: DashboardState, by: Move, logs: LogReader): DashboardState {
  const page = Math.max(1, state.size.rows - 6);
  if (by === "last") return follow(state);
  if (by === "first") return stay(state, logs.after(0, logQuery(state, page)).at(-1)?.sequence);
  const count = typeof by === "number" ? 1 : page;
  return by === -1 || by === "page-up" ? up(state, count, page, logs) : down(state, count, logs);
}

function up(state: DashboardState, count: number, page: number, logs: LogReader): DashboardState {
  // A page stays filled: the oldest line never rises above the bottom.
  const above = logs.before(bottomOf(state, logs), logQuery(state, page + count));
  const steps = Math.min(count, Math.max(0, above.length - page));
  return steps === 0 ? state : stay(state, above.at(-1 - steps)?.sequence);
}

function down(state: DashboardState, count: number, logs: LogReader): DashboardState {
  if (state.logs.at === undefined) return state;
  const newest = state.frozen ? state.frozenLog : logs.last;
  const below = logs
    .after(state.logs.at, logQuery(state, count + 1))
    .filter(({ sequence }) => sequence <= newest);
  return below.length <= count ? follow(state) : stay(state, below[count - 1]?.sequence);
}

function follow(state: DashboardState): DashboardState {
  const { at: _, ...place } = state.logs;
  return { ...state, logs: place };
}

function stay(state: DashboardState, at: number | undefined): DashboardState {
  return at === undefined ? state : { ...state, logs: { ...state.logs, at } };
}
