// What a command that was typed after `:` prints, as it prints it.

import { perform } from "../acts.ts";
import { clipLine, span } from "../line.ts";
import type { Line } from "../line.ts";
import type { DashboardState } from "../model.ts";
import { stepOf } from "../scroll.ts";
import { back } from "../walk.ts";
import { roomOf } from "./context.ts";
import type { ViewContext } from "./context.ts";
import type { ViewPart } from "./part.ts";

export const outputPart: ViewPart = {
  view: "output",
  help: "what a command printed",
  keys: [
    {
      keys: ["esc"],
      shown: "esc",
      command: { do: "end-command" },
      help: "end the command if it runs, and go back",
      footer: "back",
      modes: ["output"],
    },
  ],
  draw: outputView,
  place: ({ output }) => {
    if (output === undefined) return [];
    if (output.exit === undefined) return [span("running ", "busy")];
    return [span(`ended with ${output.exit} `, output.exit === 0 ? "good" : "bad")];
  },
  move: (state, by) => {
    const { output } = state;
    if (output === undefined) return state;
    const last = lastTop(state);
    const next = Math.max(0, Math.min(last, stepOf(by, output.top ?? last, state.size)));
    const { top: _, ...rest } = output;
    return { ...state, output: next >= last ? rest : { ...rest, top: next } };
  },
  obey: (state, command) => {
    if (command.do !== "end-command") return undefined;
    const { output } = state;
    if (output === undefined || output.exit !== undefined) return back(state);
    return back(perform(state, { do: "end-command", run: output.run }));
  },
};

/** The top when the last line is at the bottom, below the line that says what was run. */
function lastTop({ output, size }: DashboardState): number {
  return Math.max(0, (output?.lines.length ?? 0) - Math.max(1, roomOf(size) - 1));
}

function outputView({ state, rows, columns, symbols }: ViewContext): readonly Line[] {
  const { output } = state;
  if (output === undefined) return [[span(" nothing was run yet: `:` runs a command", "dim")]];
  const head: Line = [span(" vbus ", "dim"), span(output.line, "strong")];
  const room = Math.max(0, rows - 1);
  const top = Math.min(output.top ?? Number.MAX_SAFE_INTEGER, Math.max(0, output.lines.length - room));
  const lines = output.lines.slice(top, top + room).map((text): Line => [span(` ${text}`)]);
  return [head, ...lines].map((line) => clipLine(line, columns, symbols.ellipsis));
}
