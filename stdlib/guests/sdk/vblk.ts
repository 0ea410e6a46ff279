// A disk: requests go into a queue, and the host has done them when it comes back from `signal`. One at a
// time with `read`, `write`, `flush` and `discard`, or many at once with `post` and `run`.

import * as abi from "./abi";
import { allocate, release } from "./memory";
import { close, open, shm, signal, wait } from "./vbus";

const MICROSECOND: i64 = 1000;
/** Requests of one `run`, a power of two. */
const SLOTS: i32 = 32;
const DESCRIPTORS: i32 = SLOTS * abi.DESCRIPTOR_BYTES;
const SIGNAL_PLACE: i32 = 64;
const BYTES: i32 = DESCRIPTORS + SIGNAL_PLACE + SLOTS * abi.REQUEST_BYTES;

export class Vblk {
  /** The device's number on the bus while it is open, else 0. */
  id: i32 = 0;
  /** 32 bytes, padded with zeros. */
  name: usize = heap.alloc(32);
  /** Bytes of the volume, and what offsets and lengths are multiples of. */
  size: u64 = 0;
  sector: i32 = 0;
  readonly: bool = false;
  /** Bytes of one request at most. */
  requestMax: i32 = 0;

  private handle: i32 = 0;
  private ring: usize = 0;
  private number: i32 = 0;
  private sequence: u32 = 0;
  /** Requests that were posted and not run. */
  private posted: i32 = 0;

  /** Opens the device `id` with the name and the facts of its change record. 0, or a negative errno value. */
  open(id: i32, name: usize, facts: usize): i32 {
    const handle = open(id, abi.ABI_VERSION);
    if (handle < 0) return handle;
    this.handle = handle;
    this.id = id;
    this.sequence = 0;
    this.posted = 0;
    memory.copy(this.name, name, abi.CHANGE_NAME_BYTES);
    this.readFacts(facts);
    this.ring = allocate(BYTES);
    this.number = this.ring == 0 ? abi.ENOSPC : shm(handle, 0, 0, this.ring, DESCRIPTORS, DESCRIPTORS, 0);
    if (this.number < 0) this.close();
    return min(this.number, 0);
  }

  /** Also for a device that is gone. */
  close(): void {
    close(this.handle);
    release(this.ring, BYTES);
    this.ring = 0;
    this.id = 0;
  }

  /** Takes the facts of a change record: the volume may have grown, or may be written from now on. */
  readFacts(at: usize): void {
    this.size = load<u64>(at, abi.VBLK_SIZE);
    this.sector = load<i32>(at, abi.VBLK_SECTOR);
    this.readonly = load<u32>(at, abi.VBLK_READONLY) != 0;
    this.requestMax = load<i32>(at, abi.VBLK_REQUEST_MAX);
  }

  /** Each does one request and answers 0 or a negative errno value. Nothing else is posted meanwhile. */
  read(offset: u64, at: usize, length: i32): i32 {
    return this.one(abi.OP_READ, offset, at, length);
  }
  write(offset: u64, at: usize, length: i32): i32 {
    return this.one(abi.OP_WRITE, offset, at, length);
  }
  /** What was written before is there after the host's end. */
  flush(): i32 {
    return this.one(abi.OP_FLUSH, 0, 0, 0);
  }
  /** What lies there isn't needed any more. */
  discard(offset: u64, length: i32): i32 {
    return this.one(abi.OP_DISCARD, offset, 0, length);
  }

  /** Adds a request to the queue. False: `run` what is there first. */
  post(op: i32, offset: u64, at: usize, length: i32): bool {
    if (this.posted == SLOTS) return false;
    const slot = this.sequence & (SLOTS - 1);
    const request = this.request(slot);
    store<i32>(request, op, abi.REQUEST_OP);
    store<i32>(request, 0, abi.REQUEST_STATUS);
    store<u64>(request, offset, abi.REQUEST_OFFSET);
    store<i32>(request, length, abi.REQUEST_LENGTH);
    store<u32>(request, <u32>at, abi.REQUEST_ADDRESS);
    const descriptor = this.ring + slot * abi.DESCRIPTOR_BYTES;
    store<u32>(descriptor, <u32>request, abi.DESCRIPTOR_ADDRESS);
    store<i32>(descriptor, abi.REQUEST_BYTES, abi.DESCRIPTOR_LENGTH);
    // The turn goes last: it says that the rest is complete. Sequences have 31 bits, and wrap here.
    atomic.store<u32>(descriptor, (this.sequence << 1) | 1, abi.DESCRIPTOR_TURN);
    this.sequence++;
    this.posted++;
    return true;
  }

  /** Has all that was posted done, in order. 0, or the errno value of the first that failed. */
  run(): i32 {
    let answer = signal(this.number);
    // Bound: each call works off a budget of what the queue holds, or says how long a limit lets it wait.
    while (answer > 0) {
      if (answer >= 2) wait(<i64>answer * MICROSECOND);
      answer = signal(this.number);
    }
    const count = this.posted;
    this.posted = 0;
    if (answer < 0) return answer;
    for (let i = 0; i < count; i++) {
      const status = load<i32>(this.request((this.sequence - count + i) & (SLOTS - 1)), abi.REQUEST_STATUS);
      if (status != 0) return status;
    }
    return 0;
  }

  private one(op: i32, offset: u64, at: usize, length: i32): i32 {
    this.post(op, offset, at, length);
    return this.run();
  }

  private request(slot: u32): usize {
    return this.ring + DESCRIPTORS + SIGNAL_PLACE + slot * abi.REQUEST_BYTES;
  }
}
