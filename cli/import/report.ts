// What reading a file tells: mistakes as diagnostics, and things that have no counterpart as notes with their
// line. Also how values of a wrong shape are asked for.

import type { Diagnostic } from "../../lang/index.ts";
import type { Entry, ListTree, MapTree, Place, TextTree, Tree } from "./tree.ts";

/** Longer values are cut where a note quotes them. */
const QUOTED_MAX = 60;

const SHAPES = { map: "a map", list: "a list", text: "a single value" } as const;
type Shaped = { readonly map: MapTree; readonly list: ListTree; readonly text: TextTree };

export class Report {
  readonly file: string;
  readonly diagnostics: Diagnostic[] = [];
  /** Offsets at which lines begin. */
  readonly #lines: readonly number[];
  readonly #text: string;

  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
    this.#lines = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  }

  error(code: string, [start, end]: Place, message: string, hint?: string): void {
    const span = { file: this.file, start, end };
    this.diagnostics.push({ code, severity: "error", span, message, ...(hint !== undefined && { hint }) });
  }

  /** The number of the line, from 1, in which this offset stands. */
  line(offset: number): number {
    const after = this.#lines.findIndex((start) => start > offset);
    return after < 0 ? this.#lines.length : after;
  }

  /** A sentence of a comment, with the line that it is about. */
  note([start]: Place, words: string): string {
    return `${words} (line ${this.line(start)})`;
  }

  /** The note for a setting without counterpart: its name, what it says, and why, where that helps. */
  without(name: string, value: Tree, why?: string): string {
    const words = `no counterpart: ${name}: ${this.quoted(value)}`;
    return this.note(value.at, why === undefined ? words : `${words}; ${why}`);
  }

  /** The text of a value on one line, cut. */
  quoted(value: Tree): string {
    const [start, end] = value.at;
    const line = this.#text
      .slice(start, end)
      .replaceAll(/\s*\n\s*(- )?/g, ", ")
      .replaceAll(/:, /g, ": ")
      .replace(/^- /, "")
      .trim()
      .replace(/,$/, "");
    return line.length > QUOTED_MAX ? `${line.slice(0, QUOTED_MAX - 3)}...` : line;
  }

  /** The value where it has this shape; else undefined, and where it has another one, a diagnostic. */
  ask<S extends keyof Shaped>(shape: S, name: string, value: Tree | undefined): Shaped[S] | undefined {
    if (value === undefined || value.is === "none") return undefined;
    if (value.is === shape) return value as Shaped[S];
    this.error("VB7002", value.at, `\`${name}\` is ${SHAPES[shape]}, not ${SHAPES[value.is]}.`);
    return undefined;
  }

  /** The entries of a map; none where it is absent or something else. */
  entries(name: string, value: Tree | undefined): ReadonlyMap<string, Entry> {
    return this.ask("map", name, value)?.entries ?? new Map<string, Entry>();
  }

  /** The texts of a list, or of a single value. */
  texts(name: string, value: Tree | undefined): readonly TextTree[] {
    if (value?.is === "text") return [value];
    const items = this.ask("list", name, value)?.items ?? [];
    return items.flatMap((item) => this.ask("text", name, item) ?? []);
  }

  /** A text, or undefined. */
  text(name: string, value: Tree | undefined): string | undefined {
    return this.ask("text", name, value)?.text;
  }
}
