// What every view gets, and nothing else: the state, the world to read, glyphs, and its room on the screen.

import type { DashboardState, World } from "../model.ts";
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

export function breadthOf(columns: number): Breadth {
  if (columns >= 100) return "wide";
  return columns >= 60 ? "middle" : "narrow";
}
