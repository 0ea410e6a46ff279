// Mistakes that people make, and what they are told: `lang/corpus/mistakes/*.txt`, chunks of title, text and
// golden diagnostics as a terminal shows them. A first line `// -p NAME=VALUE` gives a parameter.
// UPDATE_GOLDENS=1 writes the goldens anew; the difference is read before it is committed.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { shownDiagnostics } from "../world.test-support.ts";
import { evaluateSnippet } from "./page.test-support.ts";

const FOLDER = new URL("../corpus/mistakes/", import.meta.url);
const update = process.env["UPDATE_GOLDENS"] === "1";
const ERRORS_MAX = 2;

interface Mistake {
  readonly title: string;
  readonly text: string;
  readonly golden: string;
}

const readMistakes = (file: string): Mistake[] =>
  readFileSync(new URL(file, FOLDER), "utf8")
    .split(/^=== /m)
    .slice(1)
    .map((chunk) => {
      const [head = "", golden = ""] = chunk.split(/^---\n/m);
      const end = head.indexOf("\n");
      return { title: head.slice(0, end), text: head.slice(end + 1).trimEnd(), golden: golden.trimEnd() };
    });

function told(text: string): { shown: string; errors: number } {
  const [, name, value = ""] = /^\/\/ -p (\w+)=(.*)$/m.exec(text) ?? [];
  const evaluation = evaluateSnippet(text, {}, name === undefined ? {} : { [name]: value });
  const errors = evaluation.diagnostics.filter(({ severity }) => severity === "error").length;
  return { shown: shownDiagnostics(evaluation).trimEnd(), errors };
}

const files = readdirSync(FOLDER).filter((name) => name.endsWith(".txt"));

for (const file of files) {
  if (update) {
    const chunks = readMistakes(file).map(
      ({ title, text }) => `=== ${title}\n${text}\n---\n${told(text).shown}\n`,
    );
    writeFileSync(new URL(file, FOLDER), chunks.join("\n"));
  }
  test.each(readMistakes(file))(`${file}: $title`, ({ text, golden }) => {
    const { shown, errors } = told(text);
    expect(shown).toBe(golden);
    expect(errors).toBeGreaterThan(0);
    expect(errors).toBeLessThanOrEqual(ERRORS_MAX);
  });
}

test("there are many mistakes, each of its own", () => {
  const texts = files.flatMap(readMistakes).map(({ text }) => text);
  expect(texts.length).toBeGreaterThan(100);
  expect(new Set(texts).size).toBe(texts.length);
});
