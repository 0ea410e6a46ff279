// How diagnostics look: spans, values, labels, hints, long lines, colours; and the same as plain objects.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Diagnostic } from "../diagnostics.ts";
import { diagnosticsJson } from "./json.ts";
import { renderDiagnostics } from "./render.ts";

const TEXT = "let a = 1\n\tlet über = a + näher\nlet long = 1\n";
const sources = new Map([["lab.vbus", TEXT]]);

function at(found: string, more: Partial<Diagnostic> = {}): Diagnostic {
  const start = TEXT.indexOf(found);
  const span = { file: "lab.vbus", start, end: start + found.length };
  return { code: "VB2001", severity: "error", span, message: "Wrong.", ...more };
}

const plain = (diagnostics: readonly Diagnostic[], width = 80): string =>
  renderDiagnostics(diagnostics, sources, { colour: false, width });

test("nothing to tell is an empty text", () => {
  expect(plain([])).toBe("");
});

test("the span is marked exactly, tabs and letters outside ASCII included", () => {
  expect(plain([at("näher", { hint: "Did you mean `a`?" })])).toBe(
    [
      "error[VB2001]: Wrong.",
      "   ┌─ lab.vbus:2:17",
      "   │",
      " 2 │     let über = a + näher",
      "   │                    ^^^^^",
      "   = hint: Did you mean `a`?",
      "",
    ].join("\n"),
  );
});

test("values hang under their parts, each with room", () => {
  const [a, b] = [at("a + ").span, at("näher").span];
  const values = [
    { span: { ...a, end: a.start + 1 }, text: "12345678" },
    { span: b, text: "2" },
  ];
  expect(
    plain([at("a + näher", { values })])
      .split("\n")
      .slice(4),
  ).toEqual([
    "   │                ^^^^^^^^^",
    "   │                │   │",
    "   │                │   2",
    "   │                12345678",
    "",
  ]);
});

test("a second place has its label", () => {
  const related = [{ span: at("a = 1").span, message: "set here" }];
  expect(plain([at("über", { related })])).toContain(" 1 │ let a = 1\n   │     ----- set here\n");
});

test("a long line is moved to where the mistake is, and never broken", () => {
  const text = `let x = [${"1, ".repeat(100)}wrong]`;
  const start = text.indexOf("wrong");
  const diagnostic = { ...at("a"), span: { file: "long", start, end: start + 5 } };
  const shown = renderDiagnostics([diagnostic], new Map([["long", text]]), { colour: false, width: 60 });
  const lines = shown.split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  const marked = lines.findIndex((line) => line.includes("^"));
  const column = lines[marked]?.indexOf("^") ?? 0;
  expect(lines[marked - 1]?.slice(column, column + 5)).toBe("wrong");
});

test("marks never run past the line that is shown", () => {
  const letters = fc.constantFrom("a", " ", "ü", "漢", "\t");
  const line = fc.array(letters, { maxLength: 200 }).map((parts) => parts.join(""));
  const property = fc.property(
    line,
    fc.nat(),
    fc.nat(),
    fc.integer({ min: 10, max: 90 }),
    (text, x, y, width) => {
      const [start = 0, end = 0] = [x % (text.length + 1), y % (text.length + 1)].toSorted((a, b) => a - b);
      const span = { file: "one", start, end };
      const shown = renderDiagnostics([{ ...at("a"), span }], new Map([["one", text]]), {
        colour: false,
        width,
      });
      const [, , , drawn = "", marks = ""] = shown.split("\n");
      const columns = [...drawn].reduce((sum, point) => sum + (point === "漢" ? 2 : 1), 0);
      expect(marks).toMatch(/^ +│ *\^+$/);
      // One mark may stand right behind the text, where something is missing; spaces at the end
      // are not shown.
      if (!/\s$/.test(text)) expect(marks.length).toBeLessThanOrEqual(columns + 1);
      expect(marks.length).toBeLessThanOrEqual(Math.max(26, width + 1));
    },
  );
  fc.assert(property, { numRuns: 300 });
});

test("a span over many lines shows the first and the last", () => {
  const text = `a {\n${"x\n".repeat(20)}}`;
  const span = { file: "many", start: 0, end: text.length };
  const shown = renderDiagnostics([{ ...at("a"), span }], new Map([["many", text]]), {
    colour: false,
    width: 60,
  });
  expect(shown).toContain("┆");
  expect(shown.split("\n").length).toBeLessThan(16);
  expect(shown).toContain("22 │ }");
});

test("a file that can't be read is named without lines", () => {
  const span = { file: "gone.vbus", start: 0, end: 0 };
  expect(plain([{ ...at("a"), span }])).toBe("error[VB2001]: Wrong.\n   ┌─ gone.vbus\n");
});

test("colours are there where they are asked for, and nowhere else", () => {
  const coloured = renderDiagnostics([at("näher")], sources, { colour: true, width: 80 });
  expect(coloured).toContain("\u001b[31m");
  expect(plain([at("näher")])).not.toContain("\u001b");
});

test("as plain objects they have lines and columns from 1, and offsets from 0", () => {
  const [json] = diagnosticsJson([at("näher")], sources);
  expect(json).toMatchObject({
    code: "VB2001",
    file: "lab.vbus",
    line: 2,
    column: 17,
    endLine: 2,
    endColumn: 22,
    start: 26,
  });
});
