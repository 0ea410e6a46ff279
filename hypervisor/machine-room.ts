// The machine room: puts buses, networks, devices and guests together on the control thread. See
// hypervisor.ts.

import { readFileSync } from "node:fs";
import { systemClock } from "./clock.ts";
import { Devices } from "./bus/devices.ts";
import { digestVolume } from "./bus/digests.ts";
import { Captures } from "./capture/captures.ts";
import { Carriers } from "./guest/carriers.ts";
import { Guests } from "./guest/guests.ts";
import { compileImage, prepareSource } from "./guest/image.ts";
import { pcMachine } from "./guest/pc-machine.ts";
import { Pool } from "./guest/pool.ts";
import { refuse } from "./bus/outcome.ts";
import type { Hypervisor, HypervisorEvent, HypervisorOptions, StorageDoor } from "./hypervisor.ts";
import type { SnapshotDoor } from "./snapshots.ts";
import { createFabric, type Fabric } from "./memory/fabric.ts";
import type { Reaped } from "./datapath/reap.ts";

const PUMP = new URL("./datapath/pump.wasm", import.meta.url);
const WARM = 2;

/** The machine room with its insides, as tests look at them. */
export interface MachineRoom {
  readonly hypervisor: Hypervisor;
  readonly fabric: Fabric;
  readonly devices: Devices;
  readonly guests: Guests;
  readonly pool: Pool;
  readonly captures: Captures;
}

/** Starts a machine room: the fabric and a pool of warm threads. `close` ends it. */
export function createHypervisor(options: HypervisorOptions): Hypervisor {
  return assembleMachineRoom(options).hypervisor;
}

/** As `createHypervisor`; `onReaped` is told what each ended thread was in the middle of. */
export function assembleMachineRoom(
  options: HypervisorOptions,
  onReaped?: (reaped: Reaped) => void,
): MachineRoom {
  const fabric = createFabric();
  const pump = new WebAssembly.Module(readFileSync(PUMP));
  const listeners = new Set<(event: HypervisorEvent) => void>();
  const tell = (event: HypervisorEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const devices = new Devices(fabric, tell, options.volumes);
  const hosts = devices.hostThreads.map(({ peer }) => peer);
  const threads = { fabric: fabric.memory, pump, hosts };
  const pool = new Pool(threads, options.warm ?? WARM);
  const carriers = new Carriers(threads, fabric);
  const guests = new Guests({
    fabric,
    pool,
    carriers,
    devices,
    clock: systemClock,
    lab: options.lab,
    tell,
    onReaped,
  });
  const captures = new Captures(fabric, devices, systemClock);
  devices.attach(guests, captures);
  const close = async (): Promise<void> => {
    await captures.close();
    await guests.close();
    await devices.uplinks.close();
    await pool.close();
    await carriers.close();
    await devices.lines.close();
    devices.volumes.close();
    devices.folders.close();
  };
  const hypervisor = doorOf(devices, guests, captures, listeners, close);
  return { hypervisor, fabric, devices, guests, pool, captures };
}

function doorOf(
  devices: Devices,
  guests: Guests,
  captures: Captures,
  listeners: Set<(event: HypervisorEvent) => void>,
  close: () => Promise<void>,
): Hypervisor {
  return {
    compile: compileImage,
    prepare: prepareSource,
    ...storageDoor(devices),
    ...snapshotDoor(devices, guests),
    createNetwork: (id, spec) => devices.networks.create(id, spec),
    setNetwork: (id, spec) => devices.networks.set(id, spec),
    removeNetwork: (id) => devices.networks.remove(id),
    createChannel: (id, spec) => devices.channels.create(id, spec),
    setChannel: (id, spec) => devices.channels.set(id, spec),
    removeChannel: (id) => devices.channels.remove(id),
    createUplink: (id, spec) => devices.uplinks.create(id, spec),
    setUplink: (id, spec) => devices.uplinks.set(id, spec),
    removeUplink: (id) => devices.uplinks.remove(id),
    createBus: (id) => devices.createBus(id),
    removeBus: (id) => devices.removeBus(id),
    addDevice: (bus, id, spec) => devices.add(bus, id, spec),
    removeDevice: (id) => devices.remove(id),
    setDevice: (id, spec) => devices.set(id, spec),
    reconfigureDevice: (id, spec) => devices.reconfigure(id, spec),
    bootGuest: (id, spec, snapshot) => guests.boot(id, spec, snapshot),
    stopGuest: (id, graceMs) => guests.stop(id, graceMs),
    killGuest: (id) => guests.kill(id),
    pauseGuest: (id) => guests.pause(id),
    resumeGuest: (id) => guests.resume(id),
    setNice: (id, nice) => guests.setNice(id, nice),
    setRealtime: (id, spec) => guests.setRealtime(id, spec),
    runCommand: async (id, command, timeoutMs) => guests.ask(id, (agent) => agent.run(command, timeoutMs)),
    openCopy: (id) => guests.ask(id, (agent) => agent.openCopy()),
    removeGuest: (id) => guests.remove(id),
    typeConsole: (device, text) => guests.type(device, text),
    capture: (spec) => captures.start(spec),
    inventory: () => ({ ...devices.inventory(), guests: guests.states() }),
    traffic: () => devices.traffic(),
    guest: (id) => guests.facts(id),
    guests: () => guests.all(),
    device: (id) => devices.facts(id),
    devices: (measured) => devices.allFacts(measured),
    histograms: (id) => devices.histograms(id),
    network: (id) => devices.networkFacts(id),
    networks: () => devices.allNetworkFacts(),
    channel: (id) => devices.channels.facts(id),
    channels: () => devices.channels.allFacts(),
    uplink: (id) => devices.uplinks.facts(id),
    uplinks: () => devices.uplinks.all(),
    buses: () => devices.buses(),
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close,
  };
}

function snapshotDoor(devices: Devices, guests: Guests): SnapshotDoor {
  return {
    pcMachine: (spec) => pcMachine(spec, devices),
    holdGuest: (id, why) => guests.hold(id, why),
    digestVolume: (id, options) => digestVolume(devices.volumes.all, id, options),
  };
}

/** Folders are volumes to whoever names them, and nothing like disks here. */
function storageDoor(devices: Devices): StorageDoor {
  const { folders, volumes } = devices;
  return {
    async createVolume(id, spec) {
      if (folders.all.has(id) || volumes.all.has(id))
        return refuse("exists", `there is a volume \`${id}\` already`);
      return spec.class === "folder" ? folders.create(id, spec) : volumes.create(id, spec);
    },
    setVolume: (id, spec) => (spec.class === "folder" ? folders.set(id, spec) : volumes.set(id, spec)),
    removeVolume: (id) => (folders.all.has(id) ? folders.remove(id) : volumes.remove(id)),
    commitVolume: (id, options) => devices.commitVolume(id, options),
    volume: (id) => volumes.facts(id) ?? folders.facts(id),
    volumes: () => [...volumes.allFacts(), ...folders.allFacts()],
  };
}
