// Writes what an overlay has into its base, and empties it. Its blocks stay until all of them are on the
// base's disk, and hide the base's until then: whenever the host ends, the overlay reads as before, and what
// was begun can be done again. Control thread; nobody has either of them open.

import { ftruncateSync } from "node:fs";
import type { VolumeNotice } from "../../datapath/block-store.ts";
import { COMMIT_CHUNK_BYTES, OVERLAY_BLOCK_BYTES as BLOCK } from "../../limits.ts";
import { BlockMap } from "../../memory/block-map.ts";
import { openStore } from "./open-store.ts";
import { OVERLAY_BLOCKS_AT, flushOverlay } from "./overlay-store.ts";

type Overlay = VolumeNotice & { readonly class: "overlay" };

/** A run of blocks that the overlay has. */
interface Run {
  readonly offset: number;
  readonly length: number;
}

/** Why it can't be done; undefined where it can. */
export function wrongCommit({ map, size, base }: Overlay): string | undefined {
  const blocks = new BlockMap(map, size);
  if (base.class === "nbd") return "its base is on a server";
  if (base.class === "memory") return "its base is in memory, and ends with the lab";
  // Of a base that ends within a block, the block itself may hold more than the base can.
  const first = Math.floor(base.size / BLOCK);
  for (let block = first; size > base.size && block * BLOCK < size; block++)
    if (blocks.has(block)) return "it has data beyond the end of its base: make the base larger first";
  return undefined;
}

/** Asked after each piece, with the bytes that the base has and those that there are. */
export type GoesOn = (done: number, all: number) => boolean;

/**
 * Resolves with the bytes that it had. After the first false of `goesOn` nothing more is touched: the overlay
 * is as it was, and hides what the base has already. Rejects where the system fails.
 */
export async function commitOverlay(overlay: Overlay, goesOn: GoesOn): Promise<number | undefined> {
  const from = openStore(overlay);
  const to = openStore(overlay.base);
  const piece = new Uint8Array(COMMIT_CHUNK_BYTES);
  let [bytes, all] = [0, 0];
  for (const { length } of runsOf(overlay)) all += length;
  for (const { offset, length } of runsOf(overlay)) {
    must(from.read(offset, piece, 0, length));
    must(to.write(offset, piece, 0, length));
    bytes += length;
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (!goesOn(bytes, all)) return undefined;
  }
  if (bytes === 0) return 0;
  must(to.flush());
  const blocks = new BlockMap(overlay.map, overlay.size);
  blocks.clear();
  flushOverlay(overlay);
  // The map says on the disk that they are not there.
  ftruncateSync(overlay.fd, OVERLAY_BLOCKS_AT);
  return bytes;
}

/** Runs of its blocks, none longer than a piece nor beyond its end. */
function* runsOf({ map, size }: Overlay): Iterable<Run> {
  const blocks = new BlockMap(map, size);
  const end = Math.ceil(size / BLOCK);
  // Bound: the blocks of the volume.
  for (let block = 0; block < end;) {
    const first = block;
    while (block < end && blocks.has(block) && (block - first) * BLOCK < COMMIT_CHUNK_BYTES) block++;
    if (block === first) block++;
    else yield { offset: first * BLOCK, length: Math.min(block * BLOCK, size) - first * BLOCK };
  }
}

function must(failed: number): void {
  if (failed !== 0) throw new Error(`the system answers ${failed}`);
}
