// The glyphs of the dashboard in three sets: blocks, Braille, which has twice as many values in a cell, and
// ASCII. Each takes one cell.

import type { GuestRow, LabEvent } from "../interpreter/index.ts";

export interface Symbols {
  readonly state: Readonly<Record<GuestRow["state"], string>>;
  /** Of an event. */
  readonly level: Readonly<Record<LabEvent["level"], string>>;
  readonly met: string;
  readonly unmet: string;
  readonly marker: string;
  readonly rule: string;
  readonly bar: string;
  readonly ellipsis: string;
  /** Where edges meet at the right. */
  readonly join: Readonly<Record<"first" | "middle" | "last" | "only", string>>;
  /** From nothing to the most. */
  readonly spark: readonly string[];
  /** Two values in a cell, by the step of the first and of the second; absent: one. */
  readonly sparkPairs?: readonly (readonly string[])[];
  /** Who owns a slot, by the letter of `RingFacts.slots`. */
  readonly slot: Readonly<Record<string, string>>;
}

const BLOCK: Symbols = {
  state: {
    waiting: "○",
    booting: "◐",
    running: "●",
    paused: "‖",
    stopping: "◑",
    completed: "✓",
    failed: "✗",
    stopped: "■",
    quarantined: "⊘",
  },
  level: { info: "·", warning: "○", error: "✗" },
  met: "✓",
  unmet: "○",
  marker: "▌",
  rule: "─",
  bar: "│",
  ellipsis: "…",
  join: { first: "┬", middle: "┤", last: "┘", only: "─" },
  spark: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
  slot: { ".": "·", p: "□", c: "▒", f: "█" },
};

/** Dots of a column of four, from the bottom up, of the left one and of the right one. */
const LEFT_DOTS = [0, 0x40, 0x44, 0x46, 0x47];
const RIGHT_DOTS = [0, 0x80, 0xa0, 0xb0, 0xb8];
const dots = (left: number, right: number): string =>
  String.fromCharCode(0x2800 + (LEFT_DOTS[left] ?? 0) + (RIGHT_DOTS[right] ?? 0));

const BRAILLE: Symbols = {
  ...BLOCK,
  spark: [1, 2, 3, 4].map((height) => dots(0, height)),
  sparkPairs: [0, 1, 2, 3, 4].map((left) => [0, 1, 2, 3, 4].map((right) => dots(left, right))),
  slot: { ".": "⠄", p: "⣀", c: "⠶", f: "⣿" },
};

const ASCII: Symbols = {
  state: {
    waiting: ".",
    booting: "o",
    running: "*",
    paused: "=",
    stopping: "o",
    completed: "+",
    failed: "x",
    stopped: "#",
    quarantined: "!",
  },
  level: { info: ".", warning: "o", error: "x" },
  met: "+",
  unmet: ".",
  marker: ">",
  rule: "-",
  bar: "|",
  ellipsis: "~",
  join: { first: "+", middle: "+", last: "+", only: "-" },
  spark: ["_", ".", ":", "-", "=", "+", "*", "#"],
  slot: { ".": ".", p: "o", c: "%", f: "#" },
};

export const SYMBOL_SET_NAMES = ["block", "braille", "ascii"] as const;
export type SymbolSetName = (typeof SYMBOL_SET_NAMES)[number];
export const SYMBOL_SETS: Readonly<Record<SymbolSetName, Symbols>> = {
  block: BLOCK,
  braille: BRAILLE,
  ascii: ASCII,
};

/** Values drawn in so many cells, the newest at the right; empty room at the left. */
export function sparkline(values: readonly number[], width: number, symbols: Symbols): string {
  const { spark, sparkPairs } = symbols;
  if (width <= 0) return "";
  const shown = values.slice(sparkPairs === undefined ? -width : -2 * width);
  const most = Math.max(1, ...shown);
  if (sparkPairs !== undefined) return pairs(shown, most, sparkPairs).padStart(width);
  const last = spark.length - 1;
  const glyphs = shown.map((value) => spark[stepOf(value, most, last)] ?? " ");
  return glyphs.join("").padStart(width);
}

/** 0 for nothing, and no less than 1 for anything else. */
const stepOf = (value: number, most: number, last: number): number =>
  value <= 0 ? 0 : Math.max(1, Math.round((value / most) * last));

function pairs(values: readonly number[], most: number, glyphs: readonly (readonly string[])[]): string {
  const steps = values.map((value) => 1 + stepOf(value, most, 3));
  const even = steps.length % 2 === 0 ? steps : [0, ...steps];
  let text = "";
  for (let at = 0; at < even.length; at += 2) text += glyphs[even[at] ?? 0]?.[even[at + 1] ?? 0] ?? " ";
  return text;
}
