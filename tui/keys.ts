// What a key entry is, the keys that are not of one view, and the names of what was typed. `key-table.ts`
// puts them together with the keys of each view.

import { VIEWS } from "./model.ts";
import type { Mode, View } from "./model.ts";

/** How far, in a list or a text. */
export type Move = -1 | 1 | "page-up" | "page-down" | "first" | "last";

/** What a key can ask for: of all views, of one view, of what is typed or asked. */
export type Command =
  | { readonly do: "view"; readonly view: View }
  | { readonly do: "move"; readonly by: Move }
  | { readonly do: "open" | "back" | "leave" | "interrupt" | "suspend" | "redraw" | "freeze" | "filter" }
  | { readonly do: "copy" | "copy-view" | "mouse" | "theme" }
  | { readonly do: "time"; readonly seconds: number }
  | { readonly do: "next-guest" | "times" | "wraps" | "record" }
  | { readonly do: "undo" | "again" }
  | { readonly do: "step" | "knob"; readonly by: -1 | 1 }
  | { readonly do: "cut" | "adopt" | "heal" | "way" }
  | { readonly do: "confirm" | "refrain" }
  | { readonly do: "command" | "run" | "close" | "complete" | "older" | "newer" | "end-command" }
  | { readonly do: "detach" }
  | { readonly do: "accept" | "cancel" | "erase" | "erase-all" }
  | { readonly do: "stop-lab" | "leave-lab" | "stay" };

export interface KeyEntry {
  /** Names as `keyNames` gives them. */
  readonly keys: readonly string[];
  /** How the help and the footer call them. */
  readonly shown: string;
  readonly command: Command;
  /** One clause for the help. */
  readonly help: string;
  /** One word for the footer; absent: the footer leaves it out. */
  readonly footer?: string;
  /** Where the footer says it; absent: wherever the key works. */
  readonly footerModes?: readonly Mode[];
  readonly modes: readonly Mode[];
}

/** Views whose keys are not for a guest. */
export const OWN_VIEWS = VIEWS.filter((view) => view !== "console");
/** Views that can be held still, and those of them with a list that can be filtered. */
const LIVE: readonly Mode[] = OWN_VIEWS.filter((view) => !["plan", "output", "help"].includes(view));
const LISTS: readonly Mode[] = LIVE;

/** While something is asked or typed. */
export const PROMPT_KEYS: readonly KeyEntry[] = [
  {
    keys: ["enter"],
    shown: "enter",
    command: { do: "confirm" },
    help: "do it, where the name is typed",
    footer: "do it",
    modes: ["confirming"],
  },
  {
    keys: ["esc"],
    shown: "esc",
    command: { do: "refrain" },
    help: "leave it as it is",
    footer: "leave it",
    modes: ["confirming"],
  },
  {
    keys: ["s"],
    shown: "s",
    command: { do: "stop-lab" },
    help: "stop the lab",
    footer: "stop the lab",
    modes: ["asking"],
  },
  {
    keys: ["l"],
    shown: "l",
    command: { do: "leave-lab" },
    help: "leave it running",
    footer: "leave it running",
    modes: ["asking"],
  },
  { keys: ["esc"], shown: "esc", command: { do: "stay" }, help: "stay", footer: "stay", modes: ["asking"] },
  {
    keys: ["enter"],
    shown: "enter",
    command: { do: "run" },
    help: "run the command",
    footer: "run",
    modes: ["commanding"],
  },
  {
    keys: ["esc"],
    shown: "esc",
    command: { do: "close" },
    help: "don't run it",
    footer: "leave it",
    modes: ["commanding"],
  },
  {
    keys: ["tab"],
    shown: "tab",
    command: { do: "complete" },
    help: "what fits here, one after the other",
    footer: "complete",
    modes: ["commanding"],
  },
  { keys: ["up"], shown: "up", command: { do: "older" }, help: "what was run before", modes: ["commanding"] },
  {
    keys: ["down"],
    shown: "down",
    command: { do: "newer" },
    help: "what was run after",
    modes: ["commanding"],
  },
  {
    keys: ["enter"],
    shown: "enter",
    command: { do: "accept" },
    help: "keep the filter",
    footer: "keep",
    modes: ["typing"],
  },
  {
    keys: ["esc"],
    shown: "esc",
    command: { do: "cancel" },
    help: "back to the filter before",
    footer: "cancel",
    modes: ["typing"],
  },
  {
    keys: ["backspace"],
    shown: "bksp",
    command: { do: "erase" },
    help: "erase a character",
    modes: ["typing", "commanding", "confirming"],
  },
  {
    keys: ["ctrl-u"],
    shown: "ctrl-u",
    command: { do: "erase-all" },
    help: "erase all",
    footer: "erase all",
    footerModes: ["typing"],
    modes: ["typing", "commanding", "confirming"],
  },
];

/** In every view, before those of the view. */
export const STEP_KEYS: readonly KeyEntry[] = [
  {
    keys: ["down", "j"],
    shown: "down",
    command: { do: "move", by: 1 },
    help: "down",
    modes: OWN_VIEWS,
  },
  { keys: ["up", "K"], shown: "up", command: { do: "move", by: -1 }, help: "up", modes: OWN_VIEWS },
];

/** In every view, after those of the view. */
export const COMMON_KEYS: readonly KeyEntry[] = [
  {
    keys: ["/"],
    shown: "/",
    command: { do: "filter" },
    help: "filter: a text or regex, -f letters in order, -l label=value; ! turns it round",
    footer: "filter",
    modes: LISTS,
  },
  {
    keys: [":"],
    shown: ":",
    command: { do: "command" },
    help: "any command of vbus, tab completes it",
    footer: "command",
    modes: OWN_VIEWS,
  },
  {
    keys: ["space"],
    shown: "space",
    command: { do: "freeze" },
    help: "freeze the picture, or go on with now",
    footer: "freeze",
    modes: LIVE,
  },
  {
    keys: ["["],
    shown: "[",
    command: { do: "time", seconds: -5 },
    help: "five seconds back: all views as they were then",
    footer: "earlier",
    modes: LISTS,
  },
  {
    keys: ["]"],
    shown: "]",
    command: { do: "time", seconds: 5 },
    help: "five seconds forward, up to now",
    modes: LISTS,
  },
  {
    keys: ["{"],
    shown: "{",
    command: { do: "time", seconds: -60 },
    help: "a minute back",
    modes: LISTS,
  },
  {
    keys: ["}"],
    shown: "}",
    command: { do: "time", seconds: 60 },
    help: "a minute forward",
    modes: LISTS,
  },
  {
    keys: ["y"],
    shown: "y",
    command: { do: "copy" },
    help: "copy the selected row to the clipboard, where the terminal allows it",
    modes: LISTS,
  },
  {
    keys: ["Y"],
    shown: "Y",
    command: { do: "copy-view" },
    help: "copy all that is seen of the view",
    modes: LISTS,
  },
  {
    keys: ["T"],
    shown: "T",
    command: { do: "theme" },
    help: "the next theme: default, light, contrast, mono",
    modes: OWN_VIEWS,
  },
  {
    keys: ["M"],
    shown: "M",
    command: { do: "mouse" },
    help: "take the mouse, or leave it to the terminal again",
    modes: OWN_VIEWS,
  },
  {
    keys: ["pageup", "ctrl-b"],
    shown: "pgup",
    command: { do: "move", by: "page-up" },
    help: "a page up",
    modes: OWN_VIEWS,
  },
  {
    keys: ["pagedown", "ctrl-f"],
    shown: "pgdn",
    command: { do: "move", by: "page-down" },
    help: "a page down",
    modes: OWN_VIEWS,
  },
  {
    keys: ["home", "g"],
    shown: "g",
    command: { do: "move", by: "first" },
    help: "to the top",
    modes: OWN_VIEWS,
  },
  {
    keys: ["end", "G"],
    shown: "G",
    command: { do: "move", by: "last" },
    help: "to the end; logs follow again",
    footer: "follow",
    footerModes: ["logs", "packets"],
    modes: OWN_VIEWS,
  },
  {
    keys: ["esc"],
    shown: "esc",
    command: { do: "back" },
    help: "clear the filter, or go back",
    footer: "back",
    footerModes: OWN_VIEWS.filter((view) => view !== "guests"),
    modes: OWN_VIEWS.filter((view) => view !== "output"),
  },
  { keys: ["q"], shown: "q", command: { do: "leave" }, help: "leave", footer: "quit", modes: OWN_VIEWS },
  {
    keys: ["ctrl-c"],
    shown: "ctrl-c",
    command: { do: "interrupt" },
    help: "leave",
    modes: [...OWN_VIEWS, "typing", "commanding", "confirming", "asking"],
  },
  {
    keys: ["ctrl-z"],
    shown: "ctrl-z",
    command: { do: "suspend" },
    help: "to the shell for a while; `fg` comes back",
    modes: [...OWN_VIEWS, "typing", "commanding", "confirming", "asking"],
  },
  {
    keys: ["ctrl-l"],
    shown: "ctrl-l",
    command: { do: "redraw" },
    help: "draw the screen anew",
    modes: [...OWN_VIEWS, "typing", "commanding", "confirming", "asking"],
  },
];

/** The command of a key here, if it has one. */
export function commandOf(keys: readonly KeyEntry[], mode: Mode, key: string): Command | undefined {
  return keys.find((entry) => entry.modes.includes(mode) && entry.keys.includes(key))?.command;
}

/** The part of what Ink tells of a key that names are made of. */
export interface InkKey {
  readonly upArrow: boolean;
  readonly downArrow: boolean;
  readonly leftArrow: boolean;
  readonly rightArrow: boolean;
  readonly pageUp: boolean;
  readonly pageDown: boolean;
  readonly home: boolean;
  readonly end: boolean;
  readonly return: boolean;
  readonly escape: boolean;
  readonly tab: boolean;
  readonly backspace: boolean;
  readonly delete: boolean;
  readonly ctrl: boolean;
  readonly meta: boolean;
}

const NAMED: readonly (readonly [keyof InkKey, string])[] = [
  ["upArrow", "up"],
  ["downArrow", "down"],
  ["leftArrow", "left"],
  ["rightArrow", "right"],
  ["pageUp", "pageup"],
  ["pageDown", "pagedown"],
  ["home", "home"],
  ["end", "end"],
  ["return", "enter"],
  ["escape", "esc"],
  ["tab", "tab"],
  ["backspace", "backspace"],
  ["delete", "backspace"],
];

/** Names of what was typed: several where keys came in one go, none for what has no name here. */
export function keyNames(input: string, key: InkKey): readonly string[] {
  const named = NAMED.find(([flag]) => key[flag]);
  if (named !== undefined) return [named[1]];
  if (key.ctrl) return [`ctrl-${input}`];
  if (key.meta) return [];
  return [...input].map(characterName).filter((name) => name !== "");
}

function characterName(character: string): string {
  if (character === " ") return "space";
  if (character === "\r" || character === "\n") return "enter";
  if (character === "\u007f" || character === "\b") return "backspace";
  if (character === "\t") return "tab";
  const code = character.codePointAt(0) ?? 0;
  if (code >= 1 && code <= 26) return `ctrl-${String.fromCharCode(code + 96)}`;
  return /\p{Cc}/u.test(character) ? "" : character;
}

/** The character that a key types into the filter; absent for keys that type nothing. */
export function typedCharacter(key: string): string | undefined {
  if (key === "space") return " ";
  return [...key].length === 1 ? key : undefined;
}
