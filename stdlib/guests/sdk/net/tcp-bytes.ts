// Bytes on their way: a ring of them, and the islands of what came before its turn.

import { allocate } from "../memory";
import { before, later } from "./tcp-segment";

/**
 * How large each of so many rings is to be, bytes: at least `least`, and while all take no more than a
 * quarter of the memory, up to `most`. Powers of two.
 */
export function ringBytes(rings: i32, least: i32, most: i32): i32 {
  let bytes = least;
  while (bytes < most && bytes * 2 * rings <= memory.size() << 14) bytes *= 2;
  return bytes;
}

/** A ring of bytes. Places are counted from the first byte that is in it. */
export class ByteRing {
  length: i32 = 0;
  capacity: i32;
  private at: usize;
  private first: i32 = 0;

  /** `capacity` is a power of two. Where memory is short the ring has room for nothing. */
  constructor(capacity: i32) {
    this.at = allocate(capacity);
    this.capacity = this.at == 0 ? 0 : capacity;
  }

  clear(): void {
    this.length = 0;
    this.first = 0;
  }

  get room(): i32 {
    return this.capacity - this.length;
  }

  /** Copies bytes in from `place` on; they count as soon as `length` says so. */
  put(place: i32, from: usize, bytes: i32): void {
    const start = (this.first + place) & (this.capacity - 1);
    const head = min(bytes, this.capacity - start);
    memory.copy(this.at + start, from, head);
    memory.copy(this.at, from + head, bytes - head);
  }

  /** Copies bytes out from `place` on. */
  get(place: i32, into: usize, bytes: i32): void {
    const start = (this.first + place) & (this.capacity - 1);
    const head = min(bytes, this.capacity - start);
    memory.copy(into, this.at + start, head);
    memory.copy(into + head, this.at, bytes - head);
  }

  byteAt(place: i32): u32 {
    return load<u8>(this.at + ((this.first + place) & (this.capacity - 1)));
  }

  /** Lets go of the first bytes. */
  drop(bytes: i32): void {
    this.first = (this.first + bytes) & (this.capacity - 1);
    this.length -= bytes;
  }
}

const ISLANDS_MAX: i32 = 16;

/** Which sequence numbers came before their turn: few, since what finds no place here is sent again. */
export class Islands {
  private starts: StaticArray<u32> = new StaticArray<u32>(ISLANDS_MAX);
  private ends: StaticArray<u32> = new StaticArray<u32>(ISLANDS_MAX);
  count: i32 = 0;

  clear(): void {
    this.count = 0;
  }

  /** Adds those from `start` on and before `end`, joined with what they touch. False: there is no place. */
  add(start: u32, end: u32): bool {
    let from = start;
    let to = end;
    for (let i = 0; i < this.count;) {
      const apart = before(to, this.starts[i]) || before(this.ends[i], from);
      if (apart) {
        i++;
        continue;
      }
      if (before(this.starts[i], from)) from = this.starts[i];
      to = later(this.ends[i], to);
      this.remove(i);
    }
    if (this.count == ISLANDS_MAX) return false;
    this.starts[this.count] = from;
    this.ends[this.count] = to;
    this.count++;
    return true;
  }

  /**
   * Everything up to `next` has come: how far it goes on from there. Islands that are reached are no more.
   */
  reach(next: u32): u32 {
    let reached = next;
    for (let i = 0; i < this.count;) {
      if (before(reached, this.starts[i])) {
        i++;
        continue;
      }
      // From the beginning: what was too far before may be reached now.
      reached = later(reached, this.ends[i]);
      this.remove(i);
      i = 0;
    }
    return reached;
  }

  private remove(index: i32): void {
    this.count--;
    this.starts[index] = this.starts[this.count];
    this.ends[index] = this.ends[this.count];
  }
}
