// Parts of a lab: what is drawn in, what is left out, what is made anew.

import { expect, test } from "vitest";
import { nothing } from "./definition.ts";
import { definitionOf } from "./model.test-support.ts";
import { select } from "./select.ts";
import type { Selection } from "./select.ts";

const BEFORE = `image echo: wasm { path = "std:guests/echo" }
network a { subnet = 10.1.0.0/24 }
network b { subnet = 10.2.0.0/24 }
guest one { image = echo, device eth0: venet { network = a } }
guest two for i in 1..2 { image = echo, device eth0: venet { network = b } }
`;
/** Both networks get another MTU, and a third guest comes. */
const AFTER = `${BEFORE.replaceAll("/24 }", "/24, mtu = 9000B }")}
guest three { image = echo, device eth0: venet { network = a } }
`;

function stepsOf(selection: Selection, from = BEFORE, to = AFTER): readonly string[] {
  const { plan } = select(definitionOf(from), definitionOf(to), selection);
  return plan.steps.map((step) => `${step.kind} ${step.address}`).sort();
}

const ONLY_A = ["replace a", "replace one.eth0", "restart one"];
const NEW = ["create three", "create three.bus", "create three.eth0"];

test("a target comes with what it needs, and the rest stays", () => {
  expect(stepsOf({ targets: ["a"] })).toEqual(ONLY_A);
  const { plan } = select(definitionOf(BEFORE), definitionOf(AFTER), { targets: ["three"] });
  expect(plan.steps.map((step) => `${step.kind} ${step.address}`).sort()).toEqual([...NEW, ...ONLY_A]);
  expect(plan.scope).toEqual({
    targets: ["three"],
    excludes: [],
    drawnIn: expect.arrayContaining(["a", "one", "one.eth0"]),
    leftOut: expect.arrayContaining(["b", "two[1]", "two[2]"]),
  });
});

test("a target from nothing is made with all that it needs, and nothing else", () => {
  const { plan } = select(nothing("office"), definitionOf(BEFORE), { targets: ["two[1]"] });
  const made = plan.steps.map((step) => step.address);
  expect(made.toSorted()).toEqual(["b", "echo", "two[1]", "two[1].bus", "two[1].eth0"]);
});

test("a family is one target, and quotes are as one likes", () => {
  const named = (key: string): string => `image echo: wasm { path = "std:guests/echo" }
guest vm for name in ["x", "y"] { image = echo, env = { A = "${key}" } }`;
  expect(stepsOf({ targets: ["vm"] }, named("1"), named("2"))).toEqual([
    'restart vm["x"]',
    'restart vm["y"]',
  ]);
  expect(stepsOf({ targets: ["vm['x']"] }, named("1"), named("2"))).toEqual(['restart vm["x"]']);
});

test("what is excluded stays as it runs, with what would restart it", () => {
  expect(stepsOf({ excludes: ["two[1]"] })).toEqual([...NEW, ...ONLY_A].sort());
  const gone = BEFORE.replace("guest one { image = echo, device eth0: venet { network = a } }\n", "");
  expect(stepsOf({ excludes: ["one"] }, BEFORE, gone)).toEqual([]);
  expect(stepsOf({ excludes: ["three"] }).filter((step) => step.includes("three"))).toEqual([]);
});

test("replace makes anew what has not changed, and says why", () => {
  const same = (replace: string): readonly string[] => stepsOf({ replace: [replace] }, BEFORE, BEFORE);
  expect(same("one")).toEqual(["restart one"]);
  expect(same("a")).toEqual(ONLY_A);
  expect(same("one.bus")).toEqual(["replace one.bus", "replace one.eth0", "restart one"]);
  expect(same("echo")).toEqual(["replace echo", "restart one", "restart two[1]", "restart two[2]"]);
  const { plan } = select(definitionOf(BEFORE), definitionOf(BEFORE), { replace: ["one"] });
  expect(plan.steps[0]).toMatchObject({ causes: ["asked to be made anew"], disruption: "restart" });
});

test.each([
  [{ targets: ["nobody"] }, "There is no `nobody`"],
  [{ excludes: ["nobody"] }, "There is no `nobody`"],
  [{ replace: ["three"] }, "`three` can't be made anew: it does not run"],
])("%j is a mistake in the call", (selection, message) => {
  expect(() => stepsOf(selection)).toThrow(message);
});

test("the loss of more than half of the guests is pointed out", () => {
  const left = BEFORE.replace("in 1..2", "in 1..0").replace("guest one", "guest other");
  const { plan } = select(definitionOf(BEFORE), definitionOf(left), {});
  expect(plan.warnings).toEqual(["It destroys 3 of 3 running guests."]);
  const one = BEFORE.replace("in 1..2", "in 1..1");
  expect(select(definitionOf(BEFORE), definitionOf(one), {}).plan.warnings).toBeUndefined();
});
