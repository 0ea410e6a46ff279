// A short soak, as a process of its own; `npm run soak` is the long one. And the arithmetic of its verdict.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { SEED, randomOf } from "./machine-room.test-support.ts";
import { isGrowth, lowest, trendOf } from "./soak-trend.test-support.ts";

const PROGRAM = fileURLToPath(new URL("./soak.test-support.ts", import.meta.url));

test(
  "under churn every frame is in one counter and nothing is left behind",
  { timeout: 300_000 },
  async () => {
    const args = ["--expose-gc", PROGRAM, "--seconds", "8", "--seed", String(SEED), "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const summary: unknown = JSON.parse(stdout);
    expect(summary).toMatchObject({ seed: SEED, wrong: [] });
    expect(Reflect.get(Object(summary), "frames")).toBeGreaterThan(0);
    expect(Reflect.get(Object(summary), "exchanged")).toBeGreaterThan(0);
  },
);

test("a trend is found in noise, and none where there is none", () => {
  const random = randomOf(SEED);
  const samples = (slope: number) =>
    Array.from({ length: 60 }, (_, at) => ({
      at,
      value: slope * at + random() * 20 + (at === 30 ? 1e4 : 0),
    }));
  const grows = trendOf(samples(1));
  expect(grows.slope).toBeGreaterThan(0.7);
  expect(grows.slope).toBeLessThan(1.3);
  expect(grows.low).toBeGreaterThan(0);
  const rests = Array.from({ length: 100 }, () => trendOf(samples(0)));
  // One in a hundred is wrong by chance; of a hundred, eight never are.
  expect(rests.filter(({ low, high }) => low > 0 || high < 0).length).toBeLessThan(8);
});

test("memory grows where it does beyond its noise, not where it is full after a while", () => {
  const random = randomOf(SEED);
  const samples = (value: (thousands: number) => number) =>
    Array.from({ length: 70 }, (_, index) => ({
      at: 3 + index / 10,
      value: value(3 + index / 10) + random() * 8000,
    }));
  expect(isGrowth(trendOf(samples((thousands) => 150_000 + 3000 * thousands)))).toBe(true);
  expect(isGrowth(trendOf(samples(() => 150_000)))).toBe(false);
  expect(isGrowth(trendOf(samples((thousands) => 150_000 + 100 * thousands)))).toBe(false);
  // A pool that was filled by the four-thousandth change.
  expect(isGrowth(trendOf(samples((thousands) => 150_000 + 3000 * Math.min(thousands, 4))))).toBe(false);
});

test("garbage that is collected now and then is no growth, and what stays below it is", () => {
  const random = randomOf(SEED);
  /** Each look finds what the one before left, and more, until it is collected. */
  const looks = (stays: number) => {
    let garbage = 0;
    return Array.from({ length: 160 }, (_, index) => {
      garbage = random() < 0.05 ? 0 : garbage + random() * 4000;
      return { at: index / 30, value: 250_000 + garbage + (stays * index) / 30 };
    });
  };
  const grow = (stays: number, count: number): number =>
    Array.from({ length: count }, () => isGrowth(trendOf(lowest(looks(stays), 20)))).filter(Boolean).length;
  const asTheyAre = Array.from({ length: 100 }, () => isGrowth(trendOf(looks(0)))).filter(Boolean).length;
  expect(asTheyAre).toBeGreaterThan(10);
  expect(grow(0, 100)).toBeLessThan(asTheyAre / 3);
  // Of many: all of ten were found with three of four seeds.
  expect(grow(20_000, 100)).toBeGreaterThan(90);
});
