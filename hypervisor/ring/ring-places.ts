// Places for receiving rings in host memory: what comes back serves a ring of the same size.

import { RING_SLOTS_MAX, RING_SLOTS_MIN } from "../limits.ts";
import { placeReceiving, receivingBytes, type ReceivingPlace } from "./receiving.ts";

/** Which part of a memory is for rings, and what one of them takes at most, all in bytes. */
export interface RingRoom {
  readonly from: number;
  readonly end: number;
  readonly ringBytes: number;
}

export class RingPlaces {
  readonly #room: RingRoom;
  #next: number;
  readonly #free = new Map<number, ReceivingPlace[]>();

  constructor(room: RingRoom) {
    this.#room = room;
    this.#next = room.from;
  }

  /** A place for frames of up to `frameMax` bytes, or undefined where the memory is used up. */
  take(frameMax: number): ReceivingPlace | undefined {
    const bufferBytes = aligned(frameMax);
    const back = this.#free.get(bufferBytes)?.pop();
    if (back) return back;
    let count = RING_SLOTS_MAX;
    while (count > RING_SLOTS_MIN && receivingBytes(count, bufferBytes) > this.#room.ringBytes) count >>= 1;
    const bytes = receivingBytes(count, bufferBytes);
    if (this.#next + bytes > this.#room.end) return undefined;
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

/** Up to the next multiple of 64. */
export function aligned(bytes: number): number {
  return (bytes + 63) & ~63;
}
