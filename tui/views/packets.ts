// Frames as they pass, decoded, each where it was sent; with the reason where one was dropped. Only those on
// the screen are decoded.

import { clipLine, span } from "../line.ts";
import type { Line, Span } from "../line.ts";
import type { DashboardState, World } from "../model.ts";
import { FRAMES_MAX } from "../packets/buffer.ts";
import type { FrameReader, ShownFrame } from "../packets/buffer.ts";
import { readFilter } from "../filter.ts";
import { scroll } from "../scroll.ts";
import { widest } from "../table.ts";
import { fit, shortBytes, shortCount } from "../text.ts";
import { show } from "../walk.ts";
import type { ViewContext } from "./context.ts";
import type { ViewPart } from "./part.ts";

export const packetsPart: ViewPart = {
  view: "packets",
  key: "k",
  help: "packets: frames as they pass, with why they were dropped",
  keys: [
    {
      keys: ["enter"],
      shown: "enter",
      command: { do: "open" },
      help: "the rings of the device where the last one was seen",
      footer: "rings",
      modes: ["packets"],
    },
    {
      keys: ["r"],
      shown: "r",
      command: { do: "record" },
      help: "record also while another view is seen, or no more",
      footer: "record",
      modes: ["packets"],
    },
  ],
  draw: packetsView,
  count: (_, { frames }) => (frames.last === 0 ? undefined : shortCount(frames.last)),
  place: ({ packets, frozen }) => {
    const follows = packets.at === undefined && !frozen;
    return [
      ...(packets.records ? [span(" RECORDING ", "badge"), span(" ")] : []),
      span(follows ? "following " : "scrolled ", follows ? "dim" : "busy"),
    ];
  },
  move: (state, by, { frames }) => {
    const { at, ...place } = state.packets;
    const { matches } = readFilter(state.filters.packets);
    const next = scroll(
      {
        at,
        newest: newestOf(state, frames),
        before: (sequence, count) => frames.before(sequence, count, matches),
        after: (sequence, count) => frames.after(sequence, count, matches),
      },
      by,
      state.size,
    );
    return { ...state, packets: next === undefined ? place : { ...place, at: next } };
  },
  enter: (shown) => {
    const { at: _, trouble: __, ...packets } = shown.packets;
    return { ...shown, packets };
  },
  obey: (state, command, world) => {
    switch (command.do) {
      case "record":
        return { ...state, packets: { ...state.packets, records: !state.packets.records } };
      case "open": {
        const device = framesSeen(state, world, 1).at(-1)?.device;
        return device === undefined ? state : { ...show(state, "rings"), device };
      }
      default:
        return undefined;
    }
  },
};

function newestOf({ frozen, frozenFrame }: DashboardState, frames: FrameReader): number {
  return frozen ? frozenFrame : frames.last;
}

function framesSeen(state: DashboardState, { frames }: World, count: number): readonly ShownFrame[] {
  const typed = state.filters.packets;
  const bottom = state.packets.at ?? newestOf(state, frames);
  return frames.before(bottom, count, typed === "" ? undefined : readFilter(typed).matches);
}

function packetsView(context: ViewContext): readonly Line[] {
  const { state, world, rows, columns, symbols } = context;
  const found = framesSeen(state, world, Math.max(1, rows - 1));
  if (found.length === 0) return [[span(emptyText(context), "dim")]];
  const names = (state.shown?.snapshot.devices ?? [])
    .filter(({ class: class_ }) => class_ === "venet")
    .map(({ id }) => id);
  const nameWidth = Math.min(widest(names, 6, 24), Math.max(6, Math.floor(columns / 5)));
  const isNarrow = context.breadth === "narrow";
  const widths: Widths = {
    name: nameWidth,
    source: isNarrow ? 0 : widest(["FROM", ...found.map(({ source }) => source)], 4, 24),
    target: isNarrow ? 0 : widest(["TO", ...found.map(({ target }) => target)], 2, 24),
  };
  const head: Line = headOf(context, widths);
  const lines = found.map((frame) => frameLine(context, frame, widths));
  return [head, ...lines].map((line) => clipLine(line, columns, symbols.ellipsis)).slice(-rows);
}

function emptyText({ state, world }: ViewContext): string {
  if (state.packets.trouble !== undefined) return ` no frames can be seen: ${state.packets.trouble}`;
  if (state.filters.packets !== "") return ` no frame matches ${state.filters.packets}`;
  const held = `the last ${shortCount(FRAMES_MAX)} are kept, in ${shortBytes(world.frames.heldBytes)}`;
  return ` waiting for frames on the lab's networks; ${held}`;
}

/** Of columns, in cells; 0: as long as it is. */
interface Widths {
  readonly name: number;
  readonly source: number;
  readonly target: number;
}

const pad = (text: string, width: number): string => (width === 0 ? text : text.padEnd(width));

/** Columns that are there at this width, as the lines have them. */
function headOf({ breadth, columns }: ViewContext, { name, source, target }: Widths): Line {
  const time = breadth === "narrow" ? "" : `${fit("TIME", 12)} `;
  const device = columns >= 32 ? `${fit("SENT BY", name)} ` : "";
  const length = breadth === "narrow" ? "" : ` ${fit("LEN", 5, "right")}`;
  const ends = `${pad("FROM", source)}   ${pad("TO", target)}`;
  return [span(` ${time}${device}${fit("WHAT", 6)}${length} ${ends}`, "head")];
}

function frameLine({ breadth, columns, symbols }: ViewContext, frame: ShownFrame, widths: Widths): Line {
  const { device, protocol, source, target, summary, dropped, length, timeMs, afterGap } = frame;
  const isDropped = dropped !== undefined;
  const mark = afterGap ? span(symbols.ellipsis, "dim") : span(" ");
  const front: Span[] = [isDropped ? span(symbols.state.failed, "bad") : mark];
  if (breadth !== "narrow") front.push(span(`${new Date(timeMs).toISOString().slice(11, 23)} `, "dim"));
  if (columns >= 32) front.push(span(`${fit(device, widths.name, "left", symbols.ellipsis)} `));
  front.push(span(fit(protocol, 6, "left", symbols.ellipsis), isDropped ? "bad" : "accent"));
  if (breadth !== "narrow") front.push(span(` ${fit(shortBytes(length), 5, "right")}`, "dim"));
  const reason: Line = isDropped ? [span(` dropped: ${dropped}`, "bad")] : [];
  return [
    ...front,
    span(` ${pad(source, widths.source)}`),
    span(" > ", "dim"),
    span(pad(target, widths.target)),
    ...reason,
    span(` ${summary}`, "dim"),
  ];
}
