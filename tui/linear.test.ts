import { afterEach, expect, test } from "vitest";
import { consoleOf, makeWorld, stateAfter } from "./drawing.test-support.ts";
import type { Happening } from "./drawing.test-support.ts";
import { linearLines } from "./linear.ts";
import { ScriptedLab } from "./scripted-lab.test-support.ts";

let lab: ScriptedLab | undefined;
afterEach(() => lab?.end());

const PLAN: Happening = {
  type: "replied",
  act: { ask: { method: "plan", params: {} }, line: "vbus plan", harmless: true },
  reply: {
    method: "plan",
    result: {
      bound: { files: "f", parameters: "p", runtime: "r" },
      diagnostics: [],
      diagnosticsText: "",
      plan: {
        schema: 1,
        lab: "hello",
        unchanged: 3,
        disruption: "restart",
        steps: [
          {
            kind: "restart",
            address: "client",
            resourceKind: "guest",
            causes: ["args changed"],
            changes: [],
            disruption: "restart",
            touches: ["client"],
            after: [],
          },
        ],
      },
    },
  },
};
const PRINTED: Happening = { type: "printed", run: 1, text: "GUEST STATE\nserver running\n", exit: 0 };

test.each<[string, ...Happening[]]>([
  ["guests"],
  ["the second guest", "j"],
  ["buses", "2"],
  ["rings", "3"],
  ["topology", "4"],
  ["a plan", "p", PLAN],
  ["an undoing that asks for a name", "p", PLAN, "u", "2"],
  ["logs", "l"],
  ["events", "e"],
  ["packets", "k"],
  ["console", "c"],
  [
    "a command that is typed",
    ":",
    "p",
    { type: "completed", text: "p", candidates: [{ word: "plan" }, { word: "ps" }] },
  ],
  ["output", ":", "p", "s", "enter", PRINTED],
  ["help", "?"],
  ["the question on leaving", "q"],
])("%s: it is read as", async (_, ...keys) => {
  const world = { ...makeWorld(), screen: await consoleOf("server", "server login: ") };
  const state = stateAfter({ columns: 80, rows: 24 }, { keys }, world);
  expect(linearLines(state, world)).toMatchSnapshot();
});

test("a screen reader is given sentences, one after the other, and no other screen", async () => {
  lab = await ScriptedLab.begin();
  const terminal = lab.open(100, 30, [], { INK_SCREEN_READER: "true" });
  await terminal.shows("Selected: server, running, goal running met.");
  expect(terminal.isAlternate).toBe(false);
  terminal.type("j");
  await terminal.shows("Selected: client, completed with 0");
  terminal.type("q");
  await terminal.shows("end: left");
});
