// `vbus test`: runs the tests of labs, each on a lab of its own, and says what failed and why.

import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { runTests, type Source, type TestReport } from "../../interpreter/index.ts";
import type { Context, Exit } from "../context.ts";
import { UsageError } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { junitText } from "../junit.ts";
import { onSignals } from "../signals.ts";
import { sourceOf, type SourceOptions } from "../source-options.ts";
import { testFiles } from "../test-files.ts";
import { diagnosticsRecord, showDiagnostics } from "./diagnostics-record.ts";
import {
  beginRecord,
  failureText,
  resultLine,
  resultRecord,
  summaryLine,
  summaryRecord,
} from "./test-report.ts";

export interface TestCommandOptions extends SourceOptions {
  readonly filter?: string;
  readonly failFast?: boolean;
  readonly keepGoing?: boolean;
  readonly jobs?: string;
  readonly junit?: string;
  readonly captures?: string;
  readonly json?: boolean;
}

/** Labs side by side where nobody says: each has threads of its own. */
const JOBS = 2;
const PLAIN = { colour: false, width: 100 };

export async function test(
  context: Context,
  files: readonly string[],
  options: TestCommandOptions,
): Promise<Exit> {
  const { terminal, clock } = context;
  const sources = testFiles(files).map((file): Source => sourceOf(file, options));
  const wanted = filterOf(options.filter);
  const jobs = jobsOf(options.jobs);
  const { report, signalled } = await untilSignal((signal) =>
    runTests({
      sources,
      clock,
      wanted,
      jobs,
      signal,
      ...(options.captures !== undefined && { captures: folderOf(options.captures) }),
      failFast: options.failFast === true && options.keepGoing !== true,
      onBegin: (begun) => {
        if (options.json) terminal.out(`${JSON.stringify(beginRecord(begun))}\n`);
      },
      onEnd: (result) => {
        if (options.json) return terminal.out(`${JSON.stringify(resultRecord(result))}\n`);
        terminal.out(resultLine(result, terminal));
        const look = { colour: terminal.paint("bold", "x") !== "x", width: terminal.columns };
        if (result.failure) terminal.out(`${failureText(result.failure, look)}\n`);
      },
    }),
  );
  if (report.wrong.length > 0) return tellWrong(context, report, options.json === true);
  if (options.junit !== undefined) writeJunit(options.junit, report);
  if (options.json) terminal.out(`${JSON.stringify(summaryRecord(report))}\n`);
  else terminal.out(summaryLine(report, terminal));
  if (signalled !== undefined) return signalled;
  if (report.results.length === 0 && report.leftOut > 0) {
    throw new UsageError(`No test's name matches \`${options.filter}\`.`);
  }
  return report.results.some(({ state }) => state === "failed") ? EXIT.testFailed : EXIT.done;
}

async function untilSignal(
  run: (signal: AbortSignal) => Promise<TestReport>,
): Promise<{ readonly report: TestReport; readonly signalled: Exit | undefined }> {
  const ending = new AbortController();
  let signalled: Exit | undefined;
  const release = onSignals((exit) => {
    signalled = exit;
    ending.abort();
  });
  try {
    return { report: await run(ending.signal), signalled };
  } finally {
    release();
  }
}

function tellWrong({ terminal }: Context, { wrong }: TestReport, json: boolean): Exit {
  for (const { file, ...checked } of wrong) {
    if (json) terminal.out(`${JSON.stringify({ record: "wrong", file, ...diagnosticsRecord(checked) })}\n`);
    else showDiagnostics(terminal, checked);
  }
  return EXIT.invalid;
}

/** A text that stands in the name, or `/a regular expression/`. */
function filterOf(text: string | undefined): (name: string) => boolean {
  if (text === undefined) return () => true;
  const pattern = /^\/(.+)\/(i?)$/.exec(text);
  if (!pattern) return (name) => name.includes(text);
  try {
    const regex = new RegExp(pattern[1] ?? "", pattern[2]);
    return (name) => regex.test(name);
  } catch (error) {
    throw new UsageError(`--filter can't be read: ${(error as Error).message}.`);
  }
}

function jobsOf(text: string | undefined): number {
  if (text === undefined) return Math.min(JOBS, availableParallelism());
  const jobs = Number(text);
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= 64) return jobs;
  throw new UsageError(`--jobs takes a number from 1 to 64, not \`${text}\`.`);
}

/** The folder, which is there then. */
function folderOf(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new UsageError(`${folder} can't be made: ${(error as Error).message}.`);
  }
  return folder;
}

function writeJunit(file: string, report: TestReport): void {
  const text = junitText(report, (result) => (result.failure ? failureText(result.failure, PLAIN) : ""));
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UsageError(`The results can't be written to ${file}: ${(error as Error).message}.`);
  }
}
