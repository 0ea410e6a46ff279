// How long steps took, by what they did to what: medians of the newest, for telling how long the next will
// take. Pure: reads no clock and no file.

import type { Step } from "../plan/plan.ts";
import { DURATION_SORTS_MAX, DURATIONS_KEPT } from "./limits.ts";

/** Of one sort of step. */
interface Known {
  /** All that were ever noted. */
  count: number;
  /** The newest, oldest first, milliseconds. */
  samples: readonly number[];
}

export interface Prediction {
  /** Median of what such steps took, milliseconds. */
  readonly ms: number;
  /** The longest of those that are remembered. */
  readonly mostMs: number;
  /** How many steps this is known from; at most `DURATIONS_KEPT`. */
  readonly from: number;
}

type StepSort = Pick<Step, "kind" | "resourceKind" | "class" | "disruption">;

/** `update device venet live`: what a step does to what, and how disruptively. */
function sortOf({ kind, resourceKind, class: className = "", disruption }: StepSort): string {
  return [kind, resourceKind, className, disruption].join(" ");
}

export class Durations {
  readonly #known = new Map<string, Known>();
  #changed = new Set<string>();

  /** Takes back what `changes` gave; rows that make no sense are left out. */
  load(rows: Iterable<readonly [sort: string, count: number, samples: unknown]>): this {
    for (const [sort, count, samples] of rows) {
      if (!Array.isArray(samples)) continue;
      const numbers = samples.filter((value): value is number => Number.isFinite(value) && value >= 0);
      if (numbers.length > 0) this.#known.set(sort, { count, samples: numbers });
    }
    return this;
  }

  /** Notes a step that is done. */
  note(step: StepSort, elapsedMs: number): void {
    const sort = sortOf(step);
    const known = this.#known.get(sort);
    if (known === undefined && this.#known.size >= DURATION_SORTS_MAX) return;
    const rounded = Math.round(elapsedMs * 1000) / 1000;
    const samples = [...(known?.samples ?? []), rounded].slice(-DURATIONS_KEPT);
    this.#known.set(sort, { count: (known?.count ?? 0) + 1, samples });
    this.#changed.add(sort);
  }

  /** How long such a step takes; undefined where none was ever done here. */
  predict(step: StepSort): Prediction | undefined {
    const samples = this.#known.get(sortOf(step))?.samples;
    if (samples === undefined) return undefined;
    const sorted = samples.toSorted((a, b) => a - b);
    const ms = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
    return { ms, mostMs: sorted.at(-1) ?? 0, from: sorted.length };
  }

  /** What was noted since the last call, to be stored. */
  changes(): readonly (readonly [sort: string, count: number, samples: readonly number[]])[] {
    const changed = this.#changed;
    this.#changed = new Set();
    return [...changed].flatMap((sort) => {
      const known = this.#known.get(sort);
      return known === undefined ? [] : [[sort, known.count, known.samples] as const];
    });
  }
}
