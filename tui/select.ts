// What of the state is seen: lists after their filter, and which row is the selected one. Pure, asked by the
// reducer and by the views, so that both mean the same row.

import type { DeviceRow, GuestRow } from "../interpreter/index.ts";
import { readFilter, seenBy, type Labels } from "./filter.ts";
import type { LogQuery } from "./log-buffer.ts";
import type { DashboardState } from "./model.ts";

export function visibleGuests(state: DashboardState): readonly GuestRow[] {
  const isSeen = seenBy(state.filters.guests, guestText, ({ labels }) => labels);
  return (state.shown?.snapshot.guests ?? []).filter(isSeen);
}

export function visibleDevices(state: DashboardState): readonly DeviceRow[] {
  const { devices = [], guests = [] } = state.shown?.snapshot ?? {};
  const labels = new Map(guests.map((guest) => [guest.address, guest.labels]));
  const labelsOf = (device: DeviceRow): Labels =>
    Object.assign({}, ...device.guests.map((guest) => labels.get(guest)));
  return devices.filter(seenBy(state.filters.rings, deviceText, labelsOf));
}

/** The place of the selected row; the first one where the selected one is not seen; -1 of an empty list. */
export function selectedIndex(keys: readonly string[], selected: string | undefined): number {
  return keys.length === 0 ? -1 : Math.max(0, selected === undefined ? 0 : keys.indexOf(selected));
}

export function selectedGuest(state: DashboardState): GuestRow | undefined {
  const guests = visibleGuests(state);
  return guests[
    selectedIndex(
      guests.map(({ address }) => address),
      state.guest,
    )
  ];
}

export function selectedDevice(state: DashboardState): DeviceRow | undefined {
  const devices = visibleDevices(state);
  return devices[
    selectedIndex(
      devices.map(({ id }) => id),
      state.device,
    )
  ];
}

/** Which lines the logs view shows, at most `count`. */
export function logQuery(state: DashboardState, count: number): LogQuery {
  const { matches } = readFilter(state.filters.logs);
  const { guest } = state.logs;
  const labels = new Map(state.shown?.snapshot.guests.map((one) => [one.address, one.labels]));
  return { count, guest, wanted: (line) => matches(`${line.guest} ${line.text}`, labels.get(line.guest)) };
}

/** The part of a list of `total` rows that `room` rows show, the selected one among them. */
export function windowOf(total: number, selected: number, room: number): { from: number; to: number } {
  const from = Math.max(0, Math.min(selected - Math.floor(room / 2), total - room));
  return { from, to: Math.min(total, from + Math.max(0, room)) };
}

function guestText(guest: GuestRow): string {
  const labels = Object.entries(guest.labels).map(([name, value]) => `${name}=${value}`);
  const ips = guest.interfaces.map(({ ip }) => ip);
  return [guest.address, guest.state, guest.image, guest.bus, guest.reason ?? "", ...labels, ...ips].join(
    " ",
  );
}

function deviceText(device: DeviceRow): string {
  return [
    device.id,
    device.class,
    device.bus,
    device.network ?? "",
    device.openBy ?? "",
    ...device.guests,
  ].join(" ");
}
