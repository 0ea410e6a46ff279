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

/** Numbered things that a view shows a page of, oldest first: lines, frames. */
interface Numbered {
  readonly sequence: number;
}
/** Where in them a view is, and what is there. */
export interface Scrolled {
  /** The number at the bottom; absent: the newest, whatever comes. */
  readonly at: number | undefined;
  /** The newest that may be seen. */
  readonly newest: number;
  readonly before: (sequence: number, count: number) => readonly Numbered[];
  readonly after: (sequence: number, count: number) => readonly Numbered[];
}

/** The number at the bottom after a move; absent: the newest, which it follows again. */
export function scroll(place: Scrolled, by: Move, size: Size): number | undefined {
  const page = Math.max(1, size.rows - 6);
  if (by === "last") return undefined;
  if (by === "first") return place.after(0, page).at(-1)?.sequence ?? place.at;
  const count = typeof by === "number" ? 1 : page;
  return by === -1 || by === "page-up" ? up(place, count, page) : down(place, count);
}

function up({ at, newest, before }: Scrolled, count: number, page: number): number | undefined {
  // A page stays filled: the oldest never rises above the bottom.
  const above = before(at ?? newest, page + count);
  const steps = Math.min(count, Math.max(0, above.length - page));
  return steps === 0 ? at : (above.at(-1 - steps)?.sequence ?? at);
}

function down({ at, newest, after }: Scrolled, count: number): number | undefined {
  if (at === undefined) return undefined;
  const below = after(at, count + 1).filter(({ sequence }) => sequence <= newest);
  return below.length <= count ? undefined : (below[count - 1]?.sequence ?? at);
}

/** The number of the line at the bottom of the logs now. */
export function bottomOf(state: DashboardState, logs: LogReader): number {
  return state.logs.at ?? newestLine(state, logs);
}

const newestLine = (state: DashboardState, logs: LogReader): number =>
  state.frozen ? state.frozenLog : logs.last;

/** The state after a move. At the newest line it follows again. */
export function moveLogs(state: DashboardState, by: Move, logs: LogReader): DashboardState {
  const { at, ...place } = state.logs;
  const next = scroll(
    {
      at,
      newest: newestLine(state, logs),
      before: (sequence, count) => logs.before(sequence, logQuery(state, count)),
      after: (sequence, count) => logs.after(sequence, logQuery(state, count)),
    },
    by,
    state.size,
  );
  return { ...state, logs: next === undefined ? place : { ...place, at: next } };
}
