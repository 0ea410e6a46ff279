// How the hypervisor makes, changes and takes away the things of each kind: one entry a kind. Images and
// guests have a life beyond this (machine.ts).

import type { Resource } from "../../lang/index.ts";
import type { Hypervisor, Outcome } from "../../hypervisor/index.ts";
import { invariant } from "../bug.ts";
import { deviceSpec } from "../drivers/device-spec.ts";
import { channelSpec } from "../drivers/channel.ts";
import type { Find } from "../drivers/driver.ts";
import { networkSpec } from "../drivers/ethernet.ts";
import { uplinkSpec } from "../drivers/uplink.ts";
import { volumeSpec } from "../drivers/volume.ts";

type Answer = Outcome | Promise<Outcome>;

interface Thing {
  /** By its address. */
  make(hypervisor: Hypervisor, resource: Resource, find: Find): Answer;
  /** Takes over what can change while it is there. */
  change(hypervisor: Hypervisor, resource: Resource, find: Find): Answer;
  remove(hypervisor: Hypervisor, address: string): Answer;
}

const OK: Outcome = { ok: true, value: undefined };

const THINGS: Readonly<Record<string, Thing>> = {
  lab: { make: () => OK, change: () => OK, remove: () => OK },
  network: {
    make: (hypervisor, network) => hypervisor.createNetwork(network.address, networkSpec(network)),
    change: (hypervisor, network) => hypervisor.setNetwork(network.address, networkSpec(network)),
    remove: (hypervisor, address) => hypervisor.removeNetwork(address),
  },
  volume: {
    make: (hypervisor, volume) => hypervisor.createVolume(volume.address, volumeSpec(volume)),
    change: (hypervisor, volume) => hypervisor.setVolume(volume.address, volumeSpec(volume)),
    remove: (hypervisor, address) => hypervisor.removeVolume(address),
  },
  channel: {
    make: (hypervisor, channel) => hypervisor.createChannel(channel.address, channelSpec(channel)),
    change: (hypervisor, channel) => hypervisor.setChannel(channel.address, channelSpec(channel)),
    remove: (hypervisor, address) => hypervisor.removeChannel(address),
  },
  uplink: {
    make: (hypervisor, uplink, find) => hypervisor.createUplink(uplink.address, uplinkSpec(uplink, find)),
    change: (hypervisor, uplink, find) => hypervisor.setUplink(uplink.address, uplinkSpec(uplink, find)),
    remove: (hypervisor, address) => hypervisor.removeUplink(address),
  },
  bus: {
    make: (hypervisor, { address }) => hypervisor.createBus(address),
    change: () => OK,
    remove: (hypervisor, address) => hypervisor.removeBus(address),
  },
  device: {
    make(hypervisor, device, find) {
      invariant(device.bus !== undefined, `${device.address} has no bus`);
      return hypervisor.addDevice(device.bus, device.address, deviceSpec(device, find));
    },
    change: (hypervisor, device, find) =>
      hypervisor.reconfigureDevice(device.address, deviceSpec(device, find)),
    remove: (hypervisor, address) => hypervisor.removeDevice(address),
  },
};

/** The entry of a kind. */
export function thingOf(kind: string): Thing {
  const thing = THINGS[kind];
  invariant(thing !== undefined, `nothing makes a ${kind}`);
  return thing;
}
