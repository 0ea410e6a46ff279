// A ring that the guest fills: frames to send, bytes to show. The host works it off inside `flush`.

import * as abi from "./abi";
import { allocate, release } from "./memory";
import { shm, signal } from "./vbus";

const ALIGN_MASK: i32 = 63;
const MICROSECOND: i64 = 1000;

export class TxRing {
  /** Descriptors, a power of two. */
  slots: i32 = 0;
  /** Buffers, a power of two, at most as many as slots: the n-th frame lies in buffer `n % buffers`. */
  buffers: i32 = 0;
  /** Bytes of one buffer. */
  capacity: i32 = 0;
  /** After `flush`: nanoseconds until the host takes more, 0 if it took all. */
  retryNs: i64 = 0;

  private ring: usize = 0;
  private ringBytes: usize = 0;
  private firstBuffer: usize = 0;
  private stride: i32 = 0;
  private number: i32 = 0;
  private sequence: u32 = 0;
  private unsent: bool = false;

  /** Bytes of memory that such a ring takes. */
  static bytesFor(buffers: i32, capacity: i32): usize {
    const slots = max(buffers, abi.RING_SLOTS_MIN);
    return slots * abi.DESCRIPTOR_BYTES + ALIGN_MASK + 1 + buffers * ((capacity + ALIGN_MASK) & ~ALIGN_MASK);
  }

  /** Makes the ring and registers it. 0, or a negative errno value; `ENOSPC` also where memory is short. */
  open(handle: i32, id: i32, prio: i32, buffers: i32, capacity: i32, flags: i32 = 0): i32 {
    this.slots = max(buffers, abi.RING_SLOTS_MIN);
    this.buffers = buffers;
    this.capacity = capacity;
    this.stride = (capacity + ALIGN_MASK) & ~ALIGN_MASK;
    this.ringBytes = TxRing.bytesFor(buffers, capacity);
    this.ring = allocate(this.ringBytes);
    if (this.ring == 0) return abi.ENOSPC;
    const descriptors = this.slots * abi.DESCRIPTOR_BYTES;
    this.firstBuffer = this.ring + descriptors + ALIGN_MASK + 1;
    this.sequence = 0;
    this.unsent = false;
    this.retryNs = 0;
    this.number = shm(handle, id, prio, this.ring, descriptors, descriptors, flags);
    if (this.number < 0) this.free();
    return min(this.number, 0);
  }

  get isOpen(): bool {
    return this.ring != 0;
  }

  /** Gives the memory back. The device is closed by then, so that the host knows of no ring here. */
  free(): void {
    release(this.ring, this.ringBytes);
    this.ring = 0;
  }

  /** The next buffer to fill, of `capacity` bytes, or 0 while all are with the host. */
  reserve(): usize {
    // Slots come back in order, so this one tells whether the buffer's last frame has gone.
    const previous = (this.sequence - this.buffers) & (this.slots - 1);
    const turn = atomic.load<u32>(this.descriptor(previous), abi.DESCRIPTOR_TURN);
    return (turn & 1) == 0 ? this.firstBuffer + (this.sequence & (this.buffers - 1)) * this.stride : 0;
  }

  /** Posts what was written to the buffer that `reserve` gave. */
  post(length: i32): void {
    const at = this.descriptor(this.sequence & (this.slots - 1));
    store<u32>(
      at,
      <u32>this.firstBuffer + (this.sequence & (this.buffers - 1)) * this.stride,
      abi.DESCRIPTOR_ADDRESS,
    );
    store<u32>(at, length, abi.DESCRIPTOR_LENGTH);
    // The turn goes last: it says that the rest is complete. Sequences have 31 bits, and wrap here.
    atomic.store<u32>(at, (this.sequence << 1) | 1, abi.DESCRIPTOR_TURN);
    this.sequence++;
    this.unsent = true;
  }

  /**
   * For senders in a hurry, after a `flush` that left nothing: the buffer of the frame after the next `index`
   * ones.
   */
  burstAt(index: i32): usize {
    return this.firstBuffer + ((this.sequence + index) & (this.buffers - 1)) * this.stride;
  }

  /** Posts the next `count` buffers, `buffers` at most, with the same length. */
  postBurst(count: i32, length: i32): void {
    for (let i = 0; i < count; i++) {
      const at = this.descriptor((this.sequence + i) & (this.slots - 1));
      store<u32>(at, <u32>this.burstAt(i), abi.DESCRIPTOR_ADDRESS);
      store<u32>(at, length, abi.DESCRIPTOR_LENGTH);
      // The host reads it inside `flush`, on this thread: nobody sees a half-written burst.
      store<u32>(at, ((this.sequence + i) << 1) | 1, abi.DESCRIPTOR_TURN);
    }
    this.sequence += count;
    this.unsent = true;
  }

  /** Lets the host work off what was posted. 0, or a negative errno value (`ENODEV`: the device is gone). */
  flush(): i32 {
    if (!this.unsent) return 0;
    let answer = signal(this.number);
    // Bound: each call works off a budget of what the ring holds.
    while (answer == 1) answer = signal(this.number);
    this.unsent = answer != 0;
    this.retryNs = answer >= 2 ? <i64>answer * MICROSECOND : 0;
    return min(answer, 0);
  }

  /**
   * Whether the host is to signal that it takes more, where it knows. Then `flush` once more before sleeping.
   */
  enable(wanted: bool): void {
    atomic.store<u32>(this.ring + this.slots * abi.DESCRIPTOR_BYTES, wanted ? 1 : 0, abi.SIGNAL_ENABLED);
  }

  /** What the host wrote as the length of the frame that was posted `back` frames ago, 1: the last. */
  lengthOf(back: i32): i32 {
    return load<i32>(this.descriptor((this.sequence - back) & (this.slots - 1)), abi.DESCRIPTOR_LENGTH);
  }

  /** Frames that the host has not given back yet. */
  get posted(): i32 {
    // Bound: the ring's slots; they come back in order.
    let count = 0;
    while (count < this.slots) {
      const slot = (this.sequence - count - 1) & (this.slots - 1);
      if ((atomic.load<u32>(this.descriptor(slot), abi.DESCRIPTOR_TURN) & 1) == 0) break;
      count++;
    }
    return count;
  }

  private descriptor(slot: u32): usize {
    return this.ring + slot * abi.DESCRIPTOR_BYTES;
  }
}
