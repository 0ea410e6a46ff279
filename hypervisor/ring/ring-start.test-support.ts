// A receiving ring that begins at any position, as though so many frames had come before: all buffers posted.

import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { RING, SLOT, ringAt, slotAt } from "../memory/layout.ts";
import { DESCRIPTOR } from "./abi.ts";
import { resetRing } from "./claims.ts";
import type { RingPlace } from "./receiver.test-support.ts";

/** Which ring, whose, and where it begins. */
interface RingStart {
  readonly ring: number;
  readonly owner: number;
  readonly events: number;
  readonly start: number;
  /** How many positions ago each slot was last passed over; absent: one lap. */
  readonly passedAge?: number | undefined;
}

export function startRing(fabric: Fabric, memory: GuestMemory, place: RingPlace, begin: RingStart): void {
  const { count, offset, signal, buffers, bufferBytes } = place;
  const { ring, owner, events, start, passedAge = count } = begin;
  const { i32 } = fabric;
  const at = ringAt(ring);
  i32.fill(0, at >> 2, (at + RING.slots + count * SLOT.size) >> 2);
  resetRing(fabric, ring, { count, offset, signal, events, number: 0, owner, incarnation: 1 });
  i32[(at + RING.cursor) >> 2] = start | 0;
  for (let ahead = 0; ahead < count; ahead++) {
    const position = (start + ahead) | 0;
    const index = position & (count - 1);
    const slot = slotAt(ring, index) >> 2;
    const turn = ((position - count) << 1) | 0;
    i32[slot + (SLOT.next >> 2)] = position;
    i32[slot + (SLOT.passed >> 2)] = (position - passedAge) | 0;
    i32[slot + (SLOT.turn >> 2)] = turn;
    const descriptor = (offset + index * DESCRIPTOR.size) >> 2;
    memory.i32[descriptor] = buffers + index * bufferBytes;
    memory.i32[descriptor + 1] = bufferBytes;
    memory.i32[descriptor + 2] = turn | 1;
  }
}

/** How many slots would not serve a sender that comes now; 0 where nobody is in the middle of anything. */
export function slotsLost(fabric: Fabric, memory: GuestMemory, place: RingPlace, ring: number): number {
  const { i32 } = fabric;
  const cursor = i32[(ringAt(ring) + RING.cursor) >> 2] as number;
  let lost = 0;
  for (let index = 0; index < place.count; index++) {
    const slot = slotAt(ring, index) >> 2;
    const next = i32[slot + (SLOT.next >> 2)] as number;
    const turn = memory.i32[(place.offset + index * DESCRIPTOR.size + DESCRIPTOR.turn) >> 2];
    const serves = (next - cursor) >>> 0 < place.count && (next & (place.count - 1)) === index;
    if (!serves || turn !== ((i32[slot + (SLOT.turn >> 2)] as number) | 1)) lost++;
  }
  return lost;
}
