import { expect, test } from "vitest";
import { wordsOf } from "./command-line.ts";
import { draw, SIZES, stateAfter, text } from "./drawing.test-support.ts";
import type { Happening } from "./drawing.test-support.ts";
import type { Effect } from "./acts.ts";
import { modeOf } from "./model.ts";

const SIZE = { columns: 80, rows: 24 };
const found = (typed: string, ...words: readonly string[]): Happening => ({
  type: "completed",
  text: typed,
  candidates: words.map((word) => ({ word, about: `about ${word}` })),
});
const printed = (printedText: string, exit?: number, run = 1): Happening => ({
  type: "printed",
  run,
  text: printedText,
  ...(exit !== undefined && { exit }),
});
const after = (...keys: readonly Happening[]) => stateAfter(SIZE, { keys });
const effects = (...keys: readonly Happening[]): readonly Effect[] => after(...keys).effects;

test.each(SIZES)("a command line at %ix%i", (columns, rows) => {
  const keys = [":", "p", found("p", "ps", "pause", "plan"), "tab"];
  expect(text(draw({ columns, rows }, { keys }))).toMatchSnapshot();
});

test.each(SIZES)("what a command printed at %ix%i", (columns, rows) => {
  const lines = Array.from({ length: 50 }, (_, line) => `line ${line + 1} of it\n`).join("");
  const keys = [":", "p", "s", "enter", printed(lines, 0)];
  expect(text(draw({ columns, rows }, { keys }))).toMatchSnapshot();
});

test("what fits is asked for at each character, and an answer to another line is not shown", () => {
  expect(effects(":", "p", "s")).toEqual([
    { do: "complete", text: "" },
    { do: "complete", text: "p" },
    { do: "complete", text: "ps" },
  ]);
  expect(after(":", "p", "s", found("p", "pause")).command?.candidates).toEqual([]);
});

test.each([
  ["down", "hello", "The lab stops"],
  ["down --grace 1s", "hello", "The lab stops"],
  ["down --lab other", "other", "The lab stops"],
  ["down --lab=other --grace 1s", "other", "The lab stops"],
  ["down ../other.vbus", "../other.vbus", "The lab stops"],
  ["vbus rollback 2", "2", "What came after generation 2 is undone."],
])("`%s` is run only after %s is typed", (line, name, question) => {
  const asked = [":", ...line, "enter"];
  expect(effects(...asked).some((effect) => effect.do === "run")).toBe(false);
  expect(draw(SIZE, { keys: asked }).join("\n")).toContain(question);
  expect(effects(...asked, ...name, "enter").at(-1)).toEqual({
    do: "run",
    line: line.replace("vbus ", ""),
    run: 1,
  });
  const refused = after(...asked, "x", "enter");
  expect([refused.view, refused.said?.text]).toEqual(["guests", "that is not its name: nothing was done"]);
  expect(modeOf(after(...asked, "esc"))).toBe("guests");
});

test.each(["down --help", "ps", "plan"])("`%s` is run at once", (line) => {
  expect(effects(":", ...line, "enter").at(-1)).toEqual({ do: "run", line, run: 1 });
});

test("tab goes round what fits, and the only one is taken whole", () => {
  const typed = [":", "p", found("p", "ps", "plan")];
  expect(after(...typed, "tab").command?.text).toBe("ps");
  expect(after(...typed, "tab", "tab").command?.text).toBe("plan");
  expect(after(...typed, "tab", "tab", "tab").command?.text).toBe("ps");
  const one = [":", ..."set ser", found("set ser", "server.eth0")];
  expect(after(...one, "tab").command?.text).toBe("set server.eth0 ");
});

test("enter runs it, esc does not, and what was run before comes back", () => {
  expect(effects(":", ..."vbus ps", "enter").at(-1)).toEqual({ do: "run", line: "ps", run: 1 });
  expect(after(":", "p", "s", "enter").view).toBe("output");
  expect(modeOf(after(":", "p", "s", "esc"))).toBe("guests");
  expect(effects(":", "p", "s", "esc").some((effect) => effect.do === "run")).toBe(false);
  expect(modeOf(after(":", "enter"))).toBe("guests");
  const ran = [":", "a", "enter", ":", "b", "enter", ":"];
  expect(after(...ran, "up").command?.text).toBe("b");
  expect(after(...ran, "up", "up", "up").command?.text).toBe("a");
  expect(after(...ran, "up", "up", "down", "down").command?.text).toBe("");
});

test("a command that still runs is ended on leaving, and what it prints afterwards is nobody's", () => {
  const run = [":", "a", "enter", printed("one\n")];
  expect(effects(...run, "esc").at(-1)).toEqual({ do: "end-command", run: 1 });
  expect(effects(...run, printed("", 0), "esc").at(-1)).not.toEqual({ do: "end-command", run: 1 });
  expect(after(...run, ":", "b", "enter", printed("two\n")).output?.lines).toEqual([]);
});

test("output stays bounded, and follows its end until it is scrolled", () => {
  const much = Array.from({ length: 3000 }, (_, line) => `${line}\n`).join("");
  const keys = [":", "a", "enter", printed(much)];
  expect(after(...keys).output?.lines).toHaveLength(2000);
  expect(draw(SIZE, { keys }).join("\n")).toContain(" 2999");
  expect(draw(SIZE, { keys: [...keys, "g"] }).join("\n")).toContain(" 1000");
  expect(after(...keys, "g", "G").output?.top).toBeUndefined();
});

test.each([
  ["", [""]],
  ["ps", ["ps"]],
  ["ps ", ["ps", ""]],
  ['set a.b "x y"  c', ["set", "a.b", "x y", "c"]],
  ["set a 'q\"r'", ["set", "a", 'q"r']],
  ['half "open', ["half", "open"]],
])("the words of `%s` are %j", (line, expected) => {
  expect(wordsOf(line)).toEqual(expected);
});
