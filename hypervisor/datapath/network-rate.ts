// The rate limit of a network: what its devices may send, all together. Who is over it waits in its own ring,
// as with a device's own rate. A sender within an equal share of the rate goes on while the network as a
// whole is over its rate for a moment; who has had its share takes what others leave. So one that floods, or
// calls all the time, takes nothing from one that sends little.

import { NETWORK_SHARE_NS, RATE_WAIT_US_MAX } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { NETWORK, PORT, networkAt, portAt } from "../memory/layout.ts";
import { TICK_NS, burstTicks, costTicks, ticksAhead, ticksOf } from "./rate.ts";

/** Senders are counted anew each time so much has passed. */
const COUNT_NS = 2 ** 27;
/** The word of senders: 8 bits say when, 12 each how many then and how many in the time before. */
const WHEN = 24;
const COUNT_BITS = 12;
const COUNT_MASK = (1 << COUNT_BITS) - 1;
/** Other threads may come between so often before a look is taken as it is. */
const TRIES = 64;

/** Bits per second that a network's devices may send together, 0 for no limit. Any thread. */
export function networkRateOf(fabric: Fabric, network: number): number {
  return fabric.f64[(networkAt(network) + NETWORK.rate) >> 3] as number;
}

/** Sets it. Control thread. */
export function setNetworkRate(fabric: Fabric, network: number, rate: number): void {
  fabric.f64[(networkAt(network) + NETWORK.rate) >> 3] = rate;
}

/**
 * Takes `bytes`, which are bounded by the caller, from what the network of a port may carry now: 0, or
 * microseconds until it may. The thread that has the port open. `clock` as for `takeToReceive`.
 */
export function takeFromNetwork(
  fabric: Fabric,
  network: number,
  port: number,
  bytes: number,
  nowNs: number,
  clock: () => number,
): number {
  const rate = networkRateOf(fabric, network);
  if (rate === 0) return 0;
  const share = rate / sendersOf(fabric, network, port, nowNs);
  const cell = (portAt(port) + PORT.shareDue) >> 3;
  const near = NETWORK_SHARE_NS;
  const due = Math.min(nowNs + near, Math.max(nowNs - near, fabric.f64[cell] as number));
  const burst = burstTicks(rate);
  const cost = costTicks(bytes, rate);
  const at = (networkAt(network) + NETWORK.due) >> 2;
  const most = due <= nowNs ? burst : 0;
  let now = ticksOf(nowNs);
  // Bound: TRIES; each but the last has seen another sender take some.
  for (let tries = 0; tries < TRIES; tries++) {
    const all = Atomics.load(fabric.i32, at);
    if (ticksAhead(all, now, burst, cost) > most) now = ticksOf(clock());
    const ahead = ticksAhead(all, now, burst, cost);
    if (ahead > most) {
      const untilAll = (ahead - most) * TICK_NS;
      const untilShare = most > 0 ? untilAll : Math.max(due - nowNs, (ahead - burst) * TICK_NS);
      return waitUs(Math.min(untilAll, untilShare));
    }
    if (Atomics.compareExchange(fabric.i32, at, all, (now + ahead + cost) | 0) !== all) continue;
    fabric.f64[cell] = due + (bytes * 8e9) / share;
    return 0;
  }
  return waitUs(TICK_NS);
}

function waitUs(ns: number): number {
  return Math.min(RATE_WAIT_US_MAX, Math.max(2, Math.ceil(ns / 1000)));
}

/**
 * How many ports have sent in this network of late, this one among them; the first time in a while it counts.
 */
function sendersOf(fabric: Fabric, network: number, port: number, nowNs: number): number {
  const { i32 } = fabric;
  const when = Math.floor(nowNs / COUNT_NS) & 0xff;
  const at = (networkAt(network) + NETWORK.senders) >> 2;
  const seen = (portAt(port) + PORT.shareSeen) >> 2;
  // Bound: TRIES; each but the last has seen another sender counted.
  for (let tries = 0; ; tries++) {
    const word = Atomics.load(i32, at);
    const age = (when - (word >>> WHEN)) & 0xff;
    let count = word & COUNT_MASK;
    let before = (word >>> COUNT_BITS) & COUNT_MASK;
    // A thread that read its clock long ago, by up to 2 s, is counted the next time.
    const late = age >= 0xf0;
    if (late || tries === TRIES || (age === 0 && i32[seen] === when + 1)) return Math.max(1, count, before);
    if (age > 0) [before, count] = [age === 1 ? count : 0, 0];
    count = Math.min(COUNT_MASK, count + 1);
    const next = (when << WHEN) | (before << COUNT_BITS) | count;
    if (Atomics.compareExchange(i32, at, word, next) !== word) continue;
    i32[seen] = when + 1;
    return Math.max(count, before);
  }
}
