// The declared graph: which guests can reach which, and by what way. Careful: a way that may exist counts.

import { readMember } from "./lab.ts";
import type { Datum } from "./datum.ts";
import type { Machine } from "./machine.ts";
import { linksOf } from "./segments.ts";
import type { Thing } from "./thing.ts";

/** A guest, a medium (network, channel, volume), or the outside. */
type Node = Thing | "outside";

interface Edge {
  readonly to: Node;
  /** The device or uplink between. */
  readonly via?: Thing;
}

/** Kinds that carry something from one guest to another. */
const MEDIA = new Set(["network", "channel", "volume"]);

export class Graph {
  private readonly edges = new Map<Node, Edge[]>();
  private readonly components = new Map<Node, number>();

  constructor(things: readonly Thing[], machine: Machine) {
    const writers = new Map<Thing, { guest: Thing; device: Thing; writes: boolean }[]>();
    for (const thing of things) {
      if (thing.kind.name === "guest") this.addGuest(thing, writers, machine);
      if (thing.kind.name === "network") for (const other of linksOf(thing, machine)) this.join(thing, other);
      if (thing.kind.name === "uplink") this.addUplink(thing, machine);
    }
    for (const [volume, users] of writers) {
      if (users.some((user) => user.writes))
        for (const { guest, device } of users) this.join(guest, volume, device);
    }
    this.findComponents();
  }

  private join(a: Node, b: Node, via?: Thing): void {
    const edge = (from: Node, to: Node): void => {
      const edges = this.edges.get(from) ?? [];
      edges.push({ to, ...(via && { via }) });
      this.edges.set(from, edges);
    };
    edge(a, b);
    edge(b, a);
  }

  private addGuest(
    guest: Thing,
    writers: Map<Thing, { guest: Thing; device: Thing; writes: boolean }[]>,
    machine: Machine,
  ): void {
    const used = readMember(guest, "use", machine);
    for (const item of used?.is === "list" ? used.items : []) {
      if (item.is !== "thing") continue;
      const device = item.thing;
      for (const medium of mediaOf(device, machine)) {
        if (medium.kind.name !== "volume") {
          this.join(guest, medium, device);
          continue;
        }
        const users = writers.get(medium) ?? [];
        users.push({
          guest,
          device,
          writes:
            !isTrue(readMember(device, "readonly", machine)) &&
            !isTrue(readMember(medium, "readonly", machine)),
        });
        writers.set(medium, users);
      }
    }
  }

  private addUplink(uplink: Thing, machine: Machine): void {
    const network = readMember(uplink, "network", machine);
    if (network?.is === "thing" && leadsOut(uplink, machine)) this.join(network.thing, "outside", uplink);
  }

  private findComponents(): void {
    let next = 0;
    for (const start of this.edges.keys()) {
      if (this.components.has(start)) continue;
      const component = next++;
      const waiting: Node[] = [start];
      for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
        if (this.components.has(node)) continue;
        this.components.set(node, component);
        for (const edge of this.edges.get(node) ?? []) waiting.push(edge.to);
      }
    }
  }

  /** Whether any way joins the two guests. */
  reachable(a: Thing, b: Thing): boolean {
    if (a === b) return true;
    const component = this.components.get(a);
    return component !== undefined && component === this.components.get(b);
  }

  /** The same with no guest and no outside between. */
  adjacent(a: Thing, b: Thing): boolean {
    return a === b || this.way(a, b, true) !== undefined;
  }

  /** A shortest way as text, from guest over device and medium; undefined where there is none. */
  path(a: Thing, b: Thing): string | undefined {
    return this.way(a, b, false);
  }

  private way(a: Thing, b: Thing, direct: boolean): string | undefined {
    const from = new Map<Node, { readonly node: Node; readonly via?: Thing } | undefined>([[a, undefined]]);
    const waiting: Node[] = [a];
    for (let i = 0; i < waiting.length && !from.has(b); i++) {
      const node = waiting[i];
      if (node === undefined || (direct && node !== a && (node === "outside" || node.kind.name === "guest")))
        continue;
      for (const edge of this.edges.get(node) ?? []) {
        if (from.has(edge.to)) continue;
        from.set(edge.to, { node, ...(edge.via && { via: edge.via }) });
        waiting.push(edge.to);
      }
    }
    return from.has(b) ? describe(b, from) : undefined;
  }
}

function describe(
  to: Node,
  from: ReadonlyMap<Node, { readonly node: Node; readonly via?: Thing } | undefined>,
): string {
  const names: string[] = [];
  let node: Node | undefined = to;
  while (node !== undefined) {
    names.push(node === "outside" ? "the outside" : node.address);
    const before: { readonly node: Node; readonly via?: Thing } | undefined = from.get(node);
    if (before?.via) names.push(before.via.address);
    node = before?.node;
  }
  return names.reverse().join(" → ");
}

const isTrue = (datum: Datum | undefined): boolean => datum?.is === "bool" && datum.value;

function mediaOf(device: Thing, machine: Machine): Thing[] {
  const found: Thing[] = [];
  for (const member of device.table.members.values()) {
    if (member.type.is !== "thing" || !MEDIA.has(member.type.kind.name)) continue;
    const value = readMember(device, member.name, machine);
    if (value?.is === "thing") found.push(value.thing);
  }
  return found;
}

/**
 * language.md §8: `tap` and `socket`, and `nat` with `outward` or a `publish`, meet outside; `pcap` joins
 * nobody.
 */
function leadsOut(uplink: Thing, machine: Machine): boolean {
  switch (uplink.class?.name) {
    case "pcap":
      return false;
    case "nat": {
      const publish = readMember(uplink, "publish", machine);
      return (
        isTrue(readMember(uplink, "outward", machine)) || (publish?.is === "list" && publish.items.length > 0)
      );
    }
    default:
      return true;
  }
}
