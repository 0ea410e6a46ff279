// Results of tests as JUnit's XML, for the machines that read it.

import type { TestReport, TestResult } from "../interpreter/index.ts";

/** One suite for each file. `failureText` is what a person is shown of a failure, without colours. */
export function junitText(report: TestReport, failureText: (result: TestResult) => string): string {
  const suites = Map.groupBy(report.results, ({ file }) => file);
  const body = [...suites].map(([file, results]) => suiteText(file, results, failureText)).join("");
  const head = attributes({ name: "vbus test", ...counts(report.results), time: seconds(report.elapsedMs) });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${head}>\n${body}</testsuites>\n`;
}

function suiteText(
  file: string,
  results: readonly TestResult[],
  failureText: (result: TestResult) => string,
): string {
  const elapsed = results.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
  const head = attributes({ name: file, ...counts(results), time: seconds(elapsed) });
  const cases = results.map((result) => caseText(result, failureText)).join("");
  return `  <testsuite ${head}>\n${cases}  </testsuite>\n`;
}

function caseText(result: TestResult, failureText: (result: TestResult) => string): string {
  const { file, name, line, state, elapsedMs, failure } = result;
  const head = attributes({ name, classname: file, file, line: String(line), time: seconds(elapsedMs) });
  if (state === "passed") return `    <testcase ${head}/>\n`;
  if (!failure)
    return `    <testcase ${head}>\n      <skipped ${attributes({ message: state })}/>\n    </testcase>\n`;
  const { code, message } = failure.diagnostic;
  const about = attributes({ type: code, message });
  return (
    `    <testcase ${head}>\n      <failure ${about}>${escapeText(failureText(result))}</failure>\n` +
    "    </testcase>\n"
  );
}

function counts(results: readonly TestResult[]): Readonly<Record<string, string>> {
  const failures = results.filter(({ state }) => state === "failed").length;
  const skipped = results.filter(({ state }) => state === "skipped" || state === "interrupted").length;
  return { tests: String(results.length), failures: String(failures), errors: "0", skipped: String(skipped) };
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

const attributes = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}="${escapeText(value).replaceAll(/[\n\t]/g, " ")}"`)
    .join(" ");

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** XML has no place for most control characters and for half surrogates: guests print what they like. */
function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu, "\ufffd")
    .replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
}
