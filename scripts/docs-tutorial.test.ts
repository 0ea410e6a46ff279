// docs/tutorial.md is done as it stands there, in a folder of its own: what is typed, what is saved, and what
// is to be seen then. UPDATE_GOLDENS=1 writes what was printed into the page, where a block has no `...`.
//
// A block `console` is typed line by line; below a line that names the first terminal it belongs to that one,
// whose last command runs on. Its lines may stand between others. `diff` changes the file that the line above
// names, another block is all of it.

import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { Shell, type Ended } from "./docs/tutorial-shell.test-support.ts";
import { changed, stepsOf, type Step } from "./docs/tutorial-page.test-support.ts";
import { asReader, comparable, differenceAt } from "./docs/tutorial-words.test-support.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PAGE = "docs/tutorial.md";
const page = readFileSync(path.join(ROOT, PAGE), "utf8");
const UPDATE = process.env["UPDATE_GOLDENS"] !== undefined;

/** For all of the page, and for one command or line of it. */
const LIMIT_MS = 900_000;
const STEP_LIMIT_MS = 180_000;

const home = realpathSync(mkdtempSync(path.join(tmpdir(), "vbus-tutorial-")));
const work = path.join(home, "pings");
mkdirSync(path.join(home, "run"), { mode: 0o700 });
symlinkSync(ROOT, path.join(home, "alacrityvm"));
const env = {
  PATH: process.env["PATH"] ?? "",
  HOME: home,
  XDG_RUNTIME_DIR: path.join(home, "run"),
};
const shells = { first: new Shell(env, home), second: new Shell(env, home) };

afterAll(async () => {
  await Promise.all([shells.first.close(), shells.second.close()]);
  rmSync(home, { recursive: true, force: true });
});

const linesOf = (text: string): readonly string[] =>
  text === "" ? [] : asReader(text, home).replace(/\n$/, "").split("\n");

/** Outputs to be written into the page: line, number of lines now, and lines. */
const written: { readonly line: number; readonly old: number; readonly text: readonly string[] }[] = [];

function fail(line: number, why: string, shown: string | undefined, printed: readonly string[]): never {
  const words = shown === undefined ? "" : `\nthe page: ${shown}`;
  throw new Error(`${PAGE}:${line}: ${why}${words}\nprinted:\n${printed.join("\n")}`);
}

const ended = (shell: Shell, typed: string, line: number): Promise<Ended> =>
  shell
    .ended(STEP_LIMIT_MS)
    .catch(() => fail(line, `\`${typed}\` does not end`, undefined, linesOf(shell.text)));

async function typeSecond({ typed, shown }: Step & { is: "command" }): Promise<void> {
  const at = shown.line - 1;
  shells.second.type(typed);
  const { exit, text } = await ended(shells.second, typed, at);
  const printed = linesOf(text);
  const wrong = printed.some((line) => /^(error|failed|FAILED)/.test(line));
  if ((exit !== 0) !== wrong) fail(at, `\`${typed}\` ended with ${exit}`, undefined, printed);
  const difference = differenceAt(shown.text, printed);
  if (difference === undefined) return;
  if (UPDATE && !shown.text.includes("..."))
    written.push({ line: shown.line, old: shown.text.length, text: printed });
  else fail(shown.line + difference, `\`${typed}\` printed something else`, shown.text[difference], printed);
}

/** Lines that come in this order, sooner or later, others between them. */
async function awaitFirst({ line, text }: Step["shown"]): Promise<void> {
  for (const [number, words] of text.entries()) {
    if (words === "...") continue;
    const [wanted] = comparable([words]);
    const seen = (): number => comparable(linesOf(shells.first.text)).indexOf(wanted ?? "");
    await shells.first
      .until(() => seen() >= 0, STEP_LIMIT_MS)
      .catch(() =>
        fail(line + number, "the first terminal does not show this", words, linesOf(shells.first.text)),
      );
    const rest = shells.first.text.split("\n").slice(seen() + 1);
    shells.first.take(shells.first.text.length - rest.join("\n").length);
  }
}

/** The last command of a block runs on; those before it end. */
async function typeFirst({ typed, shown }: Step & { is: "command" }): Promise<void> {
  shells.first.type(typed);
  if (shown.text.length > 0) return awaitFirst(shown);
  const { exit, text } = await ended(shells.first, typed, shown.line - 1);
  if (exit !== 0 || text !== "")
    fail(shown.line - 1, `\`${typed}\` ended with ${exit}`, undefined, linesOf(text));
}

async function take(step: Step): Promise<void> {
  switch (step.is) {
    case "command":
      return step.first ? typeFirst(step) : typeSecond(step);
    case "shown":
      return awaitFirst(step.shown);
    case "file":
      return writeFileSync(path.join(work, step.file), `${step.shown.text.join("\n")}\n`);
    case "change": {
      const file = path.join(work, step.file);
      const text = changed(readFileSync(file, "utf8"), step.shown);
      if (typeof text === "string") return writeFileSync(file, text);
      return fail(step.shown.line + text.at, text.why, undefined, readFileSync(file, "utf8").split("\n"));
    }
  }
}

/** From the last one up, so that the lines above keep their numbers. */
function writePage(): void {
  const lines = page.split("\n");
  for (const { line, old, text } of written.toReversed()) lines.splice(line - 1, old, ...text);
  writeFileSync(path.join(ROOT, PAGE), lines.join("\n"));
}

const TABLE = ["GUEST   STATE    UPTIME  DROPS", "client  running  3.1s    0"];

test.each([
  ["a duration that was measured", ["done in 3.1 ms"], ["done in 12 s"], undefined],
  ["a duration that was written", ["--interval 1s"], ["--interval 2s"], 0],
  [
    "a measured column, and its width",
    TABLE,
    ["GUEST   STATE    UPTIME   DROPS", "client  running  12m04s   0"],
    undefined,
  ],
  ["another column", TABLE, [TABLE[0] ?? "", "client  running  3.1s    1"], 1],
  ["a line that is missing", ["one", "two"], ["one"], 1],
  ["a line too many", ["one"], ["one", "two"], 1],
  ["lines left out", ["one", "...", "four"], ["one", "two", "three", "four"], undefined],
  ["lines left out before what does not come", ["one", "...", "five"], ["one", "two"], 2],
] as const)("compared: %s", (_, shown, printed, difference) => {
  expect(differenceAt(shown, printed)).toBe(difference);
});

test("docs/tutorial.md, command by command", { timeout: LIMIT_MS }, async () => {
  const steps = stepsOf(page);
  expect(steps.length).toBeGreaterThan(40);
  try {
    for (const step of steps) await take(step);
    const { exit } = await ended(shells.first, "what runs in the first terminal", page.split("\n").length);
    expect(exit).toBe(0);
  } finally {
    if (written.length > 0) writePage();
  }
});
