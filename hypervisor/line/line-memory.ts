// What stands where in the memory of the I/O thread, and which part of it is for rings of lines.

import { FRAME_OVERHEAD, LINE_MEMORY_BYTES, LINE_RING_BYTES, MTU_MAX } from "../limits.ts";
import { viewGuestMemory, type GuestMemory } from "../memory/fabric.ts";
import { aligned, type RingRoom } from "../ring/ring-places.ts";

/** The event area, and the frame that is being forwarded. */
export const EVENTS_AT = 64;
export const FRAME_AT = 4096;
const PAGE = 65_536;

export const LINE_RINGS: RingRoom = {
  from: FRAME_AT + aligned(MTU_MAX + FRAME_OVERHEAD),
  end: LINE_MEMORY_BYTES,
  ringBytes: LINE_RING_BYTES,
};

/** Reserved at once, so that guests can know it before the first line is made; given when it is touched. */
export function createLineMemory(): GuestMemory {
  const pages = LINE_MEMORY_BYTES / PAGE;
  return viewGuestMemory(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
}
