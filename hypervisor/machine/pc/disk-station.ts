// One vblk as a driver in the host has it open: a queue in memory beside the PC's, one request at a time.

import { REQUEST_BYTES_MAX, RING_SLOTS_MIN } from "../../limits.ts";
import type { GuestMemory } from "../../memory/fabric.ts";
import { DESCRIPTOR, REQUEST, REQUEST_OP, SIGNAL } from "../../ring/abi.ts";
import { POSITIONS } from "../../ring/positions.ts";
import { workOff, type BusVerbs } from "../streams.ts";

const VERSION = 1;
const RING_BYTES = RING_SLOTS_MIN * DESCRIPTOR.size;
/** Behind the ring and its signal. */
const REQUEST_AT = RING_BYTES + 64;

export interface DiskPlace {
  readonly ring: number;
  readonly data: number;
}

export class DiskStation {
  readonly #verbs: BusVerbs;
  readonly #memory: GuestMemory;
  readonly #place: DiskPlace;
  readonly #handle: number;
  readonly #queue: number;
  #position = 0;
  /** `REQUEST_BYTES_MAX`, which a request reads into or writes from. */
  readonly data: Uint8Array;

  /** Opens device `id`. Undefined: somebody else has it. */
  static open(verbs: BusVerbs, memory: GuestMemory, place: DiskPlace, id: number): DiskStation | undefined {
    const handle = verbs.open(id, VERSION);
    if (handle < 0) return undefined;
    memory.u8.fill(0, place.ring, place.ring + REQUEST_AT + SIGNAL.size);
    const queue = verbs.shm(handle, 0, 0, place.ring, RING_BYTES, RING_BYTES, 0);
    if (queue >= 0) return new DiskStation(verbs, memory, place, handle, queue);
    verbs.close(handle);
    return undefined;
  }

  private constructor(verbs: BusVerbs, memory: GuestMemory, place: DiskPlace, handle: number, queue: number) {
    this.#verbs = verbs;
    this.#memory = memory;
    this.#place = place;
    this.#handle = handle;
    this.#queue = queue;
    this.data = memory.u8.subarray(place.data, place.data + REQUEST_BYTES_MAX);
  }

  /** Posts a request; the one before is done. `offset` and `length` in bytes. */
  post(op: keyof typeof REQUEST_OP, offset: number, length: number): void {
    const { i32 } = this.#memory;
    const at = this.#place.ring + REQUEST_AT;
    const request = at >>> 2;
    i32[request + (REQUEST.op >> 2)] = REQUEST_OP[op];
    i32[request + (REQUEST.offset >> 2)] = offset % 2 ** 32;
    i32[request + (REQUEST.offset >> 2) + 1] = Math.floor(offset / 2 ** 32);
    i32[request + (REQUEST.length >> 2)] = length;
    i32[request + (REQUEST.address >> 2)] = this.#place.data;
    const descriptor = this.#descriptor();
    i32[descriptor] = at;
    i32[descriptor + 1] = REQUEST.size;
    i32[descriptor + (DESCRIPTOR.turn >> 2)] = ((this.#position & POSITIONS) << 1) | 1;
  }

  /**
   * Has the volume do what was posted. Microseconds after which to call again; 0: it is done, or can't be; it
   * then answers by `status`.
   */
  work(): number {
    return workOff(this.#verbs, this.#queue);
  }

  /** 0, or a negative errno value: how the request that was posted ended. */
  status(): number {
    const status = this.#memory.i32[(this.#place.ring + REQUEST_AT + REQUEST.status) >>> 2] as number;
    const turn = this.#memory.i32[this.#descriptor() + (DESCRIPTOR.turn >> 2)] as number;
    if ((turn & 1) !== 0) return GONE;
    this.#position++;
    return status;
  }

  close(): void {
    this.#verbs.close(this.#handle);
  }

  #descriptor(): number {
    return (this.#place.ring + (this.#position & (RING_SLOTS_MIN - 1)) * DESCRIPTOR.size) >>> 2;
  }
}

/** The device went away before it took the request. */
const GONE = -19;
