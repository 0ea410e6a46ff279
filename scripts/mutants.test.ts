// The mutants that are data: their text is in the source once, their test is there, and in CI each test is
// seen to fail.
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { HOLES } from "./mutants/holes.ts";
import { checkMutant, copyProject, tryMutant } from "./mutants/mutant.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LONG = process.env["SLOW"] === "1";

test.each(HOLES.map((mutant) => [mutant.name, mutant] as const))("%s: can be made", (_, mutant) => {
  expect(checkMutant(ROOT, mutant)).toEqual({ places: 1, test: true });
});

test("each hole has a mutant", () => {
  const numbers = HOLES.map(({ test: [, title] }) => Number.parseInt(title, 10));
  expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

// Each takes some seconds, so only in CI: elsewhere one stands for all of them.
const TRIED = LONG ? HOLES : HOLES.slice(5, 6);

test(`the test of ${LONG ? "each mutant" : "one mutant (CI: of each)"} fails`, async () => {
  const copy = copyProject(ROOT);
  try {
    for (const mutant of TRIED) {
      const { red, words } = await tryMutant(copy, mutant);
      expect(red, `${mutant.name}: ${words}`).toBe(true);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}, 600_000);
