// The machine room: puts buses, networks, devices and guests together on the control thread. See
// hypervisor.ts.

import { readFileSync } from "node:fs";
import { systemClock } from "./clock.ts";
import { Devices } from "./bus/devices.ts";
import { Guests } from "./guest/guests.ts";
import { compileImage } from "./guest/image.ts";
import { Pool } from "./guest/pool.ts";
import type { Hypervisor, HypervisorEvent, HypervisorOptions } from "./hypervisor.ts";
import { createFabric } from "./memory/fabric.ts";

const PUMP = new URL("./datapath/pump.wasm", import.meta.url);
const WARM = 2;

/** Starts a machine room: the fabric and a pool of warm threads. `close` ends it. */
export function createHypervisor(options: HypervisorOptions): Hypervisor {
  const fabric = createFabric();
  const pump = new WebAssembly.Module(readFileSync(PUMP));
  const pool = new Pool({ fabric: fabric.memory, pump }, options.warm ?? WARM);
  const listeners = new Set<(event: HypervisorEvent) => void>();
  const tell = (event: HypervisorEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const devices = new Devices(fabric, tell);
  const guests = new Guests({ fabric, pool, devices, clock: systemClock, lab: options.lab, tell });
  devices.attach(guests);
  return {
    compile: compileImage,
    createNetwork: (id, spec) => devices.createNetwork(id, spec),
    removeNetwork: (id) => devices.removeNetwork(id),
    createBus: (id) => devices.createBus(id),
    removeBus: (id) => devices.removeBus(id),
    addDevice: (bus, id, spec) => devices.add(bus, id, spec),
    removeDevice: (id) => devices.remove(id),
    setDevice: (id, spec) => devices.set(id, spec),
    bootGuest: (id, spec) => guests.boot(id, spec),
    stopGuest: (id, graceMs) => guests.stop(id, graceMs),
    killGuest: (id) => guests.kill(id),
    removeGuest: (id) => guests.remove(id),
    typeConsole: (device, text) => guests.type(device, text),
    guest: (id) => guests.facts(id),
    guests: () => guests.all(),
    device: (id) => devices.facts(id),
    devices: () => devices.allFacts(),
    network: (id) => devices.networkFacts(id),
    networks: () => devices.allNetworkFacts(),
    buses: () => devices.buses(),
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await guests.close();
      await pool.close();
    },
  };
}
