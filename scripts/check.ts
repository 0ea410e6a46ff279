// The one check, the same here and in CI: types, lint, format, layout rules, tests and tiny benches. It shows
// every failure, not the first one, and ends with 1 if there was one. What is independent runs side by side
// on two cores. `--tests FILE`: the tests have just run, and their runner's JSON lies there.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

interface Step {
  readonly name: string;
  /** A file below node_modules or the project, run by this Node, and its arguments. */
  readonly command: readonly string[];
}
interface StepOutcome {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
  readonly output: string;
}
interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  /** Skipped or left for later: none may be. */
  readonly idle: number;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const FORMATTED = ["**/*.{ts,tsx,json,md}", ".oxlintrc.json"];

const TYPES: Step = { name: "types", command: ["node_modules/typescript/bin/tsc", "--noEmit", "-p", "."] };
const QUICK: readonly Step[] = [
  { name: "lint", command: ["node_modules/oxlint/bin/oxlint", "--deny-warnings"] },
  { name: "format", command: ["node_modules/prettier/bin/prettier.cjs", "--cache", "--check", ...FORMATTED] },
  { name: "tidy", command: ["scripts/tidy.ts"] },
];
/** One after the other: side by side they would wait for each other's cores. */
const BENCHES: readonly Step[] = [
  { name: "bench net", command: ["bench/main.ts", "net", "--tiny"] },
  { name: "bench blk", command: ["bench/main.ts", "blk", "--tiny"] },
  { name: "bench chan", command: ["bench/main.ts", "chan", "--tiny"] },
  { name: "bench clock", command: ["bench/main.ts", "clock", "--tiny"] },
  { name: "bench lang", command: ["bench/main.ts", "lang", "--tiny"] },
  { name: "bench engine", command: ["bench/main.ts", "engine", "--tiny"] },
];

const testStep = (report: string): Step => ({
  name: "tests",
  command: [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--no-color",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ],
});

/** Runs a step to its end and tells how it went at once; its output is shown in full where it failed. */
async function runStep(step: Step): Promise<StepOutcome> {
  const start = performance.now();
  const { code, output } = await new Promise<{ code: number; output: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [...step.command], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.on("error", reject);
    child.on("close", (exit) => resolve({ code: exit ?? 1, output: text }));
  });
  const outcome = { name: step.name, ok: code === 0, seconds: (performance.now() - start) / 1000, output };
  console.log(lineOf(outcome));
  if (!outcome.ok) console.log(output.trimEnd());
  return outcome;
}

const lineOf = ({ name, ok, seconds }: StepOutcome): string =>
  `check: ${name.padEnd(12)} ${ok ? "ok    " : "FAILED"} ${seconds.toFixed(1).padStart(6)} s`;

async function inOrder(steps: readonly Step[]): Promise<StepOutcome[]> {
  const outcomes: StepOutcome[] = [];
  for (const step of steps) outcomes.push(await runStep(step));
  return outcomes;
}

/** Reads what the tests' runner wrote; nothing counts as passed if it wrote nothing. */
async function readCounts(report: string): Promise<TestCounts> {
  try {
    const counts: unknown = JSON.parse(await readFile(report, "utf8"));
    return { passed: count(counts, "Passed"), failed: count(counts, "Failed"), idle: idleCount(counts) };
  } catch {
    return { passed: 0, failed: 0, idle: 0 };
  }
}

const idleCount = (counts: unknown): number => count(counts, "Pending") + count(counts, "Todo");

function count(counts: unknown, kind: string): number {
  const value: unknown = Reflect.get(Object(counts), `num${kind}Tests`);
  return typeof value === "number" ? value : 0;
}

const { values: given } = parseArgs({ options: { tests: { type: "string" } } });
const folder = await mkdtemp(join(tmpdir(), "vbus-check-"));
const report = given.tests ?? join(folder, "tests.json");
const start = performance.now();
const still = (await Promise.all([inOrder([TYPES]), inOrder(QUICK)])).flat();
const tests = given.tests === undefined ? [await runStep(testStep(report))] : [];
const counts = await readCounts(report);
await rm(folder, { recursive: true, force: true });
const outcomes = [...still, ...tests, ...(await inOrder(BENCHES))];

const failed = outcomes.filter(({ ok }) => !ok).map(({ name }) => name);
if (counts.idle > 0) failed.push(`${counts.idle} tests did not run`);
if (counts.passed === 0) failed.push("no test ran");
if (given.tests !== undefined && counts.failed > 0) failed.push("tests");
console.log(`\n${counts.passed} passed, ${counts.failed} failed\n`);
const seconds = ((performance.now() - start) / 1000).toFixed(1);
console.log(
  failed.length === 0 ? `check: all well in ${seconds} s` : `check: ${failed.join(", ")}; ${seconds} s`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
