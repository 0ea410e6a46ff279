// Other rings while a device is open: guests that can't, won't, or do it wrong. Those that do it right are in
// interpreter/reconfigure.test.ts.

import { afterEach, beforeEach, expect, test } from "vitest";
import type { FeatureName, Outcome, VenetSpec } from "./hypervisor.ts";
import { TestLab, bootPair, endPair, macOf, must, pairAtRest } from "./machine-room.test-support.ts";
import { shapeOf, until } from "./machine-room.test-support.ts";
import { puppet, type Puppet } from "./puppet.test-support.ts";
import { guestImage, memoryOf, testGuest } from "./wat.test-support.ts";

const [ASKED, FEEDER] = [3, 4];
/** What the guest is told to do, and its report; see test-guests/asked.wat.txt. */
const DO = { acknowledge: 1, another: 2, receive: 3, send: 4, garbage: 5, post: 6, short: 7, leave: 8 };
const WORD = { taken: 4, ticket: 8, answer: 9, features: 10, what: 14 };
const [EAGAIN, ENOENT, EINVAL, ENOSPC] = [-11, -2, -22, -28];

let lab: TestLab;
let feeder: Puppet;
let fed = 0;

beforeEach(async () => {
  lab = new TestLab();
  for (const n of [1, 2, ASKED, FEEDER]) lab.plug(n);
  await bootPair(lab);
  feeder = await puppet(lab, FEEDER);
  fed = 0;
}, 60_000);

afterEach(async () => {
  expect(await pairAtRest(lab)).toEqual([]);
  const { zeros } = await endPair(lab);
  expect(Object.entries(zeros).filter(([, value]) => value !== 0)).toEqual([]);
  await lab.close();
}, 60_000);

async function boot(features?: readonly FeatureName[]): Promise<void> {
  const shape = shapeOf(ASKED, macOf(FEEDER), { rx: 64, tx: 64 });
  const image = await guestImage(testGuest("asked"), shape);
  const only = features === undefined ? {} : { features };
  const spec = { bus: `bus${ASKED}`, image, args: [], env: {}, memory: memoryOf(shape), ...only };
  must(await lab.hv.bootGuest("asked", spec));
  await until("it is ready", () => lab.report("asked", 0) === 1);
}

/** Asks for a ring of another size, and waits until the guest knows. */
async function ask(change: Partial<VenetSpec> = { ring: 128 }): Promise<{ outcome: Promise<Outcome> }> {
  const before = lab.report("asked", WORD.ticket);
  const outcome = lab.reconfigure(ASKED, change);
  await until("it is asked", () => lab.report("asked", WORD.ticket) !== before);
  return { outcome };
}

async function tell(what: number): Promise<number> {
  lab.tell("asked", WORD.what, what);
  await until(`it did ${what}`, () => lab.report("asked", WORD.what) === 0);
  return lab.report("asked", WORD.answer);
}

/** It takes what is sent to it in the rings that it had before. */
async function goesOn(): Promise<void> {
  await feeder.send({ to: macOf(ASKED), from: macOf(FEEDER), mark: ++fed, length: 64 });
  await until("the frame is taken", () => lab.report("asked", WORD.taken) === fed);
  expect(lab.device(ASKED).rings.find(({ name }) => name === "rx")?.size).toBe(64);
}

const LATE = { ok: false, refusal: { code: "late" } };

test(
  "a guest that never acknowledges keeps its rings, and the change is refused",
  { timeout: 120_000 },
  async () => {
    await boot();
    const { outcome } = await ask();
    expect(lab.hv.setDevice(`eth${ASKED}`, lab.specOf(ASKED, { rate: 1e9 }))).toMatchObject({
      refusal: { code: "busy" },
    });
    expect(await outcome).toMatchObject(LATE);
    await goesOn();
    // Too late is too late; what it has staged is nobody's.
    await tell(DO.receive);
    await tell(DO.send);
    expect(await tell(DO.acknowledge)).toBe(ENOENT);
    await goesOn();
    lab.change(ASKED, { rate: 1e9 });
  },
);

test(
  "one that acknowledges without rings, or what it was not asked for, is refused",
  { timeout: 120_000 },
  async () => {
    await boot();
    expect(await tell(DO.acknowledge)).toBe(ENOENT);
    const { outcome } = await ask();
    expect(await tell(DO.short)).toBe(ENOSPC);
    expect(await tell(DO.acknowledge)).toBe(EINVAL);
    expect(await tell(DO.another)).toBe(ENOENT);
    expect(await tell(DO.receive)).toBeGreaterThanOrEqual(0);
    expect(await tell(DO.acknowledge)).toBe(EINVAL);
    expect(await outcome).toMatchObject(LATE);
    await goesOn();
  },
);

test("frames that are posted go out before the rings change", { timeout: 120_000 }, async () => {
  await boot();
  const { outcome } = await ask();
  await tell(DO.receive);
  await tell(DO.send);
  await tell(DO.post);
  expect(await tell(DO.acknowledge)).toBe(EAGAIN);
  expect(await outcome).toMatchObject(LATE);
  await goesOn();
});

test("one that registers garbage is stopped when somebody sends to it", { timeout: 120_000 }, async () => {
  await boot();
  // A lap and one more: the turns in its ring are none that a new ring has.
  for (let frame = 0; frame <= 64; frame++) await goesOn();
  const { outcome } = await ask({ ring: 128, mtu: 1000 });
  expect(await tell(DO.garbage)).toBeGreaterThanOrEqual(0);
  await tell(DO.send);
  expect(await tell(DO.acknowledge)).toBe(0);
  expect(await outcome).toEqual({ ok: true, value: undefined });
  await feeder.send({ to: macOf(ASKED), from: macOf(FEEDER), mark: 1, length: 64 });
  expect(await lab.ended("asked")).toMatchObject({ state: "quarantined" });
});

test("one that ends, or whose device goes, is not waited for", { timeout: 120_000 }, async () => {
  await boot();
  const first = await ask();
  lab.tell("asked", WORD.what, DO.leave);
  expect(await first.outcome).toEqual({ ok: true, value: undefined });
  await lab.ended("asked");
  must(lab.hv.removeGuest("asked"));
  await boot();
  const second = await ask({ ring: 256 });
  must(lab.hv.removeDevice(`eth${ASKED}`));
  expect(await second.outcome).toMatchObject({ refusal: { code: "missing" } });
  must(await lab.hv.killGuest("asked"));
});

test("a guest that doesn't know how, or may not, keeps its rings", { timeout: 120_000 }, async () => {
  await boot([]);
  expect([lab.report("asked", WORD.features), lab.guest("asked").features]).toEqual([0, []]);
  expect(lab.device(ASKED).reconfigurable).toBe(false);
  expect(await lab.reconfigure(ASKED, { ring: 128 })).toMatchObject({ refusal: { code: "busy" } });
  expect(await tell(DO.receive)).toBe(EINVAL);
  expect(await lab.reconfigure(1, { ring: 128 })).toMatchObject({ refusal: { code: "busy" } });
  must(await lab.hv.stopGuest("asked", 5000));
  // Nobody has it open: there is nobody to ask.
  expect(lab.device(ASKED).reconfigurable).toBe(true);
  expect(await lab.reconfigure(ASKED, { ring: 128 })).toMatchObject({ ok: true });
  must(lab.hv.removeGuest("asked"));
  await boot(["reconfigure"]);
  expect([lab.report("asked", WORD.features), lab.guest("asked").features]).toEqual([1, ["reconfigure"]]);
});
