// A guest's own terminal. What is typed goes to the guest until ctrl-] leaves.

import { perform, say } from "../acts.ts";
import { paint, span } from "../line.ts";
import type { Line } from "../line.ts";
import type { DashboardState } from "../model.ts";
import { selectedDevice, selectedGuest } from "../select.ts";
import { stepOf } from "../scroll.ts";
import { back } from "../walk.ts";
import type { ViewContext } from "./context.ts";
import type { ViewPart } from "./part.ts";

export const consolePart: ViewPart = {
  view: "console",
  key: "c",
  help: "console: the terminal of the selected guest",
  keys: [
    {
      keys: ["ctrl-]"],
      shown: "ctrl-]",
      command: { do: "detach" },
      help: "leave the guest's terminal",
      footer: "leave",
      modes: ["console"],
    },
    {
      keys: ["pageup"],
      shown: "pgup",
      command: { do: "move", by: "page-up" },
      help: "scroll back, where no program has the whole screen",
      modes: ["console"],
    },
    {
      keys: ["pagedown"],
      shown: "pgdn",
      command: { do: "move", by: "page-down" },
      help: "and forward again; a typed key goes to the end",
      modes: ["console"],
    },
  ],
  draw: consoleView,
  move: (state, by, { screen }) => {
    // But for the bar, the footer, and the line that is never drawn.
    const room = Math.max(1, state.size.rows - 3);
    const most = Math.max(0, screen.history + screen.rows - room);
    const above = Math.max(0, Math.min(most, state.console.above - stepOf(by, 0, state.size)));
    return { ...state, console: { ...state.console, above } };
  },
  enter: (shown, before) => {
    const guest = guestBefore(before);
    if (guest === undefined) return say(before, "no guest is selected", "bad");
    return { ...shown, guest, console: { guest, above: 0 } };
  },
  obey: (state, command) => (command.do === "detach" ? back(state) : undefined),
  hear: (state, action) => {
    if (action.type !== "typed" || state.view !== "console") return state;
    const { guest } = state.console;
    if (guest === undefined) return state;
    const end = { ...state, console: { ...state.console, above: 0 } };
    const line = `vbus console ${guest}`;
    if (state.readOnly) return say(end, "read-only: nothing is typed", "bad", line);
    if (consoleOf(state, guest) === undefined)
      return say(end, `${guest} has no console to type on`, "bad", line);
    const { said: _, ...rest } = end;
    return perform(rest, { do: "type", guest, text: action.text });
  },
};

/** The guest that the view before was about. */
function guestBefore(state: DashboardState): string | undefined {
  if (state.view === "logs" && state.logs.guest !== undefined) return state.logs.guest;
  if (state.view === "rings") {
    const device = selectedDevice(state);
    return device?.openBy ?? device?.guests[0] ?? selectedGuest(state)?.address;
  }
  return selectedGuest(state)?.address;
}

/** The console device that the guest sees. */
export function consoleOf(
  { latest }: DashboardState,
  guest: string,
): { readonly columns: number; readonly rows: number } | undefined {
  const devices = latest?.snapshot.devices ?? [];
  return devices.find((device) => device.class === "vconsole" && device.guests.includes(guest))?.terminal;
}

function consoleView(context: ViewContext): readonly Line[] {
  const { state, world, rows, columns } = context;
  const { guest, above } = state.console;
  if (guest === undefined) return [[span(" no guest is selected", "dim")]];
  const { screen } = world;
  if (screen.guest !== guest) return [[span(` ${guest} is asked what it has printed`, "dim")]];
  const bar = rows < 4 ? [] : [barLine(context, guest)];
  const room = Math.max(1, rows - bar.length);
  return [...bar, ...screen.lines(room, columns, above, above === 0)];
}

/** Whose terminal it is, and where in it we are. */
function barLine({ state, world, columns }: ViewContext, guest: string): Line {
  const { above } = state.console;
  const size = `${world.screen.columns}x${world.screen.rows}`;
  const typing = consoleOf(state, guest) === undefined ? "no console: only its output" : size;
  const place = above === 0 ? "" : `, ${above} lines back`;
  return paint([span(` ${guest}, ${typing}${place}`)], "title", columns);
}
