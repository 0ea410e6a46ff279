// Text as a terminal sees it: cleaned of anything that could steer the terminal, measured in cells, cut and
// padded, and numbers in the short forms that fit a column. Draws nothing.

import stringWidth from "string-width";

const ESCAPE = String.fromCharCode(27);
const BELL = String.fromCharCode(7);
/** Control sequences, and titles and the like up to their end: one line has all of it or it is cut off. */
const SEQUENCES = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|[\\]PX^_][^${ESCAPE}${BELL}]*(?:${BELL}|${ESCAPE}\\\\)?|[@-_])`,
  "gu",
);
const DIRECTIONS = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const PLAIN = /^[ -~]*$/;
/** Characters of one cell each that make up nearly all that is drawn: not worth a library's look. */
const NARROW = /^[ -~·…─-▟■□○◐●◑✓✗⊘\u2800-\u28ff]*$/u;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** One line without escape sequences, control characters and changes of direction; tabs are two spaces. */
export function clean(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replaceAll("\t", "  ")
    .replace(SEQUENCES, "")
    .replace(/\p{Cc}/gu, "")
    .replace(DIRECTIONS, "");
}

/** Each of its characters is sure to take one cell, and is one unit of UTF-16. */
export function isNarrow(text: string): boolean {
  return NARROW.test(text);
}

/** Cells that a cleaned text takes. */
export function widthOf(text: string): number {
  return isNarrow(text) ? text.length : stringWidth(text);
}

/**
 * The beginning of a text that takes at most `width` cells; `mark` stands at the end where something is
 * missing.
 */
export function cut(text: string, width: number, mark = "…"): string {
  if (width <= 0) return "";
  if (widthOf(text) <= width) return text;
  const room = width - widthOf(mark);
  if (room <= 0) return mark.slice(0, width);
  let kept = "";
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const cells = widthOf(segment);
    if (used + cells > room) break;
    kept += segment;
    used += cells;
  }
  return kept + mark;
}

/** Exactly `width` cells. */
export function fit(text: string, width: number, align: "left" | "right" = "left", mark = "…"): string {
  const kept = cut(text, width, mark);
  const space = " ".repeat(Math.max(0, width - widthOf(kept)));
  return align === "left" ? kept + space : space + kept;
}

/** Pieces of at most `width` cells each, at least one. */
export function wrap(text: string, width: number): readonly string[] {
  if (width <= 0 || widthOf(text) <= width) return [text];
  const pieces: string[] = [];
  let piece = "";
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const cells = widthOf(segment);
    if (used + cells > width && piece !== "") {
      pieces.push(piece);
      piece = "";
      used = 0;
    }
    piece += segment;
    used += cells;
  }
  return [...pieces, piece];
}

/** `999`, `1.2k`, `34k`, `5.6M`: at most four cells. */
export function shortCount(value: number): string {
  return scaled(value, 1000, ["", "k", "M", "G", "T", "P"]);
}

/** Bytes as `64K`, `1.5M`: powers of 1024, at most five cells. */
export function shortBytes(value: number): string {
  return scaled(value, 1024, ["B", "K", "M", "G", "T", "P"]);
}

/** Nanoseconds as `999ns`, `1.2us`, `34ms`, `5.6s`: at most five cells. */
export function shortTime(ns: number): string {
  return scaled(ns, 1000, ["ns", "us", "ms", "s"]);
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let rest = Math.max(0, value);
  let unit = 0;
  while (rest >= base - 0.5 && unit < units.length - 1) {
    rest /= base;
    unit++;
  }
  const digits = unit > 0 && rest < 9.95 ? 1 : 0;
  return `${rest.toFixed(digits).replace(/\.0$/, "")}${units[unit] ?? ""}`;
}

/** `0s`, `59s`, `3m12s`, `2h05m`, `4d03h`. */
export function shortDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const pair = (high: number, one: string, low: number, two: string): string =>
    `${high}${one}${String(low).padStart(2, "0")}${two}`;
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return pair(Math.floor(seconds / 60), "m", seconds % 60, "s");
  if (seconds < 86_400) return pair(Math.floor(seconds / 3600), "h", Math.floor((seconds % 3600) / 60), "m");
  return pair(Math.floor(seconds / 86_400), "d", Math.floor((seconds % 86_400) / 3600), "h");
}

/** `1,234,567`. */
export function groupDigits(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `12:34:56.789` of an ISO time, in UTC as the lab writes it. */
export function timeOfDay(time: string): string {
  return time.slice(11, 23).padEnd(12);
}

/** Pieces of at most `width` cells, cut between words where that is possible. */
export function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(...wrap(word, width));
  }
  return lines;
}
