// The sender's side of a receiving ring: positions are claimed one by one by any thread, filled, and
// published. A sender that stops between claim and publish delays nobody: the others pass over its slot.
// Nothing here waits.
//
// Every position of a ring has one claimant, by compare-and-swap on `cursor`. A slot says in `next` which
// position may use it. The claimant of that position owns the slot until it writes `next = position +
// slots`. The claimant of a position whose slot is still owned by an earlier one passes over it: it raises
// `passed`, and whoever sees the slot released (the owner, who looks at `passes` after releasing, or the
// claimant, who looks at `next` after raising) moves `next` beyond what was passed. Both sides use
// sequentially consistent operations, so one of them sees it.
//
// Positions wrap, so `passed` says something only while it is less than half a circle behind: who publishes
// in a slot that was not passed over for long brings it up. The steps are model-checked: models/claims.pml
// names them by the tags below (C claim, P publish, O pass over, N resolve, L look ahead, F end).

import { CLAIM_LATE_MAX, CLAIM_TRIES, RING_SLOTS_MAX } from "../limits.ts";
import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { RING, SLOT, THREAD, ringAt, threadAt } from "../memory/layout.ts";
import { DESCRIPTOR } from "./abi.ts";
import { signalRing } from "./signal.ts";

/** What a claim came to. */
export const CLAIMED = 0;
/** No buffer is posted. */
export const FULL = 1;
/** The next buffer is smaller than the frame. */
export const SMALL = 2;
/** The ring's structure is broken: a turn or a pointer that can't be. */
export const BROKEN = 3;
/** The ring that was looked up is not registered any more. */
export const GONE = 4;

const CURSOR = RING.cursor >> 2;
const PASSES = RING.passes >> 2;
const GENERATION = RING.generation >> 2;
const MASK = RING.mask >> 2;
const OFFSET = RING.offset >> 2;
const SLOTS = RING.slots >> 2;
const NEXT = SLOT.next >> 2;
const PASSED = SLOT.passed >> 2;
const TURN = SLOT.turn >> 2;
/** How far `passed` may lie behind a position, a quarter of the circle; `pump.wat` has the same number. */
const PASSED_AGE_MAX = 0x4000_0000;

/** One thread's hand in other guests' rings: at most one position is claimed at a time. */
export class Claims {
  readonly #fabric: Fabric;
  readonly #self: number;
  #ring = 0;
  #memory: GuestMemory | undefined;
  #position = 0;
  #slot = 0;
  #descriptor = 0;
  #passes = 0;
  #generation = 0;
  /** Where the claimed buffer lies in the receiver's memory. */
  address = 0;

  constructor(fabric: Fabric, thread: number) {
    this.#fabric = fabric;
    this.#self = threadAt(thread) >> 2;
  }

  /**
   * Claims the next position of `ring`, whose descriptors lie in `memory`, for a frame of `length` bytes.
   * After CLAIMED, fill `address` and call `publish`. `countFor` is the port + 1 whose frame this is, or 0.
   * FULL also where fewer than `spare` buffers would be left for others.
   */
  claim(
    ring: number,
    memory: GuestMemory,
    length: number,
    countFor: number,
    generation = generationOf(this.#fabric, ring),
    spare = 0,
  ): number {
    const { i32 } = this.#fabric;
    const at = ringAt(ring) >> 2;
    this.#generation = generation;
    const mask = i32[at + MASK] as number;
    const offset = i32[at + OFFSET] as number;
    // Bound: CLAIM_TRIES; each turn either ends, or another sender or this one has moved the cursor.
    for (let tries = 0, late = 0; tries < CLAIM_TRIES; tries++) {
      const passes = Atomics.load(i32, at + PASSES); // C1: before the claim; pairs with O1 by P3.
      const position = Atomics.load(i32, at + CURSOR); // C2: confirmed by C9.
      const slot = at + SLOTS + (position & mask) * (SLOT.size >> 2);
      const next = Atomics.load(i32, slot + NEXT); // C3: pairs with P2 and N3.
      if (next !== position) {
        this.#passOver(at, slot, position, mask + 1);
        continue;
      }
      const descriptor = (offset + (position & mask) * DESCRIPTOR.size) >>> 2;
      const written = i32[slot + TURN] as number;
      const turn = Atomics.load(memory.i32, descriptor + (DESCRIPTOR.turn >> 2)); // C4: the guest's post.
      const address = (memory.i32[descriptor] as number) >>> 0; // Read once, as is the capacity.
      const capacity = (memory.i32[descriptor + 1] as number) >>> 0;
      let verdict = CLAIMED;
      if (turn !== (written | 1)) verdict = turn === written ? FULL : BROKEN;
      else if (address + capacity > memory.byteLength) verdict = BROKEN;
      else if (capacity < length) verdict = SMALL;
      const isKept = verdict === CLAIMED && spare > 0 && !this.#hasSpare(at, memory, (position + spare) | 0);
      if (isKept) verdict = FULL;
      if (verdict !== CLAIMED) {
        // C5, C6: another sender may have used the position since C2 and C3: what was read says nothing.
        if (Atomics.load(i32, at + CURSOR) !== position || Atomics.load(i32, slot + NEXT) !== position)
          continue;
        if (verdict === FULL && !isKept && late < CLAIM_LATE_MAX && this.#postedAhead(at, memory, position)) {
          late++;
          this.#passOver(at, slot, position, mask + 1);
          continue;
        }
        return Atomics.load(i32, at + GENERATION) === generation ? verdict : GONE; // G: `closeReceiving`.
      }
      this.#note(ring, position, countFor, length);
      if (Atomics.load(i32, at + GENERATION) !== generation) break; // C8: after the note; G.
      if (!this.#advance(at, position)) continue;
      this.#ring = at;
      this.#memory = memory;
      this.#position = position;
      this.#slot = slot;
      this.#descriptor = descriptor;
      this.#passes = passes;
      this.address = address;
      return CLAIMED;
    }
    this.#forget();
    return Atomics.load(i32, at + GENERATION) === generation ? FULL : GONE; // G.
  }

  /**
   * Gives the claimed buffer to the receiver with `length` bytes in it, which `word` says to it. The caller
   * counts the frame right after.
   */
  publish(length: number, word = length): void {
    const { i32, f64 } = this.#fabric;
    const memory = this.#memory as GuestMemory;
    const turn = (this.#position << 1) | 0;
    const slots = (i32[this.#ring + MASK] as number) + 1;
    const passed = i32[this.#slot + PASSED] as number;
    if (((this.#position - passed) | 0) > PASSED_AGE_MAX) {
      // P4: a pass of the next lap, O3, comes first or overwrites it.
      Atomics.compareExchange(i32, this.#slot + PASSED, passed, (this.#position - slots) | 0);
    }
    memory.i32[this.#descriptor + 1] = word;
    Atomics.store(memory.i32, this.#descriptor + (DESCRIPTOR.turn >> 2), turn); // P1: the commit.
    i32[this.#self + (THREAD.published >> 2)] = 1; // Up to the next `Atomics` nothing ends the thread.
    i32[this.#slot + TURN] = turn;
    const frames = (this.#slot >> 1) + (SLOT.frames >> 3);
    f64[frames] = (f64[frames] as number) + 1;
    f64[frames + 1] = (f64[frames + 1] as number) + length;
    Atomics.store(i32, this.#slot + NEXT, (this.#position + slots) | 0); // P2: pairs with C3; before P3.
  }

  /** Writes a word of the host's own beside the claimed buffer, before `publish`. In host memory only. */
  mark(word: number): void {
    (this.#memory as GuestMemory).i32[this.#descriptor + (DESCRIPTOR.cookie >> 2)] = word;
  }

  /** Ends the claim, after the frame was counted. */
  release(): void {
    const { i32 } = this.#fabric;
    i32[this.#self + (THREAD.claimFor >> 2)] = 0;
    // P3: pairs with O1; after P2, as N1 comes after O1.
    if (Atomics.load(i32, this.#ring + PASSES) !== this.#passes) {
      const slots = (i32[this.#ring + MASK] as number) + 1;
      resolvePasses(i32, this.#slot, (this.#position + slots) | 0, slots);
    }
    this.#forget();
  }

  /**
   * Signals a ring in which this thread has published, unless its registration has ended: then its memory is
   * the guest's for other things. Noted as a claim is, of no position, so that who ends it waits. No claim is
   * held.
   */
  signal(ring: number, memory: GuestMemory, generation: number, nowNs?: () => number): void {
    const { i32 } = this.#fabric;
    i32[this.#self + (THREAD.claimCount >> 2)] = 0;
    Atomics.store(i32, this.#self + (THREAD.claimRing >> 2), ring + 1); // As C7 and C8.
    if (generationOf(this.#fabric, ring) === generation) signalRing(this.#fabric, ring, memory, nowNs);
    Atomics.store(i32, this.#self + (THREAD.claimRing >> 2), 0); // As F1.
  }

  /** Ends a claim of `pump.wat` that ran while positions were passed over. */
  resolveBatch(ring: number): void {
    const { i32 } = this.#fabric;
    const at = ringAt(ring) >> 2;
    const from = i32[this.#self + (THREAD.claimFrom >> 2)] as number;
    const count = i32[this.#self + (THREAD.claimCount >> 2)] as number;
    const mask = i32[at + MASK] as number;
    for (let i = 0; i < count; i++) {
      const position = (from + i) | 0;
      const slot = at + SLOTS + (position & mask) * (SLOT.size >> 2);
      resolvePasses(i32, slot, (position + mask + 1) | 0, mask + 1);
    }
    this.#forget();
  }

  /**
   * Whether a buffer is posted somewhere ahead although none is at `position`: a slot that was claimed for
   * long came late to the guest, which has yet to post it again. In a ring that is full none is.
   */
  #postedAhead(at: number, memory: GuestMemory, position: number): boolean {
    const { i32 } = this.#fabric;
    const mask = i32[at + MASK] as number;
    for (let ahead = 1; ahead <= mask && ahead <= CLAIM_LATE_MAX; ahead++) {
      if (this.#isPosted(at, memory, (position + ahead) | 0)) return true;
    }
    return false;
  }

  /** Whether there is room up to a position ahead, which may be late itself: see `#postedAhead`. */
  #hasSpare(at: number, memory: GuestMemory, position: number): boolean {
    return this.#isPosted(at, memory, position) || this.#postedAhead(at, memory, position);
  }

  /** Whether the buffer of a position less than a lap ahead is posted, as it seems now. */
  #isPosted(at: number, memory: GuestMemory, position: number): boolean {
    const { i32 } = this.#fabric;
    const index = position & (i32[at + MASK] as number);
    const slot = at + SLOTS + index * (SLOT.size >> 2);
    if (Atomics.load(i32, slot + NEXT) !== position) return false; // L1: as C3.
    const descriptor = ((i32[at + OFFSET] as number) + index * DESCRIPTOR.size) >>> 2;
    const turn = Atomics.load(memory.i32, descriptor + (DESCRIPTOR.turn >> 2)); // L2: as C4.
    return turn === ((i32[slot + TURN] as number) | 1);
  }

  #passOver(at: number, slot: number, position: number, slots: number): void {
    const { i32 } = this.#fabric;
    this.#note((i32[at + (RING.index >> 2)] as number) | 0, position, 0, 0);
    if (Atomics.load(i32, at + GENERATION) !== this.#generation) return this.#forget(); // As C8.
    if (!this.#advance(at, position)) return;
    passOver(i32, at, slot, position, slots);
    this.#forget();
  }

  /** Makes `position` this thread's, as it has noted; false where another was first. */
  #advance(at: number, position: number): boolean {
    const { i32 } = this.#fabric;
    // C9: the claim.
    if (Atomics.compareExchange(i32, at + CURSOR, position, (position + 1) | 0) !== position) {
      i32[this.#self + (THREAD.claimRing >> 2)] = 0;
      return false;
    }
    i32[this.#self + (THREAD.claimCount >> 2)] = 1; // Nothing between it and the claim: see `#note`.
    return true;
  }

  /**
   * Tells the reaper what this thread is about to own. A thread can also be ended at a call of `Atomics`,
   * before it takes effect: so the note counts only once `claimCount` is 1, which is written right behind the
   * claim.
   */
  #note(ring: number, position: number, countFor: number, length: number): void {
    const { i32 } = this.#fabric;
    i32[this.#self + (THREAD.claimFrom >> 2)] = position;
    i32[this.#self + (THREAD.claimCount >> 2)] = 0;
    i32[this.#self + (THREAD.claimFor >> 2)] = countFor;
    i32[this.#self + ((THREAD.scratch + 4) >> 2)] = length;
    Atomics.store(i32, this.#self + (THREAD.claimRing >> 2), ring + 1); // C7: before C8, pairs with G.
  }

  #forget(): void {
    const { i32 } = this.#fabric;
    i32[this.#self + (THREAD.claimFor >> 2)] = 0;
    i32[this.#self + (THREAD.published >> 2)] = 0;
    Atomics.store(i32, this.#self + (THREAD.claimRing >> 2), 0); // F1: pairs with `waitForSenders`.
  }
}

/** Counts what began and ended at a ring; read before whatever else of it is looked up. Any thread. */
export function generationOf(fabric: Fabric, ring: number): number {
  return Atomics.load(fabric.i32, (ringAt(ring) + RING.generation) >> 2);
}

/**
 * Records that `position`, which the caller claimed, does not use its slot. `at` and `slot` are i32
 * indices.
 */
export function passOver(i32: Int32Array, at: number, slot: number, position: number, slots: number): void {
  Atomics.add(i32, at + PASSES, 1); // O1: pairs with P3.
  // Bound: fails only when another sender raised it, at most once for each lap of the ring.
  for (let tries = 0; tries < RING_SLOTS_MAX; tries++) {
    const passed = Atomics.load(i32, slot + PASSED); // O2: confirmed by O3.
    if (((passed - position) | 0) >= 0) break;
    // O3: pairs with N2.
    if (Atomics.compareExchange(i32, slot + PASSED, passed, position) === passed) break;
  }
  resolvePasses(i32, slot, position, slots);
}

/** Moves `next` from `from`, if it stands there, beyond the positions that were passed over. */
export function resolvePasses(i32: Int32Array, slot: number, from: number, slots: number): void {
  let next = from;
  // Bound: each turn takes up a newer pass, of which there is one a lap.
  for (let tries = 0; tries < RING_SLOTS_MAX; tries++) {
    if (Atomics.load(i32, slot + NEXT) !== next) return; // N1: pairs with P2.
    const passed = Atomics.load(i32, slot + PASSED); // N2: pairs with O3.
    if (((passed - next) | 0) < 0) return;
    const beyond = (passed + slots) | 0;
    if (Atomics.compareExchange(i32, slot + NEXT, next, beyond) !== next) return; // N3: pairs with C3.
    next = beyond;
  }
}

/** Sets up a ring's row for a new registration. The owner's thread; nobody sends to it yet. */
export function resetRing(
  fabric: Fabric,
  ring: number,
  set: {
    count: number;
    offset: number;
    signal: number;
    events: number;
    number: number;
    owner: number;
    incarnation: number;
  },
): void {
  const { i32 } = fabric;
  const at = ringAt(ring) >> 2;
  i32[at + MASK] = set.count - 1;
  i32[at + OFFSET] = set.offset;
  i32[at + (RING.signal >> 2)] = set.signal;
  i32[at + (RING.events >> 2)] = set.events;
  i32[at + (RING.number >> 2)] = set.number;
  i32[at + (RING.index >> 2)] = ring;
  i32[at + (RING.owner >> 2)] = set.owner;
  i32[at + (RING.incarnation >> 2)] = set.incarnation;
  const used = at + (RING.slotsUsed >> 2);
  i32[used] = Math.max(i32[used] as number, set.count);
  for (let index = 0; index < set.count; index++) {
    const slot = at + SLOTS + index * (SLOT.size >> 2);
    i32[slot + NEXT] = index;
    i32[slot + PASSED] = index - set.count;
    i32[slot + TURN] = 0;
  }
  Atomics.store(i32, at + PASSES, 0);
  i32[at + (RING.wanted >> 2)] = 0;
  Atomics.store(i32, at + CURSOR, 0);
  Atomics.add(i32, at + GENERATION, 1); // Last: who sees it sees all of the above.
}
