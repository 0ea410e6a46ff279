// Moves through logs: a place is the number of the line at the bottom, so that new lines don't move what is
// read.

import type { LogReader } from "./log-buffer.ts";
import type { DashboardState } from "./model.ts";
import { logQuery } from "./select.ts";

type Move = -1 | 1 | "page-up" | "page-down" | "first" | "last";

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
