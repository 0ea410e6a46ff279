// Pause and resume of guests that call, compute and sleep: they stand still, go on where they were, and cost
// nobody else anything.

import { availableParallelism } from "node:os";
import { afterEach, expect, test } from "vitest";
import { compileImage } from "./guest/image.ts";
import type { Image } from "./hypervisor.ts";
import { portOwner } from "./datapath/port.ts";
import { WHERE } from "./memory/layout.ts";
import { whereOf } from "./memory/threads.ts";
import { REPORT, TestLab, bootPair, endPair, macOf, must } from "./machine-room.test-support.ts";
import { pairGoesOn, peer, until } from "./machine-room.test-support.ts";
import { puppet } from "./puppet.test-support.ts";
import { wat } from "./wat.test-support.ts";

const LONG = process.env["SLOW"] === "1";
const PAUSES = LONG ? 1000 : 40;
/** The word of a report in which a guest counts its rounds. */
const COUNT = REPORT.rounds;

let lab = new TestLab({ warm: 0 });
afterEach(async () => {
  await lab.close();
});

const count = "(drop (i32.atomic.rmw.add (i32.const 88) (i32.const 1)))";
const loop = (...lines: readonly string[]): string => `(loop $for_ever ${lines.join(" ")} (br $for_ever))`;
/** A turn of 254 bytes: in the module stands what begins a wait, and isn't one. */
const compute = "(drop (i32.add (i32.load (i32.const 1024)) (i32.const 254)))";

const KINDS = {
  computes: loop(count, compute),
  calls: loop(
    count,
    "(drop (call $call (i32.const 0) (i32.const 6) (i32.const 512) (i32.const 16) (i32.const 0)))",
  ),
  "sleeps and wakes in the host": loop(count, "(drop (call $wait (i64.const 3000000)))"),
  "sleeps for ever in the host": loop(count, "(drop (call $wait (i64.const -1)))"),
  "sleeps in a wait of its own, then computes": `(drop (i32.atomic.rmw.add (i32.const 88) (i32.const 1)))
    (drop (memory.atomic.wait32 (i32.const 1024) (i32.const 0) (i64.const 300000000)))
    ${loop(count, compute)}`,
  "sleeps for ever in a wait of its own": loop(
    count,
    "(drop (memory.atomic.wait32 (i32.const 1024) (i32.const 0) (i64.const -1)))",
  ),
  "computes deep in its stack": "(call $deep (i32.const 20000))",
} as const;
type Kind = keyof typeof KINDS;
const kinds = Object.keys(KINDS) as Kind[];
const busy = kinds.filter((kind) => !kind.includes("for ever"));

async function imageOf(kind: Kind): Promise<Image> {
  const bytes = await wat(`(module
    (import "env" "memory" (memory 1 16 shared))
    (import "vbus" "call" (func $call (param i32 i32 i32 i32 i32) (result i32)))
    (import "vbus" "wait" (func $wait (param i64) (result i32)))
    (func $deep (param i32)
      (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else ${loop(count)})))
    (func (export "main") (result i32)
      (drop (call $call (i32.const 0) (i32.const 3) (i32.const 192) (i32.const 64) (i32.const 0)))
      ${KINDS[kind]} (i32.const 0)))`);
  return must(await compileImage(bytes));
}

async function boot(kind: Kind, n: number, watchdogMs = 600_000): Promise<void> {
  await lab.boot(`g${n}`, n, await imageOf(kind), 65_536, { ready: false, watchdogMs });
  await until("it counts", () => lab.report(`g${n}`, COUNT) > 0);
}

/** Whether it has counted in the meantime. */
async function counts(id: string, ms: number): Promise<boolean> {
  const before = lab.report(id, COUNT);
  await new Promise((resolve) => setTimeout(resolve, ms));
  return lab.report(id, COUNT) !== before;
}

async function goesOn(id: string): Promise<void> {
  const before = lab.report(id, COUNT);
  await until("it goes on", () => lab.report(id, COUNT) !== before);
}

test.each(kinds)("a guest that %s stands still, and goes on", { timeout: 120_000 }, async (kind) => {
  lab = new TestLab();
  lab.plug(1);
  await boot(kind, 1);
  for (let turn = 0; turn < 3; turn++) {
    must(await lab.hv.pauseGuest("g1"));
    expect(lab.guest("g1").state).toBe("paused");
    if (!kind.includes("for ever")) await until("it stands still", stands);
    const { cpuMs } = lab.guest("g1");
    expect(await counts("g1", 40)).toBe(false);
    if (!kind.includes("for ever")) expect(lab.guest("g1").cpuMs - cpuMs).toBeLessThan(10);
    must(lab.hv.resumeGuest("g1"));
    expect(lab.guest("g1").state).toBe("running");
    if (!kind.includes("for ever")) await goesOn("g1");
  }
});

function stands(): boolean {
  return whereOf(lab.room.fabric, 1) === WHERE.still;
}

test("what is asked of guests that can't be paused is refused", async () => {
  lab = new TestLab();
  lab.plug(1);
  await boot("computes", 1);
  expect(await lab.hv.pauseGuest("nobody")).toMatchObject({ refusal: { code: "missing" } });
  expect(lab.hv.resumeGuest("nobody")).toMatchObject({ refusal: { code: "missing" } });
  must(lab.hv.resumeGuest("g1"));
  // Twice at the same time and once more: one pause. Resumed before it holds: none.
  const both = [lab.hv.pauseGuest("g1"), lab.hv.pauseGuest("g1")];
  expect((await Promise.all(both)).map(({ ok }) => ok)).toEqual([true, true]);
  must(await lab.hv.pauseGuest("g1"));
  must(lab.hv.resumeGuest("g1"));
  await goesOn("g1");
  const taken = lab.hv.pauseGuest("g1");
  must(lab.hv.resumeGuest("g1"));
  expect(await taken).toMatchObject({ refusal: { code: "busy" } });
  await goesOn("g1");
  must(await lab.hv.killGuest("g1"));
  expect(await lab.hv.pauseGuest("g1")).toMatchObject({ refusal: { code: "busy" } });
  expect(lab.hv.resumeGuest("g1")).toMatchObject({ refusal: { code: "busy" } });
});

test("frames for a paused guest fill its ring, then they are full; what stood there is taken", async () => {
  lab = new TestLab();
  lab.plug(1);
  lab.plug(2);
  const [one, two] = [await puppet(lab, 1), await puppet(lab, 2)];
  await two.send({ to: macOf(1), from: macOf(2), mark: 0, length: 64 });
  must(await lab.hv.pauseGuest(two.id));
  const frames = Array.from({ length: 250 }, (_, mark) => ({
    to: macOf(2),
    from: macOf(1),
    mark,
    length: 64,
  }));
  await one.send(...frames);
  await one.send(...frames);
  expect(lab.device(1).tx.droppedBy).toEqual({ full: 500 - 256 });
  must(lab.hv.resumeGuest(two.id));
  const marks = (await two.take()).map(({ mark }) => mark);
  expect(marks).toEqual([...frames, ...frames].slice(0, 256).map(({ mark }) => mark));
});

test.each(busy)("a paused guest that %s is killed, and asked to stop", { timeout: 120_000 }, async (kind) => {
  lab = new TestLab();
  for (const n of [1, 2, 3]) lab.plug(n);
  for (const n of [1, 2, 3]) await boot(kind, n);
  for (const n of [1, 2, 3]) must(await lab.hv.pauseGuest(`g${n}`));
  must(await lab.hv.killGuest("g1"));
  must(await lab.hv.stopGuest("g2", 30));
  expect(lab.hv.guests().map(({ state }) => state)).toEqual(["stopped", "stopped", "paused"]);
  await lab.close(); // The third is paused.
});

test("a paused guest that is asked to stop ends by itself, in order", async () => {
  lab = new TestLab();
  lab.plug(1);
  lab.plug(2);
  await bootPair(lab);
  must(await lab.hv.pauseGuest("b"));
  await until(
    "nothing is answered",
    () => lab.report("a", REPORT.sent) - lab.report("a", REPORT.answered) >= 32,
  );
  must(await lab.hv.pauseGuest("a"));
  must(lab.hv.resumeGuest("b"));
  const { zeros } = await endPair(lab);
  expect(Object.entries(zeros).filter(([, value]) => value !== 0)).toEqual([]);
});

test("a device removed under a paused guest is let go at once", async () => {
  lab = new TestLab();
  lab.plug(1);
  const { image, memory } = await peer(1, { to: macOf(2), window: 0 });
  await lab.boot("one", 1, image, memory);
  must(await lab.hv.pauseGuest("one"));
  const port = lab.room.devices.device("eth1")?.port ?? -1;
  must(lab.hv.removeDevice("eth1"));
  await until("its port is free", () => portIsFree(port));
  expect(lab.guest("one").state).toBe("paused");
});

function portIsFree(port: number): boolean {
  return portOwner(lab.room.fabric, port) === 0;
}

test("a guest that steps back gets less of a core than one that does not", { timeout: 120_000 }, async () => {
  lab = new TestLab();
  // Two for each core, so that there is not enough for all.
  const pairs = Array.from({ length: availableParallelism() }, (_, index) => index * 2 + 1);
  for (const n of pairs) {
    for (const each of [n, n + 1]) lab.plug(each);
    await boot("computes", n);
    await boot("computes", n + 1);
    must(lab.hv.setNice(`g${n + 1}`, 19));
  }
  const cpuOf = (nice: number): number =>
    lab.hv.guests().reduce((sum, guest) => (guest.nice === nice ? sum + guest.cpuMs : sum), 0);
  const [first, last] = [cpuOf(0), cpuOf(19)];
  // Long enough for the scheduler to spread them over the cores, whatever else is there.
  await until("there was some time", () => cpuOf(0) - first > 2000, 60_000);
  expect(cpuOf(0) - first).toBeGreaterThan(2 * (cpuOf(19) - last));
  const waited = lab.hv.guests().reduce((sum, { queueMs }) => sum + queueMs, 0);
  expect(waited).toBeGreaterThan(100);
});

test("the watchdog does not count the time of a pause", { timeout: 60_000 }, async () => {
  lab = new TestLab();
  lab.plug(1);
  await boot("computes", 1, 400);
  must(await lab.hv.pauseGuest("g1"));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(lab.guest("g1").state).toBe("paused");
  must(lab.hv.resumeGuest("g1"));
  expect(await lab.ended("g1", 30_000)).toMatchObject({ state: "quarantined" });
});

test("pauses leave nothing behind, and a pair beside them loses nothing", { timeout: 300_000 }, async () => {
  lab = new TestLab();
  for (const n of [1, 2, 3, 4, 5]) lab.plug(n);
  await bootPair(lab, { paceUs: 200 });
  const guests: readonly Kind[] = ["computes", "sleeps in a wait of its own, then computes", "calls"];
  for (const [index, kind] of guests.entries()) await boot(kind, 3 + index);
  const took: number[] = [];
  let [first, last] = [0, 0];
  for (let turn = 0; turn < PAUSES; turn++) {
    const id = `g${3 + (turn % guests.length)}`;
    const start = performance.now();
    must(await lab.hv.pauseGuest(id));
    took.push(performance.now() - start);
    must(lab.hv.resumeGuest(id));
    if (turn === Math.floor(PAUSES / 4)) first = process.memoryUsage().rss;
  }
  last = process.memoryUsage().rss;
  took.sort((a, b) => a - b);
  const at = (share: number): string => (took[Math.floor(share * (took.length - 1))] ?? 0).toFixed(1);
  console.log(
    `pause: ${PAUSES} took ${at(0.5)} ms, at most ${at(1)}; ${((last - first) / 2 ** 20).toFixed(1)} MiB`,
  );
  expect(last - first).toBeLessThan(64 * 2 ** 20);
  for (const n of [3, 4, 5]) must(await lab.hv.killGuest(`g${n}`));
  await pairGoesOn(lab, 100);
  const { zeros } = await endPair(lab);
  expect(Object.entries(zeros).filter(([, value]) => value !== 0)).toEqual([]);
});
