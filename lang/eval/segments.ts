// Which networks are joined by links, and which devices are plugged into each. Refuses loops of links.

import type { Member } from "../types/declared.ts";
import { peel } from "../types/type.ts";
import { askedAttribute } from "./attributes.ts";
import type { Machine } from "./machine.ts";
import type { Thing } from "./thing.ts";

/** The members by which a device is plugged in: found by their types, whatever its class is called. */
export interface Plug {
  readonly network: Member;
  readonly ip?: Member;
  readonly mac?: Member;
}

const plugs = new WeakMap<object, { readonly plug: Plug | undefined }>();

/** Undefined for what takes no address of a network. */
export function plugOf(thing: Pick<Thing, "table">): Plug | undefined {
  const known = plugs.get(thing.table);
  if (known) return known.plug;
  let [network, ip, mac]: (Member | undefined)[] = [];
  for (const member of thing.table.members.values()) {
    const type = peel(member.type);
    if (type.is === "thing" && type.kind.name === "network" && member.type.is === "thing") network ??= member;
    if (type.is === "simple" && type.name === "ip" && member.auto) ip ??= member;
    if (type.is === "simple" && type.name === "mac" && member.auto) mac ??= member;
  }
  const plug = network && (ip || mac) ? { network, ...(ip && { ip }), ...(mac && { mac }) } : undefined;
  plugs.set(thing.table, { plug });
  return plug;
}

export interface Segment {
  /** In the order of declaration. */
  readonly networks: Thing[];
  /** Plugged into one of them, in the order of declaration. */
  readonly devices: { readonly device: Thing; readonly network: Thing; readonly plug: Plug }[];
}

export class Segments {
  readonly all: Segment[] = [];
  /** How many of the devices have a MAC, whatever says which. */
  macCount = 0;
  private readonly byNetwork = new Map<Thing, Segment>();

  of(network: Thing): Segment | undefined {
    return this.byNetwork.get(network);
  }

  add(network: Thing): void {
    const segment: Segment = { networks: [network], devices: [] };
    this.all.push(segment);
    this.byNetwork.set(network, segment);
  }

  /** False where they are one segment already. */
  join(a: Thing, b: Thing): boolean {
    const [x, y] = [this.byNetwork.get(a), this.byNetwork.get(b)];
    if (!x || !y || x === y) return x === undefined || y === undefined;
    const [into, from] = this.all.indexOf(x) <= this.all.indexOf(y) ? [x, y] : [y, x];
    into.networks.push(...from.networks);
    for (const network of from.networks) this.byNetwork.set(network, into);
    this.all.splice(this.all.indexOf(from), 1);
    return true;
  }
}

/** Asks the networks of all devices, and the links of all networks. */
export function findSegments(things: readonly Thing[], machine: Machine): Segments {
  const segments = new Segments();
  const networks = things.filter((thing) => thing.kind.name === "network");
  for (const network of networks) segments.add(network);
  const linked = new Set<string>();
  for (const network of networks) joinLinks(network, segments, linked, machine);
  for (const device of things) {
    const plug = plugOf(device);
    if (!plug) continue;
    const network = askedAttribute(device, plug.network.slot, machine);
    const segment = network?.is === "thing" ? segments.of(network.thing) : undefined;
    if (network?.is !== "thing" || !segment) continue;
    segment.devices.push({ device, network: network.thing, plug });
    if (plug.mac) segments.macCount++;
  }
  return segments;
}

function joinLinks(network: Thing, segments: Segments, linked: Set<string>, machine: Machine): void {
  for (const other of linksOf(network, machine)) {
    // Said from both sides it is one link.
    const pair = [network.address, other.address].sort().join("\n");
    if (linked.has(pair)) continue;
    linked.add(pair);
    if (network !== other && segments.join(network, other)) continue;
    const span = network.origin("links")?.span ?? network.blueprint.head;
    const message =
      network === other
        ? `\`${network.address}\` is linked with itself.`
        : `The links make a loop: \`${network.address}\` and \`${other.address}\` are joined already.`;
    machine.tell("VB4005", span, message, { hint: "Frames would go round for ever: leave one link out." });
  }
}

export function linksOf(network: Thing, machine: Machine): Thing[] {
  const member = network.table.members.get("links");
  const links = member && askedAttribute(network, member.slot, machine);
  return links?.is === "list" ? links.items.flatMap((item) => (item.is === "thing" ? [item.thing] : [])) : [];
}
