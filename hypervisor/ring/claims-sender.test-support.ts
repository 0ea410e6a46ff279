// A thread that sends numbered frames into one ring as fast as it can; see claims-threads.test.ts.

import { workerData } from "node:worker_threads";
import { viewFabric, viewGuestMemory } from "../memory/fabric.ts";
import { CLAIMED, Claims } from "./claims.ts";

/** What such a thread starts with. Word `start` of the guest's memory becomes 1 when it may begin. */
export interface SenderStart {
  readonly fabric: WebAssembly.Memory;
  readonly memory: WebAssembly.Memory;
  readonly ring: number;
  readonly row: number;
  readonly frames: number;
  readonly start: number;
  readonly dirty: number;
}

const { fabric, memory, ring, row, frames, start, dirty } = workerData as SenderStart;
const guest = viewGuestMemory(memory);
const claims = new Claims(viewFabric(fabric), row);
Atomics.wait(guest.i32, start >> 2, 0);
for (let sent = 0; sent < frames;) {
  if (claims.claim(ring, guest, 8, 0) !== CLAIMED) {
    Atomics.wait(guest.i32, start >> 2, 1, 0.01); // Full: the guest's turn.
    continue;
  }
  const at = claims.address >>> 2;
  guest.i32[at] = row;
  guest.i32[at + 1] = sent++;
  claims.publish(8);
  claims.release();
  Atomics.add(guest.i32, dirty >> 2, 1);
}
