// A guest's receiver written from docs/abi.md, "A ring that the host fills", for tests that act as the guest.

import type { GuestMemory } from "../memory/fabric.ts";

/** Where a ring lies in the guest's memory. `bufferBytes` is the size of each buffer. */
export interface RingPlace {
  readonly count: number;
  readonly offset: number;
  readonly signal: number;
  readonly buffers: number;
  readonly bufferBytes: number;
}

/** One slot that was completed, as the guest reads it. */
export interface Taken {
  readonly slot: number;
  readonly position: number;
  readonly length: number;
  readonly address: number;
}

const POSITIONS = 0x7fff_ffff;
const HALF_CIRCLE = 0x4000_0000;

/** Takes completed slots in order. `turn`s are 31 bits of position and the owner's bit. */
export class Receiver {
  readonly #memory: GuestMemory;
  readonly #place: RingPlace;
  #scan: number;
  #dirtySeen = 0;
  #passed: number[] = [];

  /** `scan` is the first position, 0 but for tests that start elsewhere. */
  constructor(memory: GuestMemory, place: RingPlace, scan = 0) {
    this.#memory = memory;
    this.#place = place;
    this.#scan = scan >>> 0;
  }

  /** Posts an empty buffer in a slot. */
  post(slot: number): void {
    const { offset, buffers, bufferBytes } = this.#place;
    const at = (offset + slot * 16) >>> 2;
    this.#memory.i32[at] = buffers + slot * bufferBytes;
    this.#memory.i32[at + 1] = bufferBytes;
    Atomics.store(this.#memory.i32, at + 2, (this.#memory.i32[at + 2] as number) | 1);
  }

  postAll(): void {
    for (let slot = 0; slot < this.#place.count; slot++) this.post(slot);
  }

  /** The next completed slot in order, or undefined where there is none now. The caller posts it again. */
  take(): Taken | undefined {
    // Bound: each turn takes one, moves on to a completed one, or ends.
    for (;;) {
      const late = this.#takePassed();
      if (late) return late;
      if (this.#turn(this.#scan) === (this.#scan << 1) >>> 0) {
        const later = this.#takePassed();
        if (later) return later;
        const taken = this.#taken(this.#scan);
        this.#scan = (this.#scan + 1) >>> 0;
        return taken;
      }
      if (!this.#lookAhead()) return undefined;
    }
  }

  #lookAhead(): boolean {
    const dirty = Atomics.load(this.#memory.i32, (this.#place.signal + 4) >>> 2);
    if (dirty === this.#dirtySeen) return false;
    let nearest = HALF_CIRCLE;
    for (let slot = 0; slot < this.#place.count; slot++) {
      const turn = this.#turn(slot);
      if ((turn & 1) === 0) nearest = Math.min(nearest, ((turn >>> 1) - this.#scan) & POSITIONS);
    }
    if (nearest < HALF_CIRCLE) {
      for (let back = 0; back < nearest; back++) this.#passed.push((this.#scan + back) >>> 0);
      this.#scan = (this.#scan + nearest) >>> 0;
      return true;
    }
    this.#dirtySeen = dirty;
    return false;
  }

  #takePassed(): Taken | undefined {
    if (this.#firstPassed() < 0) return undefined;
    const index = this.#firstPassed(); // Once more: what its sender put before is there by now.
    const [position] = this.#passed.splice(index, 1);
    return this.#taken(position as number);
  }

  #firstPassed(): number {
    this.#passed = this.#passed.filter((position) => {
      const behind = ((this.#turn(position) & ~1) - (position << 1)) | 0;
      return behind <= 0; // Beyond: a later position used the slot, this one stays out.
    });
    return this.#passed.findIndex((position) => this.#turn(position) === (position << 1) >>> 0);
  }

  #taken(position: number): Taken {
    const { count, offset, buffers, bufferBytes } = this.#place;
    const slot = position % count;
    const length = this.#memory.i32[(offset + slot * 16 + 4) >>> 2] as number;
    return { slot, position, length, address: buffers + slot * bufferBytes };
  }

  #turn(position: number): number {
    const at = this.#place.offset + (position % this.#place.count) * 16 + 8;
    return Atomics.load(this.#memory.i32, at >>> 2) >>> 0;
  }
}
