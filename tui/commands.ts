// Runs what is typed after `:`, through whoever started the dashboard: one command at a time.

import { wordsOf } from "./command-line.ts";
import type { Candidate } from "./command-line.ts";
import type { Action } from "./model.ts";

/** How the program that started the dashboard runs its own commands. */
export interface CommandRunner {
  /** What fits in place of the last of these words. */
  readonly complete: (words: readonly string[]) => Promise<readonly Candidate[]>;
  /** Changes nothing in the lab and in no file. */
  readonly isHarmless: (words: readonly string[]) => boolean;
  readonly run: (words: readonly string[], print: (text: string) => void) => RunningCommand;
}
export interface RunningCommand {
  /** The exit code; never rejects. */
  readonly ended: Promise<number>;
  readonly end: () => void;
}

interface DeskOptions {
  readonly runner: CommandRunner | undefined;
  readonly readOnly: boolean;
  readonly tell: (action: Action) => void;
}

const REFUSED = 64;

export class CommandDesk {
  readonly #options: DeskOptions;
  #running: (RunningCommand & { readonly run: number }) | undefined;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  async complete(text: string): Promise<void> {
    const { runner, tell } = this.#options;
    const candidates = await runner?.complete(wordsOf(text.replace(/^vbus\s+/u, ""))).catch(() => []);
    tell({ type: "completed", text, candidates: candidates ?? [] });
  }

  run(line: string, run: number): void {
    const { runner, readOnly, tell } = this.#options;
    this.end();
    const words = wordsOf(line.trim());
    const refuse = (text: string): void => tell({ type: "printed", run, text, exit: REFUSED });
    if (runner === undefined) return refuse("there are no commands here");
    if (readOnly && !runner.isHarmless(words)) return refuse("read-only: nothing was done");
    const running = runner.run(words, (text) => tell({ type: "printed", run, text }));
    this.#running = { ...running, run };
    void running.ended.then((exit) => {
      if (this.#running?.run === run) this.#running = undefined;
      tell({ type: "printed", run, text: "", exit });
    });
  }

  /** Ends what runs, or only the command of this number. */
  end(run = this.#running?.run): void {
    if (this.#running?.run === run) this.#running?.end();
  }
}
