// Rates of a snapshot, over a clock that the test moves. The facts are those of a hypervisor without guests.

import { expect, test } from "vitest";
import type { CounterFacts, DeviceFacts, GuestFacts, Hypervisor } from "../../hypervisor/index.ts";
import { createHypervisor } from "../../hypervisor/index.ts";
import { Engine } from "../engine.ts";
import { definitionOf, images } from "../plan/model.test-support.ts";
import { SnapshotBuilder } from "./snapshot.ts";
import type { LabFacts } from "./snapshot.ts";

const TEXT = `image echo: wasm { path = "std:guests/echo" }
network lan { subnet = 10.0.0.0/24 }
guest g { image = echo, device eth0: venet { network = lan } }
`;
const FACTS: LabFacts = {
  lab: "t",
  file: "/t.vbus",
  generation: 1,
  ready: true,
  failures: 0,
  watch: "off",
  outputs: [],
  diagnostics: [],
  diagnosticsText: "",
};

/** The real hypervisor, with counters that the test sets. */
class Counted {
  frames = 0;
  cpuMs = 0;
  readonly real = createHypervisor({ lab: "t" });
  readonly seen: Hypervisor = new Proxy(this.real, {
    get: (target, name) => {
      if (name === "devices") return () => target.devices().map((device) => this.#device(device));
      if (name === "traffic") return () => new Map(target.devices().map(({ id }) => [id, 2 * this.frames]));
      if (name === "guests")
        return () => target.guests().map((guest): GuestFacts => ({ ...guest, cpuMs: this.cpuMs }));
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

  #device(device: DeviceFacts): DeviceFacts {
    const count = (facts: CounterFacts): CounterFacts => ({ ...facts, count: this.frames });
    return { ...device, rx: count(device.rx), tx: count(device.tx) };
  }
}

test("rates are those of the last second, and a picture changes nothing", async () => {
  let now = 0;
  const clock = { now: () => now, wall: () => 0 };
  const counted = new Counted();
  const engine = new Engine({ lab: "t", hypervisor: counted.seen, images, clock });
  expect(await engine.apply(definitionOf(TEXT), { actor: "file" })).toMatchObject({ ok: true });
  const { guests, ledger } = engine;
  const builder = new SnapshotBuilder({
    hypervisor: counted.seen,
    guests,
    ledger,
    clock,
    facts: () => FACTS,
  });
  const g = () => builder.build().guests[0];

  expect(g()).toMatchObject({ address: "g", framesPerSecond: 0, cpu: 0 });
  now = 1000;
  counted.frames = 500;
  counted.cpuMs = 250;
  expect(g()).toMatchObject({ framesPerSecond: 1000, cpu: 0.25 });
  // The busy second is over: what came before it no longer counts.
  now = 2000;
  builder.sample();
  now = 3000;
  expect(g()).toMatchObject({ framesPerSecond: 0, cpu: 0 });
  // Counters that fall (the device was made anew) are no negative rates.
  now = 4000;
  counted.frames = 0;
  expect(g()).toMatchObject({ framesPerSecond: 0 });
  expect(builder.build().uptimeMs).toBe(4000);
  engine.close();
  await counted.real.close();
});
