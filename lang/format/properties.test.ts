// What holds for every layout of a text: formatting is idempotent, keeps the meaning and every comment. The
// seed is printed; `SEED=42 npx vitest run lang/format` repeats a run.

import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "../syntax/index.ts";
import { anyModule } from "./any-module.test-support.ts";
import { format, layOut } from "./index.ts";
import { disturb } from "./noise.test-support.ts";
import { sameTree } from "./same-tree.ts";
import { SAMPLES } from "./samples.test-support.ts";

const seed = Number(process.env["SEED"] ?? 7000 + new Date().getUTCDate());
process.stdout.write(`format properties: SEED=${seed}\n`);
const settings = { seed, numRuns: Number(process.env["RUNS"] ?? 150) };

const ROOT = new URL("../../", import.meta.url);
const below = (folder: string): string[] =>
  readdirSync(new URL(folder, ROOT), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".vbus"))
    .map((name) => folder + name)
    .sort();
const files = [...below("examples/"), ...below("stdlib/")];
const texts = files.map((name) => readFileSync(new URL(name, ROOT), "utf8"));
const corpus = below("lang/corpus/")
  .map((name) => readFileSync(new URL(name, ROOT), "utf8"))
  .filter((text) => text.length < 20_000 && parse("f", text).diagnostics.length === 0);

const words = (text: string): string => text.replace(/\s+/g, " ").trim();
const commentsOf = (text: string): string[] =>
  parse("f", text)
    .comments.map((comment) => words(comment.text))
    .sort();

function holds(text: string): void {
  const before = parse("f", text);
  expect(before.diagnostics).toEqual([]);
  const once = layOut("f", text);
  const after = parse("f", once);
  expect(after.diagnostics).toEqual([]);
  expect(sameTree(before.module, after.module)).toBe(true);
  expect(commentsOf(once)).toEqual(commentsOf(text));
  expect(layOut("f", once)).toBe(once);
  expect(once).toMatch(/^$|^\S[\s\S]*\S\n$/);
  expect(once).not.toMatch(/\n\n\n(?![^"]*""")/);
  expect(format("f", text)).toEqual({ text: once });
}

test("the examples and the standard library are as the formatter writes them", () => {
  expect(files.length).toBeGreaterThan(12);
  for (const [i, name] of files.entries()) {
    const text = texts[i] ?? "";
    expect(format(name, text), name).toEqual({ text });
  }
});

const choices = fc.array(fc.nat(99), { minLength: 1, maxLength: 200 });
const anyText = fc.oneof(fc.constantFrom(...texts), fc.constantFrom(...SAMPLES, ...corpus), anyModule);

test("noise of layout changes no meaning", () => {
  fc.assert(
    fc.property(anyText, choices, fc.constantFrom("space", "comments"), (text, numbers, noise) => {
      const noisy = disturb(text, numbers, noise);
      const { module, diagnostics } = parse("f", noisy);
      expect(diagnostics).toEqual([]);
      expect(sameTree(module, parse("f", text).module)).toBe(true);
    }),
    settings,
  );
});

test("formatting is idempotent and keeps meaning, whatever the space and the line ends", () => {
  fc.assert(
    fc.property(anyText, choices, (text, numbers) => holds(disturb(text, numbers, "space"))),
    settings,
  );
});

test("formatting is idempotent and keeps meaning and comments, wherever they stand", () => {
  fc.assert(
    fc.property(anyText, choices, (text, numbers) => holds(disturb(text, numbers, "comments"))),
    settings,
  );
});

test("documentation in odd places is never lost, and never documents something else", () => {
  fc.assert(
    fc.property(anyText, choices, (text, numbers) => {
      const noisy = disturb(text, numbers, "documentation");
      const once = format("f", noisy);
      if (!("text" in once)) throw new Error("a text without mistakes is laid out");
      expect(sameTree(parse("f", noisy).module, parse("f", once.text).module)).toBe(true);
      expect(commentsOf(once.text)).toEqual(commentsOf(noisy));
      expect(format("f", once.text)).toEqual(once);
    }),
    settings,
  );
});
