// A ring that the host fills: frames received, bytes typed. Several senders fill it at the same time, so a
// position may be completed before an earlier one, and one may stay out altogether. `take` gives what there
// is, and each sender's frames in that sender's order (docs/abi.md, "Rings").

import * as abi from "./abi";
import { allocate, release } from "./memory";
import { shm } from "./vbus";

const ALIGN_MASK: i32 = 63;
/** Positions have 31 bits; of two positions, the later is less than half a circle ahead. */
const POSITION_MASK: u32 = 0x7fffffff;
const HALF_CIRCLE: u32 = 0x40000000;
/** Looks in vain at the next slot before all others are looked at. */
const LOOKS: i32 = 64;
/** A word that nothing else uses: the compiler has no fence instruction, and a locked one does the same. */
const FENCE: usize = memory.data(4, 4);

export class RxRing {
  slots: i32 = 0;
  /** Bytes of one buffer. */
  capacity: i32 = 0;
  /** What `take` gave: where it lies and how many bytes it has. Valid until the next `take` or `give`. */
  at: usize = 0;
  length: i32 = 0;
  /** The ring's signal: for classes whose host fills it while `signal` is called. */
  number: i32 = 0;

  private ring: usize = 0;
  private ringBytes: usize = 0;
  private firstBuffer: usize = 0;
  private stride: i32 = 0;
  /** The next position in order. */
  private scan: u32 = 0;
  private dirtySeen: u32 = 0;
  /** Looks since all slots were looked at. */
  private looks: i32 = 0;
  /** The slot that is in the guest's hands, or -1. */
  private earliestBehind: u32 = 0;
  private held: i32 = -1;
  private heldTurn: u32 = 0;
  /**
   * Slots that `scan` went past before they were completed: u16 each, then one byte for each slot that is
   * listed.
   */
  private passed: usize = 0;
  private passedCount: i32 = 0;
  /** The host fills it no more. */
  private retired: bool = false;

  static bytesFor(slots: i32, capacity: i32): usize {
    return RxRing.headBytes(slots) + slots * ((capacity + ALIGN_MASK) & ~ALIGN_MASK);
  }

  private static headBytes(slots: i32): i32 {
    return (slots * (abi.DESCRIPTOR_BYTES + 3) + ALIGN_MASK + 1 + ALIGN_MASK) & ~ALIGN_MASK;
  }

  /**
   * Makes the ring, registers it and posts all its buffers. 0, or a negative errno value, as `TxRing.open`.
   * `flags` as those of `shm`.
   */
  open(handle: i32, id: i32, prio: i32, slots: i32, capacity: i32, flags: i32 = 0): i32 {
    this.slots = slots;
    this.capacity = capacity;
    this.stride = (capacity + ALIGN_MASK) & ~ALIGN_MASK;
    this.ringBytes = RxRing.bytesFor(slots, capacity);
    this.ring = allocate(this.ringBytes);
    if (this.ring == 0) return abi.ENOSPC;
    const descriptors = slots * abi.DESCRIPTOR_BYTES;
    this.passed = this.ring + descriptors + ALIGN_MASK + 1;
    this.firstBuffer = this.ring + RxRing.headBytes(slots);
    this.scan = 0;
    this.dirtySeen = 0;
    this.looks = 0;
    this.held = -1;
    this.passedCount = 0;
    this.retired = false;
    const number = shm(handle, id, prio, this.ring, descriptors, descriptors, flags);
    this.number = number;
    if (number < 0) this.free();
    else for (let slot = 0; slot < slots; slot++) this.postSlot(slot, 0);
    return min(number, 0);
  }

  /** As `TxRing.free`. */
  free(): void {
    release(this.ring, this.ringBytes);
    this.ring = 0;
  }

  get isOpen(): bool {
    return this.ring != 0;
  }

  /** Another ring has its place: what `take` gives from now on is all that it holds. */
  retire(): void {
    this.retired = true;
  }

  /**
   * Takes the next buffer in order, giving back the one before. False: there is nothing now, or only behind
   * one that is still being filled: ask again, and ask `ready` before sleeping.
   */
  take(): bool {
    this.give();
    // Bound: each round takes a completed slot, moves on to one, or ends.
    while (true) {
      const turn = this.turnOf(this.scan & (this.slots - 1));
      // Only now the passed ones: a sender that filled `scan` had published its earlier frames before.
      if (this.passedCount > 0 && this.takePassed()) {
        if (this.keep()) return true;
      } else if (turn == this.scan << 1) {
        this.hold(this.scan & (this.slots - 1), turn);
        this.scan = (this.scan + 1) & POSITION_MASK;
        if (this.keep()) return true;
      } else if (!this.lookAhead(false)) {
        return false;
      }
    }
  }

  /** Posts the buffer again that `take` gave. `take` does it too. */
  give(): void {
    if (this.held < 0) return;
    this.postSlot(this.held, this.heldTurn);
    this.held = -1;
  }

  /**
   * For receivers in a hurry: how many buffers lie in order from the next one on, `most` at most, to be read
   * with `burstAt` and `burstLength` (0: nothing in it), then given back together by `giveBurst`. 0: `take`
   * tells more.
   */
  burst(most: i32): i32 {
    this.give();
    if (this.passedCount > 0) return 0;
    let count = 0;
    for (let next = this.scan; count < most; next = (next + 1) & POSITION_MASK, count++) {
      if (this.turnOf(next & (this.slots - 1)) != next << 1) break;
    }
    return count;
  }

  burstAt(index: i32): usize {
    return this.firstBuffer + ((this.scan + index) & (this.slots - 1)) * this.stride;
  }

  burstLength(index: i32): i32 {
    const slot = (this.scan + index) & (this.slots - 1);
    return min(load<i32>(this.ring + slot * abi.DESCRIPTOR_BYTES, abi.DESCRIPTOR_LENGTH), this.capacity);
  }

  giveBurst(count: i32): void {
    for (let i = 0; i < count; i++) {
      store<u32>(this.descriptor(this.scan + i), this.capacity, abi.DESCRIPTOR_LENGTH);
    }
    // For all at once: what was read and written before it is done when any of the turns is seen.
    atomic.add<u32>(FENCE, 0);
    for (let i = 0; i < count; i++) {
      const position = (this.scan + i) & POSITION_MASK;
      store<u32>(this.descriptor(position), (position << 1) | 1, abi.DESCRIPTOR_TURN);
    }
    this.scan = (this.scan + count) & POSITION_MASK;
  }

  /** There may be something to take. */
  ready(): bool {
    return (
      this.turnOf(this.scan & (this.slots - 1)) == this.scan << 1 ||
      this.passedReady() ||
      this.lookAhead(true)
    );
  }

  /** Says whether the guest is to be signalled. After saying yes, ask `ready` once more before sleeping. */
  enable(wanted: bool): void {
    atomic.store<u32>(this.signalAt, wanted ? 1 : 0, abi.SIGNAL_ENABLED);
  }

  /**
   * As `enable(true)`, but the guest is to be signalled only when so many buffers from the next one on are
   * filled. Ask `readyFor` before sleeping, and sleep for as long as one of them may wait. Without
   * `FEATURE_NOTIFY_AT` it does what `enable` does.
   */
  enableFor(count: i32): void {
    atomic.store<u32>(this.signalAt, this.scan + count - 1, abi.SIGNAL_AT);
    atomic.store<u32>(this.signalAt, 2, abi.SIGNAL_ENABLED);
  }

  /** The last of so many buffers from the next one on is filled, or one behind it; or a passed one is. */
  readyFor(count: i32): bool {
    if (this.passedReady()) return true;
    for (let slot = 0; slot < this.slots; slot++) {
      const turn = this.turnOf(slot);
      const ahead = ((turn >> 1) - this.scan) & POSITION_MASK;
      if ((turn & 1) == 0 && ahead >= <u32>(count - 1) && ahead < HALF_CIRCLE) return true;
    }
    return false;
  }

  private get signalAt(): usize {
    return this.ring + this.slots * abi.DESCRIPTOR_BYTES;
  }

  private turnOf(slot: i32): u32 {
    return atomic.load<u32>(this.ring + slot * abi.DESCRIPTOR_BYTES, abi.DESCRIPTOR_TURN);
  }

  private descriptor(position: u32): usize {
    return this.ring + (position & (this.slots - 1)) * abi.DESCRIPTOR_BYTES;
  }

  private postSlot(slot: i32, turn: u32): void {
    const at = this.ring + slot * abi.DESCRIPTOR_BYTES;
    store<u32>(at, <u32>this.firstBuffer + slot * this.stride, abi.DESCRIPTOR_ADDRESS);
    store<u32>(at, this.capacity, abi.DESCRIPTOR_LENGTH);
    atomic.store<u32>(at, turn | 1, abi.DESCRIPTOR_TURN);
  }

  private hold(slot: i32, turn: u32): void {
    this.held = slot;
    this.heldTurn = turn;
    this.at = this.firstBuffer + slot * this.stride;
    this.length = min(
      load<i32>(this.ring + slot * abi.DESCRIPTOR_BYTES, abi.DESCRIPTOR_LENGTH),
      this.capacity,
    );
  }

  /** A buffer without bytes carries nothing and is posted again at once. */
  private keep(): bool {
    if (this.length > 0) return true;
    this.give();
    return false;
  }

  /** Takes the earliest of the passed positions that have been completed since. */
  private takePassed(): bool {
    // Twice: a sender completes its positions in order, so once one is seen, those before it will be.
    if (this.earliestPassed() < 0) return false;
    const best = this.earliestPassed();
    const slot = this.passedSlot(best);
    // If `scan` went past this slot twice, its later position may come too.
    if (this.earliestBehind <= <u32>this.slots) this.forget(best);
    this.hold(slot, ((this.scan - this.earliestBehind) & POSITION_MASK) << 1);
    return true;
  }

  /** Index of the earliest completed one of the passed, or -1; how far behind `scan`: `earliestBehind`. */
  private earliestPassed(): i32 {
    let best = -1;
    this.earliestBehind = 0;
    for (let i = 0; i < this.passedCount;) {
      const turn = this.turnOf(this.passedSlot(i));
      const behind = (this.scan - (turn >> 1)) & POSITION_MASK;
      if ((turn & 1) == 0 && (behind == 0 || behind >= HALF_CIRCLE)) {
        // Completed with a position that is still to come: the passed one stays out for ever.
        this.forget(i);
        continue;
      }
      if ((turn & 1) == 0 && behind > this.earliestBehind) {
        best = i;
        this.earliestBehind = behind;
      }
      i++;
    }
    return best;
  }

  private passedReady(): bool {
    for (let i = 0; i < this.passedCount; i++) if ((this.turnOf(this.passedSlot(i)) & 1) == 0) return true;
    return false;
  }

  /**
   * Moves `scan` to the first completed position, where there is one, passing over those before it. Mostly
   * there is none: who isn't about to sleep looks at every slot only now and then.
   */
  private lookAhead(beforeSleep: bool): bool {
    const dirty = atomic.load<u32>(this.signalAt, abi.SIGNAL_DIRTY);
    // Who filled a retired one last need not have told.
    if (dirty == this.dirtySeen && !this.retired) return false;
    if (!beforeSleep && !this.retired && ++this.looks < LOOKS) return false;
    this.looks = 0;
    let nearest: u32 = HALF_CIRCLE;
    for (let slot = 0; slot < this.slots; slot++) {
      const turn = this.turnOf(slot);
      if ((turn & 1) == 0) nearest = min(nearest, ((turn >> 1) - this.scan) & POSITION_MASK);
    }
    if (nearest == HALF_CIRCLE) {
      // Only a look that finds nothing spares the next one: behind what it finds there may be more.
      this.dirtySeen = dirty;
      return false;
    }
    for (let back = min<u32>(nearest, this.slots); back > 0; back--) {
      this.pass((this.scan + nearest - back) & (this.slots - 1));
    }
    this.scan = (this.scan + nearest) & POSITION_MASK;
    return true;
  }

  private pass(slot: i32): void {
    const listed = this.passed + this.slots * 2 + slot;
    if (load<u8>(listed) != 0) return;
    store<u8>(listed, 1);
    store<u16>(this.passed + this.passedCount++ * 2, <u16>slot);
  }

  private passedSlot(index: i32): i32 {
    return load<u16>(this.passed + index * 2);
  }

  private forget(index: i32): void {
    store<u8>(this.passed + this.slots * 2 + this.passedSlot(index), 0);
    this.passedCount--;
    store<u16>(this.passed + index * 2, load<u16>(this.passed + this.passedCount * 2));
  }
}
