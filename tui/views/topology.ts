// The lab as a graph: guests at the left, what they are joined to at the right, and on each edge what its
// link is told to be.

import { hubsOf } from "../edges.ts";
import type { Edge, Hub } from "../edges.ts";
import { KNOBS } from "../impairment.ts";
import { clipLine, lineWidth, paint, ruleWith, span } from "../line.ts";
import type { Line, Span } from "../line.ts";
import { valuesOf } from "../rates.ts";
import { moveIn } from "../scroll.ts";
import { windowOf } from "../select.ts";
import { widest } from "../table.ts";
import { cut, fit, shortCount, widthOf } from "../text.ts";
import {
  askHand,
  chooseKnob,
  cutLink,
  hearHand,
  isByHand,
  selectedEdge,
  settleHand,
  settlePending,
  stepImpairment,
  turnWay,
  valueAt,
  visibleEdges,
} from "../topology.ts";
import { show } from "../walk.ts";
import type { ViewContext } from "./context.ts";
import { GUEST_TONES } from "./guests.ts";
import type { ViewPart } from "./part.ts";
import { TOPOLOGY_KEYS } from "./topology-keys.ts";

export const topologyPart: ViewPart = {
  view: "topology",
  key: "4",
  help: "topology: links as a graph, and how bad they are",
  keys: TOPOLOGY_KEYS,
  draw: topologyView,
  move: (state, by) => {
    const ids = visibleEdges(state).map(({ id }) => id);
    const edge = moveIn(ids, state.topology.edge, by, state.size);
    return edge === undefined ? state : { ...state, topology: { ...state.topology, edge } };
  },
  enter: (shown) => askHand(shown),
  obey: (state, command) => {
    switch (command.do) {
      case "open": {
        const device = selectedEdge(state)?.device;
        return device === undefined ? state : { ...show(state, "rings"), device: device.id };
      }
      case "knob":
        return chooseKnob(state, command.by);
      case "step":
        return stepImpairment(state, command.by);
      case "way":
        return turnWay(state);
      case "cut":
        return cutLink(state);
      case "adopt":
      case "heal":
        return settleHand(state, command.do);
      default:
        return undefined;
    }
  },
  hear: (state, action) => {
    if (action.type === "replied") return hearHand(state, action);
    if (action.type !== "snapshot") return state;
    const next = settlePending(state);
    const isOld = next.view === "topology" && next.topology.madeFor !== action.snapshot.generation;
    return isOld ? askHand(next) : next;
  },
};

/** A line of the graph; `edge` where it can be selected. */
interface GraphLine {
  readonly line: Line;
  readonly edge?: Edge;
}

function topologyView(context: ViewContext): readonly Line[] {
  const { state, rows, columns, symbols, breadth } = context;
  const hubs = hubsOf(state.shown?.snapshot, state.filters.topology);
  if (hubs.length === 0) return [[span(emptyText(context), "dim")]];
  const lines = breadth === "narrow" ? narrowLines(context, hubs) : wideLines(context, hubs);
  const edge = selectedEdge(state);
  const detail = rows < 6 ? [] : detailLines(context, edge).slice(0, Math.floor(rows / 2));
  const room = Math.max(1, rows - detail.length);
  const at = Math.max(
    0,
    lines.findIndex((one) => one.edge !== undefined && one.edge.id === edge?.id),
  );
  const { from, to } = windowOf(lines.length, at, room);
  const drawn = lines.slice(from, to).map(({ line, edge: own }): Line => {
    const isSelected = own !== undefined && own.id === edge?.id;
    const marked = clipLine(
      [span(isSelected ? symbols.marker : " ", "accent"), ...line],
      columns,
      symbols.ellipsis,
    );
    return isSelected ? paint(marked, "selected", columns) : marked;
  });
  const filler = Array.from({ length: Math.max(0, room - drawn.length) }, (): Line => []);
  return detail.length === 0 ? drawn : [...drawn, ...filler, ...detail];
}

function emptyText({ state }: ViewContext): string {
  if (state.shown === undefined) return " waiting for the lab to say what it is";
  return state.filters.topology === ""
    ? " nothing in this lab is joined to anything"
    : ` nothing matches ${state.filters.topology}`;
}

/** Guests, edges and hubs side by side; the edges of a hub meet at one line. */
function wideLines(context: ViewContext, hubs: readonly Hub[]): readonly GraphLine[] {
  const { columns, symbols, breadth } = context;
  const edges = hubs.flatMap((hub) => hub.edges);
  const most = breadth === "wide" ? 28 : 16;
  const endWidth = widest(
    edges.map(({ end }) => end),
    6,
    most,
  );
  const nameWidth = widest(
    edges.map(({ name }) => name),
    4,
    12,
  );
  const hubTexts = hubs.flatMap((hub) => hub.edges.map((_, at) => hubSpans(context, hub, at)));
  const hubWidth = Math.min(Math.max(8, ...hubTexts.map(lineWidth)), Math.floor(columns / 3));
  const wire = Math.max(8, columns - endWidth - nameWidth - hubWidth - 14);
  return hubs.flatMap((hub, index) => {
    const gap: readonly GraphLine[] = index === 0 ? [] : [{ line: [] }];
    if (hub.edges.length === 0) {
      const line: Line = [span(" nothing is joined to ", "dim"), span(hub.address, "head")];
      return [...gap, { line }];
    }
    const count = hub.edges.length;
    const lines = hub.edges.map((edge, at): GraphLine => {
      const join =
        count === 1
          ? symbols.join.only
          : at === 0
            ? symbols.join.first
            : at === count - 1
              ? symbols.join.last
              : symbols.join.middle;
      return {
        edge,
        line: [
          ...endSpans(context, edge, endWidth, nameWidth),
          ...wireSpans(context, edge, wire),
          span(join, "dim"),
          ...hubSpans(context, hub, at),
        ],
      };
    });
    return [...gap, ...lines];
  });
}

function endSpans(
  { symbols, state }: ViewContext,
  { id, end, guest, name, device }: Edge,
  endWidth: number,
  nameWidth: number,
): Line {
  const mark = isByHand(state, id) ? "*" : " ";
  const rate = device === undefined ? 0 : (valuesOf(state.shown, `device:${device.id}`).at(-1) ?? 0);
  return [
    guest === undefined ? span("  ") : span(`${symbols.state[guest.state]} `, GUEST_TONES[guest.state]),
    span(`${fit(end, endWidth, "left", symbols.ellipsis)} `, "strong"),
    span(fit(name, nameWidth, "left", symbols.ellipsis)),
    span(mark, "accent"),
    span(fit(rate === 0 ? "" : `${shortCount(rate)}/s`, 6, "right"), "accent"),
    span(" "),
  ];
}

/** The wire with what is on it in its middle. */
function wireSpans(context: ViewContext, edge: Edge, width: number): Line {
  const { symbols } = context;
  const label = labelSpans(context, edge, Math.max(0, width - 6));
  const rest = width - lineWidth(label) - (label.length === 0 ? 0 : 2);
  const dash = edge.isDown ? " " : symbols.rule;
  if (label.length === 0) return [span(dash.repeat(Math.max(0, rest)), "dim")];
  const left = Math.min(3, Math.max(0, rest));
  return [
    span(`${dash.repeat(left)} `, "dim"),
    ...label,
    span(` ${dash.repeat(Math.max(0, rest - left))}`, "dim"),
  ];
}

/** As many of the labels as there is room for, the rest as an ellipsis. */
function labelSpans({ symbols }: ViewContext, edge: Edge, room: number): readonly Span[] {
  const parts: (readonly [string, Span["tone"]])[] = [
    ...(edge.isDown ? [["down", "bad"] as const] : []),
    ...edge.labels.map(
      ([name, value]) => [`${name} ${value}`.trim(), name === "limit" ? "plain" : "busy"] as const,
    ),
  ];
  const spans: Span[] = [];
  let left = room;
  for (const [text, tone] of parts) {
    const piece = span(`${spans.length === 0 ? "" : "  "}${text}`, tone);
    if (widthOf(piece.text) > left) {
      if (left > 2) spans.push(span(cut(piece.text, left, symbols.ellipsis), tone));
      break;
    }
    spans.push(piece);
    left -= widthOf(piece.text);
  }
  return spans;
}

/** The hub's name beside its first edge, its facts beside the next ones; with one edge all beside that. */
function hubSpans({ symbols }: ViewContext, { address, facts, edges }: Hub, at: number): Line {
  if (at === 0) {
    const all = edges.length === 1 ? facts : facts.slice(0, 1);
    return [
      span(`${symbols.rule}${symbols.rule} `, "dim"),
      span(address, "head"),
      span(`  ${all.join("  ")}`, "dim"),
    ];
  }
  return [span(`   ${facts[at] ?? ""}`, "dim")];
}

/** Hubs as titles, their edges below them. */
function narrowLines(context: ViewContext, hubs: readonly Hub[]): readonly GraphLine[] {
  const { symbols, columns } = context;
  return hubs.flatMap((hub) => {
    const title: Line = [span(hub.address, "head"), span(` ${hub.facts[0] ?? ""}`, "dim")];
    const names = hub.edges.map(({ end, name }) => `${end}.${name}`);
    const width = widest(names, 6, Math.max(6, Math.floor(columns / 2) - 2));
    const edges = hub.edges.map((edge): GraphLine => {
      const { guest } = edge;
      const glyph: Span =
        guest === undefined ? span("  ") : span(`${symbols.state[guest.state]} `, GUEST_TONES[guest.state]);
      const name = span(`${fit(`${edge.end}.${edge.name}`, width, "left", symbols.ellipsis)} `, "strong");
      const short = { ...edge, labels: edge.labels.map(([, value]) => ["", value] as const) };
      return { edge, line: [span(" "), glyph, name, ...labelSpans(context, short, columns - width - 6)] };
    });
    return [{ line: title }, ...edges];
  });
}

/** The knobs of the selected edge, the chosen one marked, and what can be done with what was changed. */
function detailLines(context: ViewContext, edge: Edge | undefined): readonly Line[] {
  const { state, columns, symbols, breadth } = context;
  if (edge?.device?.link === undefined) return [];
  const { device } = edge;
  const { knob, way } = state.topology;
  const shown = breadth === "narrow" ? [knob] : KNOBS;
  const knobs = shown.flatMap((one): Line => {
    const value = valueAt(state, device, one) ?? (one === "rate" ? "none" : "0");
    const isNothing = value === "0" || value === "none";
    return [span(` ${one} ${value} `, one === knob ? "tab" : isNothing ? "dim" : "busy")];
  });
  const hand = isByHand(state, edge.id) ? ", by hand: w writes it into the file, u undoes it" : "";
  const title = cut(`${edge.id}${hand}`, Math.max(1, columns - 6), symbols.ellipsis);
  const line: Line = way === "sent" ? knobs : [span(" in", "accent"), ...knobs];
  return [ruleWith(title, columns, symbols), clipLine(line, columns, symbols.ellipsis)];
}
