// The rows of a snapshot: guests, devices, networks, uplinks, channels, buses. Pure: reads facts, keeps
// nothing.

import { showValue } from "../../lang/index.ts";
import type { Resource } from "../../lang/index.ts";
import type { DeviceFacts, GuestFacts, Hypervisor } from "../../hypervisor/index.ts";
import type { Guests } from "../apply/guests.ts";
import { goalMet } from "../apply/guest-record.ts";
import type { GuestRecord } from "../apply/guest-record.ts";
import { entriesOf, goalOf, imageOf, isShared, usedDevices } from "../drivers/guest.ts";
import { numberOf, refOf, shownWordOf, valueOf } from "../drivers/read.ts";
import { linkRow } from "./link-row.ts";
import type { BusRow, DeviceRow, GuestRow, NetworkRow, Snapshot, UplinkRow, VolumeRow } from "./protocol.ts";

export interface RowSources {
  readonly hypervisor: Hypervisor;
  readonly guests: Guests;
  /** What is applied now, by address. */
  readonly ledger: ReadonlyMap<string, Resource>;
}

/** What of them is looked at once for a picture. */
interface SeenSources extends RowSources {
  readonly guestsNow: readonly GuestFacts[];
}

/** Rates over the last second: the id of a thing and its counter now. */
export interface RateSource {
  frames(id: string, now: number): number;
  cpu(id: string, nowMs: number): number;
}

type Rows = Pick<Snapshot, "guests" | "devices" | "networks" | "uplinks" | "channels" | "volumes" | "buses">;

/** `measured`: the devices whose rings are looked into; absent: all. */
export function renderRows(sources: SeenSources, rates: RateSource, measured?: ReadonlySet<string>): Rows {
  const devices = new Map(sources.hypervisor.devices(measured).map((device) => [device.id, device]));
  const guestFacts = new Map(sources.guestsNow.map((guest) => [guest.id, guest]));
  const things = [...sources.ledger.values()];
  const seen = seenDevices(things, devices);
  const guests = things.flatMap((thing) => {
    const record = thing.kind === "guest" ? sources.guests.record(thing.address) : undefined;
    if (record === undefined) return [];
    const own = (seen.get(thing.address) ?? []).flatMap((id) => devices.get(id) ?? []);
    return [guestRow({ record, facts: guestFacts.get(thing.address), devices: own, sources, rates })];
  });
  return {
    guests,
    devices: deviceRows(sources, devices, seen),
    networks: networkRows(sources, rates),
    uplinks: sources.hypervisor.uplinks().map((uplink): UplinkRow => ({
      ...uplink,
      framesPerSecond: rates.frames(uplink.id, uplink.rx.count + uplink.tx.count),
    })),
    channels: sources.hypervisor.channels(),
    volumes: volumeRows(sources),
    buses: sources.hypervisor
      .buses()
      .map((bus): BusRow => ({ address: bus.id, devices: bus.devices, members: bus.members })),
  };
}

/** For each guest the devices that it can open, in the order in which they are declared. */
function seenDevices(
  things: readonly Resource[],
  devices: ReadonlyMap<string, DeviceFacts>,
): ReadonlyMap<string, readonly string[]> {
  const onBus = new Map<string, string[]>();
  for (const { address } of things) {
    const device = devices.get(address);
    if (device === undefined) continue;
    const list = onBus.get(device.bus);
    if (list === undefined) onBus.set(device.bus, [device.id]);
    else list.push(device.id);
  }
  const guests = things.filter((thing) => thing.kind === "guest");
  return new Map(
    guests.map((guest) => [guest.address, usedDevices(guest) ?? onBus.get(refOf(guest, "bus") ?? "") ?? []]),
  );
}

interface GuestParts {
  readonly record: GuestRecord;
  readonly facts: GuestFacts | undefined;
  readonly devices: readonly DeviceFacts[];
  readonly sources: RowSources;
  readonly rates: RateSource;
}

function guestRow({ record, facts, devices, sources, rates }: GuestParts): GuestRow {
  const { resource, end } = record;
  const interfaces = devices.flatMap((device) => {
    const declared = sources.ledger.get(device.id);
    if (declared?.class !== "venet") return [];
    return [{ device: device.name, ip: shownWordOf(declared, "ip"), mac: shownWordOf(declared, "mac") }];
  });
  const state = record.phase === "waiting" ? "waiting" : (end?.state ?? facts?.state ?? "booting");
  return {
    address: resource.address,
    state,
    goal: goalOf(resource),
    goalMet: goalMet(record),
    ...(end?.exit !== undefined && { exit: end.exit }),
    ...(end?.reason !== undefined && { reason: end.reason }),
    image: imageOf(resource),
    bus: refOf(resource, "bus") ?? "",
    vcpu: isShared(resource) ? "shared" : "dedicated",
    labels: entriesOf(valueOf(resource, "labels")),
    interfaces,
    memory: facts?.memory ?? 0,
    features: facts?.features ?? [],
    cpu: facts === undefined ? 0 : rates.cpu(resource.address, facts.cpuMs),
    uptimeMs: facts === undefined ? 0 : Math.round(facts.uptimeMs),
    cpuMs: facts === undefined ? 0 : Math.round(facts.cpuMs),
    queueMs: facts === undefined ? 0 : Math.round(facts.queueMs),
    restarts: record.restarts,
    exits: facts?.exits ?? 0,
    signals: facts?.signals ?? 0,
    interrupts: facts?.interrupts ?? 0,
    late: facts?.late ?? 0,
    ...(facts?.realtime && { realtime: facts.realtime }),
    framesPerSecond: devices.reduce((sum, of) => sum + rates.frames(of.id, of.rx.count + of.tx.count), 0),
  };
}

function deviceRows(
  sources: RowSources,
  devices: ReadonlyMap<string, DeviceFacts>,
  seen: ReadonlyMap<string, readonly string[]>,
): readonly DeviceRow[] {
  const guestsOf = new Map<string, string[]>();
  for (const [guest, ids] of seen) {
    for (const id of ids) {
      const list = guestsOf.get(id);
      if (list === undefined) guestsOf.set(id, [guest]);
      else list.push(guest);
    }
  }
  return [...devices.values()].map((device): DeviceRow => {
    const declared = sources.ledger.get(device.id);
    return { ...device, guests: guestsOf.get(device.id) ?? [], ...(declared && behind(declared)) };
  });
}

/** What a device is plugged into, and how. */
function behind(device: Resource): Pick<DeviceRow, "network" | "channel" | "volume" | "link" | "terminal"> {
  const [network, channel, volume] = ["network", "channel", "volume"].map((name) => refOf(device, name));
  const link = linkRow(device);
  return {
    ...(network !== undefined && { network }),
    ...(channel !== undefined && { channel }),
    ...(volume !== undefined && { volume }),
    ...(link !== undefined && { link }),
    ...(device.class === "vconsole" && {
      terminal: { columns: numberOf(device, "columns"), rows: numberOf(device, "rows") },
    }),
  };
}

function volumeRows({ hypervisor, ledger }: RowSources): readonly VolumeRow[] {
  return [...ledger.values()].flatMap(({ kind, address }): VolumeRow[] => {
    const facts = kind === "volume" ? hypervisor.volume(address) : undefined;
    if (facts === undefined) return [];
    const { size, reads, writes } = facts;
    return [{ address, class: facts.class, size, readonly: facts.readonly, reads, writes }];
  });
}

function networkRows(sources: RowSources, rates: RateSource): readonly NetworkRow[] {
  return sources.hypervisor.networks().map((network): NetworkRow => {
    const declared = sources.ledger.get(network.id);
    const rate = declared === undefined ? undefined : valueOf(declared, "rate");
    return {
      address: network.id,
      subnet: declared === undefined ? "" : shownWordOf(declared, "subnet"),
      ports: network.ports,
      ...(rate !== undefined && rate.is !== "none" && { rate: showValue(rate) }),
      frames: network.frames,
      framesPerSecond: rates.frames(network.id, network.frames.count),
    };
  });
}
