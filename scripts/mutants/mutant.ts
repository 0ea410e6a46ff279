// A mutant: one change to the source, and the test that must fail with it. It is tried in a copy of the
// project, so that nobody's files change.
import { spawn } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";

export interface Mutant {
  /** What is wrong in it, in a few words. */
  readonly name: string;
  /** Of the project; `find` stands in it exactly once. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** The file of the test and its whole title. */
  readonly test: readonly [file: string, title: string];
}

/** What a try came to: the test failed, as it should, or what happened instead. */
export interface MutantOutcome {
  readonly red: boolean;
  /** Other tests of the file that failed too, where all were run. */
  readonly others: readonly string[];
  readonly words: string;
}

/** How often the text to be changed stands in its file, and whether the test is there. */
export function checkMutant(
  root: string,
  mutant: Mutant,
): { readonly places: number; readonly test: boolean } {
  const [file, title] = mutant.test;
  return {
    places: readFileSync(join(root, mutant.file), "utf8").split(mutant.find).length - 1,
    test: readFileSync(join(root, file), "utf8").includes(`test("${title}"`),
  };
}

const LEFT_OUT = ["node_modules", ".git", "dist"];
/** The copy's own: what is built is there, and nothing is to be built again. */
const CONFIG = `export default { test: { include: ["**/*.test.ts"], pool: "forks", testTimeout: 60000 } };\n`;

/** Copies the project without what it is built with. The caller removes it. */
export function copyProject(root: string): string {
  const copy = mkdtempSync(join(tmpdir(), "vbus-mutant-"));
  const filter = (path: string): boolean => !LEFT_OUT.some((name) => path.endsWith(`${sep}${name}`));
  cpSync(root, copy, { recursive: true, preserveTimestamps: true, filter });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  writeFileSync(join(copy, "vitest.config.ts"), CONFIG);
  return copy;
}

/**
 * Makes the change in the copy, runs the test (with `all` its whole file), and takes the change back. Throws
 * where the text to be changed is not there.
 */
export async function tryMutant(copy: string, mutant: Mutant, all = false): Promise<MutantOutcome> {
  const path = join(copy, mutant.file);
  const [before, times] = [readFileSync(path, "utf8"), statSync(path)];
  if (!before.includes(mutant.find)) throw new Error(`${mutant.file} has no ${JSON.stringify(mutant.find)}`);
  writeFileSync(
    path,
    before.replace(mutant.find, () => mutant.replace),
  );
  try {
    return judge(mutant, await runTests(copy, mutant, all));
  } finally {
    writeFileSync(path, before);
    utimesSync(path, times.atime, times.mtime);
  }
}

function runTests(copy: string, { test: [file, title] }: Mutant, all: boolean): Promise<string> {
  const only = all ? [] : ["-t", `^${title.replaceAll(/[^\w ,]/g, ".")}$`];
  const report = join(copy, "report.json");
  rmSync(report, { force: true });
  const args = [
    "node_modules/vitest/vitest.mjs",
    "run",
    file,
    ...only,
    "--reporter=json",
    `--outputFile=${report}`,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: copy, stdio: "ignore" });
    child.on("error", reject);
    child.on("close", () => resolve(readFileSync(report, "utf8")));
  });
}

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

function judge({ test: [, title] }: Mutant, text: string): MutantOutcome {
  const results = (JSON.parse(text) as Report).testResults.flatMap(
    ({ assertionResults }) => assertionResults,
  );
  const named = results.find((result) => result.title === title);
  const failed = results.filter(({ status }) => status === "failed").map((result) => result.title);
  return {
    red: named?.status === "failed",
    others: failed.filter((other) => other !== title),
    words:
      named === undefined
        ? "the test did not run"
        : (named.failureMessages[0]?.split("\n")[0] ?? named.status),
  };
}
