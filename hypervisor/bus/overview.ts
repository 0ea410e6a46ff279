// What there is and what went through it, at a glance: for those who look often at a large lab.

import { counterAt, received } from "../datapath/port.ts";
import type { Id, Inventory } from "../hypervisor.ts";
import type { Fabric } from "../memory/fabric.ts";
import { COUNTER } from "../memory/layout.ts";
import type { DevicePorts } from "../metrics/facts.ts";
import type { Device } from "./bus.ts";
import type { Network } from "./network.ts";

interface Things {
  readonly networks: ReadonlyMap<Id, Network>;
  readonly channels: ReadonlyMap<Id, unknown>;
  readonly volumes: ReadonlyMap<Id, unknown>;
  readonly buses: ReadonlyMap<Id, unknown>;
  readonly devices: ReadonlyMap<Id, Device>;
  readonly uplinks: readonly { readonly id: Id; readonly port: number }[];
}

export function inventoryOf(
  { networks, volumes, channels, uplinks, buses, devices }: Things,
  canChangeRings: (device: Device) => boolean,
): Omit<Inventory, "guests"> {
  const rigid = [...devices.values()].filter((device) => !canChangeRings(device));
  return {
    things: {
      network: new Set(networks.keys()),
      channel: new Set(channels.keys()),
      volume: new Set(volumes.keys()),
      bus: new Set(buses.keys()),
      device: new Set(devices.keys()),
      uplink: new Set(uplinks.map(({ id }) => id)),
    },
    rigid: new Set(rigid.map(({ id }) => id)),
  };
}

/** By id: of a device or an uplink what it sent and got, of a network what was sent on it. */
export function trafficOf(
  fabric: Fabric,
  { networks, devices, uplinks }: Things,
  portsOf: (port: number) => DevicePorts,
): ReadonlyMap<Id, number> {
  const frames = new Map<Id, number>();
  const sentBy = new Map<number, number>();
  for (const { id, port } of devices.values()) {
    const { egress } = portsOf(port);
    const late = egress === undefined ? 0 : counterAt(fabric, egress, COUNTER.sent);
    const sent = counterAt(fabric, port, COUNTER.sent) + late;
    sentBy.set(port, sent);
    frames.set(id, sent + received(fabric, port).frames);
  }
  for (const { id, port } of uplinks) {
    sentBy.set(port, counterAt(fabric, port, COUNTER.sent));
    frames.set(id, counterAt(fabric, port, COUNTER.sent) + counterAt(fabric, port, COUNTER.out));
  }
  for (const [id, { ports }] of networks)
    frames.set(
      id,
      [...ports].reduce((sum, port) => sum + (sentBy.get(port) ?? 0), 0),
    );
  return frames;
}
