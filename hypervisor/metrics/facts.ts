// What observers are shown of ports and rings: read from the fabric without stopping anybody.

import { countersOf, received, receivingRing } from "../datapath/port.ts";
import type { CounterFacts, RingFacts } from "../hypervisor.ts";
import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { PORT, RING, SLOT, portAt, ringAt, slotAt } from "../memory/layout.ts";
import { DESCRIPTOR, SIGNAL } from "../ring/abi.ts";

/** Frames that a guest sent, from its side. Each is in `count` or in `dropped`. */
export function sentFacts(fabric: Fabric, port: number): CounterFacts {
  const { sent, bytes, full, down, noListener, malformed, tooBig, lostByKill, overRate } = countersOf(
    fabric,
    port,
  );
  const droppedBy = only({
    full,
    down,
    no_listener: noListener,
    malformed,
    too_big: tooBig,
    rate: overRate,
    lost_by_kill: lostByKill,
  });
  const dropped = Object.values(droppedBy).reduce((sum, count) => sum + count, 0);
  return { count: sent, bytes, dropped, droppedBy };
}

/** Frames that were put before a guest, and those that its full ring could not take. */
export function receivedFacts(fabric: Fabric, port: number): CounterFacts {
  const { frames, bytes } = received(fabric, port);
  const row = portAt(port) >> 2;
  const full = (fabric.i32[row + (PORT.rxFull >> 2)] as number) >>> 0;
  const malformed = (fabric.i32[row + (PORT.rxOther >> 2)] as number) >>> 0;
  return { count: frames, bytes, dropped: full + malformed, droppedBy: only({ full, malformed }) };
}

/**
 * Adds up what the ports of a network sent; copies of flooded frames that found no room are drops of the
 * network.
 */
export function networkFrames(fabric: Fabric, ports: readonly number[]): CounterFacts {
  let count = 0;
  let bytes = 0;
  const droppedBy: Record<string, number> = {};
  for (const port of ports) {
    const sent = sentFacts(fabric, port);
    count += sent.count;
    bytes += sent.bytes;
    for (const [reason, frames] of Object.entries(sent.droppedBy)) {
      droppedBy[reason] = (droppedBy[reason] ?? 0) + frames;
    }
    const { copiesLost } = countersOf(fabric, port);
    if (copiesLost > 0) droppedBy["full"] = (droppedBy["full"] ?? 0) + copiesLost;
  }
  const dropped = Object.values(droppedBy).reduce((sum, frames) => sum + frames, 0);
  return { count, bytes, dropped, droppedBy };
}

/** The receiving ring of a port as its guest's memory and the fabric show it now. */
export function receivingFacts(
  fabric: Fabric,
  port: number,
  name: string,
  memory: GuestMemory,
): RingFacts | undefined {
  const ring = receivingRing(fabric, port);
  if (ring < 0) return undefined;
  const { i32 } = fabric;
  const at = ringAt(ring) >> 2;
  const size = (i32[at + (RING.mask >> 2)] as number) + 1;
  const offset = i32[at + (RING.offset >> 2)] as number;
  const head = (i32[at + (RING.cursor >> 2)] as number) >>> 0;
  let slots = "";
  for (let index = 0; index < size; index++) {
    const slot = slotAt(ring, index) >> 2;
    const turn = memory.i32[(offset + index * DESCRIPTOR.size + DESCRIPTOR.turn) >>> 2] as number;
    const written = i32[slot + (SLOT.turn >> 2)] as number;
    const next = (i32[slot + (SLOT.next >> 2)] as number) >>> 0;
    const claimed = ((next - head) | 0) < 0;
    if (claimed) slots += "c";
    else if (turn === (written | 1)) slots += "p";
    else slots += "f";
  }
  return {
    name,
    size,
    head,
    slots,
    enabled: memory.i32[((i32[at + (RING.signal >> 2)] as number) + SIGNAL.enabled) >>> 2] !== 0,
    signals: (i32[at + (RING.sent >> 2)] as number) >>> 0,
    suppressed: (i32[at + (RING.suppressed >> 2)] as number) >>> 0,
  };
}

/** The sending ring of a port. */
export function sendingFacts(
  fabric: Fabric,
  port: number,
  name: string,
  memory: GuestMemory,
): RingFacts | undefined {
  const row = portAt(port) >> 2;
  const size = fabric.i32[row + (PORT.txSlots >> 2)] as number;
  if (size === 0) return undefined;
  const offset = fabric.i32[row + (PORT.txOffset >> 2)] as number;
  let slots = "";
  for (let index = 0; index < size; index++) {
    const turn = memory.i32[(offset + index * DESCRIPTOR.size + DESCRIPTOR.turn) >>> 2] as number;
    slots += (turn & 1) === 1 ? "p" : ".";
  }
  const head = (fabric.i32[row + (PORT.txPosition >> 2)] as number) >>> 0;
  return { name, size, head, slots, enabled: false, signals: 0, suppressed: 0 };
}

function only(reasons: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(reasons).filter(([, count]) => count > 0));
}
