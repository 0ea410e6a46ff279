// Rate limits of a device: a virtual clock says when the next byte is due. What a guest sends waits in its
// own ring; what it would receive above its rate is dropped, since nobody waits for a receiver.

import { FRAME_OVERHEAD, MTU_MAX, RATE_BURST_BYTES, RATE_BURST_NS, RATE_WAIT_US_MAX } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { PORT, portAt } from "../memory/layout.ts";

export const TICK_NS = 64;
/** A quarter of the circle of the receiving clock, so that a burst and a frame's debt are told apart. */
const TICKS_MAX = 2 ** 29;

/** How far a limit of `rate` bits per second lets its clock run ahead, nanoseconds. */
function burstNs(rate: number): number {
  return Math.max(RATE_BURST_NS, (RATE_BURST_BYTES * 8e9) / rate);
}

/** Bits per second of a port, 0 for no limit. */
export function rateOf(fabric: Fabric, port: number): number {
  return fabric.f64[(portAt(port) + PORT.rate) >> 3] as number;
}

/** Microseconds until a port may send, 0: now. The owner's thread. */
export function waitToSend(fabric: Fabric, port: number, nowNs: number): number {
  const rate = rateOf(fabric, port);
  if (rate === 0) return 0;
  const due = sendingDue(fabric, port, rate, nowNs);
  return due > nowNs ? Math.min(RATE_WAIT_US_MAX, Math.max(2, Math.ceil((due - nowNs) / 1000))) : 0;
}

/**
 * When the next byte is due. Never more in debt than one frame makes at this rate: the limit may have been
 * lower when the debt was made.
 */
function sendingDue(fabric: Fabric, port: number, rate: number, nowNs: number): number {
  const most = nowNs + ((MTU_MAX + FRAME_OVERHEAD) * 8e9) / rate;
  const at = (portAt(port) + PORT.txDue) >> 3;
  const due = Math.min(most, Math.max(fabric.f64[at] as number, nowNs - burstNs(rate)));
  if (due === most) fabric.f64[at] = due;
  return due;
}

/** Takes `bytes` from what a port may send now: 0, or microseconds until it may. The owner's thread. */
export function takeToSend(fabric: Fabric, port: number, bytes: number, nowNs: number): number {
  const rate = rateOf(fabric, port);
  if (rate === 0) return 0;
  const wait = waitToSend(fabric, port, nowNs);
  if (wait > 0) return wait;
  fabric.f64[(portAt(port) + PORT.txDue) >> 3] = sendingDue(fabric, port, rate, nowNs) + (bytes * 8e9) / rate;
  return 0;
}

/**
 * Takes `bytes` from what a port may receive now. False: over its rate. Any thread; several race by CAS.
 *
 * `nowNs` may be old: its thread can have been off its core since, while others took what came due. So a
 * frame is refused only by `clock`, read after the state that refuses it.
 */
export function takeToReceive(
  fabric: Fabric,
  port: number,
  bytes: number,
  nowNs: number,
  clock: () => number,
): boolean {
  const rate = rateOf(fabric, port);
  if (rate === 0) return true;
  const at = (portAt(port) + PORT.rxDue) >> 2;
  const burst = burstTicks(rate);
  const cost = costTicks(bytes, rate);
  let now = ticksOf(nowNs);
  // Bound: fails only when another sender took some; 64 of them in one look is a flood, and over the rate.
  for (let tries = 0; tries < 64; tries++) {
    const due = Atomics.load(fabric.i32, at);
    if (ticksAhead(due, now, burst, cost) > 0) now = ticksOf(clock());
    const ahead = ticksAhead(due, now, burst, cost);
    if (ahead > 0) return false;
    if (Atomics.compareExchange(fabric.i32, at, due, (now + ahead + cost) | 0) === due) return true;
  }
  return false;
}

/** Bounded by what 32 bits can tell apart, 34 s: at a few kilobits a second bursts are smaller. */
export function burstTicks(rate: number): number {
  return Math.min(TICKS_MAX, Math.ceil(burstNs(rate) / TICK_NS));
}

export function costTicks(bytes: number, rate: number): number {
  return Math.min(TICKS_MAX, Math.max(1, Math.round((bytes * 8e9) / rate / TICK_NS)));
}

export function ticksOf(nowNs: number): number {
  return Math.floor(nowNs / TICK_NS) | 0;
}

/**
 * How far a clock in ticks is ahead of `now`: at least minus a burst, also after the circle went round.
 */
export function ticksAhead(due: number, now: number, burst: number, cost: number): number {
  const ahead = (due - now) | 0;
  return ahead > burst + cost || ahead < -burst ? -burst : ahead;
}
