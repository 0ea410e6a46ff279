// Every block of docs/language.md runs: it has a model, its `// = VALUE` comments are what its outputs give,
// and its `// error CODE` comments are its diagnostics, no more and no less.

import { expect, test } from "vitest";
import { showValue, type Evaluation } from "../index.ts";
import { parse } from "../syntax/index.ts";
import { FOLDER, shownDiagnostics } from "../world.test-support.ts";
import { blocksOf, evaluateSnippet, pageText, type Block } from "./page.test-support.ts";

const blocks = blocksOf(pageText);

/** `name = value` for each `// = value`: the output that stands last above the comment or on its line. */
function wantedOutputs(text: string): string[] {
  let name = "";
  return text.split("\n").flatMap((line) => {
    name = /^output (\w+)/.exec(line)?.[1] ?? name;
    const value = /\/\/ = (.*)$/.exec(line)?.[1];
    return value === undefined ? [] : [`${name} = ${value.trim()}`];
  });
}

const wantedErrors = (text: string): string[] =>
  text.split("\n").flatMap((line, index) => {
    const code = /\/\/ error (VB\d+)$/.exec(line)?.[1];
    return code === undefined ? [] : [`${index + 1} ${code}`];
  });

function foundErrors(evaluation: Evaluation): string[] {
  const text = evaluation.sources.get(`${FOLDER}/lab.vbus`) ?? "";
  return evaluation.diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ code, span }) => `${text.slice(0, span.start).split("\n").length} ${code}`);
}

function shownOutputs(evaluation: Evaluation, names: readonly string[]): string[] {
  const outputs = evaluation.model?.outputs ?? [];
  return outputs
    .filter(({ name }) => names.includes(name))
    .map(({ name, value }) => `${name} = ${showValue(value)}`);
}

function run({ text, files }: Block): void {
  const evaluation = evaluateSnippet(text, files);
  const errors = wantedErrors(text);
  if (errors.length === 0) expect(shownDiagnostics(evaluation)).toBe("");
  expect(foundErrors(evaluation)).toEqual(errors);
  const outputs = wantedOutputs(text);
  const names = outputs.map((output) => output.split(" ")[0] ?? "");
  expect(shownOutputs(evaluation, names)).toEqual(outputs);
}

test("the page has its blocks", () => {
  expect(blocks.length).toBeGreaterThan(20);
});

test("the declaration of a class that the page shows can be read", () => {
  const [[, text = ""] = [], ...more] = pageText.matchAll(/^```text\n([\s\S]*?)^```$/gm);
  expect(more).toEqual([]);
  expect(parse("std:prelude/shown.vbus", text).diagnostics).toEqual([]);
});

test.each(blocks)("docs/language.md:$line", run);
