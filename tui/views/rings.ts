// The rings: devices to choose from, and the rings of the selected one slot by slot: who owns each
// descriptor, where the head is, what was signalled and what was dropped.

import type { DeviceRow } from "../../interpreter/index.ts";
import { clipLine, lineWidth, span } from "../line.ts";
import type { Line, Span, Tone } from "../line.ts";
import { valuesOf } from "../rates.ts";
import { moveIn } from "../scroll.ts";
import { selectedDevice, selectedGuest, selectedIndex, visibleDevices, windowOf } from "../select.ts";
import { sparkline } from "../symbols.ts";
import { tableLines, widest } from "../table.ts";
import type { Column } from "../table.ts";
import { groupDigits, shortBytes, shortCount, shortTime } from "../text.ts";
import { selectDeviceOf, showLogsOf } from "../walk.ts";
import type { ViewContext } from "./context.ts";
import { countText } from "./part.ts";
import type { ViewPart } from "./part.ts";

type Ring = DeviceRow["rings"][number];
type Counter = DeviceRow["rx"];
type Histograms = DeviceRow["histograms"];

const OWNERS: readonly (readonly [string, string, Tone])[] = [
  [".", "guest", "dim"],
  ["p", "posted", "good"],
  ["c", "claimed", "busy"],
  ["f", "filled", "accent"],
];

export const ringsPart: ViewPart = {
  view: "rings",
  key: "3",
  help: "rings, of the selected guest first",
  footerModes: ["guests", "help"],
  keys: [
    {
      keys: ["enter"],
      shown: "enter",
      command: { do: "open" },
      help: "the logs of the guest that has it open",
      footer: "logs",
      modes: ["rings"],
    },
  ],
  draw: ringsView,
  count: (state) => countText(visibleDevices(state).length, state.shown?.snapshot.devices.length ?? 0),
  move: (state, by) => {
    const ids = visibleDevices(state).map(({ id }) => id);
    const device = moveIn(ids, state.device, by, state.size);
    return device === undefined ? state : { ...state, device };
  },
  enter: (shown, before) =>
    before.view === "guests" ? selectDeviceOf(shown, selectedGuest(before)?.address) : shown,
  obey: (state, command) => {
    if (command.do !== "open") return undefined;
    const device = selectedDevice(state);
    return showLogsOf(state, device?.openBy ?? device?.guests[0]);
  },
};

function ringsView(context: ViewContext): readonly Line[] {
  const { state, rows, columns, breadth, symbols } = context;
  const devices = visibleDevices(state);
  const selected = selectedIndex(
    devices.map(({ id }) => id),
    state.device,
  );
  const device = devices[selected];
  if (device === undefined) return [[span(emptyText(context), "dim")]];
  if (breadth === "wide") {
    const owners = devices.map(({ openBy }) => openBy ?? "nobody");
    const left = widest(deviceNames(devices), 12, 30) + widest(owners, 7, 20) + 15;
    const list = listLines({ ...context, columns: left, breadth: "middle" }, devices, selected, rows);
    const right = detailLines({ ...context, columns: columns - left - 3 }, device);
    return sideBySide(list, left, right.slice(0, rows), context);
  }
  if (breadth === "narrow" || rows < 10) return detailLines(context, device).slice(0, rows);
  const listRows = Math.min(devices.length + 1, Math.max(3, Math.floor(rows / 3)));
  const rule: Line = [span(symbols.rule.repeat(columns), "dim")];
  const list = listLines(context, devices, selected, listRows);
  return [...list, rule, ...detailLines(context, device).slice(0, rows - list.length - 1)];
}

const deviceNames = (devices: readonly DeviceRow[]): readonly string[] => devices.map(({ id }) => id);

function emptyText({ state }: ViewContext): string {
  if (state.shown === undefined) return " waiting for the lab to say what it is";
  return state.filters.rings === ""
    ? " this lab has no devices"
    : ` no device matches ${state.filters.rings}`;
}

function listLines(
  context: ViewContext,
  devices: readonly DeviceRow[],
  selected: number,
  rows: number,
): readonly Line[] {
  const { from, to } = windowOf(devices.length, selected, Math.max(1, rows - 1));
  const { columns, symbols, state } = context;
  const rate = ({ id }: DeviceRow): number => valuesOf(state.shown, `device:${id}`).at(-1) ?? 0;
  const cells: Column<DeviceRow>[] = [
    { title: "DEVICE", width: widest(deviceNames(devices), 12, 34), cell: ({ id }) => span(id, "strong") },
    { title: "FR/S", width: 5, align: "right", cell: (device) => span(shortCount(rate(device))) },
    {
      title: "DROPS",
      width: 5,
      align: "right",
      cell: ({ rx, tx }) =>
        span(shortCount(rx.dropped + tx.dropped), rx.dropped + tx.dropped > 0 ? "bad" : "dim"),
    },
    {
      title: "OPEN BY",
      width: "grow",
      cell: ({ openBy }) => span(openBy ?? "nobody", openBy ? "plain" : "dim"),
    },
  ];
  const rows_ = devices.slice(from, to);
  return tableLines({ columns: cells, rows: rows_, selected: selected - from, width: columns, symbols });
}

function sideBySide(
  left: readonly Line[],
  width: number,
  right: readonly Line[],
  context: ViewContext,
): readonly Line[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, row): Line => {
    const first = clipLine(left[row] ?? [], width, context.symbols.ellipsis);
    const gap = " ".repeat(Math.max(0, width - lineWidth(first)));
    return [...first, span(gap), span(` ${context.symbols.bar} `, "dim"), ...(right[row] ?? [])];
  });
}

function detailLines(context: ViewContext, device: DeviceRow): readonly Line[] {
  const { columns, symbols, state } = context;
  const rates = valuesOf(state.shown, `device:${device.id}`);
  const title: Line = [
    span(` ${device.id} `, "head"),
    span(device.class, "dim"),
    span(device.network === undefined ? "" : ` on ${device.network}`, "dim"),
    span(device.openBy === undefined ? "  opened by nobody" : `  opened by ${device.openBy}`, "dim"),
  ];
  const pace: Line = [
    span(` ${shortCount(rates.at(-1) ?? 0)} frames/s `, "strong"),
    span(sparkline(rates, Math.max(0, Math.min(40, rates.length, columns - 16)), symbols), "accent"),
  ];
  const gap: readonly Line[] = context.rows < 14 ? [] : [[]];
  const facts = [
    pace,
    counterLine("rx", device.rx),
    counterLine("tx", device.tx),
    ...classLines(context, device),
  ];
  const kicks = kickLines(context, device);
  const rings = device.rings.flatMap((ring) => [...gap, ...ringLines(context, ring)]);
  const measures = ringMeasures(context, device.histograms);
  const legend =
    device.rings.length === 0 ? [span(ringlessText(context, device), "dim")] : legendLine(context);
  // Where there is little room the rings come first: they are what the view is for.
  const lines =
    context.rows < 14
      ? [title, ...rings, ...measures, ...facts, ...kicks, legend]
      : [title, ...facts, ...kicks, ...measures, ...rings, ...gap, legend];
  return lines.map((line) => clipLine(line, columns, symbols.ellipsis));
}

function ringlessText({ state }: ViewContext, { openBy, class: class_ }: DeviceRow): string {
  if (openBy === undefined) return " no rings: nobody has it open";
  if (class_ === "vclock" || class_ === "vrng" || class_ === "folder") return ` a ${class_} has no rings`;
  return state.past === undefined ? " no rings are registered yet" : " its rings were not looked into then";
}

/** What only devices of its class have, and what waits on an impaired link. */
function classLines({ columns, state }: ViewContext, device: DeviceRow): readonly Line[] {
  const { ticks, randomBytes, requests, egress, ingress } = device;
  const channel = state.shown?.snapshot.channels.find(({ id }) => id === device.channel);
  const pieces: Line[] = [
    ...(ticks === undefined ? [] : [fact("ticks", groupDigits(ticks))]),
    ...(randomBytes === undefined ? [] : [fact("random", shortBytes(randomBytes))]),
    ...Object.entries(requests ?? {}).map(([name, count]) => fact(name, groupDigits(count))),
    ...(egress === undefined ? [] : [fact("on the way out", groupDigits(egress.waiting))]),
    ...(ingress === undefined ? [] : [fact("on the way in", groupDigits(ingress.waiting))]),
    ...lateOf("late out", egress),
    ...lateOf("late in", ingress),
    ...(channel === undefined
      ? []
      : [fact("channel", channel.id), fact("waiting in it", groupDigits(channel.waiting))]),
    ...(device.late === 0 ? [] : [fact("late wake-ups", groupDigits(device.late), "bad")]),
  ];
  return packed(pieces, columns);
}

/** How well the delay of a bad link is kept: the median and the worst of a hundred. */
function lateOf(name: string, line: DeviceRow["egress"]): readonly Line[] {
  if (line === undefined || line.lateNs.count === 0) return [];
  return [fact(name, `${shortTime(line.lateNs.p50)}/${shortTime(line.lateNs.p99)}`)];
}

/** The slot of the oldest frame that its guest has not given back; -1 where none is. */
function tailOf(ring: Ring): number {
  if (!isReceiving(ring) || ring.size === 0) return -1;
  let back = 0;
  const owner = (): string =>
    ring.slots[(((ring.head - back - 1) % ring.size) + ring.size) % ring.size] ?? ".";
  // Bound: once round.
  while (back < ring.size && (owner() === "f" || owner() === "c")) back++;
  return back === 0 ? -1 : (ring.head - back + ring.size * 2) % ring.size;
}

const fact = (name: string, value: string, tone: Tone = "plain"): readonly Span[] => [
  span(` ${name} `, "dim"),
  span(value, tone),
  span(" "),
];

function counterLine(name: string, counter: Counter): Line {
  const reasons = Object.entries(counter.droppedBy).filter(([, count]) => count > 0);
  const drops = reasons.map(([reason, count]) => `${reason} ${groupDigits(count)}`).join(", ");
  return [
    span(` ${name} `, "dim"),
    span(`${groupDigits(counter.count)} frames `),
    span(`${shortBytes(counter.bytes)} `),
    ...(counter.dropped === 0
      ? fact("dropped", "0", "dim")
      : fact("dropped", `${groupDigits(counter.dropped)}${drops === "" ? "" : ` (${drops})`}`, "bad")),
  ];
}

/** The ring's facts, then its slots in rows of a power of two. */
function ringLines(context: ViewContext, ring: Ring): readonly Line[] {
  const total = ring.signals + ring.suppressed;
  const share = total === 0 ? "" : ` (${Math.round((ring.suppressed / total) * 100)}%)`;
  const head: Line = [
    span(` ${ring.name} `, "head"),
    ...fact("size", String(ring.size)),
    ...fact("head", groupDigits(ring.head)),
    ...(isReceiving(ring)
      ? [
          ...fact("filled", groupDigits(ring.filled)),
          ...fact("interrupts", groupDigits(ring.interrupts)),
          ...fact("suppressed", `${groupDigits(ring.suppressed)}${share}`),
          span(ring.enabled ? " enabled" : "", "good"),
        ]
      : fact("posted", groupDigits(ring.filled))),
  ];
  const label = String(Math.max(0, ring.size - 1)).length;
  const room = Math.max(1, context.columns - label - 3);
  const width = 2 ** Math.floor(Math.log2(Math.min(64, Math.max(room, 1), Math.max(ring.slots.length, 1))));
  const lines: Line[] = [head];
  for (let from = 0; from < ring.slots.length; from += width) {
    const slots = slotSpans(context, ring, from, Math.min(from + width, ring.slots.length));
    lines.push([span(` ${String(from).padStart(label)} `, "dim"), ...slots]);
  }
  return lines;
}

const isReceiving = ({ name }: Ring): boolean => name === "rx" || name === "in";

/** What was measured at the receiving ring; nothing where nothing was. */
function ringMeasures(
  { columns }: ViewContext,
  { latencyNs, wakeNs, occupancy }: Histograms,
): readonly Line[] {
  const measures = [
    measureOf("latency", latencyNs, shortTime),
    measureOf("wake-up", wakeNs, shortTime),
    measureOf("filled", occupancy, groupDigits),
  ].filter((measure) => measure.length > 0);
  return measures.length === 0 ? [] : packed([QUANTILES, ...measures], columns);
}

/** Calls of the host to send: how many, with how many frames, and how long each took. */
function kickLines({ columns }: ViewContext, { kicks, tx, histograms }: DeviceRow): readonly Line[] {
  const mean = kicks === 0 ? [] : [fact("frames/kick", (tx.count / kicks).toFixed(1))];
  const measures = [
    measureOf("frames", histograms.framesPerKick, groupDigits),
    measureOf("time", histograms.kickNs, shortTime),
  ].filter((measure) => measure.length > 0);
  const quantiles = measures.length === 0 ? [] : [QUANTILES, ...measures];
  return packed([fact("kicks", groupDigits(kicks)), ...mean, ...quantiles], columns);
}

const QUANTILES: Line = [span(" p50/99/99.9 ", "dim")];

function measureOf(name: string, of: Histograms["wakeNs"], text: (value: number) => string): Line {
  return of.count === 0 ? [] : fact(name, [of.p50, of.p99, of.p999].map(text).join("/"));
}

/** Pieces on as few lines as they fit on. */
function packed(pieces: readonly Line[], columns: number): readonly Line[] {
  const lines: Line[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    if (last !== undefined && lineWidth(last) + lineWidth(piece) <= columns)
      lines[lines.length - 1] = [...last, ...piece];
    else lines.push(piece);
  }
  return lines;
}

/** Slots of one owner in one piece; the slot of the head stands out. */
function slotSpans({ symbols }: ViewContext, ring: Ring, from: number, to: number): readonly Span[] {
  const spans: { text: string; tone: Tone }[] = [];
  const head = ring.size > 0 ? ring.head % ring.size : -1;
  const tail = tailOf(ring);
  for (let at = from; at < to; at++) {
    const letter = ring.slots[at] ?? ".";
    const tone =
      at === head
        ? "badge"
        : at === tail
          ? "tab"
          : (OWNERS.find(([owner]) => owner === letter)?.[2] ?? "plain");
    const glyph = symbols.slot[letter] ?? letter;
    const last = spans.at(-1);
    if (last?.tone === tone) last.text += glyph;
    else spans.push({ text: glyph, tone });
  }
  return spans;
}

function legendLine({ symbols }: ViewContext): Line {
  const owners = OWNERS.flatMap(([letter, word, tone]) => [
    span(` ${symbols.slot[letter] ?? letter}`, tone),
    span(` ${word} `, "dim"),
  ]);
  const marks = [
    span(" "),
    span(" ", "badge"),
    span(" head ", "dim"),
    span(" ", "tab"),
    span(" tail", "dim"),
  ];
  return [...owners, ...marks];
}
