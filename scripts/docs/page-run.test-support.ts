// Does a page of the book as it stands there, in a folder of its own: what is typed, what is saved, and what
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
import { expect } from "vitest";
import { Shell, type Ended } from "./tutorial-shell.test-support.ts";
import { changed, stepsOf, type Step } from "./tutorial-page.test-support.ts";
import { asReader, comparable, differenceAt } from "./tutorial-words.test-support.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const UPDATE = process.env["UPDATE_GOLDENS"] !== undefined;

/** For one command or line of a page. */
const STEP_LIMIT_MS = 180_000;

export interface Page {
  /** As `docs/tutorial.md`. */
  readonly name: string;
  /** The folder of its files, below the reader's home. */
  readonly folder: string;
  /** Whether its readers have made that folder and let their shells find `vbus` before they begin. */
  readonly isReady: boolean;
  readonly stepsMin: number;
}

/** Does all of a page. Throws, with the line, where something else is seen than what stands there. */
export async function doPage(page: Page): Promise<void> {
  const home = realpathSync(mkdtempSync(path.join(tmpdir(), "vbus-page-")));
  const run = new PageRun(page, home);
  try {
    await run.all();
  } finally {
    await run.close();
    rmSync(home, { recursive: true, force: true });
  }
}

class PageRun {
  readonly #page: Page;
  readonly #text: string;
  readonly #home: string;
  readonly #work: string;
  readonly #shells: { readonly first: Shell; readonly second: Shell };
  /** Outputs to be written into the page: line, number of lines now, and lines. */
  readonly #written: { readonly line: number; readonly old: number; readonly text: readonly string[] }[] = [];

  constructor(page: Page, home: string) {
    this.#page = page;
    this.#text = readFileSync(path.join(ROOT, page.name), "utf8");
    this.#home = home;
    this.#work = path.join(home, page.folder);
    mkdirSync(path.join(home, "run"), { mode: 0o700 });
    symlinkSync(ROOT.replace(/\/$/, ""), path.join(home, "alacrityvm"));
    if (page.isReady) mkdirSync(this.#work);
    const found = page.isReady ? `${path.join(ROOT, "node_modules/.bin")}:` : "";
    const env = {
      PATH: `${found}${process.env["PATH"] ?? ""}`,
      HOME: home,
      XDG_RUNTIME_DIR: path.join(home, "run"),
    };
    const from = page.isReady ? this.#work : home;
    this.#shells = { first: new Shell(env, from), second: new Shell(env, from) };
  }

  async all(): Promise<void> {
    const steps = stepsOf(this.#text);
    expect(steps.length).toBeGreaterThan(this.#page.stepsMin);
    try {
      for (const step of steps) await this.#take(step);
      if (steps.some((step) => "first" in step && step.first)) {
        const { exit } = await this.#ended(this.#shells.first, "what runs in the first terminal", 0);
        expect(exit).toBe(0);
      }
    } finally {
      if (this.#written.length > 0) this.#writePage();
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#shells.first.close(), this.#shells.second.close()]);
  }

  #lines(text: string): readonly string[] {
    return text === "" ? [] : asReader(text, this.#home).replace(/\n$/, "").split("\n");
  }

  #fail(line: number, why: string, shown: string | undefined, printed: readonly string[]): never {
    const words = shown === undefined ? "" : `\nthe page: ${shown}`;
    throw new Error(`${this.#page.name}:${line}: ${why}${words}\nprinted:\n${printed.join("\n")}`);
  }

  #ended(shell: Shell, typed: string, line: number): Promise<Ended> {
    return shell
      .ended(STEP_LIMIT_MS)
      .catch(() => this.#fail(line, `\`${typed}\` does not end`, undefined, this.#lines(shell.text)));
  }

  async #typeSecond({ typed, shown }: Step & { is: "command" }): Promise<void> {
    const at = shown.line - 1;
    this.#shells.second.type(typed);
    const { exit, text } = await this.#ended(this.#shells.second, typed, at);
    const printed = this.#lines(text);
    const wrong = printed.some((line) => /^(error|failed|FAILED)/.test(line));
    if ((exit !== 0) !== wrong) this.#fail(at, `\`${typed}\` ended with ${exit}`, undefined, printed);
    const difference = differenceAt(shown.text, printed);
    if (difference === undefined) return;
    if (UPDATE && !shown.text.includes("..."))
      this.#written.push({ line: shown.line, old: shown.text.length, text: printed });
    else {
      const why = `\`${typed}\` printed something else`;
      this.#fail(shown.line + difference, why, shown.text[difference], printed);
    }
  }

  /** Lines that come in this order, sooner or later, others between them. */
  async #awaitFirst({ line, text }: Step["shown"]): Promise<void> {
    const { first } = this.#shells;
    for (const [number, words] of text.entries()) {
      if (words === "...") continue;
      const [wanted] = comparable([words]);
      const seen = (): number => comparable(this.#lines(first.text)).indexOf(wanted ?? "");
      const why = "the first terminal does not show this";
      await first
        .until(() => seen() >= 0, STEP_LIMIT_MS)
        .catch(() => this.#fail(line + number, why, words, this.#lines(first.text)));
      const rest = first.text.split("\n").slice(seen() + 1);
      first.take(first.text.length - rest.join("\n").length);
    }
  }

  /** The last command of a block runs on; those before it end. */
  async #typeFirst({ typed, shown }: Step & { is: "command" }): Promise<void> {
    this.#shells.first.type(typed);
    if (shown.text.length > 0) return this.#awaitFirst(shown);
    const { exit, text } = await this.#ended(this.#shells.first, typed, shown.line - 1);
    if (exit !== 0 || text !== "")
      this.#fail(shown.line - 1, `\`${typed}\` ended with ${exit}`, undefined, this.#lines(text));
  }

  async #take(step: Step): Promise<void> {
    switch (step.is) {
      case "command":
        return step.first ? this.#typeFirst(step) : this.#typeSecond(step);
      case "shown":
        return this.#awaitFirst(step.shown);
      case "file":
        return writeFileSync(path.join(this.#work, step.file), `${step.shown.text.join("\n")}\n`);
      case "change": {
        const file = path.join(this.#work, step.file);
        const before = readFileSync(file, "utf8");
        const text = changed(before, step.shown);
        if (typeof text === "string") return writeFileSync(file, text);
        return this.#fail(step.shown.line + text.at, text.why, undefined, before.split("\n"));
      }
    }
  }

  /** From the last one up, so that the lines above keep their numbers. */
  #writePage(): void {
    const lines = this.#text.split("\n");
    for (const { line, old, text } of this.#written.toReversed()) lines.splice(line - 1, old, ...text);
    writeFileSync(path.join(ROOT, this.#page.name), lines.join("\n"));
  }
}
