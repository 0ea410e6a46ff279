// What is wrong with an impairment, in a sentence. The language holds users to the same; this is for programs
// that embed the hypervisor.

import type { Damage, ImpairmentSpec } from "../hypervisor.ts";
import { LINE_QUEUE_MAX } from "../limits.ts";

const isChance = (value: number): boolean => value >= 0 && value <= 1;
const isTime = (value: number): boolean => value >= 0 && Number.isFinite(value);

/** Undefined where all is well. */
export function wrongImpairment(impair: ImpairmentSpec | undefined): string | undefined {
  for (const direction of [impair?.egress, impair?.ingress]) {
    if (!direction) continue;
    for (const { atNs, forNs, set } of [{ atNs: 0, forNs: 0, set: {} }, ...direction.timed]) {
      if (!isTime(atNs) || !isTime(forNs)) return "a timed impairment begins and lasts 0 or more nanoseconds";
      const wrong = wrongDamage({ ...direction.base, ...set });
      if (wrong !== undefined) return wrong;
    }
  }
  return undefined;
}

function wrongDamage(damage: Damage): string | undefined {
  const { rate, delayNs, jitterNs, loss, reorder, duplicate, corrupt, burst, queue } = damage;
  if (![loss, reorder, duplicate, corrupt].every(isChance)) return "a chance is from 0 to 1";
  if (!isTime(rate) || !isTime(delayNs) || !(jitterNs >= 0 && jitterNs <= delayNs))
    return "rate and delay are 0 or more, and jitter is at most the delay";
  if (!(burst >= 1)) return "the mean length of a run of losses is at least 1";
  if (!(queue >= 1 && queue <= LINE_QUEUE_MAX)) return `a queue has 1 to ${LINE_QUEUE_MAX} frames`;
  return undefined;
}
