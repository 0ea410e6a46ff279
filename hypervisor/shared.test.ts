// Guests that share a thread: the same modules as others, in turns.

import { afterEach, expect, test } from "vitest";
import { compileImage } from "./guest/image.ts";
import type { GuestSpec } from "./hypervisor.ts";
import { TestLab, must, until } from "./machine-room.test-support.ts";
import { wat } from "./wat.test-support.ts";

let lab = new TestLab({ warm: 0 });
afterEach(async () => {
  await lab.close();
});

const LIMIT = { timeout: 120_000 };
const COUNT = 0;
const END = 1;

async function boot(id: string, text: string, change: Partial<GuestSpec> = {}): Promise<void> {
  const image = must(await compileImage(await wat(`(module ${IMPORTS} ${text})`)));
  if (!lab.room.devices.bus(`bus-${id}`)) must(lab.hv.createBus(`bus-${id}`));
  const spec = { bus: `bus-${id}`, image, args: [], env: {}, memory: 65_536, vcpu: "shared" } as const;
  must(await lab.hv.bootGuest(id, { ...spec, ...change }));
}

/** Lets a guest count so many times more. */
async function counts(id: string, times: number): Promise<void> {
  const before = lab.report(id, COUNT);
  await until(`${id} counts ${times}`, () => lab.report(id, COUNT) - before >= times, 60_000);
}

const IMPORTS = `
  (import "vbus" "call" (func $call (param i32 i32 i32 i32 i32) (result i32)))
  (import "vbus" "wait" (func $wait (param i64) (result i32)))
  (import "vbus" "signal" (func $signal (param i32) (result i32)))
  (import "env" "memory" (memory 1 1 shared))
  (func $count (drop (i32.atomic.rmw.add (i32.const 64) (i32.const 1))))
  (func $events
    (drop (call $call (i32.const 0) (i32.const 3) (i32.const 192) (i32.const 64) (i32.const 0))))`;
/** Never calls the host. */
const LOOP = `(func (export "main") (result i32) (loop $l (call $count) (br $l)) (i32.const 0))`;
/** Sleeps a millisecond at a time, until it is told to end. */
const TICK = `(func (export "main") (result i32)
  (call $events)
  (loop $l
    (drop (call $wait (i64.const 1000000)))
    (call $count)
    (br_if $l (i32.eqz (i32.atomic.load (i32.const 68)))))
  (i32.const 0))`;
/** Sleeps until it is woken or asked to stop. */
const SLEEP = `(func (export "main") (result i32)
  (call $events)
  (loop $l
    (call $count)
    (drop (call $wait (i64.const -1)))
    (br_if $l (i32.eqz (i32.atomic.load (i32.const 200)))))
  (i32.const 5))`;

test("a guest that loops leaves its mates their turns, and its watchdog ends it alone", LIMIT, async () => {
  lab = new TestLab({ warm: 0 });
  await boot("mate", TICK);
  await boot("other", TICK);
  await boot("loop", LOOP, { watchdogMs: 200 });
  await counts("mate", 20);
  const { state, reason, cpuMs, vcpu } = await lab.ended("loop", 60_000);
  expect({ state, reason, vcpu }).toEqual({
    state: "quarantined",
    reason: "used its CPU time without calling the host (watchdog)",
    vcpu: "shared",
  });
  expect(cpuMs).toBeGreaterThan(200);
  for (const id of ["mate", "other"]) {
    await counts(id, 5);
    lab.tell(id, END, 1);
    expect(await lab.ended(id, 60_000)).toMatchObject({ state: "completed", exit: 0 });
  }
});

test("a guest is killed in a loop and in its sleep, and its name boots again", LIMIT, async () => {
  lab = new TestLab({ warm: 0 });
  await boot("mate", TICK);
  for (const text of [LOOP, SLEEP, TICK]) {
    await boot("one", text);
    await until("it runs", () => lab.report("one", COUNT) > 0, 60_000);
    must(await lab.hv.killGuest("one"));
    expect(lab.guest("one").state).toBe("stopped");
    must(lab.hv.removeGuest("one"));
  }
  await counts("mate", 5);
});
