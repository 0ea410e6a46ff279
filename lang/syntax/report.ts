// Collects the diagnostics of one text. Knows no rules; the stages say what is wrong, this keeps it in shape.

import type { Diagnostic, Edit, Fix, Related } from "../diagnostics.ts";
import type { Span } from "./ast.ts";

/** What a stage may say beside the message. */
export interface More {
  readonly hint?: string;
  readonly fix?: Fix;
  readonly related?: readonly Related[];
}

/** At most this many errors are kept of one text: what follows is noise. */
const ERRORS_MAX = 200;

/** The diagnostics of one text. A second error at the same place is not kept: one mistake, one error. */
export class Report {
  readonly file: string;
  readonly text: string;
  readonly diagnostics: Diagnostic[] = [];
  /** Something that never closes is already reported: the end of the text is no news. */
  endIsKnown = false;
  /** How often the parser lost its way and skipped text. */
  lostCount = 0;
  readonly #places = new Set<number>();
  readonly #lost: { readonly start: number; readonly end: number }[] = [];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  span(start: number, end: number): Span {
    return { file: this.file, start, end };
  }

  error(code: string, start: number, end: number, message: string, more: More = {}): void {
    if (this.#places.has(start) || this.diagnostics.length >= ERRORS_MAX || this.#isLost(start)) return;
    this.#places.add(start);
    this.diagnostics.push({ code, severity: "error", span: this.span(start, end), message, ...more });
  }

  /**
   * From `start` to the end of its line the parser guesses: it skips text after a mistake. What it finds
   * wrong there follows from the mistake, or is told when that is mended.
   */
  lose(start: number): void {
    this.lostCount++;
    // Bound: as many as errors are kept, so that asking stays quick.
    if (this.#lost.length >= ERRORS_MAX || this.#isLost(start)) return;
    const end = this.text.indexOf("\n", start);
    this.#lost.push({ start, end: end < 0 ? this.text.length : end });
  }

  #isLost(at: number): boolean {
    return this.#lost.some(({ start, end }) => at > start && at < end);
  }

  /** A fix of one edit: `text` instead of what stands from `start` to `end`. */
  replace(title: string, start: number, end: number, text: string): Fix {
    const edit: Edit = { span: this.span(start, end), text };
    return { title, edits: [edit] };
  }

  /** The diagnostics in the order of the text. */
  sorted(): Diagnostic[] {
    return this.diagnostics.toSorted((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  }
}
