// The help, made from the table of keys; there is no other list of them.

import { KEYS } from "../keys.ts";
import type { KeyEntry } from "../keys.ts";
import { clipLine, span } from "../line.ts";
import type { Line } from "../line.ts";
import type { Mode } from "../model.ts";
import { fit } from "../text.ts";
import type { ViewContext } from "./context.ts";

const PLACES: readonly (readonly [string, (entry: KeyEntry) => boolean])[] = [
  ["everywhere", ({ modes }) => modes.length > 2 && modes.includes("guests")],
  ["guests", (entry) => isFew(entry) && entry.modes.includes("guests")],
  ["rings", (entry) => isFew(entry) && entry.modes.includes("rings")],
  ["logs", (entry) => isFew(entry) && entry.modes.includes("logs")],
  ["while a filter is typed", ({ modes }) => only(modes, "typing")],
  ["asked on leaving", ({ modes }) => only(modes, "asking")],
];
const isFew = ({ modes }: KeyEntry): boolean => modes.length <= 2;
const only = (modes: readonly Mode[], mode: Mode): boolean => modes.length === 1 && modes[0] === mode;

/** The window of the help that `helpTop` says. */
export function helpView({ state, rows, columns, symbols }: ViewContext): readonly Line[] {
  const lines = helpLines().map((line) => clipLine(line, columns, symbols.ellipsis));
  const top = Math.max(0, Math.min(state.helpTop, lines.length - rows));
  return lines.slice(top, top + rows);
}

export function helpLines(): readonly Line[] {
  return PLACES.flatMap(([place, belongs], index) => {
    const entries = KEYS.filter(belongs);
    const rows = entries.map((entry): Line => [
      span(`  ${fit(namesOf(entry), 18)} `, "key"),
      span(entry.help),
    ]);
    return [...(index === 0 ? [] : [[]]), [span(` ${place}`, "head")], ...rows];
  });
}

function namesOf({ keys, shown }: KeyEntry): string {
  return keys.length > 1 ? keys.join("  ") : shown;
}
