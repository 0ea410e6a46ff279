// Fair service of a receiving ring that several threads send into: whoever holds more than twice what is
// still free there is refused, so that floods share the ring among themselves and leave room for those that
// send little (the dynamic threshold of Choudhury and Hahne, 1998). A thread that sends alone has the whole
// ring.
//
// What a thread holds is counted here, by position. What the receiver shows (which buffers are posted)
// decides only about frames for that receiver. No lock, and a bounded number of looks a call.

import { FAIR_CONTEST_FRAMES, FAIR_HELD_PER_FREE, PORTS_MAX } from "../limits.ts";
import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { RING, SLOT, ringAt } from "../memory/layout.ts";
import { DESCRIPTOR } from "../ring/abi.ts";

/** What is held is counted in parts of the ring, a power of two and at most its slots. */
const PARTS = 8;
const PARTS_BITS = 3;

/** Words of the entry of a receiver's port. */
const ENTRY = {
  /** 1 while others send there too; then all of the rest counts. */
  contested: 0,
  /** Of the ring, so that another one isn't taken for it. */
  generation: 1,
  /** The position from which on this thread is alone again, if nobody else comes. */
  until: 2,
  /** First position of the part in which the newest frames lie. */
  newest: 3,
  /** Frames that this thread holds, all together and by part. */
  held: 4,
  heldIn: 5,
  size: 16,
} as const;

/** How much of each ring a thread holds. One a thread. */
export class FairShares {
  readonly #i32: Int32Array;
  readonly #self: number;
  /** Pages of it that are never touched take no memory. */
  readonly #entries = new Int32Array(PORTS_MAX * ENTRY.size);

  /** `thread`: the row of the thread that sends. */
  constructor({ i32 }: Fabric, thread: number) {
    this.#i32 = i32;
    this.#self = thread;
  }

  /**
   * How many of `most` frames this thread may put into `ring`, whose descriptors lie in `memory`; 0: it holds
   * too much of it. Tell `hold` what it then puts there.
   */
  room(ring: number, generation: number, memory: GuestMemory, most: number): number {
    const entry = entryOf(ring);
    const at = ringAt(ring) >> 2;
    if (!this.#isContested(entry, at, generation)) return most;
    this.#advance(entry, at);
    this.#settle(entry, at, memory);
    const held = this.#entries[entry + ENTRY.held] as number;
    if (most === 1 && held < FAIR_HELD_PER_FREE) return 1;
    // Bound: the bits of BUDGET_FRAMES.
    for (let count = most; count > 0; count >>= 1) {
      if (this.#isFree(at, count + Math.floor((held + count - 1) / FAIR_HELD_PER_FREE), memory)) return count;
    }
    return 0;
  }

  /** This thread has put so many frames into `ring`. */
  hold(ring: number, count: number): void {
    const entries = this.#entries;
    const entry = entryOf(ring);
    if (entries[entry + ENTRY.contested] === 0) return;
    const at = ringAt(ring) >> 2;
    // All into the part in which the last of them may lie: rather held too long than not long enough.
    this.#advance(entry, at);
    const part =
      entry + ENTRY.heldIn + partOf(entries[entry + ENTRY.newest] as number, shiftOf(this.#i32, at));
    entries[part] = (entries[part] as number) + count;
    entries[entry + ENTRY.held] = (entries[entry + ENTRY.held] as number) + count;
  }

  /** Whether another thread sends into this ring, or did so not long ago. */
  #isContested(entry: number, at: number, generation: number): boolean {
    const entries = this.#entries;
    const other = this.#i32[at + (RING.sender >> 2)] as number;
    const known = entries[entry + ENTRY.contested] !== 0 && entries[entry + ENTRY.generation] === generation;
    if (other === this.#self) {
      if (!known) return false;
      if ((((entries[entry + ENTRY.until] as number) - this.#cursor(at)) | 0) > 0) return true;
      entries[entry + ENTRY.contested] = 0;
      return false;
    }
    this.#i32[at + (RING.sender >> 2)] = this.#self;
    if (other === 0) return known;
    if (!known) {
      entries.fill(0, entry, entry + ENTRY.size);
      entries[entry + ENTRY.contested] = 1;
      entries[entry + ENTRY.generation] = generation;
    }
    entries[entry + ENTRY.until] = (this.#cursor(at) + FAIR_CONTEST_FRAMES) | 0;
    return true;
  }

  /** Goes on to the part that the cursor is in now. What lies a lap behind is not held any more. */
  #advance(entry: number, at: number): void {
    const entries = this.#entries;
    const shift = shiftOf(this.#i32, at);
    const part = 1 << shift;
    const now = this.#cursor(at) & -part;
    const steps = ((now - (entries[entry + ENTRY.newest] as number)) | 0) >> shift;
    // Bound: PARTS. The parts that the cursor has come to since.
    for (let step = Math.max(0, steps - PARTS); step < steps; step++) {
      this.#drop(entry, partOf((now - step * part) | 0, shift));
    }
    entries[entry + ENTRY.newest] = now;
  }

  /**
   * Takes off what the receiver has given back: from the oldest part on, those whose last buffer is posted.
   */
  #settle(entry: number, at: number, memory: GuestMemory): void {
    const entries = this.#entries;
    const shift = shiftOf(this.#i32, at);
    const part = 1 << shift;
    const slots = part << PARTS_BITS;
    const now = entries[entry + ENTRY.newest] as number;
    // Bound: PARTS - 1.
    for (let back = PARTS - 1; back > 0 && (entries[entry + ENTRY.held] as number) > 0; back--) {
      const first = (now - back * part) | 0;
      const index = partOf(first, shift);
      if (entries[entry + ENTRY.heldIn + index] === 0) continue;
      const last = (first + part - 1 + slots) | 0;
      // One that a sender is still filling looks posted too: who stops there makes nobody else hold more.
      if (!this.#isPosted(at, last, memory)) return;
      this.#drop(entry, index);
    }
  }

  #drop(entry: number, part: number): void {
    const entries = this.#entries;
    const at = entry + ENTRY.heldIn + part;
    entries[entry + ENTRY.held] = (entries[entry + ENTRY.held] as number) - (entries[at] as number);
    entries[at] = 0;
  }

  /** Whether `count` buffers are posted ahead: the last of them is, and receivers post in order. */
  #isFree(at: number, count: number, memory: GuestMemory): boolean {
    if (count > (this.#i32[at + (RING.mask >> 2)] as number) + 1) return false;
    return this.#isPosted(at, (this.#cursor(at) + count - 1) | 0, memory);
  }

  /** As `claim` looks, but for a guess: outside the memory nothing is posted. */
  #isPosted(at: number, position: number, memory: GuestMemory): boolean {
    const i32 = this.#i32;
    const slot = position & (i32[at + (RING.mask >> 2)] as number);
    const written = i32[at + ((RING.slots + slot * SLOT.size + SLOT.turn) >> 2)] as number;
    const offset = (i32[at + (RING.offset >> 2)] as number) + slot * DESCRIPTOR.size + DESCRIPTOR.turn;
    return memory.i32[offset >>> 2] === (written | 1);
  }

  #cursor(at: number): number {
    return this.#i32[at + (RING.cursor >> 2)] as number;
  }
}

/** A port's two rings are used in turn, never both. */
function entryOf(ring: number): number {
  return (ring >> 1) * ENTRY.size;
}

function shiftOf(i32: Int32Array, at: number): number {
  return 31 - Math.clz32((i32[at + (RING.mask >> 2)] as number) + 1) - PARTS_BITS;
}

function partOf(position: number, shift: number): number {
  return (position >>> shift) & (PARTS - 1);
}
