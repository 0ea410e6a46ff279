// Applying on the real hypervisor: labs at random, a failure injected at every act, and what is there
// afterwards.

import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { createHypervisor } from "../../hypervisor/index.ts";
import type { Hypervisor } from "../../hypervisor/index.ts";
import { Engine } from "../engine.ts";
import { definitionOf, images } from "../plan/model.test-support.ts";
import { randomLab, textOfLab } from "./labs.test-support.ts";

const clock = { now: () => performance.now(), wall: () => Date.now() };
const seed = Number(process.env["SEED"] ?? 20_261_123);
const open: { engine: Engine; hypervisor: Hypervisor }[] = [];

afterEach(async () => {
  for (const { engine, hypervisor } of open.splice(0)) {
    engine.close();
    await hypervisor.close();
  }
});

/** Calls that change the machine room; one of them can be made to fail. */
const CHANGING: ReadonlySet<string> = new Set([
  "compile",
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
class Saboteur {
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

function build(hypervisor: Hypervisor): Engine {
  const engine = new Engine({ lab: "t", hypervisor, images, clock });
  open.push({ engine, hypervisor });
  return engine;
}

/** All that a rollback must bring back: without counters, clocks and the threads that guests run on. */
function digest(engine: Engine, hypervisor: Hypervisor): unknown {
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

const BEFORE = `image echo: wasm { path = "std:guests/echo" }
network a { subnet = 10.1.0.0/24 }
network b { subnet = 10.2.0.0/24 }
bus office { device tty: vconsole { } }
guest stays { image = echo, device eth0: venet { network = a, rate = 1Mbps } }
guest changes { image = echo, env = { N = "1" }, device eth0: venet { network = b, ip = 10.2.0.9 } }
guest goes { image = echo, bus = office }
`;
const AFTER = `image echo: wasm { path = "std:guests/echo" }
image other: wasm { path = "std:guests/echo", labels = { n = 2 } }
network a { subnet = 10.1.0.0/24 }
network c { subnet = 10.2.0.0/24, mtu = 9000B }
bus office { device tty: vconsole { columns = 100 }, device eth: venet { network = c, mtu = 1500B } }
guest stays { image = echo, device eth0: venet { network = a, rate = 2Mbps }, device tty: vconsole { } }
guest changes { image = other, env = { N = "2" }, device eth0: venet { network = c, ip = 10.2.0.9 } }
guest comes { image = echo, bus = office }
`;

test("a failure injected at every act takes everything back", async () => {
  const saboteur = new Saboteur();
  const engine = build(saboteur.hypervisor);
  expect(await engine.apply(definitionOf(BEFORE), { actor: "file" })).toMatchObject({ ok: true });
  const before = digest(engine, saboteur.real);
  const settings = saboteur.now();
  const uptime = (): number => saboteur.real.guest("stays")?.uptimeMs ?? 0;
  let failures = 0;
  for (let at = 0; at < 100; at++) {
    const lived = uptime();
    saboteur.failAfter = at;
    const result = await engine.apply(definitionOf(AFTER), { actor: "file", graceMs: 1000 });
    saboteur.failAfter = undefined;
    if (result.ok) break;
    failures++;
    expect(result.failure.message).toMatch(/sabotage/);
    expect(result.stuck, `failure ${at}: ${result.failure.message}`).toEqual([]);
    expect(digest(engine, saboteur.real), `failure ${at} at ${result.failure.address}`).toEqual(before);
    expect(saboteur.now()).toEqual(settings);
    expect(engine.plan(definitionOf(BEFORE)).steps).toEqual([]);
    // The guest that no step restarts was never touched.
    expect(uptime()).toBeGreaterThanOrEqual(lived);
  }
  expect(failures).toBeGreaterThanOrEqual(12);
  expect(engine.plan(definitionOf(AFTER)).steps).toEqual([]);
}, 300_000);

test("a first apply that fails leaves nothing", async () => {
  const saboteur = new Saboteur();
  const engine = build(saboteur.hypervisor);
  for (let at = 0; at < 100; at++) {
    saboteur.failAfter = at;
    const result = await engine.apply(definitionOf(BEFORE), { actor: "file", graceMs: 1000 });
    saboteur.failAfter = undefined;
    if (result.ok) break;
    expect(digest(engine, saboteur.real)).toEqual({
      ledger: {},
      networks: [],
      buses: [],
      guests: [],
      records: [],
    });
  }
}, 300_000);

test("what can't be taken back is named, and the rest is taken back", async () => {
  const saboteur = new Saboteur();
  const engine = build(saboteur.hypervisor);
  await engine.apply(definitionOf(BEFORE), { actor: "file" });
  const { real } = saboteur;
  const gone = real.removeNetwork.bind(real);
  real.removeNetwork = (id) =>
    id === "c" ? { ok: false, refusal: { code: "busy", message: "stuck" } } : gone(id);
  real.bootGuest = () =>
    Promise.resolve({ ok: false, refusal: { code: "limit", message: "no more threads" } });
  const result = await engine.apply(definitionOf(AFTER), { actor: "file", graceMs: 1000 });
  expect(result).toMatchObject({ ok: false, failure: { message: "no more threads" } });
  expect(result.ok ? [] : result.stuck.map((one) => one.address)).toContain("c");
  expect(real.networks().map((network) => network.id)).toEqual(expect.arrayContaining(["a", "b", "c"]));
});

test("a plan changes nothing, and after an apply there is nothing to do", async () => {
  const hypervisor = createHypervisor({ lab: "t" });
  const engine = build(hypervisor);
  const labs = fc.array(randomLab(3), { minLength: 2, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(labs, async (sequence) => {
      for (const lab of sequence) {
        const desired = definitionOf(textOfLab(lab));
        const before = digest(engine, hypervisor);
        engine.plan(desired);
        expect(digest(engine, hypervisor)).toEqual(before);
        const result = await engine.apply(desired, { actor: "file", graceMs: 2000 });
        expect(result, JSON.stringify(result)).toMatchObject({ ok: true });
        expect(engine.plan(desired).steps).toEqual([]);
        expect(hypervisor.guests().every((guest) => guest.state === "running")).toBe(true);
        expect(new Set(hypervisor.guests().map((guest) => guest.id))).toEqual(
          new Set(
            [...desired.resources.values()].filter((one) => one.kind === "guest").map((one) => one.address),
          ),
        );
      }
    }),
    { seed, numRuns: 12 },
  );
}, 300_000);

test("two ways to a lab end in the same state", async () => {
  const ends: unknown[] = [];
  for (const way of [[AFTER], [BEFORE, AFTER]]) {
    const hypervisor = createHypervisor({ lab: "t" });
    const engine = build(hypervisor);
    for (const text of way) await engine.apply(definitionOf(text), { actor: "file", graceMs: 2000 });
    ends.push(digest(engine, hypervisor));
  }
  expect(ends[1]).toEqual(ends[0]);
});
