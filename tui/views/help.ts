// The help, made from the table of keys; there is no other list of them.

import { OWN_VIEWS } from "../keys.ts";
import type { KeyEntry } from "../keys.ts";
import { clipLine, span } from "../line.ts";
import type { Line } from "../line.ts";
import { VIEWS } from "../model.ts";
import type { Mode } from "../model.ts";
import { stepOf } from "../scroll.ts";
import { fit } from "../text.ts";
import { roomOf } from "./context.ts";
import type { ViewContext } from "./context.ts";
import type { ViewPart } from "./part.ts";

export const helpPart: ViewPart = {
  view: "help",
  key: "?",
  help: "this help",
  footerModes: OWN_VIEWS.filter((view) => view !== "help"),
  keys: [{ keys: ["?"], shown: "?", command: { do: "back" }, help: "close the help", modes: ["help"] }],
  draw: helpView,
  move: (state, by, { keys }) => {
    const most = helpLines(keys, state.size.columns).length - roomOf(state.size);
    return { ...state, helpTop: Math.max(0, Math.min(most, stepOf(by, state.helpTop, state.size))) };
  },
};

/** A key stands where it belongs first. */
const PLACES: readonly (readonly [string, (modes: readonly Mode[]) => boolean])[] = [
  ["everywhere", (modes) => modes.length > 2],
  ...VIEWS.filter((view) => view !== "help").map(
    (view): readonly [string, (modes: readonly Mode[]) => boolean] => [view, (modes) => modes.includes(view)],
  ),
  ["in this help", (modes) => modes.includes("help")],
  ["while a filter is typed", (modes) => modes.includes("typing")],
  ["while a command is typed", (modes) => modes.includes("commanding")],
  ["before what can't be undone", (modes) => modes.includes("confirming")],
  ["asked on leaving", (modes) => modes.includes("asking")],
];

/** The window of the help that `helpTop` says. */
function helpView({ state, world, rows, columns, symbols }: ViewContext): readonly Line[] {
  const lines = helpLines(world.keys, columns).map((line) => clipLine(line, columns, symbols.ellipsis));
  const top = Math.max(0, Math.min(state.helpTop, lines.length - rows));
  return lines.slice(top, top + rows);
}

/** All of it. Under 40 columns each key has one name only. */
export function helpLines(keys: readonly KeyEntry[], columns: number): readonly Line[] {
  const isShort = columns < 40;
  const placeOf = ({ modes }: KeyEntry): number => PLACES.findIndex(([, belongs]) => belongs(modes));
  return PLACES.flatMap(([place], index) => {
    const entries = keys.filter((entry) => placeOf(entry) === index);
    if (entries.length === 0) return [];
    const rows = entries.map((entry): Line => {
      const names = isShort ? ` ${fit(entry.shown, 6)} ` : `  ${fit(namesOf(entry), 18)} `;
      return [span(names, "key"), span(entry.help)];
    });
    return [...(index === 0 ? [] : [[]]), [span(` ${place}`, "head")], ...rows];
  });
}

function namesOf({ keys, shown }: KeyEntry): string {
  return keys.length > 1 ? keys.join("  ") : shown;
}
