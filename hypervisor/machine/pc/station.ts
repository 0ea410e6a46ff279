// One venet as a driver in the host has it open: rings in memory beside the PC's, filled and emptied by the
// verbs, as a guest's own code would.

import { LARGE_FRAME_MAX } from "../../datapath/offload.ts";
import { FRAME_OVERHEAD, PC_CARD_BYTES, PC_LARGE_SLOTS, PC_RING_MAX, RING_SLOTS_MIN } from "../../limits.ts";
import type { GuestMemory } from "../../memory/fabric.ts";
import { DESCRIPTOR, VENET } from "../../ring/abi.ts";
import { POSITIONS } from "../../ring/positions.ts";
import { placeReceiving, prepareReceiving, Receiving } from "../../ring/receiving.ts";
import { workOff, type BusVerbs } from "../streams.ts";

const VERSION = 1;
const ALIGNMENT = 64;
/** Of a buffer for a large frame. */
const LARGE_BYTES = Math.ceil(LARGE_FRAME_MAX / ALIGNMENT) * ALIGNMENT;
/** Where a frame says whom it comes from. */
const SOURCE_AT = 6;

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Slots of a ring with these buffers: as many as wanted, as far as half of a card's memory goes, less those
 * for large frames. */
function slotsFor(wanted: number, bufferBytes: number): number {
  const room = PC_CARD_BYTES / 2 - 2 * ALIGNMENT - PC_LARGE_SLOTS * LARGE_BYTES;
  let slots = RING_SLOTS_MIN;
  // Bound: PC_RING_MAX.
  while (slots * 2 <= Math.min(wanted, PC_RING_MAX) && slots * 2 * (bufferBytes + DESCRIPTOR.size) <= room)
    slots *= 2;
  return slots;
}

export class Station {
  readonly #verbs: BusVerbs;
  readonly #memory: GuestMemory;
  readonly #handle: number;
  readonly #slots: number;
  readonly #bufferBytes: number;
  readonly #sendAt: number;
  readonly #sendBuffers: number;
  readonly #incoming: Receiving;
  readonly #outgoing: number;
  /** Where buffers for large frames begin; of each the position that had it last, from 1 on. */
  readonly #largeAt: number;
  readonly #largeUsed = new Float64Array(PC_LARGE_SLOTS);
  #large = 0;
  /** Where the frame lies that is about to be posted. */
  #roomAt = 0;
  /** Positions of the sending ring: the next to post, and the first that was not given back. */
  #posted = 0;
  #guard: Uint8Array | undefined;
  #returned = 0;

  /**
   * Opens device `id`; `at` is where it has `PC_CARD_BYTES` in the memory. Undefined: somebody else has it.
   */
  static open(
    verbs: BusVerbs,
    memory: GuestMemory,
    at: number,
    device: { readonly id: number; readonly mtu: number; readonly ring: number },
  ): Station | undefined {
    const handle = verbs.open(device.id, VERSION);
    if (handle < 0) return undefined;
    const station = new Station(verbs, memory, at, { ...device, handle });
    if (station.#outgoing >= 0) return station;
    verbs.close(handle);
    return undefined;
  }

  private constructor(
    verbs: BusVerbs,
    memory: GuestMemory,
    at: number,
    { handle, mtu, ring }: { readonly handle: number; readonly mtu: number; readonly ring: number },
  ) {
    this.#verbs = verbs;
    this.#memory = memory;
    this.#handle = handle;
    this.#bufferBytes = aligned(mtu + FRAME_OVERHEAD);
    this.#slots = slotsFor(ring, this.#bufferBytes);
    this.#sendAt = at + PC_CARD_BYTES / 2;
    const bytes = this.#slots * DESCRIPTOR.size;
    this.#sendBuffers = this.#sendAt + bytes + ALIGNMENT;
    this.#largeAt = this.#sendBuffers + this.#slots * this.#bufferBytes;
    memory.u8.fill(0, at, at + bytes + ALIGNMENT);
    memory.u8.fill(0, this.#sendAt, this.#sendBuffers);
    const place = placeReceiving(at, this.#slots, this.#bufferBytes);
    prepareReceiving(memory, place);
    this.#incoming = new Receiving(memory, place);
    const signal = place.signal - place.offset;
    const received = verbs.shm(handle, VENET.rx, 0, place.offset, bytes, signal, 0);
    this.#outgoing = received < 0 ? received : verbs.shm(handle, VENET.tx, 0, this.#sendAt, bytes, bytes, 0);
  }

  /** Where the next frame to be sent goes, if there is room; then `post` it. */
  room(large = false): Uint8Array | undefined {
    if (this.#posted - this.#returned >= this.#slots) this.#takeBack();
    if (this.#posted - this.#returned >= this.#slots) return undefined;
    if (large) return this.#largeRoom();
    this.#roomAt = this.#sendBuffers + (this.#posted & (this.#slots - 1)) * this.#bufferBytes;
    return this.#memory.u8.subarray(this.#roomAt, this.#roomAt + this.#bufferBytes);
  }

  #largeRoom(): Uint8Array | undefined {
    if ((this.#largeUsed[this.#large] as number) > this.#returned) return undefined;
    this.#largeUsed[this.#large] = this.#posted + 1;
    this.#roomAt = this.#largeAt + this.#large * LARGE_BYTES;
    this.#large = (this.#large + 1) % PC_LARGE_SLOTS;
    return this.#memory.u8.subarray(this.#roomAt, this.#roomAt + LARGE_BYTES);
  }

  /** From now on frames from another address are lost; undefined: none is. Six bytes. */
  guard(mac: Uint8Array | undefined): void {
    this.#guard = mac;
  }

  /** Posts what was written where `room` said; of a large frame, with its length word. */
  post(length: number): void {
    const { i32 } = this.#memory;
    if (this.#guard && !this.#isFrom(this.#guard)) return;
    const slot = this.#posted & (this.#slots - 1);
    const descriptor = (this.#sendAt + slot * DESCRIPTOR.size) >>> 2;
    i32[descriptor] = this.#roomAt;
    i32[descriptor + 1] = length;
    i32[descriptor + (DESCRIPTOR.turn >> 2)] = ((this.#posted & POSITIONS) << 1) | 1;
    this.#posted++;
  }

  /** Has the switch work off what was posted. Microseconds after which to call again; 0: all is done. */
  send(): number {
    if (this.#posted === this.#returned) return 0;
    const waitUs = workOff(this.#verbs, this.#outgoing);
    this.#takeBack();
    return waitUs;
  }

  /** The next frame that came, or none; `give` its buffer back before the next. */
  take(): Uint8Array | undefined {
    if (!this.#incoming.take()) return undefined;
    const { address, length } = this.#incoming;
    return this.#memory.u8.subarray(address, address + length);
  }

  give(): void {
    this.#incoming.give();
  }

  close(): void {
    this.#verbs.close(this.#handle);
  }

  /** Whether the frame that is about to be posted comes from there. */
  #isFrom(mac: Uint8Array): boolean {
    const at = this.#roomAt + SOURCE_AT;
    return mac.every((byte, index) => this.#memory.u8[at + index] === byte);
  }

  #takeBack(): void {
    const { i32 } = this.#memory;
    // Bound: the ring's slots.
    while (this.#returned < this.#posted) {
      const descriptor = (this.#sendAt + (this.#returned & (this.#slots - 1)) * DESCRIPTOR.size) >>> 2;
      if (((i32[descriptor + (DESCRIPTOR.turn >> 2)] as number) & 1) !== 0) return;
      this.#returned++;
    }
  }
}
