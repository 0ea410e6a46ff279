// What happened in the lab and who did it; of the selected event also the command line that does the same.

import type { LabEvent } from "../../interpreter/index.ts";
import { seenBy } from "../filter.ts";
import { clipLine, ruleWith, span } from "../line.ts";
import type { Line, Span, Tone } from "../line.ts";
import type { DashboardState, World } from "../model.ts";
import { moveIn } from "../scroll.ts";
import { selectedIndex, windowOf } from "../select.ts";
import { tableLines, widest } from "../table.ts";
import type { Column } from "../table.ts";
import { timeOfDay, wrapWords } from "../text.ts";
import { showLogsOf } from "../walk.ts";
import type { ViewContext } from "./context.ts";
import { countText } from "./part.ts";
import type { ViewPart } from "./part.ts";

export const eventsPart: ViewPart = {
  view: "events",
  key: "e",
  help: "events: what happened and who did it",
  keys: [
    {
      keys: ["enter"],
      shown: "enter",
      command: { do: "open" },
      help: "the logs of the guest that it is about",
      footer: "logs",
      modes: ["events"],
    },
  ],
  draw: eventsView,
  count: (state, world) => {
    const all = world.events.all.length;
    return all === 0 ? undefined : countText(visibleEvents(state, world).length, all);
  },
  place: ({ event }) => (event === undefined ? [span("newest ", "dim")] : [span("stays ", "busy")]),
  move: (state, by, world) => {
    const keys = visibleEvents(state, world).map(({ sequence }) => String(sequence));
    const key = moveIn(keys, keyOf(state, keys), by, state.size);
    const { event: _, ...rest } = state;
    return key === undefined || key === keys.at(-1) ? rest : { ...rest, event: Number(key) };
  },
  enter: ({ event: _, ...shown }) => shown,
  obey: (state, command, world) => {
    if (command.do !== "open") return undefined;
    const address = selectedEvent(state, world)?.address;
    const guests = state.shown?.snapshot.guests ?? [];
    return guests.some((guest) => guest.address === address) ? showLogsOf(state, address) : state;
  },
};

const TONES: Readonly<Record<LabEvent["level"], Tone>> = { info: "plain", warning: "busy", error: "bad" };

/** Those that match the filter; while frozen none that came later. */
function visibleEvents(state: DashboardState, { events }: World): readonly LabEvent[] {
  const isSeen = seenBy(state.filters.events, eventText);
  const last = state.frozen ? state.frozenEvent : Number.POSITIVE_INFINITY;
  return events.all.filter((event) => event.sequence <= last && isSeen(event));
}

const eventText = ({ type, address = "", message, level, actor }: LabEvent): string =>
  [type, address, message, level, actor].join(" ");

/** The newest is followed. */
const keyOf = ({ event }: DashboardState, keys: readonly string[]): string | undefined =>
  event === undefined ? keys.at(-1) : String(event);

function selectedEvent(state: DashboardState, world: World): LabEvent | undefined {
  const events = visibleEvents(state, world);
  const keys = events.map(({ sequence }) => String(sequence));
  return events[selectedIndex(keys, keyOf(state, keys))];
}

function eventsView(context: ViewContext): readonly Line[] {
  const { state, world, rows, columns, symbols } = context;
  const events = visibleEvents(state, world);
  if (events.length === 0) return [[span(emptyText(state), "dim")]];
  const keys = events.map(({ sequence }) => String(sequence));
  const selected = selectedIndex(keys, keyOf(state, keys));
  const detail = rows < 8 ? [] : detailLines(context, events[selected]).slice(0, Math.floor(rows / 2));
  const titles = rows <= 3 ? 0 : 1;
  const room = Math.max(1, rows - detail.length - titles);
  const { from, to } = windowOf(events.length, selected, room);
  const table = tableLines({
    columns: columnsFor(context, events.slice(from, to)),
    rows: events.slice(from, to),
    selected: selected - from,
    width: columns,
    symbols,
  }).slice(1 - titles);
  const filler = Array.from({ length: Math.max(0, room + titles - table.length) }, (): Line => []);
  return detail.length === 0 ? table : [...table, ...filler, ...detail];
}

function emptyText(state: DashboardState): string {
  if (state.filters.events !== "") return ` no event matches ${state.filters.events}`;
  return state.shown === undefined ? " waiting for the lab to say what happened" : " nothing happened yet";
}

function columnsFor(
  { columns, breadth, symbols }: ViewContext,
  events: readonly LabEvent[],
): readonly Column<LabEvent>[] {
  const time = (long: boolean): Column<LabEvent> => ({
    title: "TIME",
    width: long ? 12 : 8,
    cell: (event) => span(timeOfDay(event.time).slice(0, long ? 12 : 8), "dim"),
  });
  const level: Column<LabEvent> = {
    title: " ",
    width: 1,
    cell: (event) => span(symbols.level[event.level], TONES[event.level]),
  };
  const what: Column<LabEvent> = {
    title: "WHAT",
    width: "grow",
    cell: (event): Span => span(breadth === "narrow" ? shortText(event) : event.message, TONES[event.level]),
  };
  if (columns < 32) return [level, what];
  if (breadth === "narrow") return [time(false), level, what];
  const addresses = events.map(({ address = "lab" }) => address);
  const actors = events.map(({ actor }) => actor);
  return [
    time(breadth === "wide"),
    level,
    { title: "WHO", width: widest(actors, 4, 10), cell: ({ actor }) => span(actor, "accent") },
    ...(breadth === "wide"
      ? [{ title: "SORT", width: 10, cell: ({ type }: LabEvent): Span => span(type, "dim") }]
      : []),
    {
      title: "ABOUT",
      width: widest(addresses, 5, breadth === "wide" ? 28 : 16),
      cell: ({ address = "lab" }) => span(address, "strong"),
    },
    what,
  ];
}

const shortText = ({ address, message }: LabEvent): string =>
  address === undefined ? message : `${address} ${message}`;

/** All of its message, and what does the same. */
function detailLines(context: ViewContext, event: LabEvent | undefined): readonly Line[] {
  const { columns, symbols } = context;
  if (event === undefined) return [];
  const head = ruleWith(event.address ?? "lab", columns, symbols);
  const message = wrapWords(event.message, columns - 2).map((piece): Line => [
    span(` ${piece}`, TONES[event.level]),
  ]);
  const line = commandLineOf(event);
  const same: readonly Line[] =
    line === undefined ? [] : [[span(" the same by hand: ", "dim"), span(line, "strong")]];
  return [head, ...message, ...same].map((one) => clipLine(one, columns, symbols.ellipsis));
}

/** What a person would have typed; absent where nobody could. */
export function commandLineOf({ type, message, actor, address }: LabEvent): string | undefined {
  if (type === "drift") {
    const [, words] = /^by hand: (.*)$/u.exec(message) ?? [];
    if (words !== undefined) return `vbus ${words}`;
    if (message.startsWith("healed")) return `vbus heal${address === undefined ? "" : ` ${address}`}`;
    return message.startsWith("adopted")
      ? `vbus adopt${address === undefined ? "" : ` ${address}`}`
      : undefined;
  }
  if (type === "plan") {
    const [, back] = /back to generation (\d+)/u.exec(message) ?? [];
    if (back !== undefined) return `vbus rollback ${back}`;
    // A change by hand is told as such too.
    return actor === "file" || actor === "apply" ? "vbus apply" : undefined;
  }
  if (type === "diagnostic") return "vbus check";
  if (type === "watch" && message.includes("waits")) return "vbus plan";
  if (type === "lab" && message === "going down") return "vbus down";
  if (type === "guest" && actor === "guest" && address !== undefined) return `vbus logs ${address}`;
  return undefined;
}
