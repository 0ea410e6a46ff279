// What stands where in the memory of the I/O thread, and which parts of it are free for rings of lines.

import { FRAME_OVERHEAD, LINE_MEMORY_BYTES, LINE_RING_BYTES, MTU_MAX, RING_SLOTS_MAX } from "../limits.ts";
import { RING_SLOTS_MIN } from "../limits.ts";
import { viewGuestMemory, type GuestMemory } from "../memory/fabric.ts";
import { placeReceiving, receivingBytes, type ReceivingPlace } from "../ring/receiving.ts";

/** The event area, and the frame that is being forwarded. */
export const EVENTS_AT = 64;
export const FRAME_AT = 4096;
const PAGE = 65_536;
const RINGS_AT = FRAME_AT + aligned(MTU_MAX + FRAME_OVERHEAD);

function aligned(bytes: number): number {
  return (bytes + 63) & ~63;
}

/** Reserved at once, so that guests can know it before the first line is made; given when it is touched. */
export function createLineMemory(): GuestMemory {
  const pages = LINE_MEMORY_BYTES / PAGE;
  return viewGuestMemory(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
}

/** The rings of lines, by the size of their frames: what comes back serves a line of the same size. */
export class LineRings {
  #next = RINGS_AT;
  readonly #free = new Map<number, ReceivingPlace[]>();

  /** A place for frames of up to `frameMax` bytes, or undefined where the memory is used up. */
  take(frameMax: number): ReceivingPlace | undefined {
    const bufferBytes = aligned(frameMax);
    const back = this.#free.get(bufferBytes)?.pop();
    if (back) return back;
    let count = RING_SLOTS_MAX;
    while (count > RING_SLOTS_MIN && receivingBytes(count, bufferBytes) > LINE_RING_BYTES) count >>= 1;
    const bytes = receivingBytes(count, bufferBytes);
    if (this.#next + bytes > LINE_MEMORY_BYTES) return undefined;
    const place = placeReceiving(this.#next, count, bufferBytes);
    this.#next += aligned(bytes);
    return place;
  }

  give(place: ReceivingPlace): void {
    const free = this.#free.get(place.bufferBytes) ?? [];
    free.push(place);
    this.#free.set(place.bufferBytes, free);
  }
}
