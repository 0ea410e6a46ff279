// Guests that share a thread: the same modules as others, in turns.

import { afterAll, beforeAll, expect, test } from "vitest";
import { compileImage } from "./guest/image.ts";
import type { GuestSpec } from "./hypervisor.ts";
import { TestLab, must, until } from "./machine-room.test-support.ts";
import { wat } from "./wat.test-support.ts";

const lab = new TestLab({ warm: 0 });
beforeAll(() => boot("mate", TICK), 120_000);
afterAll(() => lab.close());

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
    (br_if $l (i32.eqz (i32.atomic.load (i32.const 204)))))
  (i32.const 5))`;

test("a guest that loops leaves its mates their turns, and its watchdog ends it alone", LIMIT, async () => {
  await boot("other", TICK);
  await boot("third", TICK);
  await boot("loop", LOOP, { watchdogMs: 200 });
  await counts("mate", 20);
  const { state, reason, cpuMs, vcpu } = await lab.ended("loop", 60_000);
  expect({ state, reason, vcpu }).toEqual({
    state: "quarantined",
    reason: "used its CPU time without calling the host (watchdog)",
    vcpu: "shared",
  });
  expect(cpuMs).toBeGreaterThan(200);
  must(lab.hv.removeGuest("loop"));
  for (const id of ["other", "third"]) {
    await counts(id, 5);
    lab.tell(id, END, 1);
    expect(await lab.ended(id, 60_000)).toMatchObject({ state: "completed", exit: 0 });
    must(lab.hv.removeGuest(id));
  }
});

test("a guest is killed in a loop and in its sleep, and its name boots again", LIMIT, async () => {
  for (const text of [LOOP, SLEEP, TICK]) {
    await boot("one", text);
    await until("it runs", () => lab.report("one", COUNT) > 0, 60_000);
    must(await lab.hv.killGuest("one"));
    expect(lab.guest("one").state).toBe("stopped");
    must(lab.hv.removeGuest("one"));
  }
  await counts("mate", 5);
});

/** Functions that have what they do wrong inside something that catches. */
const CATCHING = (body: string): string => `(loop $l (try (do ${body}) (catch_all)) (br $l))`;
const MAIN = (body: string): string => `(func (export "main") (result i32) ${body} (i32.const 0))`;

test.each([
  ["loops before main", `(func $s (loop $l (br $l))) (start $s) ${MAIN("")}`],
  [
    "sleeps before main",
    `(func $s (call $events) (drop (call $wait (i64.const -1)))) (start $s) ${MAIN("")}`,
  ],
  ["calls itself at its end", `(func $f (return_call $f)) ${MAIN("(call $f)")}`],
  [
    "calls itself from a table",
    `(type $t (func)) (table 1 1 funcref) (elem (i32.const 0) $f)
    (func $f (return_call_indirect (type $t) (i32.const 0))) ${MAIN("(call $f)")}`,
  ],
  [
    "recurses and catches that, again and again",
    `(func $f (call $f) (call $f)) ${MAIN(CATCHING("(call $f)"))}`,
  ],
  ["loops and catches everything", MAIN(CATCHING("(loop $k (call $count) (br $k))"))],
  ["sleeps and catches everything", MAIN(`(call $events) ${CATCHING("(drop (call $wait (i64.const -1)))")}`)],
  [
    "waits by itself",
    MAIN("(drop (memory.atomic.wait32 offset=4 (i32.const 4) (i32.const 0) (i64.const -1)))"),
  ],
  [
    "waits by itself for 8 bytes",
    MAIN(CATCHING("(drop (memory.atomic.wait64 (i32.const 8) (i64.const 0) (i64.const -1)))")),
  ],
  [
    "fills its memory without end",
    MAIN("(loop $l (memory.fill (i32.const 1024) (i32.const 7) (i32.const 64000)) (br $l))"),
  ],
  ["calls the host without end", MAIN("(loop $l (drop (call $signal (i32.const 3))) (br $l))")],
])("one that %s is killed, and its mates go on", LIMIT, async (_, text) => {
  await bootOnly("one", text);
  await counts("mate", 10);
  must(await lab.hv.killGuest("one"));
  // No stack left may end it before.
  expect(text.includes("(call $f) (call $f)") ? ["stopped", "failed"] : ["stopped"]).toContain(
    lab.guest("one").state,
  );
  must(lab.hv.removeGuest("one"));
  await counts("mate", 2);
});

test.each([
  ["beyond its memory", "(memory.atomic.wait32 (i32.const 65536) (i32.const 0) (i64.const -1))"],
  [
    "beyond its memory by its offset",
    "(memory.atomic.wait32 offset=4294967292 (i32.const 8) (i32.const 0) (i64.const -1))",
  ],
  ["across a word", "(memory.atomic.wait32 (i32.const 2) (i32.const 0) (i64.const -1))"],
])("one that waits %s traps", LIMIT, async (_, wait) => {
  await bootOnly("one", MAIN(`(drop ${wait})`));
  expect(await lab.ended("one")).toMatchObject({ state: "failed", reason: expect.stringContaining("trap") });
  must(lab.hv.removeGuest("one"));
});

test("what a wait of its own answers is what the instruction does", LIMIT, async () => {
  const text = `(func (export "main") (result i32)
    (i32.add (i32.mul (i32.const 10) (memory.atomic.wait32 (i32.const 8) (i32.const 1) (i64.const -1)))
      (memory.atomic.wait64 (i32.const 8) (i64.const 0) (i64.const 1000000))))`;
  await bootOnly("one", text);
  expect(await lab.ended("one")).toMatchObject({ exit: 12 });
  must(lab.hv.removeGuest("one"));
});

test("one that is paused stands still wherever it is, and goes on when it is resumed", LIMIT, async () => {
  for (const text of [LOOP, TICK]) {
    await boot("one", text);
    await until("it runs", () => lab.report("one", COUNT) > 0, 60_000);
    for (let round = 0; round < 5; round++) {
      must(await lab.hv.pauseGuest("one"));
      expect(lab.guest("one").state).toBe("paused");
      const at = lab.report("one", COUNT);
      await counts("mate", 3);
      expect(lab.report("one", COUNT)).toBe(at);
      must(lab.hv.resumeGuest("one"));
      await counts("one", 1);
    }
    must(await lab.hv.pauseGuest("one"));
    must(await lab.hv.killGuest("one"));
    must(lab.hv.removeGuest("one"));
  }
});

test("one that is asked to stop ends by itself, also from a pause", LIMIT, async () => {
  for (const isPaused of [false, true]) {
    await boot("one", SLEEP);
    await until("it sleeps", () => lab.report("one", COUNT) > 0, 60_000);
    if (isPaused) must(await lab.hv.pauseGuest("one"));
    must(await lab.hv.stopGuest("one", 60_000));
    expect(lab.guest("one")).toMatchObject({ state: "stopped", exit: 5 });
    must(lab.hv.removeGuest("one"));
  }
});

/** Boots one that may never reach main. */
async function bootOnly(id: string, text: string): Promise<void> {
  void boot(id, text).catch(() => undefined);
  await until(`${id} is there`, () => lab.hv.guest(id) !== undefined);
}
