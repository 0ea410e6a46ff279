// For tests: the real hypervisor with a call that fails, and the state of a lab as a value.

import { createHypervisor } from "../../hypervisor/index.ts";
import type { Hypervisor } from "../../hypervisor/index.ts";
import { Engine } from "../engine.ts";
import { images } from "../plan/model.test-support.ts";

const clock = { now: () => performance.now(), wall: () => Date.now() };
const open: { engine: Engine; hypervisor: Hypervisor }[] = [];

/** Closes everything that `build` made. */
export async function closeAll(): Promise<void> {
  for (const { engine, hypervisor } of open.splice(0)) {
    engine.close();
    await hypervisor.close();
  }
}

/** Calls that change the machine room; one of them can be made to fail. */
const CHANGING: ReadonlySet<string> = new Set([
  "prepare",
  "createNetwork",
  "removeNetwork",
  "createBus",
  "removeBus",
  "addDevice",
  "removeDevice",
  "reconfigureDevice",
  "bootGuest",
  "stopGuest",
]);

/** The real thing, whose n-th changing call is refused instead of done. */
export class Saboteur {
  /** Changing calls until one fails; undefined: none does. */
  failAfter: number | undefined;
  readonly hypervisor: Hypervisor;
  readonly real: Hypervisor = createHypervisor({ lab: "t" });
  /** The settings of devices and guests that were taken last; the hypervisor's facts don't tell them. */
  readonly settings = new Map<string, string>();

  constructor() {
    this.#noteSettings();
    this.hypervisor = new Proxy(this.real, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return (...args: unknown[]) => {
          if (CHANGING.has(String(name)) && this.failAfter !== undefined && this.failAfter-- === 0) {
            return { ok: false, refusal: { code: "limit", message: `sabotage of ${String(name)}` } };
          }
          return Reflect.apply(method, target, args);
        };
      },
    });
  }

  /** Settings of what is there now. */
  now(): Readonly<Record<string, string | undefined>> {
    const there = [...this.real.devices(), ...this.real.guests()].map((thing) => thing.id).sort();
    return Object.fromEntries(there.map((id) => [id, this.settings.get(id)]));
  }

  #noteSettings(): void {
    const { addDevice, reconfigureDevice, bootGuest } = this.real;
    const note = <T extends { readonly ok: boolean }>(outcome: T, id: string, spec: unknown): T => {
      if (outcome.ok) this.settings.set(id, JSON.stringify(spec));
      return outcome;
    };
    this.real.addDevice = (bus, id, spec) => note(addDevice.call(this.real, bus, id, spec), id, spec);
    this.real.reconfigureDevice = async (id, spec) =>
      note(await reconfigureDevice.call(this.real, id, spec), id, spec);
    this.real.bootGuest = async (id, spec) => {
      const { args, env, use, memory } = spec;
      return note(await bootGuest.call(this.real, id, spec), id, { args, env, use, memory });
    };
  }
}

export function build(hypervisor: Hypervisor): Engine {
  const engine = new Engine({ lab: "t", hypervisor, images, clock });
  open.push({ engine, hypervisor });
  return engine;
}

/** All that a rollback must bring back: without counters, clocks and the threads that guests run on. */
export function digest(engine: Engine, hypervisor: Hypervisor): unknown {
  const sorted = (list: readonly string[]): readonly string[] => [...list].sort();
  return {
    ledger: Object.fromEntries([...engine.ledger].sort(([a], [b]) => (a < b ? -1 : 1))),
    networks: sorted(hypervisor.networks().map((network) => `${network.id} ${network.ports}`)),
    buses: sorted(
      hypervisor
        .buses()
        .map((bus) => `${bus.id}: ${sorted(bus.devices).join()} / ${sorted(bus.members).join()}`),
    ),
    guests: sorted(
      hypervisor
        .guests()
        .map((guest) => [guest.id, guest.state, guest.bus, guest.imageDigest, guest.memory].join(" ")),
    ),
    records: sorted([...engine.guests.records()].map(([address, record]) => `${address} ${record.phase}`)),
  };
}
