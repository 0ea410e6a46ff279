// The lines that guests print, all merged or of one. Only the lines on the screen are looked at.

import type { NumberedLine } from "../log-buffer.ts";
import { clipLine, span } from "../line.ts";
import type { Line, Tone } from "../line.ts";
import type { DashboardState } from "../model.ts";
import { bottomOf, moveLogs } from "../scroll.ts";
import { logQuery } from "../select.ts";
import { widest } from "../table.ts";
import { cut, fit, shortCount, timeOfDay, wrap } from "../text.ts";
import { allLogs, selectDeviceOf, show } from "../walk.ts";
import type { ViewContext } from "./context.ts";
import type { ViewPart } from "./part.ts";

export const logsPart: ViewPart = {
  view: "logs",
  key: "l",
  help: "logs of all guests",
  keys: [
    {
      keys: ["enter"],
      shown: "enter",
      command: { do: "open" },
      help: "the rings of this guest",
      footer: "rings",
      modes: ["logs"],
    },
    {
      keys: ["tab"],
      shown: "tab",
      command: { do: "next-guest" },
      help: "the next guest's logs, then all again",
      footer: "next guest",
      modes: ["logs"],
    },
    {
      keys: ["t"],
      shown: "t",
      command: { do: "times" },
      help: "times on or off",
      footer: "time",
      modes: ["logs"],
    },
    {
      keys: ["w"],
      shown: "w",
      command: { do: "wraps" },
      help: "wrap long lines or cut them",
      footer: "wrap",
      modes: ["logs"],
    },
  ],
  draw: logsView,
  count: (_, { logs }) => (logs.last === 0 ? undefined : shortCount(logs.last)),
  place: ({ logs, frozen }) => {
    const follows = logs.at === undefined && !frozen;
    return [
      span(`${logs.guest ?? "all guests"} `, "accent"),
      span(follows ? "following " : "scrolled ", follows ? "dim" : "busy"),
    ];
  },
  move: (state, by, { logs }) => moveLogs(state, by, logs),
  enter: (shown) => ({ ...shown, logs: allLogs(shown.logs) }),
  obey: (state, command) => {
    switch (command.do) {
      case "open":
        return selectDeviceOf(show(state, "rings"), state.logs.guest ?? state.guest);
      case "next-guest":
        return nextGuest(state);
      case "times":
        return { ...state, logs: { ...state.logs, times: !state.logs.times } };
      case "wraps":
        return { ...state, logs: { ...state.logs, wraps: !state.logs.wraps } };
      default:
        return undefined;
    }
  },
};

function nextGuest(state: DashboardState): DashboardState {
  const addresses = (state.shown?.snapshot.guests ?? []).map(({ address }) => address);
  const current = state.logs.guest;
  const guest = addresses[current === undefined ? 0 : addresses.indexOf(current) + 1];
  const logs = allLogs(state.logs);
  return guest === undefined ? { ...state, logs } : { ...state, guest, logs: { ...logs, guest } };
}

function logsView(context: ViewContext): readonly Line[] {
  const { state, world, rows } = context;
  const { logs } = world;
  const bottom = bottomOf(state, logs);
  const found = logs.before(bottom, logQuery(state, rows));
  if (found.length === 0) return [[span(emptyText(context), "dim")]];
  const names = (state.shown?.snapshot.guests ?? []).map(({ address }) => address);
  const nameWidth = Math.min(widest(names, 4, 24), Math.max(4, Math.floor(context.columns / 4)));
  const drawn = found.flatMap((line) => drawLine(context, line, nameWidth, names));
  return drawn.slice(-rows);
}

function emptyText({ state, world: { logs } }: ViewContext): string {
  if (state.filters.logs !== "") return ` no line matches ${state.filters.logs}`;
  if (state.logs.guest !== undefined) return ` ${state.logs.guest} has printed nothing yet`;
  return logs.last === 0 ? " nobody has printed anything yet" : " nothing here";
}

function drawLine(
  { state, columns, symbols, breadth }: ViewContext,
  line: NumberedLine,
  nameWidth: number,
  names: readonly string[],
): readonly Line[] {
  const front: Line = [
    ...(state.logs.times && breadth !== "narrow" ? [span(`${timeOfDay(line.time)} `, "dim")] : []),
    ...(state.logs.guest === undefined && columns >= 32
      ? [span(`${fit(line.guest, nameWidth, "left", symbols.ellipsis)} `, hueOf(line.guest, names))]
      : []),
  ];
  const used = front.reduce((sum, { text }) => sum + text.length, 0);
  const room = Math.max(1, columns - used);
  if (!state.logs.wraps) {
    return [clipLine([...front, span(cut(line.text, room, symbols.ellipsis))], columns, symbols.ellipsis)];
  }
  const indent: Line = [span(" ".repeat(used))];
  return wrap(line.text, room).map((piece, index) => [...(index === 0 ? front : indent), span(piece)]);
}

/** Neighbours in the list of guests have different hues. */
function hueOf(guest: string, names: readonly string[]): Tone {
  const place = Math.max(0, names.indexOf(guest)) % 6;
  return (["hue0", "hue1", "hue2", "hue3", "hue4", "hue5"] as const)[place] ?? "plain";
}
