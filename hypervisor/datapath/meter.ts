// What is measured at a port's rings while frames move: how many frames and how much time a kick takes, how
// full the receiving ring is, how long frames lie in it, how long a sleeper takes to wake up. Into cells of
// the fabric, without allocation; nothing per frame, and a clock only for some kicks and for wake-ups.
//
// A frame's time in a ring is measured for one frame at a time, the ring's sample. A sender opens it; whoever
// of host code sees first that the guest has given the buffer back closes it: the guest's own thread when it
// calls, or a sender when it next sends. So a sample is never too short, and too long by the time to that
// look.

import { KICKS_TIMED_EVERY, KICKS_TIMED_FIRST } from "../limits.ts";
import { countUp } from "../memory/counts.ts";
import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { placeOf, record } from "../memory/histogram.ts";
import { COUNTER, HISTOGRAM, METER, PORT, RING, SAMPLE, SLOT, THREAD } from "../memory/layout.ts";
import { meterAt, portAt, ringAt, slotAt, threadAt } from "../memory/layout.ts";
import { DESCRIPTOR } from "../ring/abi.ts";
import type { TxRing } from "../ring/sending.ts";

const STATE = METER.sample >> 2;
const POSITION = METER.samplePosition >> 2;

/** Counts a call of `signal` for a sending ring. True: this one is to be timed. The owner's thread. */
export function countKick(fabric: Fabric, tx: TxRing): boolean {
  const { f64 } = fabric;
  const cell = ((portAt(tx.port) + PORT.counters) >> 3) + COUNTER.kicks;
  const kicks = (f64[cell] as number) + 1;
  f64[cell] = kicks;
  if (kicks > KICKS_TIMED_FIRST && tx.untimed > 0) {
    tx.untimed--;
    return false;
  }
  tx.untimed = KICKS_TIMED_EVERY - 1;
  return true;
}

/** At the end of a kick: descriptors worked off, and nanoseconds where it was timed. The owner's thread. */
export function recordKick(fabric: Fabric, port: number, frames: number, ns: number | undefined): void {
  const row = meterAt(port);
  record(fabric.f64, row, HISTOGRAM.framesPerKick, frames);
  if (ns !== undefined) record(fabric.f64, row, HISTOGRAM.kickNs, ns);
}

/** What a receiver that is about to sleep knew of signals says nothing of its next wake-up. Its thread. */
export function forgetSignal(fabric: Fabric, port: number): void {
  fabric.f64[(meterAt(port) + METER.signalledNs) >> 3] = 0;
}

/**
 * A receiver has woken up: the nanoseconds since it was signalled, 0 if that wasn't why. Its thread.
 */
export function recordWake(fabric: Fabric, port: number, nowNs: () => number): number {
  const signalledNs = fabric.f64[(meterAt(port) + METER.signalledNs) >> 3] as number;
  if (signalledNs === 0) return 0;
  const ns = nowNs() - signalledNs;
  recordLateness(fabric, port, ns);
  return ns;
}

/** A guest goes on so long after what it waited for, or a frame of a line after it was due. Their thread. */
export function recordLateness(fabric: Fabric, port: number, ns: number): void {
  record(fabric.f64, meterAt(port), HISTOGRAM.wakeNs, ns);
}

/** It was later than it may be: counted at the device and at the guest. Its thread. */
export function countLate({ i32, f64 }: Fabric, thread: number, port: number): void {
  const cell = ((portAt(port) + PORT.counters) >> 3) + COUNTER.late;
  f64[cell] = (f64[cell] as number) + 1;
  const row = threadAt(thread);
  countUp(i32, (row + THREAD.late) >> 2, (row + THREAD.lateHigh) >> 2);
}

/** Whether a ring has a sample that somebody might close. Any thread. */
export function hasSample(fabric: Fabric, ring: number): boolean {
  const state = fabric.i32[(meterAt(ring >> 1) >> 2) + STATE] as number; // M1: confirmed by M4.
  return (state & SAMPLE.mask) === SAMPLE.open;
}

/**
 * Takes the frame at `position` of `ring`, which this thread has just published, as the ring's sample, and
 * records how full the ring is with it. `memory` is the receiver's. Nothing where the ring has a sample.
 */
export function openSample(
  fabric: Fabric,
  ring: number,
  memory: GuestMemory,
  position: number,
  nowNs: () => number,
): void {
  const { i32, f64 } = fabric;
  const row = meterAt(ring >> 1);
  const at = row >> 2;
  const state = Atomics.load(i32, at + STATE); // M2: confirmed by M3.
  if ((state & SAMPLE.mask) !== SAMPLE.free) return;
  const mask = i32[(ringAt(ring) + RING.mask) >> 2] as number;
  // The slot has served again since, or this thread's last claim came to nothing.
  if (i32[(slotAt(ring, position & mask) + SLOT.turn) >> 2] !== ((position << 1) | 0)) return;
  const cell = placeOf(row, HISTOGRAM.occupancy, countFilled(fabric, ring, memory, position));
  const now = nowNs();
  // M3: takes it from others. A straight line follows, so that no thread ends with a sample in its hands.
  if (Atomics.compareExchange(i32, at + STATE, state, state | SAMPLE.taken) !== state) return;
  i32[at + POSITION] = position;
  f64[(row + METER.sampleNs) >> 3] = now;
  f64[cell] = (f64[cell] as number) + 1;
  i32[at + STATE] = state | SAMPLE.open;
}

/** Closes a ring's sample if the guest has given its buffer back. `memory` is the receiver's. Any thread. */
export function closeSample(fabric: Fabric, ring: number, memory: GuestMemory, nowNs: () => number): void {
  const { i32, f64 } = fabric;
  const row = meterAt(ring >> 1);
  const at = row >> 2;
  const state = Atomics.load(i32, at + STATE);
  if ((state & SAMPLE.mask) !== SAMPLE.open) return;
  const position = i32[at + POSITION] as number;
  const since = f64[(row + METER.sampleNs) >> 3] as number;
  const mask = i32[(ringAt(ring) + RING.mask) >> 2] as number;
  if (isFilled(fabric, ring, memory, position, mask)) return;
  const cell = placeOf(row, HISTOGRAM.latencyNs, nowNs() - since);
  // M4: as M3. The state has the sample's number: what was read above is of this one.
  if (Atomics.compareExchange(i32, at + STATE, state, state ^ (SAMPLE.open | SAMPLE.taken)) !== state) return;
  f64[cell] = (f64[cell] as number) + 1;
  i32[at + STATE] = (state - SAMPLE.open + SAMPLE.next) | 0;
}

/** A ring begins anew: nobody will give back what was waited for. Control, or the owner's thread. */
export function dropSample(fabric: Fabric, port: number): void {
  const at = (meterAt(port) >> 2) + STATE;
  const state = Atomics.load(fabric.i32, at); // M5: confirmed by M6.
  if ((state & SAMPLE.mask) !== SAMPLE.open) return;
  // M6: where another has it, it is closed anyway.
  Atomics.compareExchange(fabric.i32, at, state, (state - SAMPLE.open + SAMPLE.next) | 0);
}

/**
 * Frames that lie in a ring up to `position`, about: those that senders are still busy with end the count.
 */
function countFilled(fabric: Fabric, ring: number, memory: GuestMemory, position: number): number {
  const mask = fabric.i32[(ringAt(ring) + RING.mask) >> 2] as number;
  let least = 0;
  let most = 1;
  // Bound: each turn doubles `most`, up to the ring's size.
  while (most <= mask && isFilled(fabric, ring, memory, (position - most) | 0, mask)) {
    least = most;
    most *= 2;
  }
  most = Math.min(most, mask + 1);
  // Bound: each turn halves what is between them.
  while (most - least > 1) {
    const middle = (least + most) >> 1;
    if (isFilled(fabric, ring, memory, (position - middle) | 0, mask)) least = middle;
    else most = middle;
  }
  return most;
}

/**
 * Whether the frame of a position lies in the ring. Plain reads: a ring that ends meanwhile may lead outside
 * the memory, which is then no frame.
 */
function isFilled(
  fabric: Fabric,
  ring: number,
  memory: GuestMemory,
  position: number,
  mask: number,
): boolean {
  const offset = fabric.i32[(ringAt(ring) + RING.offset) >> 2] as number;
  const descriptor = offset + (position & mask) * DESCRIPTOR.size;
  return memory.i32[(descriptor + DESCRIPTOR.turn) >>> 2] === ((position << 1) | 0);
}
