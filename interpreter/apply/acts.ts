// Turns the steps of a plan into acts: the way down, the way up, or a change in place, each with its
// inverse and with what it must come after. A guest that is restarted goes down as late and comes up as
// early as possible.

import type { Definition } from "../plan/definition.ts";
import { volumeHeld } from "../drivers/volume.ts";
import { devicesSeen } from "../plan/definition.ts";
import { Graph } from "../plan/graph.ts";
import type { Plan, Step } from "../plan/plan.ts";

export type Phase = "down" | "change" | "up";

export interface Act {
  /** Index in the plan. */
  readonly step: number;
  readonly address: string;
  readonly phase: Phase;
}

export interface ActGraph {
  readonly acts: readonly Act[];
  /** For each act, the acts before it. */
  readonly after: readonly (readonly number[])[];
}

/** An image is made beside the old one: those who boot it go down only when it is there. */
function phasesOf(step: Step): readonly Phase[] {
  switch (step.kind) {
    case "create":
      return ["up"];
    case "destroy":
      return ["down"];
    case "update":
      return ["change"];
    case "restart":
      return ["down", "up"];
    case "replace":
      return step.resourceKind === "image" ? ["up"] : ["down", "up"];
  }
}

type Nodes = ReadonlyMap<string, Partial<Record<Phase, number>>>;

export function actsOf(plan: Plan, observed: Definition, desired: Definition): ActGraph {
  const graph = new Graph();
  const acts: Act[] = [];
  const nodes = new Map<string, Partial<Record<Phase, number>>>();
  plan.steps.forEach((step, index) => {
    const own: Partial<Record<Phase, number>> = {};
    for (const phase of phasesOf(step)) {
      own[phase] = graph.add();
      acts.push({ step: index, address: step.address, phase });
    }
    nodes.set(step.address, own);
  });
  for (const [address, own] of nodes) {
    requireOrder(graph, own, (desired.needs.get(address) ?? []).map(upOrChange(nodes)));
    if (own.down !== undefined) {
      for (const user of observed.neededBy.get(address) ?? []) {
        const users = nodes.get(user);
        const earlier = users?.down ?? users?.change;
        if (earlier !== undefined) graph.require(own.down, earlier);
      }
    }
  }
  preferShortOutage(graph, nodes, desired);
  preferFreedDevices(graph, nodes, observed, desired);
  preferUplinks(graph, nodes, desired);
  preferFreedVolumes(graph, nodes, observed, desired);
  return { acts, after: acts.map((_, node) => [...graph.afterOf(node)]) };
}

function upOrChange(nodes: Nodes): (address: string) => number | undefined {
  return (address) => nodes.get(address)?.up ?? nodes.get(address)?.change;
}

function requireOrder(
  graph: Graph,
  own: Partial<Record<Phase, number>>,
  needs: readonly (number | undefined)[],
): void {
  const mine = own.up ?? own.change;
  if (mine === undefined) return;
  if (own.down !== undefined) graph.require(mine, own.down);
  for (const need of needs) if (need !== undefined) graph.require(mine, need);
}

/** What a restarted guest needs anew and what can be made beside the old is made before it goes down. */
function preferShortOutage(graph: Graph, nodes: Nodes, desired: Definition): void {
  for (const [address, own] of nodes) {
    if (own.down === undefined || own.up === undefined) continue;
    for (const need of desired.needs.get(address) ?? []) {
      const fresh = nodes.get(need);
      if (fresh?.up !== undefined && fresh.down === undefined) graph.prefer(own.down, fresh.up);
    }
  }
}

/** A guest boots after those have gone down that had its devices open. */
function preferFreedDevices(graph: Graph, nodes: Nodes, observed: Definition, desired: Definition): void {
  const freed = new Map<string, number[]>();
  for (const [address, own] of nodes) {
    const guest = observed.resources.get(address);
    if (guest?.kind !== "guest" || own.down === undefined) continue;
    for (const device of devicesSeen(guest, observed)) {
      const list = freed.get(device);
      if (list === undefined) freed.set(device, [own.down]);
      else list.push(own.down);
    }
  }
  if (freed.size === 0) return;
  for (const [address, own] of nodes) {
    const guest = desired.resources.get(address);
    if (guest?.kind !== "guest" || own.up === undefined) continue;
    for (const device of devicesSeen(guest, desired)) {
      for (const down of freed.get(device) ?? []) graph.prefer(own.up, down);
    }
  }
}

/** A guest boots when the ways out of its networks are there: its first frames are not for nobody. */
function preferUplinks(graph: Graph, nodes: Nodes, desired: Definition): void {
  const kindOf = (address: string): string | undefined => desired.resources.get(address)?.kind;
  const uplinks = [...nodes].flatMap(([address, { up }]) =>
    up !== undefined && kindOf(address) === "uplink" ? [up] : [],
  );
  for (const [address, { up }] of nodes) {
    if (up === undefined || kindOf(address) !== "guest") continue;
    for (const uplink of uplinks) graph.prefer(up, uplink);
  }
}

/** Who takes a volume for itself comes after those that let it go. */
function preferFreedVolumes(graph: Graph, nodes: Nodes, observed: Definition, desired: Definition): void {
  const freed = new Map<string, number[]>();
  for (const [address, own] of nodes) {
    const volume = volumeHeld(address, observed);
    const lets = own.down ?? (volumeHeld(address, desired) === volume ? undefined : own.change);
    if (volume === undefined || lets === undefined) continue;
    const list = freed.get(volume);
    if (list === undefined) freed.set(volume, [lets]);
    else list.push(lets);
  }
  if (freed.size === 0) return;
  for (const [address, own] of nodes) {
    const volume = volumeHeld(address, desired);
    const takes = own.up ?? own.change;
    if (volume === undefined || takes === undefined) continue;
    for (const lets of freed.get(volume) ?? []) if (lets !== takes) graph.prefer(takes, lets);
  }
}
