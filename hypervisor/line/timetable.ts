// An impairment of one direction over time: what holds always, and timed statements on top of it, the later
// text over the earlier. Times count from when the device was last opened. No allocation after it was made.

import type { Damage, DirectionSpec } from "../hypervisor.ts";
import { lineKey, type Direction, type LineKey } from "./fate.ts";

/** Whether a direction is never impaired. */
export function isHarmless({ base, timed }: DirectionSpec): boolean {
  const { rate, delayNs, loss, reorder, duplicate, corrupt, down } = base;
  // The jitter is at most the delay.
  return timed.length === 0 && !down && rate + delayNs + loss + reorder + duplicate + corrupt === 0;
}

/** What holds at a time, with the key of its seed. */
export interface Rule {
  readonly damage: Damage;
  readonly key: LineKey;
}

interface Period extends Rule {
  readonly fromNs: number;
  readonly toNs: number;
}

/** Made once for each change, asked for each frame. */
export class Timetable {
  /** Without gaps, from 0 on; each period's damage has been worked out. */
  readonly #periods: readonly Period[];
  /** What holds where no timed statement does. */
  readonly #always: Rule;
  #current: Period;

  constructor({ base, timed }: DirectionSpec, address: string, direction: Direction) {
    const ends = timed.flatMap(({ atNs, forNs }) => [atNs, atNs + forNs]);
    const borders = [...new Set([0, ...ends])].sort((a, b) => a - b);
    const ruleOf = (damage: Damage): Rule => ({ damage, key: lineKey(damage.seed, address, direction) });
    this.#periods = borders.map((fromNs, index) => {
      const holding = timed.filter(({ atNs, forNs }) => atNs <= fromNs && fromNs < atNs + forNs);
      const damage = holding.reduce<Damage>((sum, { set }) => ({ ...sum, ...set }), base);
      return { fromNs, toNs: borders[index + 1] ?? Infinity, ...ruleOf(damage) };
    });
    this.#always = ruleOf(base);
    this.#current = this.#periods[0] as Period;
  }

  /** What holds so long after the device was opened; negative: it never was, and nothing timed holds. */
  at(sinceNs: number): Rule {
    if (sinceNs < 0) return this.#always;
    const current = this.#current;
    if (current.fromNs <= sinceNs && sinceNs < current.toNs) return current;
    // Bound: twice as many periods as there are timed statements.
    for (const period of this.#periods) {
      if (period.fromNs > sinceNs || sinceNs >= period.toNs) continue;
      this.#current = period;
      return period;
    }
    return this.#always;
  }
}

/** What does nothing to a frame. */
export const HARMLESS: DirectionSpec = {
  base: {
    rate: 0,
    delayNs: 0,
    jitterNs: 0,
    distribution: "uniform",
    loss: 0,
    burst: 1,
    reorder: 0,
    duplicate: 0,
    corrupt: 0,
    queue: 65_536,
    precise: false,
    seed: 0,
    down: false,
  },
  timed: [],
};
