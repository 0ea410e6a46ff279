// Fixes that diagnostics carry do good: applied round by round they end, and leave fewer errors than before.

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { evaluate, type Diagnostic } from "../index.ts";
import { FOLDER, testWorld } from "../world.test-support.ts";
import { allPages } from "./catalogue.ts";
import { applyFixes } from "./fixes.ts";

const ROOT = `${FOLDER}/lab.vbus`;
const ROUNDS_MAX = 10;
const corpus = new URL("../corpus/", import.meta.url);

const TEXTS = [
  ...allPages().flatMap(({ code, bad }) => (bad === undefined ? [] : [[code, bad] as const])),
  ...readdirSync(corpus, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".vbus"))
    .map((name) => [name, readFileSync(new URL(name, corpus), "utf8")] as const),
];

const errorsOf = (diagnostics: readonly Diagnostic[]): number =>
  diagnostics.filter(({ severity }) => severity === "error").length;

test("fixes end, and leave no more errors than there were", () => {
  expect(TEXTS.length).toBeGreaterThan(80);
  let fixes = 0;
  for (const [name, text] of TEXTS) {
    let now = text;
    let found = evaluate(testWorld({ "lab.vbus": now }), { root: ROOT }).diagnostics;
    const errors = errorsOf(found);
    // Bound: ROUNDS_MAX, asserted below.
    for (let round = 0; ; round++) {
      const [fixed] = applyFixes(found, new Map([[ROOT, now]]));
      if (!fixed) break;
      expect(round, `${name} is not done:\n${now}`).toBeLessThan(ROUNDS_MAX);
      fixes += fixed.applied.length;
      now = fixed.text;
      found = evaluate(testWorld({ "lab.vbus": now }), { root: ROOT }).diagnostics;
    }
    expect([name, errorsOf(found) <= errors, now]).toEqual([name, true, now]);
  }
  expect(fixes).toBeGreaterThan(30);
});
