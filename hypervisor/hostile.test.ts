// One hostile guest after the other on the network of a well-behaved pair. The hostile one is dropped and
// counted or stopped with its reason; the pair loses nothing, and every claim and buffer is back in its
// place.

import { afterAll, beforeAll, expect, test } from "vitest";
import { HOSTILE, type Hostile } from "./hostile-guests.test-support.ts";
import { compileImage } from "./guest/image.ts";
import { REPORT, TestLab, bootPair, endPair, macOf, must } from "./machine-room.test-support.ts";
import { pairAtRest, pairGoesOn, peer, shapeOf, until } from "./machine-room.test-support.ts";
import { guestImage, memoryOf, testGuest, wat } from "./wat.test-support.ts";

/** Told to a hostile guest that it may begin. */
const GO = 14;
const HOSTILE_PORT = 3;
const FEEDER_PORT = 4;
const SINK_PORT = 5;
/** Frames that the pair exchanges while it is attacked. */
const FRAMES = 20_000;

const lab = new TestLab();
const texts: number[] = [];

beforeAll(async () => {
  lab.hv.on((event) => {
    if (event.type === "log") texts.push(event.text.length);
  });
  for (const n of [1, 2, HOSTILE_PORT, FEEDER_PORT, SINK_PORT]) lab.plug(n);
  await bootPair(lab);
  const sink = await peer(SINK_PORT, { to: macOf(2), window: 1, answerers: [63], answers: false });
  await lab.boot("sink", SINK_PORT, sink.image, sink.memory);
});

afterAll(async () => {
  await lab.close();
});

async function bootHostile(which: Hostile): Promise<void> {
  const shape = shapeOf(HOSTILE_PORT, macOf(which.toSink ? SINK_PORT : 2), { rx: 64, tx: 256 });
  const image = await guestImage(`${testGuest("hostile")}\n${which.body}`, shape);
  const watchdog = which.watchdogMs === undefined ? {} : { watchdogMs: which.watchdogMs };
  await lab.boot("hostile", HOSTILE_PORT, image, which.memory ?? memoryOf(shape), {
    ready: false,
    ...watchdog,
  });
}

/** A guest that sends to the hostile one as fast as it can, frames of 64 bytes to 1 KiB. */
async function bootFeeder(): Promise<void> {
  const to = macOf(HOSTILE_PORT);
  const { image, memory } = await peer(FEEDER_PORT, {
    to,
    window: 2 ** 30,
    answerers: [63],
    lengthMask: 0x3ff,
  });
  await lab.boot("feeder", FEEDER_PORT, image, memory);
}

async function meet(which: Hostile): Promise<void> {
  const wrong = (): number => lab.report("a", REPORT.wrong) + lab.report("b", REPORT.wrong);
  await bootHostile(which);
  if (which.fed) {
    await until("it has been heard of", () => lab.device(HOSTILE_PORT).tx.count > 0);
    await bootFeeder();
  }
  lab.tell("hostile", GO, 1);
  await pairGoesOn(lab, FRAMES); // Meanwhile it does what it does.
  if (which.talks) await until("its text arrives", () => texts.length > 0);
  if (which.end !== "running") await lab.ended("hostile");
  await pairGoesOn(lab, 500);
  if (which.fed) {
    expect(lab.guest("feeder").state, "who sends to it goes on").toBe("running");
    const before = lab.report("feeder", REPORT.rounds);
    await until("the feeder goes on", () => lab.report("feeder", REPORT.rounds) > before);
  }
  const { state } = lab.guest("hostile");
  expect(which.end, `it is ${state}`).toContain(state);
  expect(lab.guest("hostile")).toMatchObject(which.exit === undefined ? {} : { exit: which.exit });
  if (which.reason) expect(lab.guest("hostile").reason).toMatch(which.reason);
  if (which.dropped) expect(lab.device(HOSTILE_PORT).tx.droppedBy).toEqual(which.dropped);
  const { lost } = which;
  const losses = (): number => (lost === undefined ? 1 : (lab.device(HOSTILE_PORT).rx.droppedBy[lost] ?? 0));
  await until("what it lost is counted", () => losses() > 0);
  expect(wrong(), "numbers that the pair misses").toBe(0);
}

test.each(HOSTILE.map((which) => [which.name, which] as const))("%s", async (_, which) => {
  // Counters are those of the device: each guest gets a new one.
  must(lab.hv.removeDevice("eth3"));
  must(lab.hv.removeBus("bus3"));
  lab.plug(HOSTILE_PORT);
  try {
    await meet(which);
  } finally {
    if (lab.hv.guest("feeder")) must(await lab.hv.killGuest("feeder"));
    if (lab.hv.guest("hostile")) must(await lab.hv.killGuest("hostile"));
    if (lab.hv.guest("feeder")) must(lab.hv.removeGuest("feeder"));
    if (lab.hv.guest("hostile")) must(lab.hv.removeGuest("hostile"));
  }
  expect(await pairAtRest(lab)).toEqual([]);
  await until("the sink's buffers are posted", () => /^p+$/.test(lab.slots(SINK_PORT)));
  for (const n of [HOSTILE_PORT, FEEDER_PORT]) expect(lab.portOf(n)).toEqual({ owner: 0, ring: -1 });
});

const MEMORY = '(import "env" "memory" (memory 1 1 shared))';
const MAIN = '(func (export "main") (result i32) (i32.const 0))';

/**
 * Arrays of the garbage-collected heap, one after the other: the assembler doesn't know them, so here are the
 * bytes.
 */
const HEAP_BOMB = [
  [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  [1, 12, 3, 0x5e, 0x7e, 1, 0x5e, 0x63, 0, 1, 0x60, 0, 1, 0x7f], // array of i64, array of those
  [2, 16, 1, 3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 3, 1, 16], // env.memory
  [3, 2, 1, 2],
  [7, 8, 1, 4, 0x6d, 0x61, 0x69, 0x6e, 0, 0],
  [10, 51, 1, 49, 2, 1, 0x63, 1, 1, 0x7f],
  [0x41, 0x90, 0xce, 0, 0xfb, 7, 1, 0x21, 0], // local 0 = 10,000 references
  [3, 0x40, 0x20, 0, 0x20, 1, 0x41, 0xa0, 0x8d, 6, 0xfb, 7, 0, 0xfb, 14, 1], // its next one = 100,000 i64
  [0x20, 1, 0x41, 1, 0x6a, 0x22, 1, 0x41, 0x90, 0xce, 0, 0x49, 0x0d, 0, 0x0b, 0x41, 0, 0x0b],
].flat();

test.each([
  ["types of the heap", () => Promise.resolve(new Uint8Array(HEAP_BOMB)), /garbage-collected heap/],
  ["a table without a maximum", () => wat(`(module ${MEMORY} (table 1 funcref) ${MAIN})`), /tables may grow/],
  [
    "a table that is too large",
    () => wat(`(module ${MEMORY} (table 1 262145 funcref) ${MAIN})`),
    /tables may grow/,
  ],
  ["a second memory", () => wat(`(module ${MEMORY} (memory 1) ${MAIN})`), /memory of its own/],
  [
    "another import",
    () => wat(`(module ${MEMORY} (import "env" "f" (func)) ${MAIN})`),
    /`env.f`, which a guest may not/,
  ],
  [
    "memory that isn't shared",
    () => wat(`(module (import "env" "memory" (memory 1)) ${MAIN})`),
    /as shared memory/,
  ],
  ["no main", () => wat(`(module ${MEMORY})`), /no function `main`/],
  ["no module", () => Promise.resolve(new Uint8Array(16)), /not a WebAssembly module/],
] as const)("an image with %s is refused", async (_, bytes, message) => {
  const outcome = await compileImage(await bytes());
  expect(outcome.ok ? "taken" : outcome.refusal.message).toMatch(message);
});

test("afterwards the pair has lost nothing", async () => {
  const { exchanged, zeros } = await endPair(lab);
  expect(exchanged).toBeGreaterThan(FRAMES);
  expect(Object.entries(zeros).filter(([, value]) => value !== 0)).toEqual([]);
});
