// One logical thread of the explorer: a worker that runs the real ring code, with `Atomics` replaced by calls
// that first ask the plan whether somebody else goes on here. One thread moves at a time: it has the baton.

import { workerData } from "node:worker_threads";
import { reapThread } from "../datapath/reap.ts";
import { viewFabric, viewGuestMemory } from "../memory/fabric.ts";
import { COUNTER, PORT, RING, THREAD, portAt, ringAt, threadAt } from "../memory/layout.ts";
import { CLAIMED, Claims, FULL } from "./claims.ts";
import { BATON, EVENTS, PLACE, RING_INDEX, RUN, SIGNAL_AT, STATE } from "./explorer-places.test-support.ts";
import type { ThreadStart } from "./explorer-places.test-support.ts";
import { Receiver, type Taken } from "./receiver.test-support.ts";
import { signalRing, sleepOnEvents } from "./signal.ts";

/** What ends a body at an `Atomics` call: its thread is killed, or the run is over. */
class Ended extends Error {}

const { fabric: fabricMemory, memory: guestMemory, baton: buffer, id, role } = workerData as ThreadStart;
const fabric = viewFabric(fabricMemory);
const memory = viewGuestMemory(guestMemory);
const baton = new Int32Array(buffer);
const real = { load: Atomics.load, store: Atomics.store, wait: Atomics.wait, notify: Atomics.notify };
let calls = 0;

/** Gives the baton away and gets it back when somebody gives it here. */
function hand(to: number): void {
  real.store(baton, BATON.turn, to);
  real.notify(baton, BATON.turn);
  take();
}

function take(): void {
  // Bound: the run; whoever ends or blocks gives the baton on.
  for (let turn = real.load(baton, BATON.turn); turn !== id; turn = real.load(baton, BATON.turn)) {
    real.wait(baton, BATON.turn, turn);
  }
}

function runnable(): number {
  let mask = 0;
  for (let thread = 1; thread <= RUN.threadsMax; thread++) {
    if (baton[BATON.state + thread] === STATE.runnable) mask |= 1 << thread;
  }
  return mask;
}

/** A place where the plan may say who goes on. `current` is 0 where this thread can't. */
function choose(current: number): number {
  const step = baton[BATON.steps] as number;
  const mask = runnable();
  baton[BATON.steps] = step + 1;
  baton[BATON.trace + step] = current | (mask << 8);
  const at = BATON.plan + (baton[BATON.planNext] as number) * 2;
  if (baton[at] === step) {
    baton[BATON.planNext] = (baton[BATON.planNext] as number) + 1;
    const wanted = baton[at + 1] as number;
    if ((mask & (1 << wanted)) !== 0) return wanted;
  }
  return current || (mask === 0 ? 0 : 31 - Math.clz32(mask & -mask));
}

/** Words that only one thread uses, or that nobody decides by, are no places to choose. */
function decides(array: Int32Array, index: number): boolean {
  if (array === memory.i32) return index <= (EVENTS + 32) >> 2 || index >= (EVENTS + 64) >> 2;
  const word = index - (ringAt(RING_INDEX) >> 2);
  return word === 0 || word === 1 || word >= RING.slots >> 2;
}

function step(array: Int32Array, index: number): void {
  calls++;
  if (id === 1 && calls === baton[BATON.killAt]) {
    baton[BATON.state + id] = STATE.killed;
    baton[BATON.calls] = calls;
    const reaper = (baton[BATON.reaper] as number) + BATON.state;
    if (baton[BATON.reaper] !== 0) baton[reaper] = STATE.runnable;
    throw new Ended();
  }
  if (!decides(array, index)) return;
  const next = choose(id);
  if (next !== id) hand(next);
}

function replaceAtomics(): void {
  for (const name of ["load", "store", "add", "or", "and", "compareExchange"] as const) {
    const original = Atomics[name] as (array: Int32Array, index: number, ...rest: number[]) => number;
    const stepping = (array: Int32Array, index: number, ...rest: number[]): number => {
      step(array, index);
      return original(array, index, ...rest);
    };
    Object.defineProperty(Atomics, name, { value: stepping });
  }
  const wait = (array: Int32Array, index: number, value: number): string => {
    step(array, index);
    if (real.load(array, index) !== value) return "not-equal";
    baton[BATON.state + id] = STATE.blocked;
    hand(choose(0));
    if (baton[BATON.over] === 1) throw new Ended();
    return "ok";
  };
  const notify = (array: Int32Array, index: number): number => {
    step(array, index);
    const sleeper = BATON.state + (baton[BATON.receiver] as number);
    if (baton[sleeper] === STATE.blocked) baton[sleeper] = STATE.runnable;
    return 1;
  };
  Object.defineProperty(Atomics, "wait", { value: wait });
  Object.defineProperty(Atomics, "notify", { value: notify });
}

function send(): void {
  const claims = new Claims(fabric, id);
  const claimFor = (threadAt(id) + THREAD.claimFor) >> 2;
  const counted = ((portAt(id) + PORT.counters) >> 3) + COUNTER.sent;
  let number = 0;
  for (let frame = 0; frame < (baton[BATON.frames + id] as number); frame++) {
    const verdict = claims.claim(RING_INDEX, memory, 8, id + 1);
    if (verdict === FULL) continue;
    if (verdict !== CLAIMED) throw new Error(`a claim came to ${verdict}`);
    memory.i32[claims.address >>> 2] = id;
    memory.i32[(claims.address >>> 2) + 1] = number++;
    claims.publish(8);
    fabric.f64[counted] = (fabric.f64[counted] as number) + 1; // One straight line, as in switch.ts.
    fabric.i32[claimFor] = 0;
    claims.release();
    signalRing(fabric, RING_INDEX, memory);
  }
}

function check(taken: Taken): void {
  if (taken.length === 0) return;
  const sender = memory.i32[taken.address >>> 2] as number;
  const number = memory.i32[(taken.address >>> 2) + 1] as number;
  const wanted = baton[BATON.arrived + sender] as number;
  if (number !== wanted) throw new Error(`of sender ${sender} came ${number}, not ${wanted}`);
  baton[BATON.arrived + sender] = wanted + 1;
  memory.i32[taken.address >>> 2] = RUN.threadsMax; // Nobody's, should it come again.
}

function receive(): void {
  const receiver = new Receiver(memory, PLACE(baton[BATON.count] as number), baton[BATON.start] as number);
  let known = 0;
  // Event loop: ends in a wait when the run is over.
  for (;;) {
    let taken = receiver.take();
    if (!taken) {
      Atomics.store(memory.i32, SIGNAL_AT >> 2, 1);
      taken = receiver.take();
      if (!taken) {
        sleepOnEvents(memory, EVENTS, known, Infinity, () => 0);
        known = memory.i32[EVENTS >> 2] as number;
        Atomics.and(memory.i32, (EVENTS + 32) >> 2, 0);
      }
      Atomics.store(memory.i32, SIGNAL_AT >> 2, 0);
    }
    if (!taken) continue;
    check(taken);
    receiver.post(taken.slot);
  }
}

function reap(): void {
  reapThread(fabric, 1, () => memory);
  signalRing(fabric, RING_INDEX, memory); // What it had published before: `#wakeNetwork` of guests.ts.
}

const BODIES = { send, receive, reap };

replaceAtomics();
// Event loop: one run after another, until the worker is terminated.
for (;;) {
  take();
  calls = 0;
  try {
    BODIES[role]();
  } catch (error) {
    if (!(error instanceof Ended)) {
      const text = new TextEncoder().encode(String(error));
      new Uint8Array(buffer).set(text.subarray(0, 200), BATON.text * 4);
      baton[BATON.failed] = text.length;
    }
  }
  if (id === 1) baton[BATON.calls] = calls;
  if (baton[BATON.state + id] !== STATE.killed) baton[BATON.state + id] = STATE.finished;
  const next = baton[BATON.over] === 1 ? 0 : choose(0);
  real.store(baton, BATON.turn, next);
  real.notify(baton, BATON.turn);
}
