// The glyphs of the dashboard in two sets, for terminals with and without Unicode. Each takes one cell.

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
  /** From nothing to the most, eight steps. */
  readonly spark: readonly string[];
  /** Who owns a slot, by the letter of `RingFacts.slots`. */
  readonly slot: Readonly<Record<string, string>>;
}

export const UNICODE: Symbols = {
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

export const ASCII: Symbols = {
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

/** Values drawn with one glyph each, the newest at the right; empty room at the left. */
export function sparkline(values: readonly number[], width: number, symbols: Symbols): string {
  const shown = width <= 0 ? [] : values.slice(-width);
  const most = Math.max(1, ...shown);
  const last = symbols.spark.length - 1;
  const glyphs = shown.map((value) =>
    value <= 0
      ? (symbols.spark[0] ?? " ")
      : (symbols.spark[Math.max(1, Math.round((value / most) * last))] ?? " "),
  );
  return glyphs.join("").padStart(Math.max(0, width));
}
