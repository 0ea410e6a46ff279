// The second look at failed test files, with the real runner over little projects whose tests fail as told.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { FILES_MAX, lookAgain } from "./second-look.ts";

const MODULES = fileURLToPath(new URL("../node_modules", import.meta.url));

let root = "";
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A project with one file for each number: so many runs of it fail before one passes. Answers its report. */
function runOnce(fails: readonly number[]): string {
  root = mkdtempSync(join(tmpdir(), "vbus-looked-"));
  symlinkSync(MODULES, join(root, "node_modules"));
  for (const [i, times] of fails.entries()) {
    const runs = JSON.stringify(join(root, `runs${i}`));
    writeFileSync(
      join(root, `file${i}.test.ts`),
      `import { appendFileSync, readFileSync } from "node:fs";
      import { expect, test } from "vitest";
      test("sound", () => expect(1).toBe(1));
      test("shaky", () => {
        appendFileSync(${runs}, ".");
        expect(readFileSync(${runs}, "utf8").length).toBeGreaterThan(${times});
      });`,
    );
  }
  const report = join(root, "report.json");
  const runner = join(MODULES, "vitest/vitest.mjs");
  const options = ["run", "--root", root, "--reporter=json", `--outputFile.json=${report}`];
  spawnSync(process.execPath, [runner, ...options], { cwd: root });
  return report;
}

const countsOf = (report: string): unknown => {
  const { numFailedTests, numPassedTests } = JSON.parse(readFileSync(report, "utf8")) as Record<
    string,
    number
  >;
  return { numFailedTests, numPassedTests };
};

test("what passes alone is named, and counts as passed", async () => {
  const report = runOnce([1, 0]);
  expect(countsOf(report)).toEqual({ numFailedTests: 1, numPassedTests: 3 });
  expect(await lookAgain(root, report)).toEqual({
    ok: true,
    lines: ["FAILED BESIDE OTHERS, PASSED ALONE: file0.test.ts: shaky"],
  });
  expect(countsOf(report)).toEqual({ numFailedTests: 0, numPassedTests: 4 });
});

test("what fails alone too has failed", async () => {
  const report = runOnce([2]);
  expect(await lookAgain(root, report)).toEqual({
    ok: false,
    lines: ["file0.test.ts fails alone too", "file0.test.ts: shaky"],
  });
  expect(countsOf(report)).toEqual({ numFailedTests: 1, numPassedTests: 1 });
});

test("many failures get no second look", async () => {
  const report = runOnce(Array.from({ length: FILES_MAX + 1 }, () => 1));
  const { ok, lines } = await lookAgain(root, report);
  expect({ ok, count: lines.length }).toEqual({ ok: false, count: FILES_MAX + 2 });
  expect(countsOf(report)).toEqual({ numFailedTests: FILES_MAX + 1, numPassedTests: FILES_MAX + 1 });
});

test("a run that failed without a failed test, or left no report, has failed", async () => {
  const report = runOnce([0]);
  expect((await lookAgain(root, report)).ok).toBe(false);
  expect((await lookAgain(root, join(root, "none.json"))).ok).toBe(false);
});
