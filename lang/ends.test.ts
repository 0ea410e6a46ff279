// Evaluation ends, quickly, on every input: what is huge is refused with a place, what is cut off is told in
// a few errors. The bounds of time are generous: they catch what grows faster than its text.

import { expect, test } from "vitest";
import { drawFrom } from "./mutations.test-support.ts";
import { codesOf, evaluateText } from "./world.test-support.ts";
import { EXAMPLES } from "./examples.test-support.ts";

const seed = Number(process.env["SEED"] ?? 20240 + new Date().getUTCDate());
process.stdout.write(`evaluation ends: SEED=${seed}\n`);

const texts = [...EXAMPLES.values()];

const seconds = (from: number): number => (process.cpuUsage().user - from) / 1e6;
const doubled = (times: number): string =>
  ['let s0 = "ab"', ...Array.from({ length: times }, (_, i) => `let s${i + 1} = "\${s${i}}\${s${i}}"`)].join(
    "\n",
  );

test.each([
  ["a range of four thousand million", "output it = [for i in 1..4_000_000_000: i].len()", ["VB3008"]],
  ["a family of as many", "volume v for i in 1..4_000_000_000: memory { size = 1MiB }", ["VB3008"]],
  ["two ranges, one in the other", "output it = [for a in 1..100_000, b in 1..100_000: a].len()", ["VB3008"]],
  ["their sum", "output it = sum([for a in 1..4_000_000_000: a])", ["VB3008"]],
  ["a text that doubles forty times", `${doubled(40)}\noutput it = s40.len()`, ["VB3008"]],
  ["lists of lists that double", `${doubledLists(40)}\noutput it = l40.len()`, ["VB3008"]],
  ["brackets in brackets", `output it = ${"[".repeat(5000)}${"]".repeat(5000)}`, ["VB1023"]],
  ["a chain of a thousand names", `${chained(1000)}\noutput it = c1000`, ["VB3008"]],
])("%s: refused with a place, within two seconds", (_what, text, codes) => {
  const from = process.cpuUsage().user;
  const evaluation = evaluateText(text);
  expect(seconds(from)).toBeLessThan(4);
  expect([...new Set(codesOf(evaluation))]).toEqual(codes);
  for (const { span } of evaluation.diagnostics) expect(span.end).toBeLessThanOrEqual(text.length);
});

function doubledLists(times: number): string {
  const lines = Array.from({ length: times }, (_, i) => `let l${i + 1} = [...l${i}, ...l${i}]`);
  return ["let l0 = [1, 2]", ...lines].join("\n");
}

function chained(times: number): string {
  return ["let c0 = 1", ...Array.from({ length: times }, (_, i) => `let c${i + 1} = c${i} + 1`)].join("\n");
}

// Every byte is cut for the parser in syntax/properties.test.ts; here every fifth, from a drawn one on.
test("an example that is cut off gives one to five errors, or still means something", () => {
  const draw = drawFrom(seed);
  for (const text of texts) {
    for (let end = draw(5); end < text.length; end += 5) {
      const errors = evaluateText(text.slice(0, end)).diagnostics;
      if (errors.length > 5)
        throw new Error(
          `${errors.length} errors after ${JSON.stringify(text.slice(Math.max(0, end - 60), end))}`,
        );
    }
  }
}, 300_000);

test.each(texts.map((text, index) => [index, text] as const))(
  "100 KB of one-token mutants of example %i take no more than their time",
  (_index, text) => {
    const draw = drawFrom(seed);
    let whole = "";
    while (whole.length < 100_000) {
      const at = draw(text.length);
      whole += `${text.slice(0, at)} ${text.slice(at + 3)}`;
    }
    const from = process.cpuUsage().user;
    const { diagnostics } = evaluateText(whole);
    expect(seconds(from)).toBeLessThan(4);
    expect(diagnostics.length).toBeGreaterThan(0);
    expect(diagnostics.length).toBeLessThanOrEqual(50);
  },
  300_000,
);
