// The buses: what is on each, what is behind it, and who opened it; channels, volumes and uplinks, which are
// on none, below them.

import type { BusRow, DeviceRow, Snapshot } from "../../interpreter/index.ts";
import { seenBy } from "../filter.ts";
import { span } from "../line.ts";
import type { Line, Span } from "../line.ts";
import type { DashboardState } from "../model.ts";
import { valuesOf } from "../rates.ts";
import { moveIn } from "../scroll.ts";
import { selectedIndex, windowOf } from "../select.ts";
import { tableLines, widest } from "../table.ts";
import type { Column } from "../table.ts";
import { shortBytes, shortCount } from "../text.ts";
import { show } from "../walk.ts";
import type { ViewContext } from "./context.ts";
import { countText } from "./part.ts";
import type { ViewPart } from "./part.ts";

/** A line of the view; `id` is an address. */
interface BusLine {
  readonly id: string;
  /** Indented below a bus. */
  readonly device?: DeviceRow;
  readonly name: string;
  readonly sort: string;
  /** What is behind it; of a bus its members. */
  readonly behind: string;
  readonly openBy?: string;
  readonly count?: number;
  readonly dropped: number;
}

export const busesPart: ViewPart = {
  view: "buses",
  key: "2",
  help: "buses, their devices, and who opened them",
  keys: [
    {
      keys: ["enter"],
      shown: "enter",
      command: { do: "open" },
      help: "the rings of this device",
      footer: "rings",
      modes: ["buses"],
    },
  ],
  draw: busesView,
  count: (state) => {
    const all = state.shown?.snapshot.buses.length ?? 0;
    return countText(visibleLines(state).filter(({ sort }) => sort === "bus").length, all);
  },
  move: (state, by) => {
    const ids = visibleLines(state).map(({ id }) => id);
    const bus = moveIn(ids, state.bus, by, state.size);
    return bus === undefined ? state : { ...state, bus };
  },
  obey: (state, command) => {
    if (command.do !== "open") return undefined;
    const lines = visibleLines(state);
    const ids = lines.map(({ id }) => id);
    const at = selectedIndex(ids, state.bus);
    // A bus stands for its first device.
    const device = lines[at]?.device ?? (lines[at]?.sort === "bus" ? lines[at + 1]?.device : undefined);
    return device === undefined ? state : { ...show(state, "rings"), device: device.id };
  },
};

/** Buses with the devices that match the filter, or that match it themselves with all of theirs. */
function visibleLines({ shown, filters }: DashboardState): readonly BusLine[] {
  const snapshot = shown?.snapshot;
  if (snapshot === undefined) return [];
  const isSeen = seenBy(filters.buses, (line: BusLine) =>
    [line.id, line.sort, line.behind, line.openBy ?? ""].join(" "),
  );
  const byBus = Map.groupBy(snapshot.devices, ({ bus }) => bus);
  const buses = snapshot.buses.flatMap((bus) => {
    const head = busLine(bus);
    const devices = (byBus.get(bus.address) ?? []).map((device) => deviceLine(device, bus));
    const seen = filters.buses === "" || isSeen(head) ? devices : devices.filter(isSeen);
    return seen.length > 0 || isSeen(head) ? [head, ...seen] : [];
  });
  return [...buses, ...looseLines(snapshot).filter(isSeen)];
}

const busLine = ({ address, members }: BusRow): BusLine => ({
  id: address,
  name: address,
  sort: "bus",
  behind: members.length === 0 ? "no guest" : members.join(", "),
  dropped: 0,
});

function deviceLine(device: DeviceRow, bus: BusRow): BusLine {
  const { id, name, rx, tx, openBy, network, channel, volume } = device;
  return {
    id,
    device,
    name: id.startsWith(`${bus.address}.`) ? id.slice(bus.address.length + 1) : name,
    sort: device.class,
    behind: network ?? channel ?? volume ?? "",
    ...(openBy !== undefined && { openBy }),
    count: rx.count + tx.count,
    dropped: rx.dropped + tx.dropped,
  };
}

/** What stands for itself. */
function looseLines({ channels, volumes, uplinks }: Snapshot): readonly BusLine[] {
  return [
    ...channels.map((one): BusLine => ({
      id: one.id,
      name: one.id,
      sort: "channel",
      behind: `${one.kind}, ${one.ends} ends, ${one.waiting} waiting`,
      count: one.messages.count,
      dropped: one.messages.dropped,
    })),
    ...volumes.map((one): BusLine => ({
      id: one.address,
      name: one.address,
      sort: "volume",
      behind: `${one.class}, ${shortBytes(one.size)}${one.readonly ? ", read-only" : ""}`,
      count: one.reads + one.writes,
      dropped: 0,
    })),
    ...uplinks.map((one): BusLine => ({
      id: one.id,
      name: one.id,
      sort: "uplink",
      behind: `${one.class} of ${one.network}, ${one.link}`,
      count: one.rx.count + one.tx.count,
      dropped: one.rx.dropped + one.tx.dropped,
    })),
  ];
}

function busesView(context: ViewContext): readonly Line[] {
  const { state, rows, columns, symbols } = context;
  const lines = visibleLines(state);
  if (lines.length === 0) return [[span(emptyText(state), "dim")]];
  const ids = lines.map(({ id }) => id);
  const selected = selectedIndex(ids, state.bus);
  const titles = rows <= 3 ? 0 : 1;
  const { from, to } = windowOf(lines.length, selected, Math.max(1, rows - titles));
  return tableLines({
    columns: columnsFor(context, lines),
    rows: lines.slice(from, to),
    selected: selected - from,
    width: columns,
    symbols,
  }).slice(1 - titles);
}

function emptyText({ shown, filters }: DashboardState): string {
  if (shown === undefined) return " waiting for the lab to say what it is";
  return filters.buses === "" ? " this lab has no buses" : ` nothing matches ${filters.buses}`;
}

const nameOf = ({ device, name }: BusLine): string => (device === undefined ? name : `  ${name}`);

function columnsFor(
  { columns, breadth, state }: ViewContext,
  lines: readonly BusLine[],
): readonly Column<BusLine>[] {
  const most = breadth === "wide" ? 32 : breadth === "middle" ? 24 : 18;
  const name: Column<BusLine> = {
    title: "BUS  DEVICE",
    width: columns < 32 ? "grow" : widest(lines.map(nameOf), 11, most),
    cell: (line) => span(nameOf(line), line.device === undefined ? "head" : "strong"),
  };
  if (columns < 32) return [name];
  const sort: Column<BusLine> = { title: "CLASS", width: 8, cell: (line) => span(line.sort, "dim") };
  const behind: Column<BusLine> = {
    title: "BEHIND IT",
    width: "grow",
    cell: ({ behind: text }) => span(text),
  };
  if (breadth === "narrow") return [name, sort, behind];
  const number = (title: string, of: (line: BusLine) => Span): Column<BusLine> => ({
    title,
    width: 6,
    align: "right",
    cell: of,
  });
  const openers = lines.map(({ openBy = "nobody" }) => openBy);
  return [
    name,
    sort,
    {
      title: "OPEN BY",
      width: widest(openers, 7, breadth === "wide" ? 24 : 12),
      cell: (line) =>
        line.device === undefined ? span("") : span(line.openBy ?? "nobody", line.openBy ? "plain" : "dim"),
    },
    number("COUNT", ({ count }) => span(count === undefined ? "" : shortCount(count))),
    number("/S", ({ device }) =>
      span(device === undefined ? "" : shortCount(valuesOf(state.shown, `device:${device.id}`).at(-1) ?? 0)),
    ),
    number("DROPS", ({ count, dropped }) =>
      span(count === undefined ? "" : shortCount(dropped), dropped > 0 ? "bad" : "dim"),
    ),
    behind,
  ];
}
