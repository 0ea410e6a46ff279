// Chance on a line: the same for the same seed, and in the long run what was declared. Bounds are 4 standard
// deviations, for fixed keys: what passes once passes always.

import { expect, test } from "vitest";
import { damage } from "../lines.test-support.ts";
import { decide, freshFate, lineKey, type Fate, type LineKey } from "./fate.ts";
import type { Damage } from "../hypervisor.ts";

const FRAMES = 100_000;
const KEY = lineKey(7, "far.wan", "egress");

/** The fates of the first frames of a line. */
function fates(change: Partial<Damage>, key: LineKey = KEY, frames = FRAMES): Fate[] {
  const all: Fate[] = [];
  let lost = false;
  for (let n = 0; n < frames; n++) {
    const fate = freshFate();
    decide(fate, key, n, damage(change), lost);
    ({ lost } = fate);
    all.push(fate);
  }
  return all;
}

function share(of: readonly Fate[], what: (fate: Fate) => boolean): number {
  return of.filter(what).length / of.length;
}

const EVERYTHING = {
  loss: 0.1,
  burst: 3,
  duplicate: 0.1,
  corrupt: 0.1,
  reorder: 0.1,
  delayNs: 1e6,
  jitterNs: 1e6,
};

test("the same seed does the same to the same frames", () => {
  expect(fates(EVERYTHING, lineKey(7, "far.wan", "egress"), 2000)).toEqual(fates(EVERYTHING, KEY, 2000));
});

test.each([
  ["another seed", lineKey(8, "far.wan", "egress")],
  ["another device", lineKey(7, "far.wan2", "egress")],
  ["the other direction", lineKey(7, "far.wan", "ingress")],
])("%s does something else to them", (_, key) => {
  const [a, b] = [fates(EVERYTHING, KEY, 2000), fates(EVERYTHING, key, 2000)];
  for (const what of ["lost", "duplicated", "corrupted", "ahead"] as const) {
    expect(a.map((fate) => fate[what])).not.toEqual(b.map((fate) => fate[what]));
    // Neither more alike nor less than chance makes them.
    const both = a.filter((fate, n) => fate[what] && b[n]?.[what] === true).length;
    expect(both).toBeLessThan(60);
  }
});

test.each([0.0001, 0.005, 0.3, 0.97])("a loss of %d is that in the long run, without runs", (loss) => {
  const all = fates({ loss });
  const sigma = Math.sqrt((loss * (1 - loss)) / FRAMES);
  expect(Math.abs(share(all, ({ lost }) => lost) - loss)).toBeLessThan(4 * sigma);
  const after = all.filter((_, n) => n > 0 && all[n - 1]?.lost === true);
  const bound = 4 * Math.sqrt((loss * (1 - loss)) / Math.max(1, after.length));
  expect(Math.abs(share(after, ({ lost }) => lost) - loss)).toBeLessThan(bound);
});

test.each([
  [0.02, 5],
  [0.3, 20],
])("a loss of %d in runs of %d", (loss, burst) => {
  const all = fates({ loss, burst });
  const runs = all.filter(({ lost }, n) => lost && all[n - 1]?.lost !== true).length;
  const lost = all.filter((fate) => fate.lost).length;
  // A run's length is geometric; so many runs make this wide an error of their mean, and of the share.
  const sigma = Math.sqrt((burst * (burst - 1)) / runs);
  expect(Math.abs(lost / runs - burst)).toBeLessThan(4 * sigma);
  expect(Math.abs(lost / FRAMES - loss)).toBeLessThan(4 * loss * Math.sqrt((2 * burst) / (loss * FRAMES)));
});

test("all and nothing", () => {
  expect(share(fates({ loss: 1 }, KEY, 1000), ({ lost }) => lost)).toBe(1);
  const none = fates({}, KEY, 1000);
  expect(none.every((fate) => !fate.lost && !fate.duplicated && !fate.corrupted && !fate.ahead)).toBe(true);
  expect(none.every(({ lateNs }) => lateNs === 0)).toBe(true);
});

test.each(["duplicate", "corrupt", "reorder"] as const)("%s by chance, each by itself", (name) => {
  const all = fates({ duplicate: 0.05, corrupt: 0.05, reorder: 0.05, loss: 0.05 });
  const word = { duplicate: "duplicated", corrupt: "corrupted", reorder: "ahead" } as const;
  const sigma = Math.sqrt((0.05 * 0.95) / FRAMES);
  const is = (fate: Fate): boolean => fate[word[name]];
  expect(Math.abs(share(all, is) - 0.05)).toBeLessThan(4 * sigma);
  const lost = all.filter((fate) => fate.lost);
  expect(Math.abs(share(lost, is) - 0.05)).toBeLessThan(4 * Math.sqrt((0.05 * 0.95) / lost.length));
});

test("which bit is flipped is even over the frame", () => {
  const all = fates({ corrupt: 1 });
  const tenths = Array.from({ length: 10 }, (_, tenth) =>
    share(all, ({ bit }) => Math.floor(bit * 10) === tenth),
  );
  for (const tenth of tenths) expect(Math.abs(tenth - 0.1)).toBeLessThan(4 * Math.sqrt((0.1 * 0.9) / FRAMES));
});

test.each([
  ["uniform", 1 / Math.sqrt(3)],
  ["normal", 0.332],
] as const)("a %s jitter lies around the delay and not beyond", (distribution, deviation) => {
  const late = fates({ delayNs: 1e6, jitterNs: 1e6, distribution }).map(({ lateNs }) => lateNs / 1e6);
  const mean = late.reduce((sum, value) => sum + value, 0) / FRAMES;
  const variance = late.reduce((sum, value) => sum + (value - mean) ** 2, 0) / FRAMES;
  expect(Math.max(...late.map(Math.abs))).toBeLessThanOrEqual(1);
  expect(Math.abs(mean)).toBeLessThan((4 * deviation) / Math.sqrt(FRAMES));
  expect(Math.sqrt(variance)).toBeCloseTo(deviation, 2);
});
