// What a program sees of what a lab remembers. Loads nothing.

import type { Plan } from "./plan/plan.ts";

/** Counts the JSON form of generations, and of events. */
export const HISTORY_SCHEMA = 1;

/** One side of a comparison: a generation, the newest one, or what the file says now. */
export type Side = number | "newest" | "file";

/** What would have to change to get from one side to the other. */
export interface Difference {
  readonly from: number | "file";
  readonly to: number | "file";
  readonly plan: Plan;
}
