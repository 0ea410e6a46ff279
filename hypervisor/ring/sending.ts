// A ring that a guest fills, as the host reads it: whose a descriptor is, and giving it back.

import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { PORT, portAt } from "../memory/layout.ts";
import { DESCRIPTOR } from "./abi.ts";

/** A sending ring as its owner's thread knows it. */
export interface TxRing {
  readonly port: number;
  /** Byte offset of the descriptors, and slots - 1. */
  readonly offset: number;
  readonly mask: number;
  /** The next position; unsigned 32 bits kept as int32. */
  position: number;
  /** Every slot has been given back at least once. */
  lapped: boolean;
  /** So many kicks are not timed before the next one is. */
  untimed: number;
}

/** Whether the ring's next descriptor (an i32 index) is posted, still the guest's, or neither. */
export function turnAt(memory: GuestMemory, descriptor: number, ring: TxRing): "posted" | "empty" | "broken" {
  // Read once: the guest may rewrite it.
  const turn = Atomics.load(memory.i32, descriptor + (DESCRIPTOR.turn >> 2));
  if (turn === ((ring.position << 1) | 1)) return "posted";
  const previous = ring.lapped ? ((ring.position - ring.mask - 1) << 1) | 0 : 0;
  return turn === previous ? "empty" : "broken";
}

/** Gives the ring's next descriptor back and moves on, in a straight line. */
export function giveBack(fabric: Fabric, memory: GuestMemory, descriptor: number, ring: TxRing): void {
  const turn = (ring.position << 1) | 0;
  if ((ring.position & ring.mask) === ring.mask) ring.lapped = true;
  ring.position = (ring.position + 1) | 0;
  fabric.i32[(portAt(ring.port) + PORT.txPosition) >> 2] = ring.position;
  Atomics.store(memory.i32, descriptor + (DESCRIPTOR.turn >> 2), turn);
}
