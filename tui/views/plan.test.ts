import { describe, expect, test } from "vitest";
import type { PlanAnswer } from "../../interpreter/index.ts";
import type { Act, Replied } from "../acts.ts";
import { draw, SIZES, stateAfter, text } from "../drawing.test-support.ts";
import type { Happening } from "../drawing.test-support.ts";
import { modeOf } from "../model.ts";

type Plan = NonNullable<PlanAnswer["plan"]>;

const ASKED: Act = { ask: { method: "plan", params: {} }, line: "vbus plan", harmless: true };
const BOUND = { files: "f", parameters: "p", runtime: "r" };
const SIZE = { columns: 80, rows: 24 };

const PLAN: Plan = {
  schema: 1,
  lab: "hello",
  unchanged: 3,
  disruption: "restart",
  steps: [
    {
      kind: "update",
      address: "server.eth0",
      resourceKind: "device",
      class: "venet",
      causes: ["rate none -> 10Mbps"],
      changes: [{ name: "rate", after: "10Mbps", disruption: "live" }],
      disruption: "live",
      touches: [],
      after: [],
    },
    {
      kind: "restart",
      address: "client",
      resourceKind: "guest",
      causes: ["args changed", "image ping changed"],
      changes: [],
      disruption: "restart",
      touches: ["client"],
      after: [0],
    },
    {
      kind: "create",
      address: 'racks["left"].worker[3]',
      resourceKind: "guest",
      causes: ["not found"],
      changes: [],
      disruption: "live",
      touches: [],
      after: [],
    },
  ],
};

const told = (answer: Partial<PlanAnswer>): Replied => ({
  type: "replied",
  act: ASKED,
  reply: {
    method: "plan",
    result: { bound: BOUND, diagnostics: [], diagnosticsText: "", ...answer },
  },
});

const after = (...keys: readonly Happening[]) => stateAfter(SIZE, { keys });
const acts = (...keys: readonly Happening[]) =>
  after(...keys).effects.flatMap((effect) => (effect.do === "act" ? [effect.act] : []));

test.each(SIZES)("a plan at %ix%i", (columns, rows) => {
  const keys = ["p", told({ plan: PLAN })];
  const part = { held: "it would restart client, which is more than live" };
  expect(text(draw({ columns, rows }, { keys, part }))).toMatchSnapshot();
});

test("the plan is asked for when it is shown, and again when the lab stands otherwise", () => {
  expect(acts("p")).toEqual([ASKED]);
  const { latest } = after();
  const same = { type: "snapshot", snapshot: latest!.snapshot } as const;
  const held = { type: "snapshot", snapshot: { ...latest!.snapshot, watch: "held" } } as const;
  expect(acts("p", told({ plan: PLAN }), same)).toEqual([ASKED]);
  expect(acts("p", told({ plan: PLAN }), held)).toEqual([ASKED, ASKED]);
  expect(acts("p", told({ plan: PLAN }), "1", held)).toEqual([ASKED]);
});

const steps = Array.from({ length: 40 }, () => PLAN.steps[1]!);
const printed = Array.from({ length: 80 }, (_, line) => `line ${line}`).join("\n");

describe.each(SIZES)("at %ix%i", (columns, rows) => {
  test.each<[string, Happening[]]>([
    ["plan", ["p", told({ plan: { ...PLAN, steps } })]],
    ["output", [":", "p", "s", "enter", { type: "printed", run: 1, text: printed, exit: 0 }]],
    ["help", ["?"]],
  ])("the end of a %s is where one step up shows another line", (_, keys) => {
    const seen = (...more: string[]) => draw({ columns, rows }, { keys: [...keys, ...more] });
    expect(seen("G", "down")).toEqual(seen("G"));
    expect(seen("G", "up").at(-2)).toBe(seen("G").at(-3));
  });
});

test("enter applies what is seen and nothing else, with the command line that does the same", () => {
  const [, apply] = acts("p", told({ plan: PLAN }), "enter");
  expect(apply).toEqual({ ask: { method: "apply", params: { bound: BOUND } }, line: "vbus apply" });
  const seen = draw(SIZE, { keys: ["p", told({ plan: PLAN }), "enter"] });
  expect(seen.at(-1)).toContain("vbus apply");
});

test.each([
  ["nothing is asked where there is nothing to do", { plan: { ...PLAN, steps: [] } }, "nothing to do"],
  ["nor where the lab would refuse", { plan: PLAN, refused: "disk is protected" }, "disk is protected"],
  ["nor where the file doesn't check", { diagnosticsText: "error[VB2009]: no" }, "there is no plan"],
])("%s", (_, answer, said) => {
  const state = after("p", told(answer), "enter");
  expect(state.effects).toHaveLength(1);
  expect(state.said?.text).toContain(said);
});

test("what nobody does by accident is done when the lab's name is typed, and not before", () => {
  const warned = told({ plan: { ...PLAN, warnings: ["The volume disk loses what is stored in it."] } });
  const typed = (name: string): readonly string[] => [...name];
  expect(modeOf(after("p", warned, "enter"))).toBe("confirming");
  expect(text(draw(SIZE, { keys: ["p", warned, "enter", "h", "e"] }))).toMatchSnapshot();
  expect(text(draw({ columns: 20, rows: 6 }, { keys: ["p", warned, "enter", "h"] }))).toMatchSnapshot();
  expect(acts("p", warned, "enter", ...typed("hello"))).toHaveLength(1);
  expect(acts("p", warned, "enter", ...typed("hellx"), "enter")).toHaveLength(1);
  expect(acts("p", warned, "enter", ...typed("hello"), "esc", "enter", "enter")).toHaveLength(1);
  expect(acts("p", warned, "enter", ...typed("hellx"), "backspace", "o", "enter")).toHaveLength(2);
});

test("u goes back one generation, after its number has been typed", () => {
  expect(after("p", "u").confirm?.name).toBe("2");
  const [, rollback] = acts("p", "u", "2", "enter");
  expect(rollback).toEqual({
    ask: { method: "rollback", params: { generation: 2 } },
    line: "vbus rollback 2",
  });
});

test("u right after something was done goes back from there, before a picture says so", () => {
  const apply: Act = { ask: { method: "apply", params: { bound: BOUND } }, line: "vbus apply" };
  const applied = { outcome: "applied", plan: PLAN, steps: [], generation: 4, stuck: [] } as const;
  const undone: Act = { ask: { method: "rollback", params: { generation: 2 } }, line: "vbus rollback 2" };
  const back = { generation: 5, changes: 1, held: true };
  const keys: readonly Happening[] = [
    "p",
    { type: "replied", act: apply, reply: { method: "apply", result: applied } },
  ];
  expect(after(...keys, "u").confirm?.name).toBe("3");
  const reply: Replied = { type: "replied", act: undone, reply: { method: "rollback", result: back } };
  expect(after(...keys, reply, "u").confirm?.name).toBe("1");
  // The picture knows better once it is as new.
  const { latest } = after();
  const snapshot = { ...latest!.snapshot, generation: 6 };
  expect(after(...keys, reply, { type: "snapshot", snapshot }, "u").confirm?.name).toBe("5");
});

test("a dashboard that only looks changes nothing", () => {
  const state = stateAfter(SIZE, { keys: ["p", told({ plan: PLAN }), "enter", "u"], readOnly: true });
  expect(state.effects).toHaveLength(1);
  expect(state.said?.text).toContain("read-only");
});

test("what became of it is said until the next key", () => {
  const [, apply] = acts("p", told({ plan: PLAN }), "enter");
  const result = { outcome: "applied", plan: PLAN, steps: [], generation: 4, stuck: [] } as const;
  const done: Replied = { type: "replied", act: apply!, reply: { method: "apply", result } };
  const lost: Replied = { type: "replied", act: apply!, reply: { method: "refused", message: "changed" } };
  const keys = ["p", told({ plan: PLAN }), "enter"];
  expect(draw(SIZE, { keys: [...keys, done] }).at(-1)).toContain("generation 4: 3 changes applied");
  expect(draw(SIZE, { keys: [...keys, lost] }).at(-1)).toContain("changed");
  expect(draw(SIZE, { keys: [...keys, lost, "down"] }).at(-1)).not.toContain("changed");
});
