// Buses and their devices on the control thread: making, plugging, changing, unmaking.

import { Uplinks } from "../backend/uplink/uplinks.ts";
import { Plugs, type Tap } from "../datapath/plugs.ts";
import { portExists, portOwner } from "../datapath/port.ts";
import type { DeviceNotice } from "../device/connection.ts";
import { noticeOf } from "../device/notice.ts";
import type { HostThread } from "../frame-thread.ts";
import type {
  DeviceCells,
  Capture,
  CaptureSpec,
  CommitOptions,
  DeviceFacts,
  DeviceSpec,
  HypervisorEvent,
  Id,
  Inventory,
  NetworkFacts,
  Outcome,
} from "../hypervisor.ts";
import { Lines } from "../line/lines.ts";
import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { networkFrames, type DevicePorts } from "../metrics/facts.ts";
import { cellsOfDevice } from "../metrics/facts.ts";
import { Bus, type Device } from "./bus.ts";
import { Channels } from "./channels.ts";
import { VCLOCK, VCONSOLE, VRNG, type DeviceClass } from "./device-class.ts";
import { deviceFacts } from "./device-facts.ts";
import { differs } from "./differs.ts";
import { Disks } from "./disks.ts";
import { Ethernet } from "./ethernet.ts";
import { Folders } from "./folders.ts";
import { Messages } from "./messages.ts";
import { Networks, type NetworkNews } from "./networks.ts";
import { refuse, success } from "./outcome.ts";
import { inventoryOf, trafficOf } from "./overview.ts";
import { Resizes } from "./resizes.ts";
import { stationOf } from "./stations.ts";
import { Volumes, type Volume } from "./volumes.ts";

/** What devices need of the guests that see them. */
export interface GuestsOfBus {
  /** A device came, changed or went: the members that see it are told. */
  deviceChanged(device: Device): void;
  deviceGone(device: Device): void;
  /** Whether the guest in a thread row can put other rings in the place of those that it has. */
  canReconfigure(thread: number): boolean;
  /** Asks it to: `device` is as it is to be. */
  askToReconfigure(thread: number, device: DeviceNotice, ticket: number): void;
  /** The guests of these must know each other's memories. */
  introduce(devices: readonly Device[]): void;
  /** The I/O thread found a guest that broke the protocol. */
  lookForFaults(): void;
  memoryOf(guest: Id): GuestMemory | undefined;
  /** A guest that runs, or is about to, and may open this. */
  userOf(device: Device): Id | undefined;
}

/** What devices need of those that capture their frames. */
export interface CapturesOfDevices {
  start(spec: CaptureSpec): Outcome<Capture>;
  plugsChanged(): void;
}

export class Devices {
  readonly #fabric: Fabric;
  readonly #plugs: Plugs;
  readonly lines: Lines;
  readonly #tell: (event: HypervisorEvent) => void;
  readonly networks: Networks;
  readonly channels: Channels;
  readonly uplinks: Uplinks;
  /** Threads of the host that frames pass: all guests know them, and they know all guests. */
  readonly hostThreads: readonly HostThread[];
  readonly volumes: Volumes;
  readonly folders: Folders;
  readonly #disks: Disks;
  /** By the class of their devices. */
  readonly #classes: Readonly<Record<DeviceSpec["class"], DeviceClass>>;
  readonly #buses = new Map<Id, Bus>();
  readonly #devices = new Map<Id, Device>();
  readonly #byPort = new Map<number, Device>();
  readonly #resizes: Resizes;
  #guests: GuestsOfBus | undefined;
  #captures: CapturesOfDevices | undefined;

  constructor(fabric: Fabric, tell: (event: HypervisorEvent) => void, volumesFolder?: string) {
    this.#fabric = fabric;
    this.#plugs = new Plugs(fabric);
    this.lines = new Lines(fabric, this.#plugs, () => this.#guests?.lookForFaults());
    const news: NetworkNews = {
      meet: (network) => this.#guests?.introduce(this.onSegment(network)),
      plugsChanged: () => this.#plugsChanged(),
    };
    this.networks = new Networks(this.#plugs, news);
    const { networks } = this;
    const networksOfUplinks = {
      all: networks.all,
      plug: (port: number, network: Id) => networks.plug(port, network),
      unplug: (port: number, network: Id) => networks.unplug(port, network),
      stationsOn: (network: Id) => this.onSegment(network).flatMap(stationOf),
    };
    this.uplinks = new Uplinks(fabric, this.#plugs, networksOfUplinks, {
      tell,
      plugsChanged: () => this.#captures?.plugsChanged(),
      capture: (spec) => this.#captures?.start(spec) ?? refuse("busy", "nothing is captured yet"),
      lookForFaults: () => this.#guests?.lookForFaults(),
    });
    this.hostThreads = [this.lines.thread, this.uplinks.thread];
    this.uplinks.thread.meet(this.lines.thread.peer);
    this.lines.thread.meet(this.uplinks.thread.peer);
    this.volumes = new Volumes(fabric, volumesFolder, (volume) => this.#volumeChanged(volume));
    this.#disks = new Disks(this.volumes);
    const venet = new Ethernet(this.networks, this.lines, news.meet);
    // Its row does not serve another before it was let go.
    this.channels = new Channels((port) => !portExists(fabric, port) && portOwner(fabric, port) !== 0);
    const vchan = new Messages(this.channels, (channel) => this.#guests?.introduce(this.#onChannel(channel)));
    this.folders = new Folders(fabric, (device) => this.#guests?.deviceChanged(device));
    const [folder, vblk] = [this.folders, this.#disks];
    this.#classes = { venet, vconsole: VCONSOLE, vblk, folder, vchan, vclock: VCLOCK, vrng: VRNG };
    this.#tell = tell;
    this.#resizes = new Resizes(fabric, {
      canReconfigure: (thread) => this.#guests?.canReconfigure(thread) ?? false,
      ask: (thread, device, ticket) => this.#guests?.askToReconfigure(thread, device, ticket),
      done: (device, spec) => this.#takeOver(device, spec),
    });
  }

  attach(guests: GuestsOfBus, captures: CapturesOfDevices): void {
    this.#guests = guests;
    this.#captures = captures;
  }

  #plugsChanged(): void {
    this.#captures?.plugsChanged();
    this.uplinks.plugsChanged();
  }

  /** How the frames of a port are captured from now on. */
  setTap(port: number, tap: Tap): void {
    this.#plugs.setTap(port, tap);
  }

  createBus(id: Id): Outcome {
    if (this.#buses.has(id)) return refuse("exists", `there is a bus \`${id}\` already`);
    this.#buses.set(id, new Bus(id));
    return success();
  }

  removeBus(id: Id): Outcome {
    const bus = this.#buses.get(id);
    if (!bus) return refuse("missing", `there is no bus \`${id}\``);
    if (bus.devices.size + bus.members.size > 0)
      return refuse("busy", `bus \`${id}\` has devices or members`);
    this.#buses.delete(id);
    return success();
  }

  add(busId: Id, id: Id, spec: DeviceSpec): Outcome {
    const bus = this.#buses.get(busId);
    if (!bus) return refuse("missing", `there is no bus \`${busId}\``);
    if (this.#devices.has(id)) return refuse("exists", `there is a device \`${id}\` already`);
    const deviceId = bus.freeNumber();
    const kind = this.#classes[spec.class];
    const wrong = kind.wrong(spec);
    if (wrong) return wrong;
    const port = deviceId === undefined ? undefined : this.#plugs.addPort(kind.settings(spec));
    if (deviceId === undefined || port === undefined) return refuse("limit", "no room for one more device");
    const device: Device = { id, bus: busId, deviceId, port, spec, openBy: undefined };
    const plugged = kind.plug(device, spec);
    if (!plugged.ok) {
      this.#plugs.removePort(port);
      return plugged;
    }
    bus.add(device);
    this.#devices.set(id, device);
    this.#byPort.set(port, device);
    kind.plugged(spec);
    this.#plugsChanged();
    this.#guests?.deviceChanged(device);
    return success();
  }

  remove(id: Id): Outcome {
    const device = this.#devices.get(id);
    if (!device) return refuse("missing", `there is no device \`${id}\``);
    this.#resizes.forget(device);
    this.#classes[device.spec.class].unplug(device, device.spec);
    this.#plugs.removePort(device.port, () => this.#classes[device.spec.class].freed?.(device));
    this.#buses.get(device.bus)?.remove(device);
    this.#devices.delete(id);
    this.#byPort.delete(device.port);
    this.#plugsChanged();
    this.#guests?.deviceGone(device);
    return success();
  }

  set(id: Id, spec: DeviceSpec): Outcome {
    const device = this.#devices.get(id);
    if (!device) return refuse("missing", `there is no device \`${id}\``);
    const kind = this.#classes[spec.class];
    const wrong = differs(device.spec, spec, [...kind.fixed, ...kind.sizes]) ?? kind.wrong(spec);
    if (wrong) return wrong;
    if (this.#resizes.isAsked(device)) return refuse("busy", `device \`${id}\` is being reconfigured`);
    const changed = kind.change(device, device.spec, spec);
    if (!changed.ok) return changed;
    this.#takeOver(device, spec);
    return success();
  }

  /** As `set`, and `mtu` and `ring` too, which a guest that has it open must acknowledge. */
  async reconfigure(id: Id, spec: DeviceSpec): Promise<Outcome> {
    const device = this.#devices.get(id);
    const before = device?.spec;
    if (before?.class !== "venet" || spec.class !== "venet") return this.set(id, spec);
    const { mtu, ring } = spec.venet;
    if (before.venet.mtu === mtu && before.venet.ring === ring) return this.set(id, spec);
    const wrong = differs(before, spec, this.#classes.venet.fixed) ?? this.#classes.venet.wrong(spec);
    if (wrong) return wrong;
    // The larger network first, so that the device's MTU is never over its network's.
    const grows = mtu >= before.venet.mtu;
    const { mtu: oldMtu, ring: oldRing } = before.venet;
    if (grows) {
      const others = this.set(id, { ...spec, venet: { ...spec.venet, mtu: oldMtu, ring: oldRing } });
      if (!others.ok) return others;
    }
    const now = (device as Device).spec as typeof spec;
    const resized = await this.#resize(device as Device, { ...now, venet: { ...now.venet, mtu, ring } });
    if (!resized.ok && grows) this.set(id, before);
    if (!resized.ok || grows) return resized;
    const others = this.set(id, spec);
    if (!others.ok) await this.#resize(device as Device, before);
    return others;
  }

  #resize(device: Device, spec: DeviceSpec): Promise<Outcome> {
    if (this.lines.tooShort(device.port, noticeOf({ ...device, spec }).frameMax))
      return Promise.resolve(refuse("busy", "its impaired link was made for shorter frames"));
    return this.#resizes.ask(device, spec);
  }

  #takeOver(device: Device, spec: DeviceSpec): void {
    device.spec = spec;
    this.#plugs.setPort(device.port, this.#classes[spec.class].settings(spec));
    this.#plugsChanged();
    this.#guests?.deviceChanged(device);
  }

  commitVolume(id: Id, options: CommitOptions = {}): Promise<Outcome<number>> {
    return this.volumes.commits.run(id, options, ({ ports }) => {
      for (const port of ports) {
        const device = this.#byPort.get(port);
        // Of one that was removed, a guest has not let go.
        const user = device ? this.#guests?.userOf(device) : "a guest";
        if (user !== undefined) return user;
      }
      return undefined;
    });
  }

  #volumeChanged(volume: Volume): void {
    for (const port of volume.ports) {
      const device = this.#byPort.get(port);
      if (device?.spec.class !== "vblk") continue;
      this.#disks.volumeChanged(device, device.spec);
      this.#guests?.deviceChanged(device);
    }
  }

  bus(id: Id): Bus | undefined {
    return this.#buses.get(id);
  }

  device(id: Id): Device | undefined {
    return this.#devices.get(id);
  }

  /** Devices that are plugged into a network or one that it is joined with. */
  onSegment(network: Id): Device[] {
    return this.#behind(this.networks.onSegment(network));
  }

  #onChannel(channel: Id): Device[] {
    return this.#behind(this.channels.portsOn(channel));
  }

  #behind(ports: readonly number[]): Device[] {
    return ports.map((port) => this.#byPort.get(port)).filter((device) => device !== undefined);
  }

  /** Devices whose guests a guest that has this one reaches, itself among them. */
  reachedBy({ spec }: Device): Device[] {
    if (spec.class === "venet") return this.onSegment(spec.venet.network);
    return spec.class === "vchan" ? this.#onChannel(spec.vchan.channel) : [];
  }

  /** Uplinks of a network or one that it is joined with. */
  uplinksOn(network: Id): ReturnType<Uplinks["made"]> {
    const ports = new Set(this.networks.onSegment(network));
    return this.uplinks.made().filter(({ port }) => ports.has(port));
  }

  all(): Iterable<Device> {
    return this.#devices.values();
  }

  /** Ports of a bus may have been opened or let go by the guest in a thread row. */
  lookAtPorts(bus: Id, thread: number, guest: Id): void {
    this.#plugs.collect();
    for (const device of this.#buses.get(bus)?.devices.values() ?? []) {
      if (portOwner(this.#fabric, device.port) === thread) this.#setOpenBy(device, guest);
      else if (device.openBy === guest) this.#setOpenBy(device, undefined);
      this.#resizes.look(device);
    }
  }

  /** The guest in a thread row is gone: so are its ports of devices that are gone too. */
  releaseRemoved(thread: number): void {
    this.#plugs.release(thread);
  }

  #setOpenBy(device: Device, guest: Id | undefined): void {
    if (device.openBy === guest) return;
    device.openBy = guest;
    this.#tell({ type: "device", id: device.id, open: guest !== undefined });
  }

  inventory(): Omit<Inventory, "guests"> {
    return inventoryOf(this.#things(), (device) => this.#resizes.possible(device));
  }

  traffic(): ReadonlyMap<Id, number> {
    return trafficOf(this.#fabric, this.#things(), (port) => this.#portsOf(port));
  }

  #things(): Parameters<typeof inventoryOf>[0] {
    const { networks, volumes, folders } = this;
    return {
      networks: networks.all,
      volumes: new Map<Id, unknown>([...volumes.all, ...folders.all]),
      channels: this.channels.all,
      uplinks: this.uplinks.made(),
      buses: this.#buses,
      devices: this.#devices,
    };
  }

  facts(id: Id): DeviceFacts | undefined {
    const device = this.#devices.get(id);
    return device && this.#factsOf(device);
  }

  allFacts(measured?: ReadonlySet<Id>): readonly DeviceFacts[] {
    return [...this.#devices.values()].map((device) =>
      this.#factsOf(device, measured?.has(device.id) ?? true),
    );
  }

  networkFacts(id: Id): NetworkFacts | undefined {
    const network = this.networks.all.get(id);
    if (!network) return undefined;
    const ports = [...network.ports].map((port) => this.#portsOf(port));
    return { id, frames: networkFrames(this.#fabric, ports), ports: network.ports.size };
  }

  allNetworkFacts(): readonly NetworkFacts[] {
    return [...this.networks.all.keys()].map((id) => this.networkFacts(id) as NetworkFacts);
  }

  buses(): readonly { id: Id; devices: readonly Id[]; members: readonly Id[] }[] {
    return [...this.#buses.values()].map(({ id, devices, members }) => ({
      id,
      devices: [...devices.keys()],
      members: [...members],
    }));
  }

  #factsOf(device: Device, isMeasured = true): DeviceFacts {
    const { port, openBy, spec } = device;
    return deviceFacts(this.#fabric, device, {
      ports: this.#portsOf(port),
      rings: this.#classes[spec.class].rings,
      memory: openBy === undefined ? undefined : this.#guests?.memoryOf(openBy),
      reconfigurable: this.#resizes.possible(device),
      isMeasured,
    });
  }

  histograms(id: Id): DeviceCells | undefined {
    const device = this.#devices.get(id);
    return device && cellsOfDevice(this.#fabric, this.#portsOf(device.port));
  }

  #portsOf(port: number): DevicePorts {
    return { port, egress: this.lines.of(port, "egress"), ingress: this.lines.of(port, "ingress") };
  }
}
