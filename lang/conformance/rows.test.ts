// The conformance suite: what docs/language.md says, sentence by sentence, asked of the implementation.

import { expect, test } from "vitest";
import { sentences } from "./page.test-support.ts";
import { ask, longRow, type Rows } from "./rows.test-support.ts";
import { EXPRESSIONS } from "./expressions.test-support.ts";
import { LABS } from "./labs.test-support.ts";
import { RULES } from "./rules.test-support.ts";
import { SHAPE } from "./shape.test-support.ts";
import { TYPES } from "./types.test-support.ts";

const ALL: readonly Rows[] = [SHAPE, TYPES, EXPRESSIONS, LABS, RULES];
const quoted = ALL.flatMap((rows) => Object.keys(rows));
const rows = ALL.flatMap((one) =>
  Object.entries(one).flatMap(([sentence, list]) => list.map((row) => ({ sentence, ...longRow(row) }))),
);

test("every quoted sentence stands on the page, once", () => {
  const odd = quoted.filter((start) => sentences.filter((line) => line.startsWith(start)).length !== 1);
  expect(odd).toEqual([]);
});

test("how many sentences of the page have a row", () => {
  const held = sentences.filter((line) => quoted.some((start) => line.startsWith(start)));
  process.stdout.write(`conformance: ${held.length} of ${sentences.length} sentences, ${rows.length} rows\n`);
  expect(held.length).toBe(quoted.length);
});

test.each(rows)("$sentence: $text", (row) => {
  const { wanted, found } = ask(row);
  expect(found).toEqual(wanted);
});
