// Limits of a disk: bits and requests per second, each with a clock that says when the next one is due. What
// a guest asks for waits in its own ring. The owner's thread.

import { RATE_BURST_BYTES, RATE_BURST_NS, RATE_WAIT_US_MAX, REQUEST_BYTES_MAX } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { PORT, portAt } from "../memory/layout.ts";

/** Whether a port has such a limit. */
export function isLimited(fabric: Fabric, port: number): boolean {
  const { f64 } = fabric;
  return f64[(portAt(port) + PORT.rate) >> 3] !== 0 || f64[(portAt(port) + PORT.iops) >> 3] !== 0;
}

/** Takes one request of so many bytes from what the limits let: 0, or microseconds until they do. */
export function takeRequest(fabric: Fabric, port: number, bytes: number, nowNs: number): number {
  const { f64 } = fabric;
  const row = portAt(port);
  const rate = f64[(row + PORT.rate) >> 3] as number;
  const iops = f64[(row + PORT.iops) >> 3] as number;
  const bitNs = rate === 0 ? 0 : 1e9 / rate;
  const oneNs = iops === 0 ? 0 : 1e9 / iops;
  const burstBits = RATE_BURST_BYTES * 8;
  const bytesDue = dueAt(f64, row + PORT.txDue, nowNs, burstBits * bitNs, REQUEST_BYTES_MAX * 8 * bitNs);
  const nextDue = dueAt(f64, row + PORT.shareDue, nowNs, 0, oneNs);
  const waitNs = Math.max(bitNs === 0 ? 0 : bytesDue - nowNs, oneNs === 0 ? 0 : nextDue - nowNs);
  if (waitNs > 0) return Math.min(RATE_WAIT_US_MAX, Math.max(2, Math.ceil(waitNs / 1000)));
  f64[(row + PORT.txDue) >> 3] = bytesDue + bytes * 8 * bitNs;
  f64[(row + PORT.shareDue) >> 3] = nextDue + oneNs;
  return 0;
}

/**
 * When the next one is due: behind now by a burst at most, and ahead by one of the largest requests, since
 * the limit may have been lower when the debt was made.
 */
function dueAt(f64: Float64Array, at: number, nowNs: number, burstNs: number, debtNs: number): number {
  const earliest = nowNs - Math.max(RATE_BURST_NS, burstNs);
  return Math.min(nowNs + debtNs, Math.max(earliest, f64[at >> 3] as number));
}
