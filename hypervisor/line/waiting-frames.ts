// Frames that wait for their time: heaps by due time and a store of blocks for their bytes, all of fixed size
// and made once. Of frames due at the same time, the one that was put first comes first.

import { LINE_BLOCK_BYTES, LINE_STORE_BYTES } from "../limits.ts";
import { DueHeap } from "./due-heap.ts";

const NONE = -1;

/** What one waits for. */
export interface Wait {
  readonly line: number;
  readonly dueNs: number;
  /** Whoever lets it go is to look at the clock rather than sleep as its time comes near. */
  readonly precise: boolean;
}

/** All frames that the lines hold back. One thread. */
export class WaitingFrames {
  readonly #store: Uint8Array;
  /** For each block the next of its frame, or of the free ones. */
  readonly #nextBlock: Int32Array;
  #free = 0;
  #freeCount: number;
  readonly #all: DueHeap;
  /** Those of them that are to go on precisely then: by the same order, so the first of all is first here. */
  readonly #precise: DueHeap;
  /** By entry, which is the frame's first block. */
  readonly #due: Float64Array;
  readonly #order: Float64Array;
  readonly #line: Int32Array;
  readonly #length: Int32Array;
  readonly #isPrecise: Uint8Array;
  #orders = 0;

  /** `bytes` other than the limit are for tests. */
  constructor(bytes = LINE_STORE_BYTES) {
    const blocks = Math.floor(bytes / LINE_BLOCK_BYTES);
    this.#store = new Uint8Array(blocks * LINE_BLOCK_BYTES);
    this.#nextBlock = Int32Array.from({ length: blocks }, (_, block) =>
      block + 1 < blocks ? block + 1 : NONE,
    );
    this.#due = new Float64Array(blocks);
    this.#order = new Float64Array(blocks);
    this.#line = new Int32Array(blocks);
    this.#length = new Int32Array(blocks);
    this.#isPrecise = new Uint8Array(blocks);
    this.#all = new DueHeap(this.#due, this.#order);
    this.#precise = new DueHeap(this.#due, this.#order);
    this.#freeCount = blocks;
  }

  get count(): number {
    return this.#all.count;
  }

  /** When the first one is due; Infinity where none waits. */
  get nextDueNs(): number {
    return this.#all.firstDueNs;
  }

  /** When the first one is due that is to go on precisely then; Infinity where none such waits. */
  get nextPreciseNs(): number {
    return this.#precise.firstDueNs;
  }

  /** The line of the first one. */
  get nextLine(): number {
    return this.#line[this.#all.first] as number;
  }

  /** Keeps a frame until its time. False: the store is full. `length` is at least 1. */
  put({ line, dueNs, precise }: Wait, bytes: Uint8Array, address: number, length: number): boolean {
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
    this.#isPrecise[entry] = precise ? 1 : 0;
    this.#all.put(entry);
    if (precise) this.#precise.put(entry);
    return true;
  }

  /** Takes the first frame out into `target`; the answer is its length. Only where there is one. */
  take(target: Uint8Array, address: number): number {
    const entry = this.#all.take();
    if (this.#isPrecise[entry] === 1) this.#precise.take();
    const length = this.#length[entry] as number;
    let block = entry;
    for (let done = 0; done < length; done += LINE_BLOCK_BYTES) {
      const from = block * LINE_BLOCK_BYTES;
      const end = Math.min(LINE_BLOCK_BYTES, length - done);
      target.set(this.#store.subarray(from, from + end), address + done);
      block = this.#nextBlock[block] as number;
    }
    this.#release(entry);
    return length;
  }

  /** Throws away what waits for one line. Not on the data path. */
  drop(line: number): void {
    const isOther = (entry: number): boolean => this.#line[entry] !== line;
    this.#precise.keep(isOther);
    for (const entry of this.#all.keep(isOther)) this.#release(entry);
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
}
