// What holds for every apply, on the real hypervisor and on labs made at random. Each run says its seed where
// it fails: `SEED` makes the whole row again. With CI or SLOW hundreds of runs, else a few.

import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import type { Definition } from "../plan/definition.ts";
import { definitionOf } from "../plan/model.test-support.ts";
import type { Engine } from "../engine.ts";
import { mixedLabs, randomLab, textOfLab } from "./labs.test-support.ts";
import { build, closeAll, digest, Saboteur } from "./saboteur.test-support.ts";

const LONG = process.env["SLOW"] === "1";
const RUNS = LONG ? 200 : 4;
const base = Number(process.env["SEED"] ?? 20_261_123);
const seeds = Array.from({ length: RUNS }, (_, index) => base + index);
const LIMIT = { timeout: 900_000 };
const HURRY = { actor: "file", graceMs: 2000 };

afterEach(closeAll);

function sampled<T>(from: fc.Arbitrary<T>, seed: number): T {
  return fc.sample(from, { seed, numRuns: 1 })[0] as T;
}

const labAt = (seed: number): Definition => definitionOf(textOfLab(sampled(randomLab(3), seed)));

/** Guests that booted, by how often. */
function bootsOf(saboteur: Saboteur): Map<string, number> {
  const boots = new Map<string, number>();
  saboteur.real.on((event) => {
    if (event.type === "guest" && event.state === "running")
      boots.set(event.id, (boots.get(event.id) ?? 0) + 1);
  });
  return boots;
}

async function applied(engine: Engine, desired: Definition, seed: number) {
  const result = await engine.apply(desired, HURRY);
  expect(result, `seed ${seed}: ${JSON.stringify(result)}`).toMatchObject({ ok: true });
  return result;
}

test("plan, fail anywhere, and nothing has changed; apply, and nothing is left to do", LIMIT, async () => {
  const saboteur = new Saboteur();
  const engine = build(saboteur.hypervisor);
  const state = (): unknown => ({ ...(digest(engine, saboteur.real) as object), settings: saboteur.now() });
  let failures = 0;
  for (const seed of seeds) {
    const desired = labAt(seed);
    const before = state();
    const plan = engine.plan(desired);
    expect(state(), `seed ${seed}: a plan`).toEqual(before);
    expect(engine.plan(desired), `seed ${seed}: the same plan`).toEqual(plan);
    saboteur.failAfter = seed % 11;
    const failed = await engine.apply(desired, HURRY);
    saboteur.failAfter = undefined;
    if (!failed.ok) {
      failures++;
      expect(failed.stuck, `seed ${seed}`).toEqual([]);
      expect(state(), `seed ${seed}: ${failed.failure.message} at ${failed.failure.address}`).toEqual(before);
      await applied(engine, desired, seed);
    }
    expect(engine.plan(desired).steps, `seed ${seed}: after it was applied`).toEqual([]);
  }
  if (LONG) expect(failures).toBeGreaterThan(RUNS / 4);
});

test("every step disturbs what was announced, no more and no less", LIMIT, async () => {
  const saboteur = new Saboteur();
  const engine = build(saboteur.hypervisor);
  // Each lab, and the same with every guest's memory changed: all of them restart.
  // Found once: a guest that restarts is given its first devices on a network that is made anew.
  const labs = [412_834_348, 412_834_349, ...seeds].flatMap((seed) => {
    const lab = sampled(randomLab(3), seed);
    const guests = lab.guests.map((guest) => ({ ...guest, memoryMiB: 5 - guest.memoryMiB }));
    return [lab, { ...lab, guests }].map((one) => ({ seed, desired: definitionOf(textOfLab(one)) }));
  });
  for (const { seed, desired } of labs) {
    const boots = bootsOf(saboteur);
    const { plan, steps } = await applied(engine, desired, seed);
    expect(steps, `seed ${seed}`).toHaveLength(plan.steps.length);
    for (const { address, kind, predicted, actual } of steps)
      expect([seed, address, kind, actual]).toEqual([seed, address, kind, predicted]);
    // The same from outside: who booted are those whose steps say so, once each.
    const announced = plan.steps.filter(
      ({ resourceKind, kind }) => resourceKind === "guest" && (kind === "restart" || kind === "create"),
    );
    expect([...boots.keys()].sort(), `seed ${seed}`).toEqual(announced.map(({ address }) => address).sort());
    expect([...boots.values()].every((times) => times === 1)).toBe(true);
  }
});

test("two edits end in the same state, whichever comes first", LIMIT, async () => {
  for (const seed of seeds.slice(0, RUNS / 4)) {
    const { start, one, other, both } = sampled(mixedLabs, seed);
    const ends: unknown[] = [];
    for (const way of [
      [start, one, both],
      [start, other, both],
    ]) {
      const saboteur = new Saboteur();
      const engine = build(saboteur.hypervisor);
      for (const lab of way) await applied(engine, definitionOf(textOfLab(lab)), seed);
      ends.push({ ...(digest(engine, saboteur.real) as object), settings: saboteur.now() });
      await engine.takeDown({ ...HURRY, graceMs: 0 });
    }
    expect(ends[1], `seed ${seed}`).toEqual(ends[0]);
  }
});

test(
  "an image that can't be prepared stops nobody: those that boot it go down when it is there",
  LIMIT,
  async () => {
    const saboteur = new Saboteur();
    const engine = build(saboteur.hypervisor);
    const text = (path: string): string => `image echo: wasm { path = "${path}" }
network lan { subnet = 10.0.0.0/24 }
guest g { image = echo, device eth0: venet { network = lan } }`;
    await applied(engine, definitionOf(text("std:guests/echo")), 0);
    const boots = bootsOf(saboteur);
    const lived = saboteur.real.guest("g")?.uptimeMs ?? 0;
    const { prepare } = saboteur.real;
    saboteur.real.prepare = () => {
      expect(saboteur.real.guest("g")?.state).toBe("running");
      return Promise.resolve({ ok: false, refusal: { code: "invalid", message: "not today" } });
    };
    const failed = await engine.apply(definitionOf(text("std:guests/ping")), HURRY);
    expect(failed).toMatchObject({
      ok: false,
      failure: { address: "echo", message: "not today" },
      stuck: [],
    });
    expect([boots.size, saboteur.real.guest("g")?.state]).toEqual([0, "running"]);
    expect(saboteur.real.guest("g")?.uptimeMs).toBeGreaterThanOrEqual(lived);
    saboteur.real.prepare = prepare;
  },
);
