// From one view to another. Each step can be gone back.

import type { DashboardState, LogPlace, View } from "./model.ts";
import { visibleDevices } from "./select.ts";

export function show(state: DashboardState, view: View): DashboardState {
  if (view === state.view) return state;
  const trail = [...state.trail.filter((past) => past !== view), state.view];
  return { ...state, view, trail, helpTop: 0 };
}

/** The logs of everyone, the newest at the bottom. */
export const allLogs = ({ times, wraps }: LogPlace): LogPlace => ({ times, wraps });

export function showLogsOf(state: DashboardState, guest: string | undefined): DashboardState {
  if (guest === undefined) return state;
  const next = show(state, "logs");
  return { ...next, guest, logs: { ...allLogs(next.logs), guest } };
}

/** Selects a device of the guest, if it has one and none of its own is selected. */
export function selectDeviceOf(state: DashboardState, guest: string | undefined): DashboardState {
  const devices = visibleDevices(state);
  const current = devices.find(({ id }) => id === state.device);
  const owns = (device: (typeof devices)[number]): boolean =>
    guest !== undefined && (device.openBy === guest || device.guests.includes(guest));
  if (current !== undefined && owns(current)) return state;
  const first = devices.find(({ openBy }) => openBy === guest) ?? devices.find(owns);
  return first === undefined ? state : { ...state, device: first.id };
}

export function back(state: DashboardState): DashboardState {
  if (state.filters[state.view] !== "") return filterBy(state, "");
  const view = state.trail.at(-1);
  if (view !== undefined) return { ...state, view, trail: state.trail.slice(0, -1) };
  return state.view === "guests" ? state : { ...state, view: "guests" };
}

/** The view that is seen shows only what matches. */
export function filterBy(state: DashboardState, text: string): DashboardState {
  const { at: _, ...place } = state.logs;
  const logs = state.view === "logs" ? place : state.logs;
  const { at: __, ...packetPlace } = state.packets;
  const packets = state.view === "packets" ? packetPlace : state.packets;
  return { ...state, filters: { ...state.filters, [state.view]: text }, logs, packets };
}
