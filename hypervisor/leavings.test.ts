// What shared guests leave behind when they have ended: stacks, and memories that nobody uses any more.

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { afterEach, expect, test } from "vitest";
import { compileImage } from "./guest/image.ts";
import { Leavings } from "./guest/leavings.ts";
import { CARRIERS_MAX, LEAVINGS_MIN } from "./limits.ts";
import { TestLab, must, until } from "./machine-room.test-support.ts";
import { SLEEPER, wat } from "./wat.test-support.ts";

const CARRIERS = Math.min(CARRIERS_MAX, availableParallelism());
/** Stacks that V8 keeps on each carrier; it may keep one for what is running. */
const KEPT = 8;
/** Of the addresses that V8 reserves for each guest's memory, so that no code needs to check its own. */
const RESERVED_KIB = 4 * 1024 * 1024;
const ROUNDS = 4;

let lab: TestLab | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

/** Boots so many at once. */
async function bootIdle(count: number): Promise<readonly string[]> {
  const { hv } = (lab ??= new TestLab({ warm: 0 }));
  const image = must(await compileImage(await wat(SLEEPER)));
  if (!lab.room.devices.bus("idle")) must(hv.createBus("idle"));
  const ids = Array.from({ length: count }, (_, index) => `idle${index}`);
  const spec = { bus: "idle", image, args: [], env: {}, memory: 65_536, vcpu: "shared" } as const;
  for (const outcome of await Promise.all(ids.map((id) => hv.bootGuest(id, spec)))) must(outcome);
  return ids;
}

async function end(ids: readonly string[]): Promise<void> {
  const { hv } = lab as TestLab;
  await Promise.all(ids.map((id) => hv.killGuest(id)));
  for (const id of ids) must(hv.removeGuest(id));
}

/** Pieces of memory of about the size of a stack. */
function stacks(): number {
  let found = 0;
  for (const line of readFileSync("/proc/self/maps", "utf8").split("\n")) {
    const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw-p/.exec(line) ?? [];
    const kib = (parseInt(to ?? "0", 16) - parseInt(from ?? "0", 16)) / 1024;
    if (kib > 900 && kib < 1100) found++;
  }
  return found;
}

function reservedKib(): number {
  return Number(/VmSize:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

test("the stacks of guests that have ended are given back", { timeout: 120_000 }, async () => {
  await end(await bootIdle(CARRIERS)); // The carriers are there from now on.
  const before = stacks();
  const ids = await bootIdle(CARRIERS * 40);
  expect(stacks() - before).toBeGreaterThan(CARRIERS * 30);
  await end(ids);
  expect(stacks() - before).toBeLessThan(CARRIERS * KEPT);
});

test("of many rounds of guests the memories of the last one are left", { timeout: 120_000 }, async () => {
  await end(await bootIdle(CARRIERS));
  const count = CARRIERS * LEAVINGS_MIN;
  const here = new Leavings(); // This thread keeps them too, until V8 looks.
  const before = reservedKib();
  let eachKib = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const ids = await bootIdle(count);
    if (round === 0) eachKib = (reservedKib() - before) / count;
    await end(ids);
    for (let left = 0; left < LEAVINGS_MIN; left++) here.left();
    here.rest();
  }
  expect(eachKib).toBeGreaterThan(RESERVED_KIB);
  const areBack = (): boolean => reservedKib() - before < 1.5 * count * eachKib;
  await until("the others are given back", areBack, 5000); // V8 looks by itself after eight seconds.
});
