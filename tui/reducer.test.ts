import { expect, test } from "vitest";
import { makeLine, makeSnapshot } from "./fixtures.test-support.ts";
import { makeHistory } from "./drawing.test-support.ts";
import { GuestScreen } from "./console/screen.ts";
import { EventBuffer } from "./event-buffer.ts";
import { KEYS } from "./key-table.ts";
import { LogBuffer } from "./log-buffer.ts";
import { initialState } from "./model.ts";
import type { Action, DashboardState, World } from "./model.ts";
import { FrameBuffer } from "./packets/buffer.ts";
import { valuesOf } from "./rates.ts";
import { reduce } from "./reducer.ts";
import { bottomOf } from "./scroll.ts";
import { selectedDevice, selectedGuest, visibleGuests } from "./select.ts";

const LIVE: Action = { type: "link", link: { state: "live", reason: "" } };
const worldOf = (logs = new LogBuffer()): World => ({
  logs,
  events: new EventBuffer(),
  frames: new FrameBuffer(1),
  history: makeHistory(),
  screen: new GuestScreen({ changed: () => undefined, answer: () => undefined }),
  keys: KEYS,
});
const SIZE = { columns: 80, rows: 16 };

function begin(attachedByUp = false): DashboardState {
  const empty = worldOf();
  const live = reduce(initialState(SIZE, { attachedByUp }), LIVE, empty);
  return reduce(live, { type: "snapshot", snapshot: makeSnapshot(60) }, empty);
}

function type(state: DashboardState, keys: readonly string[], logs = new LogBuffer()): DashboardState {
  return keys.reduce((next, key) => reduce(next, { type: "key", key }, worldOf(logs)), state);
}

/** Keys, and what is seen of the state after them. */
const WALKS: readonly (readonly [string, Record<string, unknown>])[] = [
  ["", { view: "guests", guest: "server", device: "client.eth0" }],
  ["j", { guest: "client" }],
  ["down down down", { guest: "client" }],
  ["j K", { guest: "server" }],
  ["G", { guest: "client" }],
  ["G g", { guest: "server" }],
  ["3", { view: "rings", device: "server.eth0" }],
  ["j 3", { view: "rings", device: "client.eth0" }],
  ["j enter", { view: "logs", logsOf: "client" }],
  ["j enter enter", { view: "rings", device: "client.eth0" }],
  ["3 enter", { view: "logs", logsOf: "server" }],
  ["j enter l", { view: "logs", logsOf: undefined }],
  ["l tab", { logsOf: "server" }],
  ["l tab tab", { logsOf: "client" }],
  ["l tab tab tab", { logsOf: undefined }],
  ["l t w", { times: false, wraps: true }],
  ["3 l esc", { view: "rings" }],
  ["3 l esc esc", { view: "guests" }],
  ["3 1 3 1 esc", { view: "rings" }],
  ["k", { view: "packets", records: false }],
  ["k r", { records: true }],
  ["k r 1 k r", { records: false }],
  ["? esc", { view: "guests" }],
  ["3 ? ?", { view: "rings" }],
  ["/ c l i enter", { filter: "cli", seen: ["client"], typing: undefined, guest: "client" }],
  ["/ c l i esc", { filter: "", seen: ["server", "client"], typing: undefined }],
  ["/ c l i enter / x esc", { filter: "cli" }],
  ["/ c l i enter esc", { filter: "", view: "guests" }],
  ["/ ! c l i backspace", { filter: "!cl", seen: ["server"], typing: "" }],
  ["/ a b ctrl-u", { filter: "" }],
  ["/ q", { filter: "q", end: undefined }],
  ["/ a space b", { filter: "a b" }],
  ["space", { frozen: true }],
  ["space space", { frozen: false }],
  ["q", { end: "left" }],
  ["3 ctrl-c", { end: "left" }],
  ["z 9 left", { view: "guests", guest: "server" }],
];

function seen(state: DashboardState): Record<string, unknown> {
  return {
    view: state.view,
    guest: selectedGuest(state)?.address,
    device: selectedDevice(state)?.id,
    logsOf: state.logs.guest,
    times: state.logs.times,
    wraps: state.logs.wraps,
    records: state.packets.records,
    filter: state.filters.guests,
    seen: visibleGuests(state).map(({ address }) => address),
    typing: state.typing,
    frozen: state.frozen,
    asking: state.asking,
    end: state.end,
  };
}

test.each(WALKS)("the keys `%s` lead to %j", (keys, expected) => {
  expect(seen(type(begin(), keys.split(" ")))).toMatchObject(expected);
});

test("the help ends where its last line is seen", () => {
  const end = type(begin(), ["?", "G"]);
  expect(type(end, ["j", "pagedown"]).helpTop).toBe(end.helpTop);
  expect(type(end, ["K"]).helpTop).toBe(end.helpTop - 1);
});

const LEAVING: readonly (readonly [string, Record<string, unknown>])[] = [
  ["q", { asking: true, end: undefined }],
  ["q esc", { asking: false, end: undefined }],
  ["q s", { end: "stop" }],
  ["q l", { end: "left" }],
  ["q j", { asking: true, guest: "server" }],
  ["ctrl-c ctrl-c", { end: "left" }],
];

test.each(LEAVING)("attached by up, the keys `%s` lead to %j", (keys, expected) => {
  expect(seen(type(begin(true), keys.split(" ")))).toMatchObject(expected);
});

test("a lab that is gone is not asked about", () => {
  const lost = reduce(begin(true), { type: "link", link: { state: "lost", reason: "gone" } }, worldOf());
  expect(type(lost, ["q"]).end).toBe("left");
});

test("a frozen picture stays while the lab goes on, and catches up at once", () => {
  const logs = new LogBuffer();
  logs.append([makeLine(1)]);
  const frozen = type(begin(), ["space"], logs);
  logs.append([makeLine(2)]);
  const rates = valuesOf(frozen.shown, "lab");
  // Its second is not over yet.
  const silent = makeSnapshot(60.5, { networks: [] });
  const soon = reduce(frozen, { type: "snapshot", snapshot: silent }, worldOf(logs));
  const later = reduce(soon, { type: "snapshot", snapshot: makeSnapshot(61) }, worldOf(logs));
  expect(later.shown?.snapshot.uptimeMs).toBe(60_000);
  expect(valuesOf(later.shown, "lab")).toEqual(rates);
  expect(valuesOf(later.latest, "lab")).toEqual([0, ...rates]);
  expect(bottomOf(later, logs)).toBe(1);
  const thawed = type(later, ["space"], logs);
  expect(thawed.shown?.snapshot.uptimeMs).toBe(61_000);
  expect(bottomOf(thawed, logs)).toBe(2);
});

test("rates are one value a second, also from counters, and begin anew with the lab", () => {
  const logs = new LogBuffer();
  const at = (state: DashboardState, second: number, pid = 4242): DashboardState =>
    reduce(state, { type: "snapshot", snapshot: makeSnapshot(second, { pid }) }, worldOf(logs));
  let state = begin();
  for (const second of [60.25, 60.5, 61, 61.5, 62]) state = at(state, second);
  expect(valuesOf(state.shown, "guest:server")).toEqual([100, 100, 100]);
  // Both directions of its 100 frames a second.
  expect(valuesOf(state.shown, "device:server.eth0")).toEqual([200, 200, 200]);
  expect(valuesOf(at(state, 63, 5).shown, "guest:server")).toEqual([100]);
  for (let second = 63; second < 400; second++) state = at(state, second);
  expect(valuesOf(state.shown, "lab")).toHaveLength(120);
});

test("logs stay where they are while new lines come, until the end is reached again", () => {
  const logs = new LogBuffer();
  logs.append(Array.from({ length: 100 }, (_, index) => makeLine(index)));
  const up = type(begin(), ["l", "K", "K", "K"], logs);
  expect(bottomOf(up, logs)).toBe(97);
  logs.append([makeLine(101), makeLine(102)]);
  expect(bottomOf(up, logs)).toBe(97);
  expect(bottomOf(type(up, ["j"], logs), logs)).toBe(98);
  expect(bottomOf(type(up, ["pagedown"], logs), logs)).toBe(102);
  expect(type(up, ["pagedown"], logs).logs.at).toBeUndefined();
  expect(bottomOf(type(up, ["G"], logs), logs)).toBe(102);
  const top = type(up, ["g"], logs);
  expect(bottomOf(top, logs)).toBe(10);
  expect(bottomOf(type(top, ["K", "pageup"], logs), logs)).toBe(10);
});
