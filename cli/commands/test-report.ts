// Results of tests as people and programs read them.

import type { TestFailure, TestName, TestReport, TestResult } from "../../interpreter/index.ts";
import { diagnosticsJson, renderDiagnostics, type RenderOptions } from "../../lang/index.ts";
import type { Style, Terminal } from "../terminal.ts";

const TEST_SCHEMA = 1;

const MARKS: Readonly<Record<TestResult["state"], readonly [Style, string]>> = {
  passed: ["green", "ok"],
  failed: ["red", "FAILED"],
  skipped: ["yellow", "skipped"],
  interrupted: ["yellow", "interrupted"],
};
const MARK_WIDTH = 7;

/** `ok       examples/01-hello/lab.vbus:22  the client is answered  0.6 s`. */
export function resultLine(result: TestResult, terminal: Terminal): string {
  const [style, word] = MARKS[result.state];
  const mark = terminal.paint(style, word.padEnd(MARK_WIDTH));
  const place = terminal.paint("dim", `${result.file}:${result.line}`);
  const time = result.state === "skipped" ? "" : `  ${terminal.paint("dim", secondsText(result.elapsedMs))}`;
  return `${mark} ${place}  ${plain(result.name)}${time}\n`;
}

/** The step with its values, what guests said meanwhile, and what was dropped. */
export function failureText(failure: TestFailure, options: RenderOptions): string {
  const { diagnostic, sources, guests, drops, capture } = failure;
  const tails = guests.map(({ guest, state, lines }) => {
    const said = lines.map((line) => `  | ${plain(line)}\n`).join("");
    return `${guest} (${plain(state)})${lines.length === 0 ? " said nothing" : ":"}\n${said}`;
  });
  const lost = drops.map(({ address, counter, dropped, by }) => {
    const why = Object.entries(by).map(([reason, count]) => `${reason} ${count}`);
    const what = counter === "frames" ? "" : `${counter} `;
    return `${address} dropped ${dropped} ${what}frame${dropped === 1 ? "" : "s"}: ${why.join(", ")}\n`;
  });
  const kept = capture === undefined ? "" : `its frames: ${capture}\n`;
  return renderDiagnostics([diagnostic], sources, options) + tails.join("") + lost.join("") + kept;
}

/** `3 passed, 1 failed in 2.4 s`. */
export function summaryLine(report: TestReport, terminal: Terminal): string {
  const { results, leftOut, elapsedMs } = report;
  const parts = (Object.keys(MARKS) as TestResult["state"][]).flatMap((state) => {
    const count = results.filter((result) => result.state === state).length;
    return count === 0 ? [] : [terminal.paint(MARKS[state][0], `${count} ${state}`)];
  });
  if (leftOut > 0) parts.push(`${leftOut} left out`);
  return `${parts.length === 0 ? "no tests" : parts.join(", ")} in ${secondsText(elapsedMs)}\n`;
}

export const beginRecord = (test: TestName): Record<string, unknown> => ({
  schema: TEST_SCHEMA,
  record: "begin",
  ...test,
});

export function resultRecord({ failure, ...result }: TestResult): Record<string, unknown> {
  const elapsedMs = Math.round(result.elapsedMs);
  const record = { schema: TEST_SCHEMA, record: "test", ...result, elapsedMs };
  if (!failure) return record;
  const { diagnostic, sources, guests, drops, capture } = failure;
  const [shown] = diagnosticsJson([diagnostic], sources);
  return { ...record, failure: { diagnostic: shown, guests, drops, capture } };
}

export function summaryRecord({ results, leftOut, elapsedMs }: TestReport): Record<string, unknown> {
  const count = (state: TestResult["state"]): number =>
    results.filter((result) => result.state === state).length;
  return {
    schema: TEST_SCHEMA,
    record: "summary",
    passed: count("passed"),
    failed: count("failed"),
    skipped: count("skipped"),
    interrupted: count("interrupted"),
    leftOut,
    elapsedMs: Math.round(elapsedMs),
  };
}

const secondsText = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** What a guest or a file says moves no cursor of ours. */
const plain = (text: string): string => text.replaceAll(/[^\P{Cc}\t\n]/gu, "\u00b7");
