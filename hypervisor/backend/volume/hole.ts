// Holes in files, which the system keeps no room for and reads as zeros: `fallocate`, for which Node has no
// call. Loaded at the first discard, on whichever thread does it.

import { createRequire } from "node:module";
import type Koffi from "koffi";

/** Spec: linux/falloc.h. */
const [FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE] = [0x01, 0x02];

type Fallocate = (fd: number, mode: number, offset: number, length: number) => number;

let fallocate: Fallocate | undefined;

/**
 * Frees what an open file keeps for `length` bytes from `offset` on, and never makes it shorter. A hint:
 * where nothing can have holes, nothing happens.
 */
export function punchHole(fd: number, offset: number, length: number): void {
  if (process.platform !== "linux") return;
  fallocate ??= loadFallocate();
  fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}

function loadFallocate(): Fallocate {
  const koffi = createRequire(import.meta.url)("koffi") as typeof Koffi;
  return koffi
    .load(null)
    .func("int fallocate(int fd, int mode, int64_t offset, int64_t length)") as Fallocate;
}
