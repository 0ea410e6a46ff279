// A line's place in the fabric: a port of its own whose ring lies in the I/O thread's memory.

import type { Fabric } from "../memory/fabric.ts";
import { PORT, PORT_FLAG, RING, portAt, ringAt } from "../memory/layout.ts";
import { POSITIONS } from "../ring/positions.ts";
import { changeForwarding } from "./flows.ts";

/**
 * Whether senders may go past a line: it does nothing to frames, and holds none. Who sees that has no frame
 * of its own in it, so what it sends now can't overtake one.
 */
export function isEmptyLine(fabric: Fabric, line: number): boolean {
  const { i32 } = fabric;
  const row = portAt(line) >> 2;
  if ((Atomics.load(i32, row + (PORT.flags >> 2)) & PORT_FLAG.passing) === 0) return false;
  const ring = Atomics.load(i32, row + (PORT.rxRing >> 2)) - 1;
  if (ring < 0) return true;
  const done = Atomics.load(i32, row + (PORT.lineDone >> 2));
  return ((Atomics.load(i32, (ringAt(ring) + RING.cursor) >> 2) - done) & POSITIONS) === 0;
}

/** Says that everything up to `position` has gone on. The I/O thread. */
export function setLineDone(fabric: Fabric, line: number, position: number): void {
  Atomics.store(fabric.i32, (portAt(line) + PORT.lineDone) >> 2, position);
}

/** Says whether a line does nothing to frames. Control. */
export function setPassing(fabric: Fabric, line: number, passing: boolean): void {
  const at = (portAt(line) + PORT.flags) >> 2;
  if (passing) Atomics.or(fabric.i32, at, PORT_FLAG.passing);
  else Atomics.and(fabric.i32, at, ~PORT_FLAG.passing);
  changeForwarding(fabric);
}

/** From now on frames of a device take this line; `line` -1: none. Control. */
export function setLine(fabric: Fabric, port: number, direction: "egress" | "ingress", line: number): void {
  const field = direction === "egress" ? PORT.egressLine : PORT.ingressLine;
  Atomics.store(fabric.i32, (portAt(port) + field) >> 2, line + 1);
  changeForwarding(fabric);
}

/** Whether a ring is that of an egress line, whose frames count as queued. */
export function isEgressRing(fabric: Fabric, ring: number): boolean {
  return (Atomics.load(fabric.i32, (portAt(ring >> 1) + PORT.flags) >> 2) & PORT_FLAG.egress) !== 0;
}

/** When the guest that has a port open opened it, nanoseconds; 0: nobody ever has. */
export function attachedNs(fabric: Fabric, port: number): number {
  return fabric.f64[(portAt(port) + PORT.attached) >> 3] as number;
}

/** Notes that a guest has opened a port. Its thread. */
export function setAttached(fabric: Fabric, port: number, nowNs: number): void {
  fabric.f64[(portAt(port) + PORT.attached) >> 3] = nowNs;
}

/**
 * Frames for a line are marked with when they came, in units that 32 bits tell apart for over two minutes.
 */
const MARK_NS = 64;

export function timeMark(nowNs: number): number {
  return Math.floor(nowNs / MARK_NS) | 0;
}

/** When a frame with this mark came; `nowNs` is later, and not by a minute. */
export function timeOfMark(mark: number, nowNs: number): number {
  const ago = (timeMark(nowNs) - mark) | 0;
  return ago > 0 ? nowNs - ago * MARK_NS : nowNs;
}
