// How somebody wants their dashboard: theme, symbols, mouse, colours and keys. Read from data that anybody
// may have written; what is wrong with it is answered as sentences. Pure.

import type { KeyEntry } from "./keys.ts";
import { SYMBOL_SET_NAMES } from "./symbols.ts";
import type { SymbolSetName } from "./symbols.ts";
import { THEME_NAMES, TONES } from "./theme.ts";
import type { Look, ThemeName } from "./theme.ts";
import type { Tone } from "./line.ts";

export interface Preferences {
  /** Absent: what fits the terminal's background. */
  readonly theme?: ThemeName;
  readonly symbols?: SymbolSetName;
  /** Clicks and the wheel are taken; without it they stay the terminal's. */
  readonly mouse?: boolean;
  /** Over those of the theme, where the terminal has colours. */
  readonly colours?: Partial<Readonly<Record<Tone, Look>>>;
  /** Names of keys by the name of what they do, in place of those of the table. */
  readonly keys?: Readonly<Record<string, readonly string[]>>;
}
/** What was read, and what of it could not be. */
export interface PreferencesReading {
  readonly preferences: Preferences;
  readonly problems: readonly string[];
}

const COLOUR = /^#[0-9a-f]{6}$/i;
const KEY = /^(?:\S|space|enter|esc|tab|backspace|up|down|left|right|pageup|pagedown|home|end|ctrl-[a-z])$/u;

/** Reads a document: an object with the names of `Preferences`. */
export function readPreferences(document: unknown, table: readonly KeyEntry[]): PreferencesReading {
  if (document === undefined || document === null) return { preferences: {}, problems: [] };
  if (!isObject(document)) return { preferences: {}, problems: ["it is no list of names and values"] };
  const problems: string[] = [];
  const known = ["theme", "symbols", "mouse", "colours", "keys"];
  for (const name of Object.keys(document)) if (!known.includes(name)) problems.push(unknown(name, known));
  const { theme, symbols, mouse } = document;
  const preferences = {
    ...oneOf("theme", theme, THEME_NAMES, problems),
    ...oneOf("symbols", symbols, SYMBOL_SET_NAMES, problems),
    ...(typeof mouse === "boolean" && { mouse }),
    ...(isObject(document["colours"]) && { colours: readColours(document["colours"], problems) }),
    ...(isObject(document["keys"]) && { keys: readKeys(document["keys"], table, problems) }),
  };
  if (mouse !== undefined && typeof mouse !== "boolean") problems.push("`mouse` is true or false");
  for (const name of ["colours", "keys"])
    if (document[name] !== undefined && !isObject(document[name]))
      problems.push(`\`${name}\` is a list of names and values`);
  return { preferences, problems };
}

function oneOf<Name extends string>(
  name: string,
  value: unknown,
  all: readonly Name[],
  problems: string[],
): Readonly<Record<string, Name>> {
  const found = all.find((one) => one === value);
  if (found !== undefined) return { [name]: found };
  if (value !== undefined) problems.push(`\`${name}\` is one of ${all.join(", ")}, not \`${shown(value)}\``);
  return {};
}

function readColours(given: object, problems: string[]): Partial<Record<Tone, Look>> {
  const colours: Partial<Record<Tone, Look>> = {};
  for (const [tone, value] of Object.entries(given)) {
    const found = TONES.find((one) => one === tone);
    const [color, backgroundColor, ...more] = String(value).split(" on ");
    const isColour = [color, backgroundColor ?? "#000000"].every((one) => COLOUR.test(one ?? ""));
    if (found === undefined) problems.push(unknown(tone, TONES));
    else if (!isColour || more.length > 0)
      problems.push(`the colour of \`${tone}\` is \`#rrggbb\` or \`#rrggbb on #rrggbb\``);
    else
      colours[found] = {
        ...(color !== undefined && { color }),
        ...(backgroundColor !== undefined && { backgroundColor }),
      };
  }
  return colours;
}

function readKeys(
  given: object,
  table: readonly KeyEntry[],
  problems: string[],
): Record<string, readonly string[]> {
  const names = [...new Set(table.map(nameOf))];
  const keys: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(given)) {
    const wanted: readonly unknown[] = Array.isArray(value) ? value : [value];
    const texts = wanted.map(String);
    const wrong = texts.find((key) => !KEY.test(key));
    if (!names.includes(name)) problems.push(unknown(name, names));
    else if (wrong !== undefined) problems.push(`\`${wrong}\` is the name of no key`);
    else keys[name] = texts;
  }
  const changed = withKeys(table, keys);
  for (const entry of changed) {
    if (keys[nameOf(entry)] === undefined) continue;
    for (const key of entry.keys) {
      const other = changed.find((one) => one !== entry && one.keys.includes(key) && meets(one, entry));
      if (other !== undefined) problems.push(`\`${key}\` is for \`${nameOf(other)}\` already`);
    }
  }
  return keys;
}

const meets = (one: KeyEntry, other: KeyEntry): boolean =>
  one.modes.some((mode) => other.modes.includes(mode)) && nameOf(one) !== nameOf(other);

/** By this name a key's command is told in preferences: `rings`, `page-up`, `time-60`, `freeze`. */
export function nameOf({ command }: KeyEntry): string {
  if (command.do === "view") return command.view;
  if (command.do === "move") return command.by === 1 ? "down" : command.by === -1 ? "up" : command.by;
  if (command.do === "time")
    return command.seconds < 0 ? `back-${-command.seconds}` : `on-${command.seconds}`;
  return "by" in command ? `${command.do}-${command.by > 0 ? "up" : "down"}` : command.do;
}

/** The table with other keys for what is named. */
export function withKeys(table: readonly KeyEntry[], keys: Preferences["keys"] = {}): readonly KeyEntry[] {
  return table.map((entry) => {
    const others = keys[nameOf(entry)];
    return others?.[0] === undefined ? entry : { ...entry, keys: others, shown: others[0] };
  });
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

const unknown = (name: string, known: readonly string[]): string =>
  `there is no \`${name}\`; there are ${known.join(", ")}`;
