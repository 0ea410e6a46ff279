// The help, made from the table of keys; there is no other list of them.

import { KEYS } from "../keys.ts";
import type { KeyEntry } from "../keys.ts";
import { clipLine, span } from "../line.ts";
import type { Line } from "../line.ts";
import type { Mode } from "../model.ts";
import { fit } from "../text.ts";
import type { ViewContext } from "./context.ts";

/** A key stands where it belongs first. */
const PLACES: readonly (readonly [string, (modes: readonly Mode[]) => boolean])[] = [
  ["everywhere", (modes) => modes.length > 2],
  ["guests", (modes) => modes.includes("guests")],
  ["rings", (modes) => modes.includes("rings")],
  ["logs", (modes) => modes.includes("logs")],
  ["in this help", (modes) => modes.includes("help")],
  ["while a filter is typed", (modes) => modes.includes("typing")],
  ["asked on leaving", (modes) => modes.includes("asking")],
];

/** The window of the help that `helpTop` says. */
export function helpView({ state, rows, columns, symbols }: ViewContext): readonly Line[] {
  const lines = helpLines(columns).map((line) => clipLine(line, columns, symbols.ellipsis));
  const top = Math.max(0, Math.min(state.helpTop, lines.length - rows));
  return lines.slice(top, top + rows);
}

/** All of it. Under 40 columns each key has one name only. */
export function helpLines(columns: number): readonly Line[] {
  const isShort = columns < 40;
  return PLACES.flatMap(([place], index) => {
    const entries = KEYS.filter(({ modes }) => PLACES.findIndex(([, belongs]) => belongs(modes)) === index);
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
