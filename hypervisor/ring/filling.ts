// A receiving ring that host code on its guest's own thread fills, in order: whose a descriptor is, and
// giving it back filled. For classes whose data waits with the host until the guest calls.

import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { RING, SLOT, ringAt, slotAt } from "../memory/layout.ts";
import { DESCRIPTOR } from "./abi.ts";

/** A receiving ring as its owner's thread knows it. */
export interface RxRing {
  /** Its row in the fabric, where observers see it. */
  readonly ring: number;
  /** Byte offset of the descriptors, and slots - 1. */
  readonly offset: number;
  readonly mask: number;
  /** The next position; unsigned 32 bits kept as int32. */
  position: number;
  /** Every slot has been filled at least once. */
  lapped: boolean;
}

/** Whether the buffer of the next descriptor (an i32 index) is posted, still the guest's, or neither. */
export function bufferAt(
  memory: GuestMemory,
  descriptor: number,
  ring: RxRing,
): "posted" | "empty" | "broken" {
  // Read once: the guest may rewrite it.
  const turn = Atomics.load(memory.i32, descriptor + (DESCRIPTOR.turn >> 2));
  const written = ring.lapped ? ((ring.position - ring.mask - 1) << 1) | 0 : 0;
  if (turn === (written | 1)) return "posted";
  return turn === written ? "empty" : "broken";
}

/** Gives the next buffer to the guest with `length` bytes in it, and moves on. */
export function fill(
  fabric: Fabric,
  memory: GuestMemory,
  descriptor: number,
  ring: RxRing,
  length: number,
): void {
  const { i32 } = fabric;
  const slot = slotAt(ring.ring, ring.position & ring.mask) >> 2;
  const turn = (ring.position << 1) | 0;
  memory.i32[descriptor + (DESCRIPTOR.length >> 2)] = length;
  i32[slot + (SLOT.turn >> 2)] = turn;
  i32[slot + (SLOT.next >> 2)] = (ring.position + ring.mask + 1) | 0;
  if ((ring.position & ring.mask) === ring.mask) ring.lapped = true;
  ring.position = (ring.position + 1) | 0;
  i32[(ringAt(ring.ring) + RING.cursor) >> 2] = ring.position;
  Atomics.store(memory.i32, descriptor + (DESCRIPTOR.turn >> 2), turn);
}
