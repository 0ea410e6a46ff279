// How long a plan will take, from what such steps took in this lab before.

import type { Durations } from "../state/durations.ts";
import type { Plan, Step } from "./plan.ts";

/** The plan with what is known of its steps; as it is where nothing is. */
export function withExpected(plan: Plan, durations: Durations): Plan {
  const known = plan.steps.map((step) => durations.predict(step)?.ms);
  const steps = plan.steps.map((step, index): Step => {
    const expectedMs = known[index];
    return expectedMs === undefined ? step : { ...step, expectedMs };
  });
  const count = known.filter((ms) => ms !== undefined).length;
  if (count === 0) return plan;
  return { ...plan, steps, expected: { ms: longest(steps), steps: count } };
}

/** Steps that don't wait for each other are done at the same time. */
function longest(steps: readonly Step[]): number {
  const ends: number[] = [];
  for (const step of steps) {
    const start = Math.max(0, ...step.after.map((index) => ends[index] ?? 0));
    ends.push(start + (step.expectedMs ?? 0));
  }
  return Math.round(Math.max(0, ...ends) * 1000) / 1000;
}
