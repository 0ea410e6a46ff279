// The lab as a graph, for the topology: hubs (networks, channels, volumes) and what is joined to each. Pure.

import type { DeviceRow, GuestRow, Snapshot } from "../interpreter/index.ts";
import { seenBy } from "./filter.ts";

export interface Hub {
  readonly address: string;
  readonly kind: "network" | "channel" | "volume";
  /** What stands beside it, the most telling first. */
  readonly facts: readonly string[];
  readonly edges: readonly Edge[];
}
export interface Edge {
  /** The address of the device or uplink. */
  readonly id: string;
  /** The guest, or the bus where several guests see the device, or the uplink. */
  readonly end: string;
  readonly guest?: GuestRow;
  /** The device's name at that end; of an uplink its class. */
  readonly name: string;
  readonly device?: DeviceRow;
  readonly isDown: boolean;
  /** Pairs such as `delay 30ms`; empty for a good link without limits. */
  readonly labels: readonly (readonly [string, string])[];
}

/** Hubs with the edges that match; others are left out while something is filtered. */
export function hubsOf(snapshot: Snapshot | undefined, filter: string): readonly Hub[] {
  if (snapshot === undefined) return [];
  const guests = new Map(snapshot.guests.map((guest) => [guest.address, guest]));
  const byHub = Map.groupBy(snapshot.devices, hubOf);
  const uplinks = Map.groupBy(snapshot.uplinks, ({ network }) => network);
  const make = (kind: Hub["kind"], address: string, facts: readonly string[]): Hub => {
    const outside = (uplinks.get(address) ?? []).map((one): Edge => ({
      id: one.id,
      end: one.id,
      name: one.class,
      isDown: one.link === "down" || !one.carrier,
      labels: one.detail === "" ? [] : [["", one.detail]],
    }));
    const devices = (byHub.get(address) ?? []).map((device) => edgeOf(device, guests));
    const isSeen = seenBy(filter, ({ id, end, name, labels }: Edge) =>
      [address, id, end, name, ...labels.flat()].join(" "),
    );
    return { address, kind, facts, edges: [...devices, ...outside].filter(isSeen) };
  };
  const hubs = [
    ...snapshot.networks.map(({ address, subnet, rate, framesPerSecond }) =>
      make("network", address, [
        subnet,
        ...(rate === undefined ? [] : [`at most ${rate}`]),
        `${framesPerSecond} frames/s`,
      ]),
    ),
    ...snapshot.channels.map(({ id, kind, waiting }) => make("channel", id, [kind, `${waiting} waiting`])),
    ...snapshot.volumes.map((one) => make("volume", one.address, [one.class])),
  ];
  return filter === "" ? hubs : hubs.filter(({ edges }) => edges.length > 0);
}

const hubOf = ({ network, channel, volume }: DeviceRow): string => network ?? channel ?? volume ?? "";

function edgeOf(device: DeviceRow, guests: ReadonlyMap<string, GuestRow>): Edge {
  const { id, bus, openBy, link } = device;
  const only = device.guests.length === 1 ? device.guests[0] : undefined;
  const end = openBy ?? only ?? bus;
  const guest = guests.get(end);
  const limit = link?.rate === undefined ? [] : [["limit", link.rate] as const];
  const vlan = link?.vlan === undefined ? [] : [["vlan", link.vlan] as const];
  const bad = Object.entries(link?.impair ?? {}).map(
    ([name, value]) => [name.replace(/^egress\./u, "").replace(/^ingress\./u, "in "), value] as const,
  );
  return {
    id,
    end,
    ...(guest !== undefined && { guest }),
    name: id.startsWith(`${end}.`) ? id.slice(end.length + 1) : device.name,
    device,
    isDown: link?.state === "down" || link?.impair["down"] === "true",
    labels: [...limit, ...vlan, ...bad.filter(([name]) => name !== "down")],
  };
}
