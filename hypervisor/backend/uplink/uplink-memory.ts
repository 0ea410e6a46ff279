// What stands where in the memory of the uplinks' thread, and which part of it is for rings.

import { FRAME_OVERHEAD, MTU_MAX, UPLINK_MEMORY_BYTES, UPLINK_RING_BYTES } from "../../limits.ts";
import { viewGuestMemory, type GuestMemory } from "../../memory/fabric.ts";
import { aligned, type RingRoom } from "../../ring/ring-places.ts";

/** The event area, and the frame that is being forwarded. */
export const EVENTS_AT = 64;
export const FRAME_AT = 4096;
const PAGE = 65_536;

export const UPLINK_RINGS: RingRoom = {
  from: FRAME_AT + aligned(MTU_MAX + FRAME_OVERHEAD),
  end: UPLINK_MEMORY_BYTES,
  ringBytes: UPLINK_RING_BYTES,
};

/** Reserved at once, so that guests can know it before the first uplink is made; given when it is touched. */
export function createUplinkMemory(): GuestMemory {
  const pages = UPLINK_MEMORY_BYTES / PAGE;
  return viewGuestMemory(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
}
