// The guests: one row each, and what is known of the selected one below where there is room.

import type { GuestRow } from "../../interpreter/index.ts";
import { clipLine, ruleWith, span } from "../line.ts";
import type { Line, Span, Tone } from "../line.ts";
import { valuesOf } from "../rates.ts";
import { moveIn } from "../scroll.ts";
import { selectedGuest, selectedIndex, visibleGuests, windowOf } from "../select.ts";
import { sparkline } from "../symbols.ts";
import { tableLines, widest } from "../table.ts";
import type { Column } from "../table.ts";
import { shortBytes, shortCount, shortDuration } from "../text.ts";
import { showLogsOf } from "../walk.ts";
import type { ViewContext } from "./context.ts";
import { countText } from "./part.ts";
import type { ViewPart } from "./part.ts";

export const GUEST_TONES: Readonly<Record<GuestRow["state"], Tone>> = {
  waiting: "dim",
  booting: "busy",
  running: "good",
  paused: "busy",
  stopping: "busy",
  completed: "good",
  failed: "bad",
  stopped: "dim",
  quarantined: "bad",
};
/** Lines of the table that go before those about the selected guest. */
const TABLE_ROWS_MIN = 6;

export const guestsPart: ViewPart = {
  view: "guests",
  key: "1",
  help: "guests",
  keys: [
    {
      keys: ["enter"],
      shown: "enter",
      command: { do: "open" },
      help: "the logs of this guest",
      footer: "logs",
      modes: ["guests"],
    },
  ],
  draw: guestsView,
  count: (state) => countText(visibleGuests(state).length, state.shown?.snapshot.guests.length ?? 0),
  move: (state, by) => {
    const addresses = visibleGuests(state).map(({ address }) => address);
    const guest = moveIn(addresses, state.guest, by, state.size);
    return guest === undefined ? state : { ...state, guest };
  },
  obey: (state, command) =>
    command.do === "open" ? showLogsOf(state, selectedGuest(state)?.address) : undefined,
};

function guestsView(context: ViewContext): readonly Line[] {
  const { state, rows, columns, symbols } = context;
  const guests = visibleGuests(state);
  if (guests.length === 0) return [[span(emptyText(context), "dim")]];
  const detail = detailLines(context, guests);
  const detailRows = rows - Math.min(guests.length + 1, TABLE_ROWS_MIN) >= detail.length ? detail.length : 0;
  const selected = selectedIndex(
    guests.map(({ address }) => address),
    state.guest,
  );
  const titles = rows <= 3 ? 0 : 1;
  const { from, to } = windowOf(guests.length, selected, Math.max(1, rows - detailRows - titles));
  const table = tableLines({
    columns: columnsFor(context, guests),
    rows: guests.slice(from, to),
    selected: selected - from,
    width: columns,
    symbols,
  });
  if (detailRows === 0) return table.slice(1 - titles, rows + 1 - titles);
  return [...table, ...detail, ...lastWords(context, guests, rows - table.length - detail.length - 1)];
}

function emptyText({ state }: ViewContext): string {
  if (state.shown === undefined) return " waiting for the lab to say what it is";
  return state.filters.guests === ""
    ? " this lab has no guests"
    : ` no guest matches ${state.filters.guests}`;
}

function stateCell(guest: GuestRow, context: ViewContext): Span {
  const exit = guest.exit === undefined ? "" : ` ${guest.exit}`;
  return span(`${context.symbols.state[guest.state]} ${guest.state}${exit}`, GUEST_TONES[guest.state]);
}

function columnsFor(context: ViewContext, guests: readonly GuestRow[]): readonly Column<GuestRow>[] {
  const { symbols, breadth, columns, state } = context;
  const names = guests.map(({ address }) => address);
  const frames = (guest: GuestRow): Span =>
    span(shortCount(guest.framesPerSecond), guest.framesPerSecond > 0 ? "strong" : "dim");
  const status = (width: number): Column<GuestRow> => ({
    title: "STATE",
    width,
    cell: (guest) => stateCell(guest, context),
  });
  const name = (width: number | "grow"): Column<GuestRow> => ({
    title: "GUEST",
    width,
    cell: ({ address }) => span(address, "strong"),
  });
  if (columns < 32) {
    return [
      { title: " ", width: 1, cell: (guest) => span(symbols.state[guest.state], GUEST_TONES[guest.state]) },
      name("grow"),
    ];
  }
  const rate: Column<GuestRow> = { title: "FR/S", width: 5, align: "right", cell: frames };
  if (breadth === "narrow") return [name("grow"), status(13), rate];
  const spark: Column<GuestRow> = {
    title: "FRAMES",
    width: "grow",
    cell: ({ address }, width) =>
      span(sparkline(valuesOf(state.shown, `guest:${address}`), Math.min(width, 60), symbols), "accent"),
  };
  const numbers: readonly Column<GuestRow>[] = [
    { title: "CPU%", width: 5, align: "right", cell: ({ cpu }) => span((cpu * 100).toFixed(1)) },
    { title: "MEM", width: 5, align: "right", cell: ({ memory }) => span(shortBytes(memory)) },
    {
      title: "RST",
      width: 3,
      align: "right",
      cell: ({ restarts }) => span(String(restarts), restarts > 0 ? "busy" : "dim"),
    },
    { title: "UPTIME", width: 6, align: "right", cell: ({ uptimeMs }) => span(shortDuration(uptimeMs)) },
    rate,
  ];
  if (breadth === "middle") return [name(widest(names, 8, 20)), status(14), ...numbers, spark];
  const images = guests.map(({ image }) => image);
  return [
    name(widest(names, 8, 32)),
    status(14),
    { title: "GOAL", width: 11, cell: (guest) => goalCell(guest, context) },
    { title: "IMAGE", width: widest(images, 8, 24), cell: ({ image }) => span(image, "dim") },
    { title: "VCPU", width: 9, cell: ({ vcpu }) => span(vcpu, vcpu === "shared" ? "plain" : "dim") },
    ...numbers,
    spark,
  ];
}

function goalCell({ goal, goalMet }: GuestRow, { symbols }: ViewContext): Span {
  return span(`${goalMet ? symbols.met : symbols.unmet} ${goal}`, goalMet ? "good" : "dim");
}

/** What the table has no room for; one fact in brackets of its own. */
function detailLines(context: ViewContext, guests: readonly GuestRow[]): readonly Line[] {
  const { state, columns, symbols, breadth } = context;
  const addresses = guests.map(({ address }) => address);
  const guest = guests[selectedIndex(addresses, state.guest)];
  if (guest === undefined || breadth === "narrow") return [];
  const facts: [string, string][] = [
    ["image", guest.image],
    ["bus", guest.bus],
    // The table says it where there is room; elsewhere what is the rule is not said.
    ...(guest.vcpu === "shared" && breadth !== "wide" ? [["vcpu", "shared"] as [string, string]] : []),
    ["goal", `${guest.goal}${guest.goalMet ? ", met" : ", not met"}`],
    ["verbs", shortCount(guest.exits)],
    ["signals", shortCount(guest.signals)],
  ];
  const nets = guest.interfaces.map(({ device, ip, mac }): [string, string] => [device, `${ip} ${mac}`]);
  const labels = Object.entries(guest.labels).map(([key, value]) => `${key}=${value}`);
  if (labels.length > 0) nets.push(["labels", labels.join(" ")]);
  if (guest.reason !== undefined) nets.push(["reason", guest.reason]);
  const head = ruleWith(guest.address, columns, symbols);
  return [head, factLine(facts), factLine(nets)].map((line) => clipLine(line, columns, symbols.ellipsis));
}

/** The newest lines of the selected guest, where there is room. */
function lastWords(context: ViewContext, guests: readonly GuestRow[], room: number): readonly Line[] {
  const { state, world, columns, symbols } = context;
  const { logs } = world;
  const addresses = guests.map(({ address }) => address);
  const guest = addresses[selectedIndex(addresses, state.guest)];
  if (room < 2 || guest === undefined) return [];
  const bottom = state.frozen ? state.frozenLog : logs.last;
  const lines = logs.before(bottom, { count: room, guest });
  const drawn = lines.map(({ text }) =>
    clipLine([span(` ${symbols.bar} `, "dim"), span(text)], columns, symbols.ellipsis),
  );
  return [[], ...drawn];
}

/** ` name value   name value`. */
function factLine(facts: readonly (readonly [string, string])[]): Line {
  return facts.flatMap(([name, value]) => [span(` ${name} `, "dim"), span(`${value} `)]);
}
