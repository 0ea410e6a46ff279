// What a view is: its keys, its lines, and what its keys do to the state. `all.ts` lists them; nothing else
// knows one view from another.

import type { Command, KeyEntry, Move } from "../keys.ts";
import type { Line } from "../line.ts";
import type { Action, DashboardState, View, World } from "../model.ts";
import type { ViewContext } from "./context.ts";

export interface ViewPart {
  readonly view: View;
  /** The key that shows it from the others; its tab and the help say it. Absent: something else shows it. */
  readonly key?: string;
  /** What that key shows, one clause for the help. */
  readonly help: string;
  /** Where the footer offers that key; absent: nowhere. */
  readonly footerModes?: readonly View[];
  /** Keys that work only here; before the common ones. */
  readonly keys: readonly KeyEntry[];
  /** At most `context.rows` lines. */
  readonly draw: (context: ViewContext) => readonly Line[];
  /** How many there are of what it lists, for its tab. */
  readonly count?: (state: DashboardState, world: World) => string | undefined;
  /** Where in it we are, for the right end of the line of tabs. */
  readonly place?: (state: DashboardState) => Line;
  readonly move: (state: DashboardState, by: Move, world: World) => DashboardState;
  /** `shown` is the state after its key showed it from `before`, or showed it again. */
  readonly enter?: (shown: DashboardState, before: DashboardState) => DashboardState;
  /** What its own keys do, and `open`; absent where it doesn't know the command. */
  readonly obey?: (state: DashboardState, command: Command, world: World) => DashboardState | undefined;
  /** What it makes of all that is no key, also while it isn't seen. */
  readonly hear?: (state: DashboardState, action: Action, world: World) => DashboardState;
}

/** `3`, or `1/3` where a filter hides some. */
export const countText = (seen: number, all: number): string =>
  seen === all ? String(all) : `${seen}/${all}`;
