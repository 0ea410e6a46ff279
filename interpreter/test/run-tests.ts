// Tests of several files: all files are checked first, then the labs run side by side, a few at a time.

import path from "node:path";
import { openTests } from "../../lang/index.ts";
import type { Diagnostic, EvaluateInput, StagedTest, World } from "../../lang/index.ts";
import { realPathOf } from "../control/paths.ts";
import { ImageFiles } from "../drivers/image-files.ts";
import { refusals } from "../drivers/unsupported.ts";
import type { Source } from "../lab-contract.ts";
import { makeWorld, resolveFile } from "../world.ts";
import type { TestName, TestOptions, TestReport, TestResult, WrongFile } from "./contract.ts";
import { frozen } from "./frozen-world.ts";
import { runTest } from "./run-test.ts";

interface Job {
  readonly where: TestName;
  readonly test: StagedTest;
  readonly index: number;
  readonly file: OpenedFile;
}

interface OpenedFile {
  readonly world: World;
  readonly input: EvaluateInput;
  readonly images: ImageFiles;
  readonly tests: readonly StagedTest[];
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Runs the tests of some files. Where a text doesn't check, nothing is run and the answer says why. Never
 * throws for what a test or its lab does.
 */
export async function runTests(options: TestOptions): Promise<TestReport> {
  const { clock, sources, wanted = () => true, signal } = options;
  const begin = clock.now();
  const wrong: WrongFile[] = [];
  const jobs: Job[] = [];
  let leftOut = 0;
  for (const source of sources) {
    if (signal?.aborted) break;
    const file = open(source);
    const { diagnostics, sources: texts } = file;
    if (diagnostics.some(({ severity }) => severity === "error")) {
      wrong.push({ file: source.file, diagnostics, sources: texts });
    }
    for (const [index, test] of file.tests.entries()) {
      const line = lineOf(test, texts);
      if (wanted(test.name))
        jobs.push({ where: { file: source.file, name: test.name, line }, test, index, file });
      else leftOut++;
    }
  }
  const results = wrong.length > 0 ? [] : await runAll(jobs, options);
  return { results, wrong, leftOut, elapsedMs: clock.now() - begin };
}

function open(source: Source): OpenedFile {
  const images = new ImageFiles(resolveFile, undefined, source.env);
  const world = frozen(makeWorld(source.env ?? process.env, images));
  const input: EvaluateInput = {
    root: realPathOf(source.file),
    ...(source.params && { params: source.params }),
  };
  const { tests, diagnostics, sources } = openTests(world, input);
  const served = new Map<string, Diagnostic>();
  for (const model of new Set(tests.map((test) => test.model))) {
    for (const found of refusals(model)) served.set(JSON.stringify(found), found);
  }
  return { world, input, images, tests, diagnostics: [...diagnostics, ...served.values()], sources };
}

function lineOf(test: StagedTest, sources: ReadonlyMap<string, string>): number {
  const text = sources.get(test.span.file) ?? "";
  return text.slice(0, test.span.start).split("\n").length;
}

/** `examples-05-links-lab.vbus-23.pcapng`: by file and line, so that each test has its own. */
function captureName({ file, line }: TestName): string {
  const plain = path
    .relative(".", file)
    .replaceAll(/[^\w.-]+/g, "-")
    .replace(/^[.-]+/, "");
  return `${plain}-${line}.pcapng`;
}

async function runAll(jobs: readonly Job[], options: TestOptions): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    // Bound: each job is taken once.
    for (let at = next++; at < jobs.length; at = next++) {
      const job = jobs[at] as Job;
      const result = await runJob(job, options, failed && options.failFast === true);
      failed ||= result.state === "failed";
      results[at] = result;
      options.onEnd?.(result);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.jobs) }, work));
  return results;
}

async function runJob(
  { where, test, index, file }: Job,
  options: TestOptions,
  skip: boolean,
): Promise<TestResult> {
  const { clock, signal, captures } = options;
  if (skip || signal?.aborted) return { ...where, state: "skipped", elapsedMs: 0 };
  const begin = clock.now();
  options.onBegin?.(where);
  const { world, input, images, sources } = file;
  const captureFile = captures === undefined ? undefined : path.join(captures, captureName(where));
  const ended = await runTest({ test, index, world, input, sources, images, clock, signal, captureFile });
  return { ...where, ...ended, elapsedMs: clock.now() - begin };
}
