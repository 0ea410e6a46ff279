// How far something is, as one line of the terminal that is drawn over.

import type { Terminal } from "./terminal.ts";

/** To the beginning of the line, and what stands there away. */
const OVER = "\r\u001b[K";

export class DrawnLine {
  readonly #terminal: Terminal;
  #isDrawn = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** In place of what it said before. False: nothing can be drawn over here, and nothing was written. */
  draw(text: string): boolean {
    if (!this.#terminal.redraws) return false;
    this.#terminal.err(`${OVER}${text}`);
    this.#isDrawn = true;
    return true;
  }

  /** Makes room for what is said now. */
  clear(): void {
    if (this.#isDrawn) this.#terminal.err(OVER);
    this.#isDrawn = false;
  }
}
