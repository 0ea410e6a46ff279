// What differs from a base that nobody writes: one sparse file with a page of header, a map of the blocks
// that it has, and the blocks at their places. A block is in the file before its bit is in the map, and at a
// flush on the disk before its bit is there: whenever the host ends, what was flushed is there and the rest
// is the base's.

import type { BlockStore, VolumeNotice } from "../../datapath/block-store.ts";
import { OVERLAY_BLOCK_BYTES as BLOCK } from "../../limits.ts";
import { BlockMap, MAP_BYTES_MAX, MAP_PAGE_BYTES } from "../../memory/block-map.ts";
import { FileStore } from "./file-store.ts";

/** Where the map and the blocks begin in the file. */
export const OVERLAY_MAP_AT = 4096;
export const OVERLAY_BLOCKS_AT = OVERLAY_MAP_AT + MAP_BYTES_MAX;

export class OverlayStore implements BlockStore {
  readonly #file: BlockStore;
  readonly #map: BlockMap;
  readonly #base: BlockStore;
  readonly #baseSize: number;
  /** A block that is made of the base's bytes and the guest's. */
  readonly #block = new Uint8Array(BLOCK);

  /** `base` is `notice.base`, opened. */
  constructor(notice: VolumeNotice & { readonly class: "overlay" }, base: BlockStore) {
    this.#file = new FileStore(notice.fd);
    this.#map = new BlockMap(notice.map, notice.size);
    this.#base = base;
    this.#baseSize = notice.base.size;
  }

  read(offset: number, into: Uint8Array, at: number, length: number): number {
    // Bound: each turn reads a run of blocks.
    for (let done = 0; done < length;) {
      const from = offset + done;
      const own = this.#map.has(Math.floor(from / BLOCK));
      const run = this.#run(from, length - done, own);
      const failed = own
        ? this.#file.read(OVERLAY_BLOCKS_AT + from, into, at + done, run)
        : this.#readBase(from, into, at + done, run);
      if (failed !== 0) return failed;
      done += run;
    }
    return 0;
  }

  write(offset: number, from: Uint8Array, at: number, length: number): number {
    // Bound: each turn writes a run of blocks, or a part of one.
    for (let done = 0; done < length;) {
      const to = offset + done;
      const left = length - done;
      const block = Math.floor(to / BLOCK);
      const own = this.#map.has(block);
      const whole = to % BLOCK === 0 && left >= BLOCK;
      const run = own || whole ? this.#run(to, left, own) : Math.min(left, BLOCK - (to % BLOCK));
      const bytes = own || !whole ? run : run - (run % BLOCK);
      const failed =
        own || whole
          ? this.#file.write(OVERLAY_BLOCKS_AT + to, from, at + done, bytes)
          : this.#fill(block, to % BLOCK, from, at + done, bytes);
      if (failed !== 0) return failed;
      if (!own) for (let n = 0; n * BLOCK < bytes; n++) this.#map.add(block + n);
      done += bytes;
    }
    return 0;
  }

  flush(): number {
    return flushMap(this.#file, this.#map);
  }

  /** Of what it has; the base's blocks are still seen. */
  discard(offset: number, length: number): number {
    // Bound: each turn is a run of blocks.
    for (let done = 0; done < length;) {
      const from = offset + done;
      const own = this.#map.has(Math.floor(from / BLOCK));
      const run = this.#run(from, length - done, own);
      if (own) this.#file.discard(OVERLAY_BLOCKS_AT + from, run);
      done += run;
    }
    return 0;
  }

  /** Bytes from `from` on, `most` at most, whose blocks all are, or all are not, its own. */
  #run(from: number, most: number, own: boolean): number {
    let end = (Math.floor(from / BLOCK) + 1) * BLOCK;
    // Bound: the blocks of one request.
    while (end < from + most && this.#map.has(end / BLOCK) === own) end += BLOCK;
    return Math.min(most, end - from);
  }

  /** What lies beyond the base's end is zero. */
  #readBase(offset: number, into: Uint8Array, at: number, length: number): number {
    const there = Math.min(length, Math.max(0, this.#baseSize - offset));
    into.fill(0, at + there, at + length);
    return there === 0 ? 0 : this.#base.read(offset, into, at, there);
  }

  /** Writes a whole block: the base's, with `length` bytes of the guest's at `start`. */
  #fill(block: number, start: number, from: Uint8Array, at: number, length: number): number {
    const failed = this.#readBase(block * BLOCK, this.#block, 0, BLOCK);
    if (failed !== 0) return failed;
    this.#block.set(from.subarray(at, at + length), start);
    return this.#file.write(OVERLAY_BLOCKS_AT + block * BLOCK, this.#block, 0, BLOCK);
  }
}

/** What was written to an overlay is on the disk, and its map. Control, for guests that never flushed. */
export function flushOverlay({ fd, map, size }: VolumeNotice & { readonly class: "overlay" }): void {
  flushMap(new FileStore(fd), new BlockMap(map, size));
}

function flushMap(file: BlockStore, map: BlockMap): number {
  const failed = file.flush();
  if (failed !== 0) return failed;
  let saved = 0;
  // Bound: the map's pages.
  for (let page = 0; page < map.pages; page++) {
    if (!map.isUnsaved(page)) continue;
    const refused = file.write(OVERLAY_MAP_AT + page * MAP_PAGE_BYTES, map.page(page), 0, MAP_PAGE_BYTES);
    if (refused !== 0) return refused;
    saved++;
  }
  const unsynced = saved === 0 ? 0 : file.flush();
  if (unsynced !== 0) return unsynced;
  // Only now: a thread that ends before it leaves pages that are written once more.
  for (let page = 0; saved > 0 && page < map.pages; page++) map.saved(page);
  return 0;
}
