// What every view gets, and nothing else: the state, the world to read, glyphs, and its room on the screen.

import type { DashboardState, Size, World } from "../model.ts";
import type { Symbols } from "../symbols.ts";

/** `wide` from 100 columns, `narrow` under 60. */
export type Breadth = "wide" | "middle" | "narrow";

export interface ViewContext {
  readonly state: DashboardState;
  readonly world: World;
  readonly symbols: Symbols;
  readonly columns: number;
  /** Lines that the view may have. */
  readonly rows: number;
  readonly breadth: Breadth;
}

/** The line of tabs is left out on a screen of fewer lines, less the one that is never drawn. */
export const TABS_HEIGHT_MIN = 8;

/** Lines that a view has on a screen of this size while nothing is said above it. */
export function roomOf({ rows }: Size): number {
  const height = rows - 1;
  return Math.max(1, height - (height >= TABS_HEIGHT_MIN ? 3 : 2));
}

export function breadthOf(columns: number): Breadth {
  if (columns >= 100) return "wide";
  return columns >= 60 ? "middle" : "narrow";
}
