// What must never creep in: node modules and clocks in the language, classes named twice, functions without a
// meaning.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { externalNames } from "./eval/functions.ts";
import { compilePattern } from "./eval/pattern.ts";
import { sha256Hex } from "./eval/sha256.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));
const prelude = new URL("../stdlib/prelude/", import.meta.url);
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".ts") && !/\.test(-support)?\.ts$/.test(name),
);

test("no file of the language imports node, or asks for the time or for chance", () => {
  expect(sources.length).toBeGreaterThan(40);
  for (const name of sources) {
    const text = readFileSync(folder + name, "utf8");
    expect(text, name).not.toMatch(/from "node:|Date\.now|performance\.|Math\.random|process\./);
  }
});

test("every external function of the standard library has a meaning here, and no other does", () => {
  const text = readFileSync(new URL("functions.vbus", prelude), "utf8");
  const declared = [...text.matchAll(/^external fn (\w+)/gm)].map(([, name]) => name);
  const without = declared.filter((name) => !externalNames().includes(name ?? ""));
  expect(without).toEqual([]);
  expect(externalNames().filter((name) => !declared.includes(name))).toEqual([]);
});

test("hashes are those of SHA-256", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
      expect(sha256Hex(text)).toBe(createHash("sha256").update(text, "utf8").digest("hex"));
    }),
    { verbose: 1 },
  );
});

const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "(a|b)", "(?:ab)", "\\d", "(a*)", "b", "(ab|a)");
const piece = fc
  .tuple(atom, fc.constantFrom("", "?", "+?", "{1,2}"))
  .map(([a, q]) => a + (a === "(a*)" ? "" : q));

test("patterns match what regular expressions match", () => {
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 5 }),
      fc.string({ unit: fc.constantFrom("a", "b", "1") }),
      (pieces, text) => {
        const source = pieces.join("");
        const pattern = compilePattern(source);
        if ("problem" in pattern) throw new Error(pattern.problem);
        expect(pattern.first(text)?.[0]).toBe(new RegExp(source, "u").exec(text)?.[0]);
        expect(pattern.first(text)?.[1]).toBe(new RegExp(source, "u").exec(text)?.[1]);
      },
    ),
    { numRuns: 300, verbose: 1 },
  );
});

test("a pattern that makes others hang takes its time from the length of the text alone", () => {
  const pattern = compilePattern("(a*)*b");
  if ("problem" in pattern) throw new Error(pattern.problem);
  expect(pattern.first("a".repeat(20_000))).toBeUndefined();
  expect(compilePattern("(".repeat(50) + "a" + ")+".repeat(50))).toHaveProperty("first");
  expect(compilePattern("(?=a)")).toHaveProperty("problem");
  expect(compilePattern("(a)\\1")).toHaveProperty("problem");
});
