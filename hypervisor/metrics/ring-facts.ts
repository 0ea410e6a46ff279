// What observers are shown of a port's rings: read from the fabric and the guest's memory without stopping
// anybody.

import { receivingRing } from "../datapath/port.ts";
import type { RingFacts } from "../hypervisor.ts";
import { countOf } from "../memory/counts.ts";
import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { PORT, RING, SLOT, portAt, ringAt, slotAt } from "../memory/layout.ts";
import { DESCRIPTOR, SIGNAL } from "../ring/abi.ts";

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
  let filled = 0;
  for (let index = 0; index < size; index++) {
    const slot = slotAt(ring, index) >> 2;
    const turn = memory.i32[(offset + index * DESCRIPTOR.size + DESCRIPTOR.turn) >>> 2] as number;
    const written = i32[slot + (SLOT.turn >> 2)] as number;
    const next = (i32[slot + (SLOT.next >> 2)] as number) >>> 0;
    const claimed = ((next - head) | 0) < 0;
    if (claimed) slots += "c";
    else if (turn === (written | 1)) slots += "p";
    else {
      slots += "f";
      filled++;
    }
  }
  return {
    name,
    size,
    head,
    slots,
    filled,
    enabled: memory.i32[((i32[at + (RING.signal >> 2)] as number) + SIGNAL.enabled) >>> 2] !== 0,
    signals: countOf(i32, at + (RING.sent >> 2), at + (RING.sentHigh >> 2)),
    suppressed: countOf(i32, at + (RING.suppressed >> 2), at + (RING.suppressedHigh >> 2)),
    interrupts: countOf(i32, at + (RING.interrupts >> 2), at + (RING.interruptsHigh >> 2)),
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
  let filled = 0;
  for (let index = 0; index < size; index++) {
    const turn = memory.i32[(offset + index * DESCRIPTOR.size + DESCRIPTOR.turn) >>> 2] as number;
    slots += (turn & 1) === 1 ? "p" : ".";
    filled += turn & 1;
  }
  const head = (fabric.i32[row + (PORT.txPosition >> 2)] as number) >>> 0;
  return { name, size, head, slots, filled, enabled: false, signals: 0, suppressed: 0, interrupts: 0 };
}
