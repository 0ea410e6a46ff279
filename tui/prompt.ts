// What stands at the bottom while something is typed: the line, and above it what fits at its end.

import { clipLine, span } from "./line.ts";
import type { Line } from "./line.ts";
import type { Confirm, DashboardState } from "./model.ts";
import { windowOf } from "./select.ts";
import { widest } from "./table.ts";
import { fit } from "./text.ts";
import type { ViewContext } from "./views/context.ts";

/** What stands before the keys: what is being typed, or the question. */
export function promptOf(state: DashboardState, columns: number): Line {
  if (state.confirm !== undefined) return confirmPrompt(state.confirm, columns);
  if (state.asking) return columns >= 50 ? [span(" Before you go: ", "badge")] : [];
  if (state.command !== undefined) return typed(" :", state.command.text, columns);
  return state.typing === undefined ? [] : typed(" /", state.filters[state.view], columns);
}

/** The end of what is typed is seen, however long it is. */
function typed(sign: string, text: string, columns: number): Line {
  const room = Math.max(1, columns - 5);
  const end = text.length > room ? text.slice(-room) : text;
  return [span(sign, "key"), span(end, "strong"), span(" ", "tab"), span(" ")];
}

function confirmPrompt({ name, typed: text }: Confirm, columns: number): Line {
  const ask = columns < 40 ? ` ${name}? ` : ` Type ${name} to go on: `;
  return [span(ask, "badge"), span(` ${text}`, "strong"), span(" ", "tab"), span(" ")];
}

/** What fits at the end of the command line, around the chosen one. */
export function candidateLines({ state, columns, symbols }: ViewContext, room: number): readonly Line[] {
  const { candidates = [], chosen = -1 } = state.command ?? {};
  if (candidates.length === 0 || room < 1) return [];
  const width = widest(
    candidates.map(({ word }) => word),
    8,
    32,
  );
  const { from, to } = windowOf(candidates.length, chosen, room);
  return candidates.slice(from, to).map(({ word, about = "" }, at) => {
    const name = span(
      ` ${fit(word, width, "left", symbols.ellipsis)} `,
      from + at === chosen ? "tab" : "key",
    );
    return clipLine([name, span(about, "dim")], columns, symbols.ellipsis);
  });
}
