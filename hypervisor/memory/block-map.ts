// Which blocks of a volume an overlay has: a bit for each, in memory that all its threads share, and a flag
// for each page of bits that is not in the overlay's file yet. One thread sets them, others look.

import { OVERLAY_BLOCK_BYTES, VOLUME_BYTES_MAX } from "../limits.ts";

/** Bits are written to the file in pages of so many bytes. */
export const MAP_PAGE_BYTES = 4096;
/** Blocks whose bits stand in one page. */
const MAP_PAGE_BLOCKS = MAP_PAGE_BYTES * 8;
/** Bytes of the map of the largest volume. */
export const MAP_BYTES_MAX = VOLUME_BYTES_MAX / OVERLAY_BLOCK_BYTES / 8;
const PAGES_MAX = MAP_BYTES_MAX / MAP_PAGE_BYTES;

/** Pages of the map of a volume of so many bytes. */
export function mapPages(size: number): number {
  return Math.ceil(size / (OVERLAY_BLOCK_BYTES * MAP_PAGE_BLOCKS));
}

/** The memory of a map that can grow. Control thread. */
export function createBlockMap(size: number): SharedArrayBuffer {
  const bytes = PAGES_MAX + mapPages(size) * MAP_PAGE_BYTES;
  return new SharedArrayBuffer(bytes, { maxByteLength: PAGES_MAX + MAP_BYTES_MAX });
}

/** Makes room for a larger volume; what is there stays. Control thread. */
export function growBlockMap(map: SharedArrayBuffer, size: number): void {
  map.grow(PAGES_MAX + mapPages(size) * MAP_PAGE_BYTES);
}

/** A thread's view of a map. Block numbers are below those of the size that it was made for. */
export class BlockMap {
  /** First a flag for each page, then the bits. */
  readonly #bytes: Uint8Array;
  readonly pages: number;

  constructor(map: SharedArrayBuffer, size: number) {
    this.pages = mapPages(size);
    this.#bytes = new Uint8Array(map, 0, PAGES_MAX + this.pages * MAP_PAGE_BYTES);
  }

  has(block: number): boolean {
    // O1: before the block is read, pairs with O2.
    return (Atomics.load(this.#bytes, PAGES_MAX + Math.floor(block / 8)) & (1 << (block % 8))) !== 0;
  }

  /** The block has been written. The flag first: a thread that ends in between leaves no bit without it. */
  add(block: number): void {
    Atomics.store(this.#bytes, Math.floor(block / MAP_PAGE_BLOCKS), 1);
    // O2: after the block was written, pairs with O1.
    Atomics.or(this.#bytes, PAGES_MAX + Math.floor(block / 8), 1 << (block % 8));
  }

  /** No block is there any more. Nobody else looks. */
  clear(): void {
    for (let page = 0; page < this.pages; page++) {
      if (this.page(page).every((bits) => bits === 0)) continue;
      Atomics.store(this.#bytes, page, 1);
      this.page(page).fill(0);
    }
  }

  /** The page's bits are not in the file yet. */
  isUnsaved(page: number): boolean {
    return Atomics.load(this.#bytes, page) !== 0;
  }

  /** The page's bits are in the file. */
  saved(page: number): void {
    Atomics.store(this.#bytes, page, 0);
  }

  /** The bits of a page, where they are. */
  page(page: number): Uint8Array {
    const at = PAGES_MAX + page * MAP_PAGE_BYTES;
    return this.#bytes.subarray(at, at + MAP_PAGE_BYTES);
  }
}
