// A ring that other threads fill and host code empties, in host memory: the receiver of docs/abi.md, "A ring
// that the host fills", which passes over positions that are late and comes back to them. It trusts its own
// memory: no guest sees it. No allocation after it was made.

import { RING_SLOTS_MAX } from "../limits.ts";
import type { GuestMemory } from "../memory/fabric.ts";
import { DESCRIPTOR, SIGNAL } from "./abi.ts";
import { HALF_CIRCLE, POSITIONS } from "./positions.ts";

/** Where a ring lies in the memory. `bufferBytes` is the size, and the distance, of its buffers. */
export interface ReceivingPlace {
  readonly count: number;
  readonly offset: number;
  readonly signal: number;
  readonly buffers: number;
  readonly bufferBytes: number;
}

/** Bytes from a ring's first descriptor to the end of its last buffer. */
export function receivingBytes(count: number, bufferBytes: number): number {
  return count * (DESCRIPTOR.size + bufferBytes) + 64;
}

/** Where a ring of this size has its parts, from `offset` on, which is a multiple of 64. */
export function placeReceiving(offset: number, count: number, bufferBytes: number): ReceivingPlace {
  const signal = offset + count * DESCRIPTOR.size;
  return { count, offset, signal, buffers: signal + 64, bufferBytes };
}

/** Posts all buffers of a ring that nobody fills yet, and asks to be signalled always. */
export function prepareReceiving(memory: GuestMemory, place: ReceivingPlace): void {
  const { count, offset, signal, buffers, bufferBytes } = place;
  const { i32 } = memory;
  for (let slot = 0; slot < count; slot++) {
    const at = (offset + slot * DESCRIPTOR.size) >>> 2;
    i32[at] = buffers + slot * bufferBytes;
    i32[at + 1] = bufferBytes;
    Atomics.store(i32, at + (DESCRIPTOR.turn >> 2), 1);
  }
  Atomics.store(i32, (signal + SIGNAL.dirty) >>> 2, 0);
  Atomics.store(i32, (signal + SIGNAL.enabled) >>> 2, 1);
}

/** The receiver's side of one ring. */
export class Receiving {
  readonly #i32: Int32Array;
  readonly #place: ReceivingPlace;
  #scan = 0;
  #dirtySeen = 0;
  /** Slots that `scan` went past before they were completed, and a flag for each slot that is listed. */
  readonly #passed = new Uint16Array(RING_SLOTS_MAX);
  readonly #listed = new Uint8Array(RING_SLOTS_MAX);
  #passedCount = 0;
  #earliestBehind = 0;
  #slot = 0;
  #turn = 0;
  /** What `take` gave: where it lies and how many bytes it has, until `give`. */
  address = 0;
  length = 0;
  /** What its sender marked it with. */
  mark = 0;

  constructor(memory: GuestMemory, place: ReceivingPlace) {
    this.#i32 = memory.i32;
    this.#place = place;
  }

  /** The next position; everything before it has been taken where `complete`. */
  get scan(): number {
    return this.#scan;
  }

  /** No position before `scan` is still to come. */
  get complete(): boolean {
    return this.#passedCount === 0;
  }

  /** Takes the next buffer in order; `give` it before the next. False: there is none now. */
  take(): boolean {
    // Bound: each turn takes one, moves on to a completed one, or ends.
    for (;;) {
      const slot = this.#scan & (this.#place.count - 1);
      const turn = this.#turnOf(slot);
      // Only now the passed ones: a sender that filled `scan` had published its earlier frames before.
      if (this.#passedCount > 0 && this.#takePassed()) return true;
      if (turn === (this.#scan << 1) >>> 0) {
        this.#hold(slot, turn);
        this.#scan = (this.#scan + 1) & POSITIONS;
        return true;
      }
      if (!this.#lookAhead()) return false;
    }
  }

  /** Posts the buffer again that `take` gave. */
  give(): void {
    const at = this.#descriptor(this.#slot);
    this.#i32[at + 1] = this.#place.bufferBytes;
    Atomics.store(this.#i32, at + (DESCRIPTOR.turn >> 2), this.#turn | 1);
  }

  #descriptor(slot: number): number {
    return (this.#place.offset + slot * DESCRIPTOR.size) >>> 2;
  }

  #turnOf(slot: number): number {
    return Atomics.load(this.#i32, this.#descriptor(slot) + (DESCRIPTOR.turn >> 2)) >>> 0;
  }

  #hold(slot: number, turn: number): void {
    this.#slot = slot;
    this.#turn = turn;
    this.address = this.#place.buffers + slot * this.#place.bufferBytes;
    const descriptor = this.#descriptor(slot);
    this.length = this.#i32[descriptor + 1] as number;
    this.mark = this.#i32[descriptor + (DESCRIPTOR.cookie >> 2)] as number;
  }

  /** Takes the earliest of the passed positions that have been completed since. */
  #takePassed(): boolean {
    // Twice: a sender completes its positions in order, so once one is seen, those before it will be.
    if (this.#earliestPassed() < 0) return false;
    const best = this.#earliestPassed();
    const slot = this.#passed[best] as number;
    // If `scan` went past this slot twice, its later position may come too.
    if (this.#earliestBehind <= this.#place.count) this.#forget(best);
    this.#hold(slot, (((this.#scan - this.#earliestBehind) & POSITIONS) << 1) >>> 0);
    return true;
  }

  /** Index of the earliest completed one of the passed, or -1; how far behind: `#earliestBehind`. */
  #earliestPassed(): number {
    let best = -1;
    this.#earliestBehind = 0;
    for (let index = 0; index < this.#passedCount;) {
      const turn = this.#turnOf(this.#passed[index] as number);
      const behind = (this.#scan - (turn >>> 1)) & POSITIONS;
      if ((turn & 1) === 0 && (behind === 0 || behind >= HALF_CIRCLE)) {
        // Completed with a position that is still to come: the passed one stays out for ever.
        this.#forget(index);
        continue;
      }
      if ((turn & 1) === 0 && behind > this.#earliestBehind) {
        best = index;
        this.#earliestBehind = behind;
      }
      index++;
    }
    return best;
  }

  /** Moves `scan` to the first completed position, where there is one, passing over those before it. */
  #lookAhead(): boolean {
    const { count, signal } = this.#place;
    const dirty = Atomics.load(this.#i32, (signal + SIGNAL.dirty) >>> 2);
    if (dirty === this.#dirtySeen) return false;
    const nearest = this.#nearest();
    if (nearest === HALF_CIRCLE) {
      // Only a look that finds nothing spares the next one: behind what it finds there may be more.
      this.#dirtySeen = dirty;
      return false;
    }
    for (let back = Math.min(nearest, count); back > 0; back--) {
      this.#pass((this.#scan + nearest - back) & (count - 1));
    }
    this.#scan = (this.#scan + nearest) & POSITIONS;
    return true;
  }

  /**
   * How far ahead the first completed position is, or half a circle. Plain reads, a tenth of the time: what
   * was completed before `dirty` counted up is seen by whoever has read that.
   */
  #nearest(): number {
    const i32 = this.#i32;
    const scan = this.#scan;
    const first = this.#descriptor(0) + (DESCRIPTOR.turn >> 2);
    const end = first + this.#place.count * (DESCRIPTOR.size >> 2);
    let nearest = HALF_CIRCLE;
    // Bound: the ring's slots.
    for (let at = first; at < end; at += DESCRIPTOR.size >> 2) {
      const turn = i32[at] as number;
      if ((turn & 1) === 0) nearest = Math.min(nearest, ((turn >>> 1) - scan) & POSITIONS);
    }
    return nearest;
  }

  #pass(slot: number): void {
    if (this.#listed[slot] !== 0) return;
    this.#listed[slot] = 1;
    this.#passed[this.#passedCount++] = slot;
  }

  #forget(index: number): void {
    this.#listed[this.#passed[index] as number] = 0;
    this.#passed[index] = this.#passed[--this.#passedCount] as number;
  }
}
