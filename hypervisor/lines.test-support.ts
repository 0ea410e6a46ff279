// What tests of impaired links share: impairments in short, by chance, and the sums that must agree.

import { expect } from "vitest";
import type { Damage, DirectionSpec, ImpairmentSpec, TimedDamage } from "./hypervisor.ts";
import { HARMLESS } from "./line/timetable.ts";
import type { TestLab } from "./machine-room.test-support.ts";

const GOOD: Damage = { ...HARMLESS.base, queue: 1000, seed: 7 };

/** One direction: what is said, and nothing else. */
export function direction(change: Partial<Damage>, ...timed: readonly TimedDamage[]): DirectionSpec {
  return { base: damage(change), timed };
}

export function damage(change: Partial<Damage> = {}): Damage {
  return { ...GOOD, ...change };
}

/** Everything at once, or parts of it, in one direction or both; sometimes a good link. */
export function anyImpairment(random: () => number): ImpairmentSpec | undefined {
  if (random() < 0.2) return undefined;
  const some = (most: number): number => (random() < 0.5 ? 0 : random() * most);
  const one = (): DirectionSpec => {
    const delayNs = Math.floor(some(3e6));
    return direction({
      delayNs,
      jitterNs: Math.floor(random() * delayNs),
      distribution: random() < 0.5 ? "uniform" : "normal",
      rate: random() < 0.7 ? 0 : 50e6 + random() * 1e9,
      loss: some(0.3),
      burst: 1 + some(5),
      reorder: some(0.3),
      duplicate: some(0.3),
      corrupt: some(0.3),
      queue: random() < 0.5 ? 1000 : 20,
      precise: random() < 0.3,
      down: random() < 0.05,
      seed: Math.floor(random() * 1000),
    });
  };
  return { ...(random() < 0.7 && { egress: one() }), ...(random() < 0.7 && { ingress: one() }) };
}

/** Frames that ended in a counter of the n-th device or wait in its line. */
export function endedOf(lab: TestLab, n: number): number {
  const { tx, egress } = lab.device(n);
  return tx.count + tx.dropped + (egress?.waiting ?? 0) - (egress?.duplicated ?? 0);
}

/** Frames that the lines of these devices hold. */
export function waiting(lab: TestLab, ports: readonly number[]): number {
  return ports.reduce((sum, n) => {
    const { egress, ingress } = lab.device(n);
    return sum + (egress?.waiting ?? 0) + (ingress?.waiting ?? 0);
  }, 0);
}

/** Every frame that was posted ended in one counter, and what was received is what was sent. */
export function agree(lab: TestLab, posted: Readonly<Record<number, number>>): void {
  const { received, accounted } = lab.sums(Object.keys(posted).map(Number));
  expect(received, "frames received and accounted for").toBe(accounted);
  for (const [n, count] of Object.entries(posted)) {
    expect(endedOf(lab, Number(n)), `frames of port ${n} in exactly one counter`).toBe(count);
  }
}
