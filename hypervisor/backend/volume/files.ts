// Files behind volumes, as control opens, makes, grows and closes them. Problems of the system are sentences.

import { createHash } from "node:crypto";
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { OVERLAY_BLOCK_BYTES, SECTOR_BYTES, VOLUME_BYTES_MAX } from "../../limits.ts";
import { BlockMap, MAP_PAGE_BYTES, createBlockMap, growBlockMap, mapPages } from "../../memory/block-map.ts";
import { OVERLAY_MAP_AT } from "./overlay-store.ts";

export interface Problem {
  readonly problem: string;
}
export interface OpenFile {
  readonly fd: number;
  /** Bytes that the volume has. */
  readonly size: number;
}

/**
 * "vbusover" as bytes, then u32 version, u32 bytes of a block, 32 bytes hash of the base that it was made on.
 * Little-endian.
 */
const MAGIC = [0x76, 0x62, 0x75, 0x73, 0x6f, 0x76, 0x65, 0x72];
const OVERLAY_VERSION = 1;
const HEADER_BYTES = 48;
const BASE_AT = 16;

/**
 * A raw image, made sparse where there is none and `create` allows. Without `size` the file's own. No file is
 * ever cut: what lies beyond `size` stays, and is not shown.
 */
export function openImage(
  file: string,
  options: { readonly create: boolean; readonly readonly: boolean; readonly size?: number | undefined },
): OpenFile | Problem {
  const { create, readonly, size } = options;
  return guarded(file, () => {
    const opened = openOrMake(file, readonly, create && size !== undefined);
    if (opened === undefined) {
      const why = create ? "needs a size to be made" : "is not there";
      return { problem: `${file} ${why}` };
    }
    return closingOnProblem(opened, () => {
      const length = fstatSync(opened).size;
      const bytes = size ?? length - (length % SECTOR_BYTES);
      if (bytes < SECTOR_BYTES || bytes > VOLUME_BYTES_MAX)
        return { problem: `${file} has ${length} bytes, which no volume can have` };
      if (!readonly) growImage(opened, bytes);
      return { fd: opened, size: bytes };
    });
  });
}

/**
 * An overlay's file, made where there is none, and the map of what it has. `base` says on what it stands, the
 * same each time: what differs from one base says nothing beside another.
 */
export function openOverlay(
  file: string,
  size: number,
  base: string,
): (OpenFile & { readonly map: SharedArrayBuffer }) | Problem {
  return guarded(file, () => {
    const opened = openOrMake(file, false, true) as number;
    return closingOnProblem(opened, () => {
      const wrong = checkHeader(opened, base);
      if (wrong !== undefined) return { problem: `${file} ${wrong}` };
      const map = createBlockMap(size);
      readMap(opened, new BlockMap(map, size), 0);
      return { fd: opened, size, map };
    });
  });
}

/** The overlay's volume has `size` bytes from now on, more than the `before` that it had. */
export function growOverlay(fd: number, map: SharedArrayBuffer, before: number, size: number): void {
  growBlockMap(map, size);
  readMap(fd, new BlockMap(map, size), mapPages(before));
}

/** The raw image is longer from now on. */
export function growImage(fd: number, size: number): void {
  if (fstatSync(fd).size < size) ftruncateSync(fd, size);
}

/** Bytes that the system keeps for an open file. */
export function storedBytes(fd: number): number {
  return fstatSync(fd).blocks * 512;
}

export function closeFile(fd: number): void {
  closeSync(fd);
}

/** A file that is opened for good; made where it isn't there and `make` allows. */
function openOrMake(file: string, readonly: boolean, make: boolean): number | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  // Before it is opened: opening a pipe can wait for ever.
  if (stats !== undefined && !stats.isFile()) throw Object.assign(new Error(), { code: "EISDIR" });
  if (stats === undefined && !make) return undefined;
  if (stats === undefined) {
    mkdirSync(path.dirname(file), { recursive: true });
    closeSync(openSync(file, "wx", 0o600));
  }
  return openSync(file, readonly ? "r" : "r+");
}

/** Why a file is no overlay. One that has just been made becomes one. */
function checkHeader(fd: number, base: string): string | undefined {
  const hash = createHash("sha256").update(base).digest();
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  if (fstatSync(fd).size === 0) {
    bytes.set(MAGIC);
    view.setUint32(8, OVERLAY_VERSION, true);
    view.setUint32(12, OVERLAY_BLOCK_BYTES, true);
    bytes.set(hash, BASE_AT);
    writeSync(fd, bytes, 0, HEADER_BYTES, 0);
    fdatasyncSync(fd);
    return undefined;
  }
  readSync(fd, bytes, 0, HEADER_BYTES, 0);
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) return "is not an overlay";
  const same =
    view.getUint32(8, true) === OVERLAY_VERSION && view.getUint32(12, true) === OVERLAY_BLOCK_BYTES;
  if (!same) return "is an overlay of another version";
  return hash.equals(bytes.subarray(BASE_AT))
    ? undefined
    : "was made on another base: delete it, or say another `path`";
}

/** Reads the bits of the pages from `first` on. What the file doesn't have is zero. */
function readMap(fd: number, map: BlockMap, first: number): void {
  // Bound: the map's pages.
  for (let page = first; page < map.pages; page++)
    readSync(fd, map.page(page), 0, MAP_PAGE_BYTES, OVERLAY_MAP_AT + page * MAP_PAGE_BYTES);
}

function closingOnProblem<T>(fd: number, work: () => T | Problem): T | Problem {
  let done: T | Problem | undefined;
  try {
    done = work();
    return done;
  } finally {
    if (done === undefined || (typeof done === "object" && done !== null && "problem" in done)) closeSync(fd);
  }
}

function guarded<T>(file: string, work: () => T | Problem): T | Problem {
  try {
    return work();
  } catch (error) {
    const code = codeOf(error);
    if (code === "EACCES" || code === "EPERM" || code === "EROFS")
      return { problem: `${file} may not be opened` };
    if (code === "EISDIR") return { problem: `${file} is not a file` };
    if (code === "ENOSPC" || code === "EDQUOT") return { problem: `there is no room for ${file}` };
    return { problem: `${file} can't be opened: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as { readonly code?: string }).code;
}
