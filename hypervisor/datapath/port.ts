// A port's place in the fabric: who has it open, where it receives, what it has counted.

import { CLOSE_WAIT_MS } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import {
  COUNTER,
  PORT,
  PORT_FLAG,
  RING,
  SLOT,
  THREAD,
  THREAD_ROWS,
  portAt,
  ringAt,
  slotAt,
  threadAt,
} from "../memory/layout.ts";

import { dropSample } from "./meter.ts";

/** Takes a port for the guest in a thread row. False: somebody has it. The guest's thread. */
export function takePort(fabric: Fabric, port: number, thread: number): boolean {
  return Atomics.compareExchange(fabric.i32, (portAt(port) + PORT.owner) >> 2, 0, thread) === 0;
}

/** Gives a port back and stops receiving. The owner's thread, or the reaper for it. */
export function leavePort(fabric: Fabric, port: number): void {
  closeReceiving(fabric, port);
  Atomics.store(fabric.i32, (portAt(port) + PORT.owner) >> 2, 0);
}

export function portOwner(fabric: Fabric, port: number): number {
  return Atomics.load(fabric.i32, (portAt(port) + PORT.owner) >> 2);
}

export function portExists(fabric: Fabric, port: number): boolean {
  return ((fabric.i32[(portAt(port) + PORT.flags) >> 2] as number) & PORT_FLAG.exists) !== 0;
}

export function isLinkUp(fabric: Fabric, port: number): boolean {
  return (Atomics.load(fabric.i32, (portAt(port) + PORT.flags) >> 2) & PORT_FLAG.linkUp) !== 0;
}

/** The network that a port is plugged into, or -1. */
export function networkOf(fabric: Fabric, port: number): number {
  return (fabric.i32[(portAt(port) + PORT.network) >> 2] as number) - 1;
}

/** The receiving ring of a port, or -1. */
export function receivingRing(fabric: Fabric, port: number): number {
  return Atomics.load(fabric.i32, (portAt(port) + PORT.rxRing) >> 2) - 1;
}

/** The one of a port's two rings that is not in use. */
export function spareRing(fabric: Fabric, port: number): number {
  const current = receivingRing(fabric, port);
  return current < 0 ? port * 2 : current ^ 1;
}

/** From now on senders use this ring. */
export function openReceiving(fabric: Fabric, port: number, ring: number): void {
  dropSample(fabric, port);
  Atomics.store(fabric.i32, (portAt(port) + PORT.rxRing) >> 2, ring + 1);
}

/** From now on senders use this ring instead of the one before, which is the answer, or -1. */
export function swapReceiving(fabric: Fabric, port: number, ring: number): number {
  const old = receivingRing(fabric, port);
  openReceiving(fabric, port, ring);
  // After it: who is turned back from the old one finds the new one.
  if (old >= 0) Atomics.add(fabric.i32, (ringAt(old) + RING.generation) >> 2, 1);
  return old;
}

/** Asks the guest that has a port open for other rings. Control thread. */
export function askToReconfigure(fabric: Fabric, port: number, ticket: number): void {
  Atomics.store(fabric.i32, (portAt(port) + PORT.ticket) >> 2, ticket);
}

/** Whether the guest is asked for just this. */
export function isAskedFor(fabric: Fabric, port: number, ticket: number): boolean {
  return Atomics.load(fabric.i32, (portAt(port) + PORT.ticket) >> 2) === ticket;
}

/** The guest does what it was asked for. False: it isn't asked any more. The owner's thread. */
export function acknowledge(fabric: Fabric, port: number, ticket: number): boolean {
  return Atomics.compareExchange(fabric.i32, (portAt(port) + PORT.ticket) >> 2, ticket, -ticket) === ticket;
}

/** Ends the asking. False: the guest has acknowledged. Control thread. */
export function withdraw(fabric: Fabric, port: number, ticket: number): boolean {
  const at = (portAt(port) + PORT.ticket) >> 2;
  return Atomics.compareExchange(fabric.i32, at, ticket, 0) === ticket;
}

/** Takes over the longest frame of a port whose guest has acknowledged it. The owner's thread. */
export function setFrameMax(fabric: Fabric, port: number, frameMax: number): void {
  fabric.i32[(portAt(port) + PORT.frameMax) >> 2] = frameMax;
}

/** Senders find no ring here any more; those that found it before and have not claimed yet turn back. */
export function closeReceiving(fabric: Fabric, port: number): void {
  const ring = receivingRing(fabric, port);
  Atomics.store(fabric.i32, (portAt(port) + PORT.rxRing) >> 2, 0);
  if (ring >= 0) Atomics.add(fabric.i32, (ringAt(ring) + RING.generation) >> 2, 1);
}

/**
 * The other row of a port whose receiving ring is never swapped: who signals the ring that its guest fills.
 */
export function sendingRing(port: number): number {
  return port * 2 + 1;
}

/** Nobody is signalled for this ring from now on; see `waitForSenders`. The owner's thread. */
export function endRing(fabric: Fabric, ring: number): void {
  Atomics.store(fabric.i32, (ringAt(ring) + RING.owner) >> 2, 0);
  Atomics.add(fabric.i32, (ringAt(ring) + RING.generation) >> 2, 1);
}

/**
 * Waits until no thread is in the middle of a frame for `ring`. False: one still is. Not on the data path.
 */
export function waitForSenders(fabric: Fabric, ring: number, nowNs: () => number): boolean {
  const end = nowNs() + CLOSE_WAIT_MS * 1e6;
  // Bound: CLOSE_WAIT_MS.
  do {
    if (!hasSender(fabric, ring)) return true;
  } while (nowNs() < end);
  return false;
}

/** Whether a thread, alive or not reaped yet, is in the middle of a frame for `ring`. */
export function hasSender(fabric: Fabric, ring: number): boolean {
  for (let thread = 0; thread < THREAD_ROWS; thread++) {
    if (Atomics.load(fabric.i32, (threadAt(thread) + THREAD.claimRing) >> 2) === ring + 1) return true;
  }
  return false;
}

/** Where a port's sending ring stands, for observers. */
export function showSending(fabric: Fabric, port: number, offset: number, slots: number): void {
  const row = portAt(port) >> 2;
  fabric.i32[row + (PORT.txOffset >> 2)] = offset;
  fabric.i32[row + (PORT.txSlots >> 2)] = slots;
  fabric.i32[row + (PORT.txPosition >> 2)] = 0;
}

/** Adds to one of the counters of the calling guest's own port. */
export function countAt(fabric: Fabric, port: number, counter: number, by: number): void {
  const cell = ((portAt(port) + PORT.counters) >> 3) + counter;
  fabric.f64[cell] = (fabric.f64[cell] as number) + by;
}

/** One request that was done without a ring, and its bytes. The owner's thread. */
export function countRequest(
  fabric: Fabric,
  port: number,
  what: "reads" | "writes" | "flushes",
  bytes: number,
): void {
  countAt(fabric, port, COUNTER[what], 1);
  countAt(fabric, port, COUNTER.sent, 1);
  countAt(fabric, port, COUNTER.bytes, bytes);
}

/** A kick of a PC's kernel, or an interrupt that it got. The owner's thread. */
export function countOfPc({ f64 }: Fabric, port: number, what: "kicks" | "interrupts"): void {
  const cell = (portAt(port) + (what === "kicks" ? PORT.pcKicks : PORT.pcInterrupts)) >> 3;
  f64[cell] = (f64[cell] as number) + 1;
}

export function counterAt(fabric: Fabric, port: number, counter: number): number {
  return fabric.f64[((portAt(port) + PORT.counters) >> 3) + counter] as number;
}

/** Frames and bytes that senders have put into a port's rings, both of them. */
export function received(fabric: Fabric, port: number): { frames: number; bytes: number } {
  let frames = 0;
  let bytes = 0;
  for (let ring = port * 2; ring < port * 2 + 2; ring++) {
    const slots = fabric.i32[(ringAt(ring) + RING.slotsUsed) >> 2] as number;
    for (let slot = 0; slot < slots; slot++) {
      const cell = (slotAt(ring, slot) + SLOT.frames) >> 3;
      frames += fabric.f64[cell] as number;
      bytes += fabric.f64[cell + 1] as number;
    }
  }
  return { frames, bytes };
}

/** All counters of a port by name, for observers. Cells are read one by one, while they grow. */
export function countersOf(fabric: Fabric, port: number): Record<keyof typeof COUNTER, number> {
  const result = {} as Record<keyof typeof COUNTER, number>;
  for (const [name, cell] of Object.entries(COUNTER)) {
    result[name as keyof typeof COUNTER] = counterAt(fabric, port, cell);
  }
  return result;
}
