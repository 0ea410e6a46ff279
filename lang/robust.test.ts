// Whatever stands in a file, `evaluate` answers: a model, or errors with places inside texts that it names.
// `SEED=42 npx vitest run lang/robust` repeats a run.

import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { evaluateText, shownDiagnostics } from "./world.test-support.ts";
import { EXAMPLES } from "./examples.test-support.ts";

const seed = Number(process.env["SEED"] ?? 20240 + new Date().getUTCDate());
process.stdout.write(`robust: SEED=${seed}\n`);

const corpus = new URL("corpus/", import.meta.url);
const texts = [
  ...readdirSync(corpus)
    .filter((name) => name.endsWith(".vbus") && name !== "limits.vbus")
    .map((name) => readFileSync(new URL(name, corpus), "utf8")),
  ...EXAMPLES.values(),
];

const words = texts.flatMap((text) => text.match(/\w+|"[^"]*"|[^\s\w]/g) ?? []);

/** Cuts `count` characters at a place and puts a word of the corpus there. */
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  count: fc.integer({ min: 0, max: 12 }),
  word: fc.constantFrom("", ...words),
});

function edited(text: string, edits: readonly { at: number; count: number; word: string }[]): string {
  return edits.reduce((before, { at, count, word }) => {
    const place = Math.floor(at * before.length);
    return `${before.slice(0, place)} ${word} ${before.slice(place + count)}`;
  }, text);
}

test("a broken file is told, never thrown", () => {
  const runs = Number(process.env["FUZZ_RUNS"] ?? 150);
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 3 }), (text, edits) => {
      const evaluation = evaluateText(edited(text, edits));
      const errors = evaluation.diagnostics.filter((one) => one.severity === "error");
      expect(evaluation.model === undefined).toBe(errors.length > 0);
      for (const { span, message } of errors) {
        const source = evaluation.sources.get(span.file);
        expect(source, message).toBeDefined();
        expect(span.start).toBeLessThanOrEqual(span.end);
        expect(span.end).toBeLessThanOrEqual(source?.length ?? -1);
      }
      shownDiagnostics(evaluation);
    }),
    { seed, numRuns: runs, verbose: 1 },
  );
}, 300_000);
