// Waking a guest: the host's half of a ring's signal and of the event area. A wake-up is never lost: the
// sleeper says that it sleeps and then looks once more, the waker publishes and then looks whether anybody
// sleeps, and all four are sequentially consistent.

import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { countUp } from "../memory/counts.ts";
import { METER, RING, THREAD, meterAt, ringAt, threadAt } from "../memory/layout.ts";
import { EVENT, FEATURE, SIGNAL, SIGNAL_AT } from "./abi.ts";
import { isGiven } from "./positions.ts";

/**
 * Tells the owner of a receiving ring that something was published. `memory` is the owner's. Any thread.
 * With `nowNs` it is measured how long a sleeper takes to wake up.
 */
export function signalRing(fabric: Fabric, ring: number, memory: GuestMemory, nowNs?: () => number): void {
  const { i32 } = fabric;
  const at = ringAt(ring) >> 2;
  const signal = (i32[at + (RING.signal >> 2)] as number) >>> 2;
  // S1: pairs with the guest's look after `enabled`.
  Atomics.add(memory.i32, signal + (SIGNAL.dirty >> 2), 1);
  // S6: pairs with the guest's `enabled`, which it sets before it looks.
  const enabled = Atomics.load(memory.i32, signal + (SIGNAL.enabled >> 2));
  if (enabled === 0 || (enabled === SIGNAL_AT && !isAt(fabric, ring, memory, signal))) {
    countUp(i32, at + (RING.suppressed >> 2), at + (RING.suppressedHigh >> 2));
    return;
  }
  countUp(i32, at + (RING.sent >> 2), at + (RING.sentHigh >> 2));
  const events = i32[at + (RING.events >> 2)] as number;
  const number = i32[at + (RING.number >> 2)] as number;
  if (nowNs) noteSignal(fabric, ring, memory, nowNs);
  const word = (events + EVENT.pending) >>> 2;
  Atomics.or(memory.i32, word + (number >>> 5), 1 << (number & 31)); // S2: pairs with S4.
  const thread = threadAt(i32[at + (RING.owner >> 2)] as number);
  countUp(i32, (thread + THREAD.signals) >> 2, (thread + THREAD.signalsHigh) >> 2);
  if (!wake(memory, events, false)) return;
  countUp(i32, at + (RING.interrupts >> 2), at + (RING.interruptsHigh >> 2));
  countUp(i32, (thread + THREAD.interrupts) >> 2, (thread + THREAD.interruptsHigh) >> 2);
}

/** Sets a signal of the calling thread's own guest, which is not asleep then. */
export function raise(
  fabric: Fabric,
  thread: number,
  memory: GuestMemory,
  events: number,
  number: number,
): void {
  const word = (events + EVENT.pending) >>> 2;
  Atomics.or(memory.i32, word + (number >>> 5), 1 << (number & 31)); // S2.
  const row = threadAt(thread);
  countUp(fabric.i32, (row + THREAD.signals) >> 2, (row + THREAD.signalsHigh) >> 2);
}

/**
 * Looks until a signal is pending, or `wake` differs from `seen`, and answers true; false when the clock
 * shows `endNs`. For guests and lines in a hurry, instead of a sleep. The thread's own event area only.
 */
export function spinOnEvents(
  memory: GuestMemory,
  events: number,
  seen: number,
  endNs: number,
  nowNs: () => number,
): boolean {
  // Bound: endNs, at most REALTIME_SPIN_NS or LINE_PRECISE_NS away.
  do {
    if (Atomics.load(memory.i32, events >>> 2) !== seen || isPending(memory, events)) return true; // S10.
  } while (nowNs() < endNs);
  return false;
}

/**
 * Whether the position that the guest waits for has been given to a sender: whoever it was, and whoever comes
 * behind it, has counted it before publishing, so one of them sees it here. Both words may be anything.
 */
function isAt(fabric: Fabric, ring: number, memory: GuestMemory, signal: number): boolean {
  const { i32 } = fabric;
  const owner = threadAt(i32[(ringAt(ring) + RING.owner) >> 2] as number);
  if (((i32[(owner + THREAD.features) >> 2] as number) & FEATURE.notifyAt) === 0) return true;
  // S13: after S6; the guest writes it before `enabled`.
  const at = Atomics.load(memory.i32, signal + (SIGNAL.at >> 2));
  return isGiven(at, Atomics.load(i32, (ringAt(ring) + RING.cursor) >> 2));
}

/**
 * Wakes a guest that sleeps on its event area; with `always` also one that has not said so. True: it was
 * told. Any thread.
 */
export function wake(memory: GuestMemory, events: number, always: boolean): boolean {
  if (events === 0) return false;
  const word = events >>> 2;
  // S3: pairs with S5.
  if (!always && Atomics.load(memory.i32, word + (EVENT.sleeping >> 2)) === 0) return false;
  Atomics.add(memory.i32, word, 1); // S7: pairs with S10 and S11.
  Atomics.notify(memory.i32, word); // S8: wakes S11.
  return true;
}

/**
 * Before a sleeper is woken: since when. It forgets what stands here before it sleeps, and takes it after.
 */
function noteSignal(fabric: Fabric, ring: number, memory: GuestMemory, nowNs: () => number): void {
  const { i32, f64 } = fabric;
  const events = i32[(ringAt(ring) + RING.events) >> 2] as number;
  // A guess: S3 decides whether it is woken.
  if (Atomics.load(memory.i32, (events + EVENT.sleeping) >>> 2) === 0) return;
  const cell = (meterAt(ring >> 1) + METER.signalledNs) >> 3;
  if (f64[cell] === 0) f64[cell] = nowNs();
}

/**
 * Sleeps until a signal is pending, or `wake` differs from `seen`, what the guest knows already. Answers
 * false when the time is up. The guest's own thread only. `timeoutMs` may be Infinity.
 */
export function sleepOnEvents(
  memory: GuestMemory,
  events: number,
  seen: number,
  timeoutMs: number,
  nowMs: () => number,
): boolean {
  const word = events >>> 2;
  const sleeping = word + (EVENT.sleeping >> 2);
  if (Atomics.load(memory.i32, word) !== seen || isPending(memory, events)) return true; // S10.
  if (timeoutMs === 0) return false;
  const end = timeoutMs === Infinity ? Infinity : nowMs() + timeoutMs;
  Atomics.store(memory.i32, sleeping, 1); // S5: pairs with S3.
  let woken = true;
  // Bound: the caller's time limit; a guest that is to end is terminated in the wait.
  while (!isPending(memory, events) && Atomics.load(memory.i32, word) === seen) {
    // S4, `isPending`: after S5, pairs with S2. S10, `wake`: pairs with S7.
    const left = end - nowMs();
    // S11: compares and sleeps in one; pairs with S7 and S8.
    if (left <= 0 || Atomics.wait(memory.i32, word, seen, left) === "timed-out") {
      woken = isPending(memory, events) || Atomics.load(memory.i32, word) !== seen;
      break;
    }
  }
  Atomics.store(memory.i32, sleeping, 0); // S12.
  return woken;
}

/**
 * The same for a thread with an event loop: undefined where there is something to look at, else a promise
 * that is resolved when there is, or the time is up.
 */
export function sleepOnEventsAsync(
  memory: GuestMemory,
  events: number,
  seen: number,
  timeoutMs = Infinity,
): Promise<void> | undefined {
  const word = events >>> 2;
  const sleeping = word + (EVENT.sleeping >> 2);
  if (Atomics.load(memory.i32, word) !== seen || isPending(memory, events)) return undefined; // S10.
  Atomics.store(memory.i32, sleeping, 1); // S5: pairs with S3.
  // S4, `isPending`: after S5, pairs with S2. S11: compares and sleeps in one; pairs with S7 and S8.
  const sleep = isPending(memory, events) ? undefined : Atomics.waitAsync(memory.i32, word, seen, timeoutMs);
  if (sleep?.async) return sleep.value.then(() => void Atomics.store(memory.i32, sleeping, 0)); // S12.
  Atomics.store(memory.i32, sleeping, 0); // S12.
  return undefined;
}

/**
 * Says that the thread is awake while it works within a sleep of `sleepOnEventsAsync`, so that its own frames
 * don't wake it. True: it had said that it sleeps, and `sleepAgain` is to follow.
 */
export function wakeWithin(memory: GuestMemory, events: number): boolean {
  return Atomics.exchange(memory.i32, (events + EVENT.sleeping) >>> 2, 0) !== 0; // S12.
}

/** After `wakeWithin`. The sleep ends where something is pending, or `hasMore` says so. */
export function sleepAgain(memory: GuestMemory, events: number, hasMore: boolean): void {
  Atomics.store(memory.i32, (events + EVENT.sleeping) >>> 2, 1); // S5: pairs with S3.
  if (hasMore || isPending(memory, events)) wake(memory, events, true); // S4.
}

/**
 * Makes the system give the page of an event area now, by a write that changes nothing. Its guest looks at it
 * before it sleeps there: a page that is read first is mapped twice, and every processor told of it.
 */
export function touchEvents(memory: GuestMemory, events: number): void {
  Atomics.or(memory.i32, (events + EVENT.sleeping) >>> 2, 0);
}

/** Whether there is something to look at, so that `sleepOnEvents` would not sleep. The guest's own thread. */
export function hasNews(memory: GuestMemory, events: number, seen: number): boolean {
  return Atomics.load(memory.i32, events >>> 2) !== seen || isPending(memory, events); // S10.
}

/** Whether any of the eight words of pending signals has a bit. */
function isPending(memory: GuestMemory, events: number): boolean {
  const first = (events + EVENT.pending) >>> 2;
  for (let word = 0; word < 8; word++) if (Atomics.load(memory.i32, first + word) !== 0) return true;
  return false;
}

/** Says that the guest's devices have changed. Control thread. */
export function tellChange(memory: GuestMemory, events: number): void {
  if (events === 0) return; // It has not asked to be told; it will look when it does.
  Atomics.add(memory.i32, (events + EVENT.changes) >>> 2, 1); // S9: before S7.
  wake(memory, events, true);
}

/** Asks the guest to end. Control thread, and the guest's own. */
export function askToStop(memory: GuestMemory, events: number): void {
  if (events === 0) return;
  Atomics.store(memory.i32, (events + EVENT.stop) >>> 2, 1);
  wake(memory, events, true);
}

/** Takes one of the eight words of pending signals. The thread whose event area it is. */
export function takePending(memory: GuestMemory, events: number, word: number): number {
  const at = ((events + EVENT.pending) >>> 2) + word;
  return Atomics.load(memory.i32, at) === 0 ? 0 : Atomics.exchange(memory.i32, at, 0);
}

/** What a sleeper has to know before it looks around; see `sleepOnEvents`. */
export function wakeCount(memory: GuestMemory, events: number): number {
  return Atomics.load(memory.i32, events >>> 2);
}

/** Whether the guest is asked to end. The thread whose event area it is. */
export function isAskedToStop(memory: GuestMemory, events: number): boolean {
  return Atomics.load(memory.i32, (events + EVENT.stop) >>> 2) !== 0;
}

/** Differs from before whenever the guest's devices have changed. The thread whose event area it is. */
export function changeCount(memory: GuestMemory, events: number): number {
  return Atomics.load(memory.i32, (events + EVENT.changes) >>> 2);
}
