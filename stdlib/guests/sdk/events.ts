// What the host tells: signals, changes of devices, the wish to stop. And the two ways to let time pass.

import {
  BUS,
  BUS_CLOCK,
  BUS_EVENTS,
  EVENT_BYTES,
  EVENT_CHANGES,
  EVENT_PENDING,
  EVENT_STOP,
  PRIORITIES,
} from "./abi";
import { call, wait } from "./vbus";

/** Longer than anything that runs. */
export const FOREVER: i64 = i64.MAX_VALUE;

const area: usize = memory.data(<i32>EVENT_BYTES, 64);
const clock: usize = memory.data(16, 8);

/** Asks to be told here from now on. Once, before anything else. */
export function listen(): i32 {
  return call(BUS, BUS_EVENTS, area, <i32>EVENT_BYTES, 0);
}

/** The lab wants this guest to end. */
export function stopping(): bool {
  return atomic.load<u32>(area, EVENT_STOP) != 0;
}

/** Counts changes of devices; another number than before means that `nextChange` has something. */
export function changeCount(): u32 {
  return atomic.load<u32>(area, EVENT_CHANGES);
}

/**
 * Clears and answers one word of signals: bit b of word w is signal number w * 32 + b. Most urgent is word 7.
 */
export function takePending(word: i32): u32 {
  const at = area + EVENT_PENDING + ((<usize>word) << 2);
  return atomic.load<u32>(at) == 0 ? 0 : atomic.and<u32>(at, 0);
}

/** For guests that look at all their rings anyway. */
export function takeAllPending(): void {
  for (let word = PRIORITIES - 1; word >= 0; word--) takePending(word);
}

/**
 * Sleeps until the host has something to tell, for this many nanoseconds at most. To miss nothing: first
 * enable the signal of the rings, then look at them (and at `changeCount` and `stopping`) once more, then
 * call this.
 */
export function sleep(timeoutNs: i64): void {
  wait(max<i64>(timeoutNs, 0));
  takeAllPending();
}

/** Nanoseconds on a clock that never jumps. */
export function now(): i64 {
  call(BUS, BUS_CLOCK, clock, 16, 0);
  return load<i64>(clock);
}

/** Nanoseconds since 1970. */
export function wallNow(): i64 {
  call(BUS, BUS_CLOCK, clock, 16, 0);
  return load<i64>(clock, 8);
}
