// A line of the screen as data: pieces of text, each with a tone. Views make lines; only app.ts knows how a
// tone looks. Nothing here is wider than it was asked to be.

import { clean, cut, widthOf } from "./text.ts";

/** What a piece of text means; the theme says how it looks. */
export type Tone =
  | "plain"
  | "dim"
  | "strong"
  | "title"
  | "head"
  | "accent"
  | "good"
  | "busy"
  | "bad"
  | "key"
  | "selected"
  | "tab"
  | "badge"
  | "alarm"
  | `hue${0 | 1 | 2 | 3 | 4 | 5}`;

/** How a piece of text looks, in the words of the library that draws. */
export interface Look {
  readonly color?: string;
  readonly backgroundColor?: string;
  readonly bold?: boolean;
  readonly inverse?: boolean;
  readonly underline?: boolean;
}

export interface Span {
  readonly text: string;
  readonly tone: Tone;
  /** Of a guest's terminal: how the guest wants it. The same object where it is the same. */
  readonly look?: Look;
}
export type Line = readonly Span[];

/** A piece of text; whatever could steer the terminal is taken out. */
export function span(text: string, tone: Tone = "plain"): Span {
  return { text: clean(text), tone };
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOf(text), 0);
}

/** The line cut to at most `columns` cells. */
export function clipLine(line: Line, columns: number, mark: string): Line {
  if (lineWidth(line) <= columns) return line;
  const kept: Span[] = [];
  let room = columns;
  for (const piece of line) {
    const cells = widthOf(piece.text);
    // The last cell is kept for the mark, as something comes after.
    if (cells >= room) return [...kept, { ...piece, text: cut(`${piece.text}${mark}`, room, mark) }];
    kept.push(piece);
    room -= cells;
  }
  return kept;
}

/**
 * `left` and `right` at the two ends of a line of `columns` cells; the right one goes where both don't fit.
 */
export function spread(left: Line, right: Line, columns: number): Line {
  const gap = columns - lineWidth(left) - lineWidth(right);
  return gap < 1 ? left : [...left, span(" ".repeat(gap)), ...right];
}

/** A rule across `columns` cells with a title in it. */
export function ruleWith(title: string, columns: number, { rule }: { readonly rule: string }): Line {
  const text = ` ${title} `;
  const rest = Math.max(0, columns - widthOf(text) - 2);
  return [span(rule.repeat(2), "dim"), span(text, "head"), span(rule.repeat(rest), "dim")];
}

/** The whole line in one tone, filled up to `columns`. */
export function paint(line: Line, tone: Tone, columns: number): Line {
  const text = line.map((piece) => piece.text).join("");
  return [{ text: text + " ".repeat(Math.max(0, columns - widthOf(text))), tone }];
}

/** Tones whose look is seen on spaces too, in one theme or another. */
const SOLID: ReadonlySet<Tone> = new Set<Tone>(["title", "head", "selected", "tab", "badge", "alarm"]);

/** The same cells in as few pieces as can be: each piece costs the terminal's library. */
export function mergeSpans(line: Line): Line {
  const merged: { text: string; tone: Tone; look?: Look }[] = [];
  for (const piece of line) {
    const { text, tone } = piece;
    const last = merged.at(-1);
    if (piece.look !== undefined || last?.look !== undefined) {
      if (last !== undefined && last.look === piece.look && last.tone === tone) last.text += text;
      else merged.push({ ...piece });
      continue;
    }
    const isSpace = last !== undefined && !SOLID.has(last.tone) && !SOLID.has(tone) && text.trim() === "";
    if (last !== undefined && (last.tone === tone || isSpace)) last.text += text;
    else merged.push({ text, tone });
  }
  return merged;
}

/** Without tones, for tests and for output that is no terminal. */
export function plainText(line: Line): string {
  return line
    .map(({ text }) => text)
    .join("")
    .trimEnd();
}
