// The real claims, signal, reaper and receiver in every order of their steps, up to a number of preemptions:
// each frame once, each sender's in order, nobody asleep while something is published, every slot back.

import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Explorer, type Scenario } from "./explorer.test-support.ts";

const SEED = Number(process.env["SEED"] ?? 20_261_124);
const SLOW = process.env["SLOW"] === "1";
const RANDOM_RUNS = SLOW ? 100_000 : 4000;
const LIMIT_MS = 600_000;

/** Positions wrap at the first, turns at the second. With SLOW both, else the run's seed says which. */
const WRAPS = [2 ** 32 - 1, 2 ** 31 - 1] as const;
const ENDS = WRAPS.filter((_, index) => SLOW || index === SEED % 2);

let explorer: Explorer;
beforeAll(() => {
  explorer = new Explorer(2);
});
afterAll(async () => {
  console.log(`interleavings: ${explorer.runs} runs, ${explorer.steps} steps`);
  await explorer.close();
});

const scenario = (count: number, start: number, frames: readonly number[], reaped = true): Scenario => ({
  count,
  start,
  frames,
  reaped,
});

test.each(ENDS)("two senders of one frame each, from position %i", { timeout: LIMIT_MS }, (start) => {
  for (const count of [2, 16]) {
    const found = explorer.explore(
      scenario(count, start, [1, 1]),
      SLOW && count === 2 && start === ENDS[0] ? 3 : 2,
    );
    expect(found).toBeGreaterThan(2000);
  }
});

test.each(ENDS)(
  "more frames than slots, so that laps meet, from position %i",
  { timeout: LIMIT_MS },
  (start) => {
    expect(explorer.explore(scenario(2, start, [1, 3]), 2)).toBeGreaterThan(4000);
    expect(explorer.explore(scenario(4, start, [2, 2]), 2)).toBeGreaterThan(4000);
  },
);

test.each([true, false])(
  "a sender that is killed at any of its steps, reaped: %s",
  { timeout: LIMIT_MS },
  (reaped) => {
    for (const start of ENDS) {
      // A second preemption makes each step's runs 40 times as many: only with the fewest frames.
      for (const [frames, preemptions] of [
        [[1, 2], 1],
        ...(SLOW && start === ENDS[0] ? [[[1, 1], 2] as const] : []),
      ] as const) {
        const run = scenario(2, start, frames, reaped);
        const { calls } = explorer.run(run, []);
        expect(calls).toBeGreaterThan(12);
        // A few calls more than in the run without preemptions: passing over takes some.
        for (let killAt = 1; killAt <= calls + 8; killAt++) explorer.explore(run, preemptions, killAt);
      }
    }
  },
);

test("longer runs with more preemptions, by chance", { timeout: LIMIT_MS }, () => {
  console.log(`interleavings: seed ${SEED}`);
  const choice = fc.record({ after: fc.nat(25), thread: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(
      fc.constantFrom(2, 4, 16),
      fc.constantFrom(2 ** 32 - 1, 2 ** 31 - 2, 2 ** 32 - 3, 0),
      fc.constantFrom(1, 2 ** 31), // Or almost so long not passed over: half the circle, less a few laps.
      fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
      fc.boolean(),
      fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 120 })),
      fc.array(choice, { maxLength: 24 }),
      (count, start, age, frames, reaped, killAt, choices) => {
        let step = 0;
        const plan = choices.map(({ after, thread }) => [(step += after + 1), thread] as const);
        const passedAge = age === 1 ? count : age - count * 2;
        explorer.run({ ...scenario(count, start, frames, reaped), passedAge }, plan, killAt);
      },
    ),
    { seed: SEED, numRuns: RANDOM_RUNS },
  );
});
