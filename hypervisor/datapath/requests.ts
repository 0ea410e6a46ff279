// The end of a disk's request: counted, its status told, its descriptor given back. The owner's thread.

import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { COUNTER, PORT, portAt } from "../memory/layout.ts";
import { DESCRIPTOR, EIO, ENOSPC, REQUEST } from "../ring/abi.ts";
import type { TxRing } from "../ring/sending.ts";

const OP_COUNTER = [COUNTER.reads, COUNTER.writes, COUNTER.flushes, COUNTER.discards] as const;

/**
 * Ends the request that the ring's next descriptor names; `descriptor` and `head` are i32 indices. `shown`:
 * this is the queue whose position observers see. From the first count on without a call but the last: a
 * kill can't come between.
 */
export function endRequest(
  fabric: Fabric,
  memory: GuestMemory,
  ring: TxRing,
  shown: boolean,
  descriptor: number,
  head: number,
  op: number,
  status: number,
  length: number,
): void {
  const { i32, f64 } = fabric;
  const row = portAt(ring.port);
  const cells = (row + PORT.counters) >> 3;
  const turn = (ring.position << 1) | 0;
  const next = (ring.position + 1) | 0;
  const bad = status === EIO || status === ENOSPC ? COUNTER.failed : COUNTER.malformed;
  const outcome = cells + (status === 0 ? COUNTER.sent : bad);
  f64[outcome] = (f64[outcome] as number) + 1;
  if (status === 0) {
    const sort = cells + (OP_COUNTER[op] as number);
    f64[sort] = (f64[sort] as number) + 1;
    f64[cells + COUNTER.bytes] = (f64[cells + COUNTER.bytes] as number) + length;
  }
  if (shown) i32[(row + PORT.txPosition) >> 2] = next;
  if ((ring.position & ring.mask) === ring.mask) ring.lapped = true;
  ring.position = next;
  memory.i32[head + (REQUEST.status >> 2)] = status;
  Atomics.store(memory.i32, descriptor + (DESCRIPTOR.turn >> 2), turn);
}
