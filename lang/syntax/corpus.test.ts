// Broken texts and what is said about them: `lang/corpus/syntax/*.txt`, chunks of title, text and golden
// diagnostics. `GOLDEN=1 npx vitest run lang/syntax/corpus` rewrites the goldens; review the diff.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Diagnostic } from "../diagnostics.ts";
import { SYNTAX_CODES } from "./codes.ts";
import { parse } from "./index.ts";

const FOLDER = new URL("../corpus/syntax/", import.meta.url);
const REWRITE = process.env["GOLDEN"] === "1";

interface Case {
  readonly title: string;
  readonly text: string;
  readonly golden: string;
}

function readCases(file: string): Case[] {
  const whole = readFileSync(new URL(file, FOLDER), "utf8");
  return whole
    .split(/^=== /m)
    .slice(1)
    .map((chunk) => {
      const [head = "", golden = ""] = chunk.split(/^---\n/m);
      const end = head.indexOf("\n");
      return { title: head.slice(0, end), text: head.slice(end + 1).replace(/\n$/, ""), golden };
    });
}

/** The line of a diagnostic with carets below, and the text after its fix. */
function draw(text: string, { code, message, hint, span, fix }: Diagnostic): string {
  const lineStart = text.lastIndexOf("\n", span.start - 1) + 1;
  const line = text.slice(lineStart).split("\n")[0] ?? "";
  const width = Math.max(1, Math.min(span.end, lineStart + line.length) - span.start);
  const number = text.slice(0, lineStart).split("\n").length;
  const parts = [`${code} line ${number}: ${message}`, `  ${line}`];
  parts.push(`  ${" ".repeat(span.start - lineStart)}${"^".repeat(width)}`);
  if (hint !== undefined) parts.push(`  hint: ${hint}`);
  if (fix !== undefined) parts.push(`  fix: ${fix.title}: ${JSON.stringify(applyFix(text, fix))}`);
  return parts.map((part) => `${part.trimEnd()}\n`).join("");
}

const applyFix = (text: string, fix: NonNullable<Diagnostic["fix"]>): string =>
  fix.edits
    .toSorted((a, b) => b.span.start - a.span.start)
    .reduce((out, { span, text: by }) => out.slice(0, span.start) + by + out.slice(span.end), text);

const files = readdirSync(FOLDER).filter((file) => file.endsWith(".txt"));
const seen = new Set<string>();

for (const file of files) {
  const cases = readCases(file);
  const drawn = cases.map(({ text }) => parse("f", text).diagnostics);
  if (REWRITE) {
    const chunks = cases.map(({ title, text }, index) => {
      const golden = (drawn[index] ?? []).map((one) => draw(text, one)).join("");
      return `=== ${title}\n${text}\n---\n${golden}`;
    });
    writeFileSync(new URL(file, FOLDER), chunks.join("\n"));
  }
  test.each(readCases(file))(`${file}: $title`, ({ title, text, golden }) => {
    const diagnostics = parse("f", text).diagnostics;
    for (const { code } of diagnostics) seen.add(code);
    expect(diagnostics.map((one) => draw(text, one)).join("")).toBe(golden.replace(/\n\n$/, "\n"));
    if (file === "one-error.txt") expect(diagnostics.length, title).toBe(1);
  });
  test.each(readCases(file))(`${file}: the fix of "$title" leaves fewer errors`, ({ text }) => {
    for (const { fix } of parse("f", text).diagnostics) {
      if (fix === undefined) continue;
      const before = parse("f", text).diagnostics.length;
      expect(parse("f", applyFix(text, fix)).diagnostics.length).toBeLessThan(before);
    }
  });
}

test("every code has a case", () => {
  expect([...SYNTAX_CODES.keys()].filter((code) => !seen.has(code))).toEqual([]);
  expect([...seen].filter((code) => !SYNTAX_CODES.has(code))).toEqual([]);
});

test.each([...SYNTAX_CODES.values()])(
  "$code: the bad text gives it, the good one nothing",
  ({ code, bad, good }) => {
    expect(parse("f", bad).diagnostics.map((one) => one.code)).toContain(code);
    expect(parse("f", good).diagnostics).toEqual([]);
  },
);
