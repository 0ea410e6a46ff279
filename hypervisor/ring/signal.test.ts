// When a guest is told: at each batch, or once the position that it names has been given to a sender.

import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createFabric, viewGuestMemory } from "../memory/fabric.ts";
import { RING, ringAt } from "../memory/layout.ts";
import { setFeatures, signalsOf } from "../memory/threads.ts";
import { EVENT, FEATURE, SIGNAL, SIGNAL_AT } from "./abi.ts";
import { startRing } from "./ring-start.test-support.ts";
import { signalRing, sleepAgain, sleepOnEventsAsync, wake, wakeCount, wakeWithin } from "./signal.ts";

const SEED = Number(process.env["SEED"] ?? 20_261_126);
const [RING_INDEX, OWNER, EVENTS] = [6, 9, 512];
const PLACE = { count: 16, offset: 4096, signal: 1024, buffers: 65_536, bufferBytes: 64 };
const fabric = createFabric();
const memory = viewGuestMemory(new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true }));

/** Whether the guest is told where so many positions have been given away, all in all. */
function isTold(given: number, enabled: number, at: number, features: number = FEATURE.notifyAt): boolean {
  startRing(fabric, memory, PLACE, { ring: RING_INDEX, owner: OWNER, events: EVENTS, start: given });
  setFeatures(fabric, OWNER, features);
  memory.i32[(PLACE.signal + SIGNAL.enabled) >> 2] = enabled;
  memory.i32[(PLACE.signal + SIGNAL.at) >> 2] = at;
  memory.i32[(EVENTS + EVENT.pending) >> 2] = 0;
  const before = signalsOf(fabric, OWNER);
  signalRing(fabric, RING_INDEX, memory);
  const told = signalsOf(fabric, OWNER) > before;
  expect(memory.i32[(EVENTS + EVENT.pending) >> 2]).toBe(told ? 1 : 0);
  expect(fabric.i32[(ringAt(RING_INDEX) + RING.suppressed) >> 2]).toBe(told ? 0 : 1);
  return told;
}

test("a guest that wants to hear of each batch does, whatever stands in `at`", () => {
  for (const at of [0, 7, 9, -1]) {
    expect(isTold(8, 1, at)).toBe(true);
    expect(isTold(8, 0, at)).toBe(false);
    // Words that mean nothing, and a guest that did not take the feature.
    expect(isTold(8, 3, at)).toBe(true);
    expect(isTold(8, SIGNAL_AT, at, 0)).toBe(true);
  }
});

test("a guest that waits for a position hears when it has been given away, round the circle", () => {
  console.log(`signal: seed ${SEED}`);
  const near = fc.integer({ min: -(2 ** 30) + 1, max: 2 ** 30 - 1 });
  const places = fc.oneof(fc.constantFrom(0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1), fc.nat(2 ** 32 - 1));
  const steps = fc.oneof(fc.integer({ min: -20, max: 20 }), near);
  fc.assert(
    fc.property(places, steps, (given, ahead) => {
      // The guest knows 31 bits of it.
      const at = (given + ahead) & 0x7fff_ffff;
      expect(isTold(given | 0, SIGNAL_AT, at)).toBe(ahead < 0);
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

/** Whether a sleep is over, when what could end it has had its turns. */
async function isOver(sleep: Promise<void>): Promise<boolean> {
  let over = false;
  void sleep.then(() => (over = true));
  for (let turn = 0; turn < 200 && !over; turn++) await nextTurn();
  return over;
}

test("a thread that works within its sleep goes on sleeping, unless something came", async () => {
  const pending = (EVENTS + EVENT.pending) >> 2;
  const beginSleep = (): Promise<void> => {
    memory.i32[pending] = 0;
    const sleep = sleepOnEventsAsync(memory, EVENTS, wakeCount(memory, EVENTS));
    if (!sleep) throw new Error("there was something to look at");
    expect(wakeWithin(memory, EVENTS)).toBe(true);
    expect(wakeWithin(memory, EVENTS)).toBe(false);
    expect(wake(memory, EVENTS, false)).toBe(false);
    return sleep;
  };
  const quiet = beginSleep();
  sleepAgain(memory, EVENTS, false);
  expect(await isOver(quiet)).toBe(false);
  expect(wake(memory, EVENTS, false)).toBe(true);
  expect(await isOver(quiet)).toBe(true);
  const left = beginSleep();
  sleepAgain(memory, EVENTS, true);
  expect(await isOver(left)).toBe(true);
  const met = beginSleep();
  memory.i32[pending] = 1;
  sleepAgain(memory, EVENTS, false);
  expect(await isOver(met)).toBe(true);
});
