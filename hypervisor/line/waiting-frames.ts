// Frames that wait for their time: a heap by due time and a store of blocks for their bytes, both of fixed
// size and made once. Of frames due at the same time, the one that was put first comes first.

import { LINE_BLOCK_BYTES, LINE_STORE_BYTES } from "../limits.ts";

const NONE = -1;

/** All frames that the lines hold back. One thread. */
export class WaitingFrames {
  readonly #store: Uint8Array;
  /** For each block the next of its frame, or of the free ones. */
  readonly #nextBlock: Int32Array;
  #free = 0;
  #freeCount: number;
  /** By place in the heap: the entry. */
  readonly #heap: Int32Array;
  #count = 0;
  /** By entry, which is the frame's first block. */
  readonly #due: Float64Array;
  readonly #order: Float64Array;
  readonly #line: Int32Array;
  readonly #length: Int32Array;
  #orders = 0;

  /** `bytes` other than the limit are for tests. */
  constructor(bytes = LINE_STORE_BYTES) {
    const blocks = Math.floor(bytes / LINE_BLOCK_BYTES);
    this.#store = new Uint8Array(blocks * LINE_BLOCK_BYTES);
    this.#nextBlock = Int32Array.from({ length: blocks }, (_, block) =>
      block + 1 < blocks ? block + 1 : NONE,
    );
    this.#heap = new Int32Array(blocks);
    this.#due = new Float64Array(blocks);
    this.#order = new Float64Array(blocks);
    this.#line = new Int32Array(blocks);
    this.#length = new Int32Array(blocks);
    this.#freeCount = blocks;
  }

  get count(): number {
    return this.#count;
  }

  /** When the first one is due; Infinity where none waits. */
  get nextDueNs(): number {
    return this.#count === 0 ? Infinity : (this.#due[this.#heap[0] as number] as number);
  }

  /** The line of the first one. */
  get nextLine(): number {
    return this.#line[this.#heap[0] as number] as number;
  }

  /** Keeps a frame of `line` until `dueNs`. False: the store is full. `length` is at least 1. */
  put(line: number, dueNs: number, bytes: Uint8Array, address: number, length: number): boolean {
    const blocks = Math.ceil(length / LINE_BLOCK_BYTES);
    if (blocks > this.#freeCount) return false;
    const entry = this.#free;
    let block = entry;
    for (let done = 0, last = NONE; done < length; done += LINE_BLOCK_BYTES) {
      block = last === NONE ? entry : (this.#nextBlock[last] as number);
      const end = Math.min(done + LINE_BLOCK_BYTES, length);
      this.#store.set(bytes.subarray(address + done, address + end), block * LINE_BLOCK_BYTES);
      last = block;
    }
    this.#free = this.#nextBlock[block] as number;
    this.#nextBlock[block] = NONE;
    this.#freeCount -= blocks;
    this.#due[entry] = dueNs;
    this.#order[entry] = this.#orders++;
    this.#line[entry] = line;
    this.#length[entry] = length;
    this.#rise(this.#count++, entry);
    return true;
  }

  /** Takes the first frame out into `target`; the answer is its length. Only where there is one. */
  take(target: Uint8Array, address: number): number {
    const entry = this.#heap[0] as number;
    const length = this.#length[entry] as number;
    let block = entry;
    for (let done = 0; done < length; done += LINE_BLOCK_BYTES) {
      const from = block * LINE_BLOCK_BYTES;
      const end = Math.min(LINE_BLOCK_BYTES, length - done);
      target.set(this.#store.subarray(from, from + end), address + done);
      block = this.#nextBlock[block] as number;
    }
    this.#release(entry);
    const last = this.#heap[--this.#count] as number;
    if (this.#count > 0) this.#sink(0, last);
    return length;
  }

  /** Throws away what waits for one line. Not on the data path. */
  drop(line: number): void {
    const kept: number[] = [];
    for (let place = 0; place < this.#count; place++) {
      const entry = this.#heap[place] as number;
      if (this.#line[entry] === line) this.#release(entry);
      else kept.push(entry);
    }
    this.#count = 0;
    for (const entry of kept) this.#rise(this.#count++, entry);
  }

  #release(entry: number): void {
    let last = entry;
    let blocks = 1;
    for (let next = this.#nextBlock[last] as number; next !== NONE; next = this.#nextBlock[last] as number) {
      last = next;
      blocks++;
    }
    this.#nextBlock[last] = this.#free;
    this.#free = entry;
    this.#freeCount += blocks;
  }

  #isBefore(a: number, b: number): boolean {
    const x = this.#due[a] as number;
    const y = this.#due[b] as number;
    return x < y || (x === y && (this.#order[a] as number) < (this.#order[b] as number));
  }

  /** Puts an entry at a free place, or as far above it as it belongs. */
  #rise(from: number, entry: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const other = this.#heap[above] as number;
      if (!this.#isBefore(entry, other)) break;
      this.#heap[place] = other;
      place = above;
    }
    this.#heap[place] = entry;
  }

  /** Puts an entry at a free place, or as far below it as it belongs. */
  #sink(from: number, entry: number): void {
    let place = from;
    // Bound: the height of the heap.
    for (;;) {
      let below = place * 2 + 1;
      if (below >= this.#count) break;
      const right = below + 1;
      if (right < this.#count && this.#isBefore(this.#heap[right] as number, this.#heap[below] as number))
        below = right;
      const other = this.#heap[below] as number;
      if (!this.#isBefore(other, entry)) break;
      this.#heap[place] = other;
      place = below;
    }
    this.#heap[place] = entry;
  }
}
