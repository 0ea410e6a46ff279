// What is copied: the selected row of a view as text, or all that is seen of it. The terminal is asked to
// put it on the clipboard (OSC 52); whether it does is up to it.

import { perform, say } from "./acts.ts";
import { frameLines } from "./frame.ts";
import { plainText } from "./line.ts";
import type { DashboardState, World } from "./model.ts";
import { SYMBOL_SETS } from "./symbols.ts";

/** Terminals take about so much. */
const BYTES_MAX = 74_000;

/** What the terminal understands as a text for its clipboard. */
export function copySequence(text: string): string {
  const bytes = new TextEncoder().encode(text).slice(0, BYTES_MAX);
  return `\u001b]52;c;${btoa(String.fromCharCode(...bytes))}\u0007`;
}

/** Copies the row that is selected, or the last one of a view without a selection. */
export function copyRow(state: DashboardState, world: World): DashboardState {
  const lines = seenLines(state, world);
  const marker = SYMBOL_SETS.block.marker;
  const selected = lines.find((line) => line.startsWith(marker)) ?? lines.findLast((line) => line !== "");
  return copy(state, (selected ?? "").replace(marker, "").trim(), "the row");
}

/** Copies all lines of the view, as they are seen. */
export function copyView(state: DashboardState, world: World): DashboardState {
  const lines = seenLines(state, world);
  return copy(state, lines.join("\n").trimEnd(), `${lines.length} lines`);
}

function copy(state: DashboardState, text: string, what: string): DashboardState {
  if (text === "") return say(state, "there is nothing to copy", "busy");
  return perform(say(state, `copied ${what}`, "good"), { do: "copy", text });
}

/** The lines of the view alone, without what stands around them. */
function seenLines(state: DashboardState, world: World): readonly string[] {
  const { rows } = state.size;
  const lines = frameLines(state, world, SYMBOL_SETS.block).map(plainText);
  return lines.slice(rows - 1 >= 8 ? 2 : 1, rows - 1 >= 4 ? -1 : undefined);
}
