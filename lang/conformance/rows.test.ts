// The conformance suite: what docs/language.md says, sentence by sentence, asked of the implementation.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sentences } from "./page.test-support.ts";
import { ask, longRow, type Rows } from "./rows.test-support.ts";
import { EXPRESSIONS } from "./expressions.test-support.ts";
import { LABS } from "./labs.test-support.ts";
import { ELSEWHERE, OVERVIEW, UNHELD } from "./overview.test-support.ts";
import { RULES } from "./rules.test-support.ts";
import { SHAPE } from "./shape.test-support.ts";
import { TYPES } from "./types.test-support.ts";

const ALL: readonly Rows[] = [OVERVIEW, SHAPE, TYPES, EXPRESSIONS, LABS, RULES];
const root = new URL("../../", import.meta.url);
const quoted = [...ALL, ELSEWHERE, UNHELD].flatMap((rows) => Object.keys(rows));
const rows = ALL.flatMap((one) =>
  Object.entries(one).flatMap(([sentence, list]) => list.map((row) => ({ sentence, ...longRow(row) }))),
);

test("every quoted sentence stands on the page, once", () => {
  const odd = quoted.filter((start) => sentences.filter((line) => line.startsWith(start)).length !== 1);
  expect(odd).toEqual([]);
});

test("every sentence of the page has a row, or the name of a test elsewhere, or the reason why not", () => {
  const without = sentences.filter((line) => !quoted.some((start) => line.startsWith(start)));
  const held = sentences.length - without.length - Object.keys(UNHELD).length;
  process.stdout.write(`conformance: ${held} of ${sentences.length} sentences, ${rows.length} rows\n`);
  expect(without).toEqual([]);
});

test.each(Object.entries(ELSEWHERE))("%s: the tests are there", (_sentence, tests) => {
  for (const [file, name] of tests) expect(readFileSync(new URL(file, root), "utf8")).toContain(name);
});

test.each(rows)("$sentence: $text", (row) => {
  const { wanted, found } = ask(row);
  expect(found).toEqual(wanted);
});
