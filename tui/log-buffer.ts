// The last lines that guests printed, in a ring of fixed size outside React. Lines are numbered from 1 for as long as
// the dashboard lives, so that a view can stay where it is while new ones come.

import type { LogLine } from "../interpreter/index.ts";
import { clean } from "./text.ts";

/** A line in the buffer. */
export interface NumberedLine extends LogLine {
  readonly sequence: number;
}
/** What views and the reducer may ask. */
export type LogReader = Pick<LogBuffer, "first" | "last" | "before" | "after">;

const LINES_MAX = 10_000;
/** Longer lines are cut: nobody reads on. */
const LINE_CHARACTERS_MAX = 4000;

export class LogBuffer {
  readonly #lines: (NumberedLine | undefined)[];
  readonly #size: number;
  #last = 0;

  constructor(size = LINES_MAX) {
    this.#size = size;
    this.#lines = Array.from({ length: size });
  }

  /** Number of the newest line; 0 while there is none. */
  get last(): number {
    return this.#last;
  }

  /** Number of the oldest line that is still kept. */
  get first(): number {
    return Math.max(1, this.#last - this.#size + 1);
  }

  /** Adds lines; the oldest fall off. */
  append(lines: readonly LogLine[]): void {
    for (const { guest, time, text } of lines) {
      this.#last++;
      const kept = clean(text.slice(0, LINE_CHARACTERS_MAX));
      this.#lines[this.#last % this.#size] = { guest, time, text: kept, sequence: this.#last };
    }
  }

  /** Up to `count` lines that are wanted, at or before `sequence`, oldest first. */
  before(sequence: number, count: number, wanted: (line: LogLine) => boolean): readonly NumberedLine[] {
    const found: NumberedLine[] = [];
    for (let at = Math.min(sequence, this.#last); at >= this.first && found.length < count; at--) {
      const line = this.#lines[at % this.#size];
      if (line !== undefined && wanted(line)) found.push(line);
    }
    return found.toReversed();
  }

  /** Up to `count` lines that are wanted, after `sequence`, oldest first. */
  after(sequence: number, count: number, wanted: (line: LogLine) => boolean): readonly NumberedLine[] {
    const found: NumberedLine[] = [];
    for (let at = Math.max(sequence + 1, this.first); at <= this.#last && found.length < count; at++) {
      const line = this.#lines[at % this.#size];
      if (line !== undefined && wanted(line)) found.push(line);
    }
    return found;
  }
}
