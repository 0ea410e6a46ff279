// From one state and what happened to the next state. Pure: no terminal, no clock, no connection; logs are
// only read.

import type { Snapshot } from "../interpreter/index.ts";
import { commandOf, typedCharacter } from "./keys.ts";
import type { Command } from "./keys.ts";
import type { LogReader } from "./log-buffer.ts";
import { modeOf } from "./model.ts";
import type { DashboardState, LogPlace, Link, Size, View } from "./model.ts";
import { nextPicture } from "./rates.ts";
import { moveLogs } from "./scroll.ts";
import { helpLines } from "./views/help.ts";
import { selectedDevice, selectedGuest, selectedIndex, visibleDevices, visibleGuests } from "./select.ts";

export type Action =
  | { readonly type: "key"; readonly key: string }
  | { readonly type: "size"; readonly size: Size }
  | { readonly type: "snapshot"; readonly snapshot: Snapshot }
  | { readonly type: "link"; readonly link: Link }
  /** New lines are in the buffer. */
  | { readonly type: "logs" };

export function reduce(state: DashboardState, action: Action, logs: LogReader): DashboardState {
  switch (action.type) {
    case "size":
      return { ...state, size: action.size };
    case "snapshot": {
      const latest = nextPicture(state.latest, action.snapshot);
      return { ...state, latest, ...(state.frozen ? {} : { shown: latest }) };
    }
    case "link":
      return { ...state, link: action.link };
    case "logs":
      return { ...state };
    case "key": {
      const mode = modeOf(state);
      const command = commandOf(mode, action.key);
      if (command !== undefined) return obey(state, command, logs);
      return mode === "typing" ? type(state, action.key) : state;
    }
  }
}

function obey(state: DashboardState, command: Command, logs: LogReader): DashboardState {
  switch (command.do) {
    case "view":
      return show(state, command.view);
    case "move":
      return move(state, command.by, logs);
    case "open":
      return open(state);
    case "back":
      return back(state);
    case "leave":
      return state.attachedByUp && state.link.state === "live"
        ? { ...state, asking: true }
        : { ...state, end: "left" };
    case "interrupt":
      return state.asking ? { ...state, end: "left" } : obey(state, { do: "leave" }, logs);
    case "freeze":
      return freeze(state, logs);
    case "next-guest":
      return nextGuest(state);
    case "times":
      return { ...state, logs: { ...state.logs, times: !state.logs.times } };
    case "wraps":
      return { ...state, logs: { ...state.logs, wraps: !state.logs.wraps } };
    case "stop-lab":
      return { ...state, end: "stop" };
    case "leave-lab":
      return { ...state, end: "left" };
    case "stay":
      return { ...state, asking: false };
    case "suspend": // Both are done outside, by whoever owns the terminal.
    case "redraw":
      return state;
    default:
      return edit(state, command.do);
  }
}

function show(state: DashboardState, view: View): DashboardState {
  if (view === state.view) return view === "logs" ? { ...state, logs: allLogs(state.logs) } : state;
  const trail = [...state.trail.filter((past) => past !== view), state.view];
  const next: DashboardState = { ...state, view, trail, helpTop: 0 };
  if (view === "logs") return { ...next, logs: allLogs(state.logs) };
  return view === "rings" && state.view === "guests"
    ? selectDeviceOf(next, selectedGuest(state)?.address)
    : next;
}

const allLogs = ({ times, wraps }: LogPlace): LogPlace => ({ times, wraps });

/**
 * From a guest to its logs, from logs to the rings of their guest, from a device to the logs of who has it.
 */
function open(state: DashboardState): DashboardState {
  if (state.view === "guests") return showLogsOf(state, selectedGuest(state)?.address);
  if (state.view === "logs") return selectDeviceOf(show(state, "rings"), state.logs.guest ?? state.guest);
  const device = selectedDevice(state);
  return showLogsOf(state, device?.openBy ?? device?.guests[0]);
}

function showLogsOf(state: DashboardState, guest: string | undefined): DashboardState {
  if (guest === undefined) return state;
  const next = show(state, "logs");
  return { ...next, guest, logs: { ...allLogs(next.logs), guest } };
}

function selectDeviceOf(state: DashboardState, guest: string | undefined): DashboardState {
  const devices = visibleDevices(state);
  const current = devices.find(({ id }) => id === state.device);
  const owns = (device: (typeof devices)[number]): boolean =>
    guest !== undefined && (device.openBy === guest || device.guests.includes(guest));
  if (current !== undefined && owns(current)) return state;
  const first = devices.find(({ openBy }) => openBy === guest) ?? devices.find(owns);
  return first === undefined ? state : { ...state, device: first.id };
}

function back(state: DashboardState): DashboardState {
  if (state.view !== "help" && state.filters[state.view] !== "") return filterBy(state, "");
  const view = state.trail.at(-1);
  if (view !== undefined) return { ...state, view, trail: state.trail.slice(0, -1) };
  return state.view === "guests" ? state : { ...state, view: "guests" };
}

function freeze(state: DashboardState, logs: LogReader): DashboardState {
  if (!state.frozen) return { ...state, frozen: true, frozenLog: logs.last };
  return { ...state, frozen: false, ...(state.latest === undefined ? {} : { shown: state.latest }) };
}

function nextGuest(state: DashboardState): DashboardState {
  const addresses = (state.shown?.snapshot.guests ?? []).map(({ address }) => address);
  const current = state.logs.guest;
  const guest = addresses[current === undefined ? 0 : addresses.indexOf(current) + 1];
  const logs = allLogs(state.logs);
  return guest === undefined ? { ...state, logs } : { ...state, guest, logs: { ...logs, guest } };
}

type Move = Extract<Command, { do: "move" }>["by"];

function move(state: DashboardState, by: Move, logs: LogReader): DashboardState {
  if (state.view === "logs") return moveLogs(state, by, logs);
  if (state.view === "help") {
    const most = helpLines(state.size.columns).length - Math.max(1, state.size.rows - 4);
    return { ...state, helpTop: Math.max(0, Math.min(most, stepOf(by, state.helpTop, state.size))) };
  }
  const isGuests = state.view === "guests";
  const keys = isGuests
    ? visibleGuests(state).map(({ address }) => address)
    : visibleDevices(state).map(({ id }) => id);
  const index = selectedIndex(keys, isGuests ? state.guest : state.device);
  const key = keys[Math.max(0, Math.min(keys.length - 1, stepOf(by, index, state.size)))];
  if (key === undefined) return state;
  return isGuests ? { ...state, guest: key } : { ...state, device: key };
}

function stepOf(by: Move, index: number, size: Size): number {
  const page = Math.max(1, size.rows - 8);
  if (typeof by === "number") return index + by;
  if (by === "first") return 0;
  if (by === "last") return Number.MAX_SAFE_INTEGER;
  return by === "page-up" ? index - page : index + page;
}

function edit(
  state: DashboardState,
  what: "filter" | "accept" | "cancel" | "erase" | "erase-all",
): DashboardState {
  if (state.view === "help") return state;
  const typed = state.filters[state.view];
  if (what === "filter") return { ...state, typing: typed };
  if (what === "erase") return filterBy(state, [...typed].slice(0, -1).join(""));
  if (what === "erase-all") return filterBy(state, "");
  const { typing, ...rest } = state;
  return what === "cancel" ? filterBy(rest, typing ?? "") : rest;
}

const FILTER_CHARACTERS_MAX = 200;

function type(state: DashboardState, key: string): DashboardState {
  const character = typedCharacter(key);
  if (character === undefined || state.view === "help") return state;
  const typed = state.filters[state.view] + character;
  return [...typed].length > FILTER_CHARACTERS_MAX ? state : filterBy(state, typed);
}

function filterBy(state: DashboardState, text: string): DashboardState {
  if (state.view === "help") return state;
  const { at: _, ...place } = state.logs;
  const logs = state.view === "logs" ? place : state.logs;
  return { ...state, filters: { ...state.filters, [state.view]: text }, logs };
}
