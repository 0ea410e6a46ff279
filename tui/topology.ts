// What the keys of the topology do: impairments are changed by hand on the running lab, written into the file
// by the lab's own formatter, or taken back. Pure.

import type { DeviceRow } from "../interpreter/index.ts";
import { act, perform, say } from "./acts.ts";
import type { Act, Replied } from "./acts.ts";
import { hubsOf } from "./edges.ts";
import type { Edge } from "./edges.ts";
import { KNOBS, sizeOf, stepped } from "./impairment.ts";
import type { Knob } from "./impairment.ts";
import type { DashboardState } from "./model.ts";
import { selectedIndex } from "./select.ts";

export interface TopologyPlace {
  /** The selected edge, by the address of its device. */
  readonly edge?: string;
  readonly knob: Knob;
  /** Of what the device sends, or of what it receives. */
  readonly way: "sent" | "received";
  /** Paths that were changed by hand, as the lab said last. */
  readonly hand: readonly string[];
  /** The generation that it said so of. */
  readonly madeFor?: number;
  /** What was asked for and is not in a snapshot yet, by path. */
  readonly pending: Readonly<Record<string, string>>;
}

export const FIRST_TOPOLOGY: TopologyPlace = { knob: "delay", way: "sent", hand: [], pending: {} };

export function visibleEdges(state: DashboardState): readonly Edge[] {
  return hubsOf(state.shown?.snapshot, state.filters.topology).flatMap(({ edges }) => edges);
}

export function selectedEdge(state: DashboardState): Edge | undefined {
  const edges = visibleEdges(state);
  const ids = edges.map(({ id }) => id);
  return edges[selectedIndex(ids, state.topology.edge)];
}

/** What a flat member of the impairment is now, or will be when what was asked is done. */
export function valueAt({ topology }: DashboardState, device: DeviceRow, knob: Knob): string | undefined {
  const { path, member } = placeOf(device, topology, knob);
  return topology.pending[path] ?? device.link?.impair[member];
}

/** Of what is sent it is flat, or in `egress` where that is how it is said; the other way in `ingress`. */
function placeOf(
  { id, link }: DeviceRow,
  { way }: TopologyPlace,
  knob: Knob,
): { readonly path: string; readonly member: string } {
  const isNested = Object.keys(link?.impair ?? {}).some((name) => name.startsWith("egress."));
  const member = way === "received" ? `ingress.${knob}` : isNested ? `egress.${knob}` : knob;
  return { path: `${id}.impair.${member}`, member };
}

export const isByHand = ({ topology }: DashboardState, id: string): boolean =>
  topology.hand.some((path) => path === id || path.startsWith(`${id}.`));

export function chooseKnob(state: DashboardState, by: 1 | -1): DashboardState {
  const at = KNOBS.indexOf(state.topology.knob) + by;
  const knob = KNOBS[(at + KNOBS.length) % KNOBS.length] ?? "delay";
  return { ...state, topology: { ...state.topology, knob } };
}

/** Turns from what the device sends to what it receives, and back. */
export function turnWay(state: DashboardState): DashboardState {
  const way = state.topology.way === "sent" ? "received" : "sent";
  return { ...state, topology: { ...state.topology, way } };
}

export function stepImpairment(state: DashboardState, by: 1 | -1): DashboardState {
  const device = selectedEdge(state)?.device;
  if (device?.link === undefined) return say(state, "only the link of a network device can be bad", "bad");
  const { knob } = state.topology;
  const { path } = placeOf(device, state.topology, knob);
  const value = stepped(knob, valueAt(state, device, knob), by);
  if (value === undefined) return say(state, `${knob} goes no further`, "busy");
  return set(state, path, value);
}

/** Pulls the cable, or plugs it in again. */
export function cutLink(state: DashboardState): DashboardState {
  const device = selectedEdge(state)?.device;
  if (device?.link === undefined) return say(state, "only a network device has a cable", "bad");
  const path = `${device.id}.link`;
  const now = state.topology.pending[path] ?? device.link.state;
  return set(state, path, now === "up" ? "down" : "up");
}

function set(state: DashboardState, path: string, value: string): DashboardState {
  const asked: Act = {
    ask: { method: "change", params: { do: "set", path, value } },
    line: `vbus set ${path} ${value}`,
  };
  const next = act(state, asked);
  if (next.effects.length === state.effects.length) return next;
  const pending = { ...state.topology.pending, [path]: value };
  return { ...next, topology: { ...next.topology, pending } };
}

/** Writes what was changed by hand on the selected edge into the file, or takes it back. */
export function settleHand(state: DashboardState, method: "adopt" | "heal"): DashboardState {
  const edge = selectedEdge(state);
  if (edge === undefined) return state;
  if (!isByHand(state, edge.id)) return say(state, `nothing of ${edge.id} was changed by hand`, "busy");
  return act(state, { ask: { method, params: { path: edge.id } }, line: `vbus ${method} ${edge.id}` });
}

const STATUS: Act = { ask: { method: "status", params: {} }, line: "vbus status", harmless: true };

/** Asks what was changed by hand, where the lab is another since it was asked last. */
export function askHand(state: DashboardState): DashboardState {
  const generation = state.latest?.snapshot.generation;
  if (state.link.state !== "live" || generation === undefined) return state;
  const topology = { ...state.topology, madeFor: generation };
  return perform({ ...state, topology }, { do: "act", act: STATUS });
}

/** After a snapshot: what it says is no longer pending. */
export function settlePending(state: DashboardState): DashboardState {
  const { topology, latest } = state;
  const devices = new Map(latest?.snapshot.devices.map((device) => [device.id, device]));
  const left = Object.entries(topology.pending).filter(([path, value]) => {
    const [, id = "", member] = /^(.*?)\.(?:link|impair\.(.*))$/u.exec(path) ?? [];
    const link = devices.get(id)?.link;
    if (link === undefined) return false;
    if (member === undefined) return link.state !== value;
    return sizeOf(link.impair[member] ?? "0") !== (value === "none" ? 0 : sizeOf(value));
  });
  if (left.length === Object.keys(topology.pending).length) return state;
  return { ...state, topology: { ...topology, pending: Object.fromEntries(left) } };
}

export function hearHand(state: DashboardState, { act: { ask, line }, reply }: Replied): DashboardState {
  if (reply.method === "status") {
    const hand = reply.result.changes.map(({ path }) => path);
    return { ...state, topology: { ...state.topology, hand } };
  }
  if (ask.method !== "change" && ask.method !== "adopt" && ask.method !== "heal") return state;
  const none = { ...state, topology: { ...state.topology, pending: {} } };
  if (reply.method !== "change" && reply.method !== "adopt" && reply.method !== "heal") return none;
  const { done, message } = reply.result;
  // What was set is in the command line already.
  const told = ask.method === "change" ? "done" : message;
  if (done) return askHand(say(state, told, "good", line));
  const [first] = reply.result.diagnosticsText.split("\n").filter((one) => one.trim() !== "");
  return say(none, first ?? message, "bad", line);
}
