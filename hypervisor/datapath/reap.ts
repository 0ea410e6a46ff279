// After a guest's thread has ended somewhere in host code: its claims are given back and its counters made
// whole. Relies on V8 ending a thread only at function entries (those of `Atomics` too) and loop heads: the
// straight lines in claims.ts, forward.ts, switch.ts and pump.wat are whole. Control thread only; the thread
// is gone.

import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { COUNTER, RING, SLOT, THREAD, portAt, ringAt, slotAt, threadAt, PORT } from "../memory/layout.ts";
import { isInHost } from "../memory/threads.ts";
import { DESCRIPTOR } from "../ring/abi.ts";
import { passOver, resolvePasses } from "../ring/claims.ts";
import { signalRing } from "../ring/signal.ts";
import { isEgressRing } from "./line-port.ts";

/** Finds the memory of the guest in a thread row and incarnation, undefined when it is gone too. */
export type MemoryOf = (thread: number, incarnation: number) => GuestMemory | undefined;

/** What reaping found; for tests and the journal. */
export interface Reaped {
  /** Positions that were claimed and not published: their buffers went back empty. */
  readonly claims: number;
  /** Frames, not copies, that were published and that it had not counted: they are counted now. */
  readonly counted: number;
  /** A frame was in the middle of being flooded. */
  readonly flooding: boolean;
  /** Host code was running on its behalf. */
  readonly inHost: boolean;
}

/** Ends whatever the thread in row `thread` was in the middle of. */
export function reapThread(fabric: Fabric, thread: number, memoryOf: MemoryOf): Reaped {
  const { i32 } = fabric;
  const row = threadAt(thread) >> 2;
  const ring = (i32[row + (THREAD.claimRing >> 2)] as number) - 1;
  const countFor = i32[row + (THREAD.claimFor >> 2)] as number;
  const flooding = (i32[row + (THREAD.flooding >> 2)] as number) - 1;
  const inHost = isInHost(fabric, thread);
  let claims = 0;
  let counted = 0;
  if (ring >= 0) {
    const from = i32[row + (THREAD.claimFrom >> 2)] as number;
    const count = i32[row + (THREAD.claimCount >> 2)] as number;
    const published = i32[row + (THREAD.published >> 2)] as number;
    const at = ringAt(ring) >> 2;
    const owner = i32[at + (RING.owner >> 2)] as number;
    const memory = memoryOf(owner, i32[at + (RING.incarnation >> 2)] as number);
    for (let index = 0; index < count; index++) {
      const length = i32[row + ((THREAD.scratch + 4) >> 2) + index * 4] as number;
      if (endPosition(fabric, ring, (from + index) | 0, memory, index < published)) {
        countPublished(fabric, countFor, length, isEgressRing(fabric, ring));
        if (countFor > 0) counted++;
      } else claims++;
    }
    if (memory) signalRing(fabric, ring, memory);
  }
  if (flooding >= 0) add(fabric, flooding, COUNTER.lostByKill, 1);
  i32.fill(0, row + (THREAD.claimRing >> 2), row + (THREAD.claimRing >> 2) + 3);
  i32[row + (THREAD.claimFor >> 2)] = 0;
  i32[row + (THREAD.published >> 2)] = 0;
  i32[row + (THREAD.flooding >> 2)] = 0;
  i32[row + (THREAD.where >> 2)] = 0;
  return { claims, counted, flooding: flooding >= 0, inHost };
}

/**
 * True where the frame of a position had been published: it was `published` and the slot not let go yet, or
 * that too. `memory` is undefined where its guest is gone as well.
 */
function endPosition(
  fabric: Fabric,
  ring: number,
  position: number,
  memory: GuestMemory | undefined,
  published: boolean,
): boolean {
  const { i32 } = fabric;
  const at = ringAt(ring) >> 2;
  const mask = i32[at + (RING.mask >> 2)] as number;
  const slot = slotAt(ring, position & mask) >> 2;
  // E1: pairs with P2 and N3 of claims.ts.
  const ahead = (Atomics.load(i32, slot + (SLOT.next >> 2)) - position) | 0;
  if (ahead > 0) {
    resolvePasses(i32, slot, (position + mask + 1) | 0, mask + 1);
    return true;
  }
  if (!memory) return published;
  const descriptor = ((i32[at + (RING.offset >> 2)] as number) + (position & mask) * DESCRIPTOR.size) >>> 2;
  const turnAt = descriptor + (DESCRIPTOR.turn >> 2);
  const written = i32[slot + (SLOT.turn >> 2)] as number;
  const turn = (position << 1) | 0;
  // E2: the guest's post, as C4.
  if (!published && (ahead < 0 || Atomics.load(memory.i32, turnAt) !== (written | 1))) {
    passOver(i32, at, slot, position, mask + 1);
    return false;
  }
  if (!published) {
    memory.i32[descriptor + (DESCRIPTOR.length >> 2)] = 0; // An empty buffer: the guest posts it again.
    Atomics.store(memory.i32, turnAt, turn); // E3: as P1.
    i32[slot + (SLOT.turn >> 2)] = turn;
  }
  Atomics.store(i32, slot + (SLOT.next >> 2), (position + mask + 1) | 0); // E4: as P2.
  resolvePasses(i32, slot, (position + mask + 1) | 0, mask + 1);
  return published;
}

/**
 * `countFor` is what the thread noted: port + 1 for a frame, its negative for a copy, 0 where it is counted
 * already. A frame in an egress line is `queued`.
 */
function countPublished(fabric: Fabric, countFor: number, length: number, queued: boolean): void {
  if (countFor > 0 && queued) {
    add(fabric, countFor - 1, COUNTER.queued, 1);
  } else if (countFor > 0) {
    add(fabric, countFor - 1, COUNTER.sent, 1);
    add(fabric, countFor - 1, COUNTER.bytes, length);
  } else if (countFor < 0) {
    add(fabric, -countFor - 1, COUNTER.copies, 1);
  }
}

function add(fabric: Fabric, port: number, counter: number, by: number): void {
  const cell = ((portAt(port) + PORT.counters) >> 3) + counter;
  fabric.f64[cell] = (fabric.f64[cell] as number) + by;
}
