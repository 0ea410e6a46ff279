// What a plan is expected to take: of what is known, along what waits for each other.

import { expect, test } from "vitest";
import { Durations } from "../state/durations.ts";
import { withExpected } from "./expect.ts";
import { definitionOf } from "./model.test-support.ts";
import { nothing } from "./definition.ts";
import { makePlan } from "./make-plan.ts";
import { printPlan } from "./print.ts";

const LAB = `
image echo: wasm { path = "std:guests/echo" }
network lan { subnet = 10.0.0.0/24 }
guest a { image = echo, device eth0: venet { network = lan } }
guest b { image = echo, device eth0: venet { network = lan } }
`;
const plan = makePlan(nothing("lab"), definitionOf(LAB));
const step = (kind: string) => plan.steps.find(({ resourceKind }) => resourceKind === kind)!;

test("nothing is expected of what was never done", () => {
  const same = withExpected(plan, new Durations());
  expect(same).toBe(plan);
  expect(printPlan(same)).not.toContain("Takes");
});

test("the median of what such steps took, along the steps that wait for each other", () => {
  const durations = new Durations();
  for (const ms of [900, 100, 110]) durations.note(step("network"), ms);
  durations.note(step("device"), 30);
  for (const ms of [200, 210, 9000]) durations.note(step("guest"), ms);
  const known = withExpected(plan, durations);
  const of = (kind: string) =>
    known.steps.filter((one) => one.resourceKind === kind).map((one) => one.expectedMs);
  expect([of("network"), of("device"), of("guest")]).toEqual([[110], [30, 30], [210, 210]]);
  // Both guests come up at the same time, each after its device, that after the network.
  expect(known.expected).toEqual({ ms: 350, steps: 5 });
  const unknown = plan.steps.length - 5;
  expect(printPlan(known)).toContain(
    `Takes about 0.3 s, as such steps did before; ${unknown} of its steps were never done here.`,
  );
});

test("what takes no time to speak of is not told", () => {
  const durations = new Durations();
  for (const one of plan.steps) durations.note(one, 3);
  const known = withExpected(plan, durations);
  expect(known.expected?.steps).toBe(plan.steps.length);
  expect(printPlan(known)).not.toContain("Takes");
});
