// Applying on the real hypervisor: a failure injected at every act, and what is there
// afterwards.

import { afterEach, expect, test } from "vitest";
import { createHypervisor } from "../../hypervisor/index.ts";
import { definitionOf } from "../plan/model.test-support.ts";
import { build, closeAll, digest, Saboteur } from "./saboteur.test-support.ts";

afterEach(closeAll);

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
