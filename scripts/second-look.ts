// A second look at what failed in the tests' run: each failed file once more, alone. The suite runs two files
// at a time on machines that are shared, so a file may fail for its company. Such a file is named, loudly,
// and has to pass alone; more than a few of them, or one that fails again, and the run has failed.
// `second-look.ts REPORT`: the runner's JSON, which afterwards counts what passed in the second look as
// passed.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Files that may need a second look in one run. */
export const FILES_MAX = 2;

/** What is used of a report of vitest's JSON reporter. */
interface Report {
  numFailedTests: number;
  numPassedTests: number;
  readonly testResults: readonly FileResult[];
}
interface FileResult {
  /** The file's absolute path. */
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
}
export interface SecondLook {
  readonly ok: boolean;
  /** For people: what happened, a line each. */
  readonly lines: readonly string[];
}

/**
 * Looks again at what failed in the report of a run in `root`, and corrects the report if all of it passes.
 */
export async function lookAgain(
  root: string,
  path: string,
  show: "inherit" | "ignore" = "ignore",
): Promise<SecondLook> {
  const report = await readReport(path);
  const failed = report?.testResults.filter(({ status }) => status === "failed") ?? [];
  if (!report || failed.length === 0) return { ok: false, lines: ["no test failed, the run itself did"] };
  const names = failed.flatMap((file) => titlesOf(root, file));
  if (failed.length > FILES_MAX) {
    return { ok: false, lines: [`more than ${FILES_MAX} files failed, which no company explains`, ...names] };
  }
  for (const file of failed) {
    const again = await runAlone(root, file.name, show);
    if (again === undefined || again.numFailedTests > 0 || again.numPassedTests === 0)
      return { ok: false, lines: [`${relative(root, file.name)} fails alone too`, ...names] };
    const red = file.assertionResults.filter(({ status }) => status === "failed").length;
    report.numFailedTests -= red;
    report.numPassedTests += red;
  }
  await writeFile(path, JSON.stringify(report));
  return { ok: true, lines: names.map((name) => `FAILED BESIDE OTHERS, PASSED ALONE: ${name}`) };
}

function titlesOf(root: string, { name, assertionResults }: FileResult): string[] {
  const red = assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => fullName);
  const file = relative(root, name);
  return red.length === 0 ? [file] : red.map((title) => `${file}: ${title}`);
}

/** The report of one file's run; undefined: there is none, or the runner ended badly. */
async function runAlone(root: string, file: string, show: "inherit" | "ignore"): Promise<Report | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "vbus-second-"));
  const path = join(folder, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${path}`];
  const runner = join(root, "node_modules/vitest/vitest.mjs");
  try {
    const code = await new Promise<number>((resolve, reject) => {
      const child = spawn(process.execPath, [runner, "run", "--root", root, file, ...reporters], {
        cwd: root,
        stdio: ["ignore", show, show],
      });
      child.on("error", reject);
      child.on("close", (exit) => resolve(exit ?? 1));
    });
    return code === 0 ? await readReport(path) : undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readReport(path: string): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Report;
  } catch {
    return undefined;
  }
}

const [, script, path] = process.argv;
if (script === fileURLToPath(import.meta.url)) {
  if (path === undefined) throw new Error("usage: second-look.ts REPORT");
  const { ok, lines } = await lookAgain(fileURLToPath(new URL("..", import.meta.url)), path, "inherit");
  for (const line of lines) console.log(`second look: ${line}`);
  process.exitCode = ok ? 0 : 1;
}
