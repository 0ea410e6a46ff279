// A plan as data: what an apply would do, in which order, why, and how much it disturbs. Printable,
// storable, comparable.

import type { Disruption } from "../../lang/index.ts";

/** Counts the JSON form. */
export const PLAN_SCHEMA = 1;

/**
 * `update` changes a running thing in place, `restart` stops a guest and boots it again, `replace` destroys a
 * thing and makes it anew.
 */
export type StepKind = "create" | "update" | "replace" | "restart" | "destroy";

/** One attribute that differs; texts as in the language, secrets hidden. */
export interface AttributeChange {
  /** A member of a record by its dotted path. */
  readonly name: string;
  /** Absent where there was none. */
  readonly before?: string;
  readonly after?: string;
  readonly disruption: Disruption;
}

export interface Step {
  readonly kind: StepKind;
  readonly address: string;
  readonly resourceKind: string;
  readonly class?: string;
  /**
   * Sentences: `rate 1Gbps -> 100Mbps`, `not found`, `no longer declared`, `image echo changed`. At least
   * one.
   */
  readonly causes: readonly string[];
  readonly changes: readonly AttributeChange[];
  /**
   * The strongest of what changes. A new thing is `live`; taking one away too, unless it stores something.
   */
  readonly disruption: Disruption;
  /** Addresses of guests that are stopped or touched by this step, besides its own. */
  readonly touches: readonly string[];
  /** Indices of the steps that must be done before this one. All are smaller than its own. */
  readonly after: readonly number[];
  /** Milliseconds that such steps took in this lab before, their median; absent where none was done. */
  readonly expectedMs?: number;
}

/** How long an apply of a plan is likely to take. */
export interface Expected {
  /** Milliseconds, of steps that wait for each other; those that were never done are not in it. */
  readonly ms: number;
  /** How many steps are known. */
  readonly steps: number;
}

/** A plan that was asked for a part of the lab only. All lists hold addresses. */
export interface Scope {
  /** As they were named. */
  readonly targets: readonly string[];
  readonly excludes: readonly string[];
  /** Not named, and done with the targets: what they need, or what can't be without them. */
  readonly drawnIn: readonly string[];
  /** What differs from the file and stays as it is. */
  readonly leftOut: readonly string[];
}

export interface Plan {
  readonly schema: typeof PLAN_SCHEMA;
  readonly lab: string;
  /** In an order in which they can be done one by one. */
  readonly steps: readonly Step[];
  /** Things that stay as they are. */
  readonly unchanged: number;
  /** The strongest of the steps; absent where there are none. */
  readonly disruption?: Disruption;
  /**
   * Sentences about what nobody should do by accident: most guests go, a volume's content is lost. Whoever
   * applies it is asked for the lab's name.
   */
  readonly warnings?: readonly string[];
  /** Absent where the whole lab is meant. */
  readonly scope?: Scope;
  /** Absent where no step like these was ever done in this lab. */
  readonly expected?: Expected;
}
