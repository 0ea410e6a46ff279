// What a click or the wheel means: a tab is shown, a row selected, and opened where it is selected already.
// What stands on the screen is asked for by its text: views need to know nothing of a mouse.

import { frameLines } from "./frame.ts";
import { plainText } from "./line.ts";
import type { DashboardState, World } from "./model.ts";
import { visibleDevices, visibleGuests } from "./select.ts";
import { SYMBOL_SETS } from "./symbols.ts";
import { PARTS } from "./views/all.ts";

/** A press, or a step of the wheel; columns and rows count from 0. */
export interface MouseEvent {
  readonly does: "press" | "wheel-up" | "wheel-down";
  readonly column: number;
  readonly row: number;
}

/** What switches the terminal's reports on and off: presses and the wheel, in numbers without a limit. */
export const MOUSE_ON = "\u001b[?1000h\u001b[?1006h";
export const MOUSE_OFF = "\u001b[?1006l\u001b[?1000l";
const REPORT = /^\[<(\d+);(\d+);(\d+)M$/;

/** What a report says, without its escape character; undefined for what is none, or says nothing here. */
export function readMouse(input: string): MouseEvent | undefined {
  const [, button, column, row] = REPORT.exec(input) ?? [];
  const does = button === "0" ? "press" : button === "64" ? "wheel-up" : "wheel-down";
  if (button !== "0" && button !== "64" && button !== "65") return undefined;
  return { does, column: Number(column) - 1, row: Number(row) - 1 };
}

/** The keys that would do the same, and what is selected first. */
export function mouseKeys(
  state: DashboardState,
  { does, column, row }: MouseEvent,
  world: World,
): { readonly state: DashboardState; readonly keys: readonly string[] } {
  if (does !== "press")
    return { state, keys: Array.from({ length: 3 }, () => (does === "wheel-up" ? "up" : "down")) };
  const lines = frameLines(state, world, SYMBOL_SETS.block).map(plainText);
  const line = lines[row] ?? "";
  const tab = row === 1 ? tabAt(line, column) : undefined;
  if (tab !== undefined) return { state, keys: [tab] };
  const words = new Set(line.split(/[\s▌│]+/u));
  if (state.view === "guests") {
    const guest = visibleGuests(state).find(({ address }) => words.has(address))?.address;
    if (guest === undefined) return { state, keys: [] };
    return { state: { ...state, guest }, keys: guest === state.guest ? ["enter"] : [] };
  }
  if (state.view === "rings") {
    const device = visibleDevices(state).find(({ id }) => words.has(id))?.id;
    if (device === undefined) return { state, keys: [] };
    return { state: { ...state, device }, keys: device === state.device ? ["enter"] : [] };
  }
  return { state, keys: [] };
}

/** The key of the tab under a column of the line of tabs. */
function tabAt(line: string, column: number): string | undefined {
  let [from, found] = [-1, undefined as string | undefined];
  for (const { key = "", view } of PARTS) {
    if (key === "") continue;
    const named = line.indexOf(`  ${key} ${view}`);
    const at = named >= 0 ? named : line.indexOf(`  ${key} `);
    if (at > from && at <= column) [from, found] = [at, key];
  }
  return found;
}
