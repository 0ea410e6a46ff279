// What tests of impaired links share: impairments in short, and a guest's answers over time.

import type { Damage, DirectionSpec, TimedDamage } from "./hypervisor.ts";

const HARMLESS: Damage = {
  rate: 0,
  delayNs: 0,
  jitterNs: 0,
  distribution: "uniform",
  loss: 0,
  burst: 1,
  reorder: 0,
  duplicate: 0,
  corrupt: 0,
  queue: 1000,
  seed: 7,
  down: false,
};

/** One direction: what is said, and nothing else. */
export function direction(change: Partial<Damage>, ...timed: readonly TimedDamage[]): DirectionSpec {
  return { base: damage(change), timed };
}

export function damage(change: Partial<Damage> = {}): Damage {
  return { ...HARMLESS, ...change };
}
