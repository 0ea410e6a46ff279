// The catalogue's pages of failing tests, run for real: the bad text fails with its code, the good one
// passes.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { allPages } from "../../lang/index.ts";
import { clock } from "../lab.test-support.ts";
import { runTests } from "./run-tests.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "vbus-test-pages-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function outcome(text: string): Promise<string> {
  const file = path.join(folder, "lab.vbus");
  writeFileSync(file, text);
  const { results, wrong } = await runTests({ sources: [{ file }], clock, jobs: 1 });
  const [only] = results;
  expect([wrong, results.length]).toEqual([[], 1]);
  return only?.failure?.diagnostic.code ?? only?.state ?? "";
}

const pages = allPages().filter(({ code }) => code.startsWith("VB6"));

test("there is a page for each way to fail", () => {
  expect(pages.map(({ code }) => code)).toEqual(["VB6001", "VB6002", "VB6003", "VB6004", "VB6005"]);
});

test.each(pages)("$code: $title", async ({ code, bad = "", good = "" }) => {
  expect(await outcome(bad)).toBe(code);
  expect(await outcome(good)).toBe("passed");
});
