// What becomes of frame n of a line: a pure function of the line's key, n, the impairment and whether the
// frame before was lost. The same seed does the same to the same frames; nothing here reads a clock or keeps
// anything.

import type { Damage } from "../hypervisor.ts";

export type Direction = "egress" | "ingress";

/** The two words that a line's chances come from. */
export interface LineKey {
  readonly low: number;
  readonly high: number;
}

/** Filled by `decide`; one object serves a line for good. */
export interface Fate {
  lost: boolean;
  duplicated: boolean;
  corrupted: boolean;
  /** Goes without the delay. */
  ahead: boolean;
  /** How much later than the delay, nanoseconds; negative for earlier. */
  lateNs: number;
  /** From 0 to below 1: which bit is flipped. */
  bit: number;
}

/** Each thing that chance decides has a number of its own. */
const LOSS = 1;
const DUPLICATE = 2;
const CORRUPT = 3;
const BIT = 4;
const REORDER = 5;
const JITTER = 6;
const TURN = 7;

/** Of a normal distribution, `jitter` is so many standard deviations; what lies beyond is cut off. */
const DEVIATIONS = 3;

export function freshFate(): Fate {
  return { lost: false, duplicated: false, corrupted: false, ahead: false, lateNs: 0, bit: 0 };
}

/** The key of one direction of the device with this address. */
export function lineKey(seed: number, address: string, direction: Direction): LineKey {
  const text = `${seed}\0${address}\0${direction}`;
  let [low, high] = [0x811c9dc5, 0x1b873593];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    low = Math.imul(low ^ code, 0x01000193);
    high = mixed(Math.imul(high ^ code, 0x85ebca6b) + index);
  }
  return { low: mixed(low), high: mixed(high ^ low) };
}

/** Decides frame n (from 0 on, up to 2^53) of a line into `fate`. `lostBefore`: the frame before was lost. */
export function decide(fate: Fate, key: LineKey, n: number, damage: Damage, lostBefore: boolean): void {
  fate.lost = isLost(key, n, damage, lostBefore);
  fate.duplicated = damage.duplicate > 0 && chance(key, n, DUPLICATE) < damage.duplicate;
  fate.corrupted = damage.corrupt > 0 && chance(key, n, CORRUPT) < damage.corrupt;
  fate.ahead = damage.reorder > 0 && chance(key, n, REORDER) < damage.reorder;
  fate.bit = fate.corrupted ? chance(key, n, BIT) : 0;
  fate.lateNs = damage.jitterNs === 0 ? 0 : damage.jitterNs * spread(key, n, damage.distribution);
}

/**
 * Two states, as Gilbert has them: runs of losses have the mean length `burst`, and `loss` of all frames are
 * lost. A run can't be shorter than chance makes it, 1 / (1 - loss): there each frame is lost by itself.
 */
function isLost(key: LineKey, n: number, { loss, burst }: Damage, lostBefore: boolean): boolean {
  if (loss <= 0) return false;
  if (loss >= 1) return true;
  const length = Math.max(burst, 1 / (1 - loss));
  const limit = lostBefore ? 1 - 1 / length : loss / (length * (1 - loss));
  return chance(key, n, LOSS) < limit;
}

/** From -1 to 1. */
function spread(key: LineKey, n: number, distribution: Damage["distribution"]): number {
  const first = chance(key, n, JITTER);
  if (distribution === "uniform") return first * 2 - 1;
  const radius = Math.sqrt(-2 * Math.log(1 - first));
  const normal = radius * Math.cos(2 * Math.PI * chance(key, n, TURN));
  return Math.max(-1, Math.min(1, normal / DEVIATIONS));
}

/** From 0 to below 1, even, for one purpose of one frame. */
function chance(key: LineKey, n: number, purpose: number): number {
  const low = mixed((key.low + Math.imul(n | 0, 0x9e3779b1)) ^ Math.imul(purpose, 0xc2b2ae35));
  const high = mixed(key.high ^ low ^ Math.floor(n / 2 ** 32));
  return (mixed(high + low) >>> 0) / 2 ** 32;
}

/** The finalizer of MurmurHash3: each bit of the answer depends on all of `word`. */
function mixed(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
