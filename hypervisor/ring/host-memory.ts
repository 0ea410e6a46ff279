// The memory of a thread of host code that frames pass, and which part of it is for rings.

import { FRAME_OVERHEAD, MTU_MAX } from "../limits.ts";
import { viewGuestMemory, type OwnMemory } from "../memory/fabric.ts";
import { aligned, type RingRoom } from "./ring-places.ts";

/** The event area, and the frame that is being forwarded. */
export const EVENTS_AT = 64;
export const FRAME_AT = 4096;
const PAGE = 65_536;

/** What is left of so many bytes; a ring takes `ringBytes` at most. */
export function hostRings(bytes: number, ringBytes: number): RingRoom {
  return { from: FRAME_AT + aligned(MTU_MAX + FRAME_OVERHEAD), end: bytes, ringBytes };
}

/** Reserved at once, so that guests can know it before it is used; given when it is touched. */
export function createHostMemory(bytes: number): OwnMemory {
  const pages = bytes / PAGE;
  return viewGuestMemory(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
}
