// A raw image: the system copies straight between the file and the guest's RAM.

import { fdatasyncSync, readSync, writeSync } from "node:fs";
import type { BlockStore } from "../../datapath/block-store.ts";
import { EIO, ENOSPC } from "../../ring/abi.ts";
import { Direct } from "./direct.ts";
import { punchHole } from "./hole.ts";

export class FileStore implements BlockStore {
  readonly #fd: number;
  readonly #direct = new Direct();

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** What lies beyond the file's end is zero. */
  read(offset: number, into: Uint8Array, at: number, length: number): number {
    if (this.#direct.read(this.#fd, offset, into, at, length) === length) return 0;
    try {
      let done = 0;
      // Bound: each turn reads something, or is the last.
      while (done < length) {
        const got = readSync(this.#fd, into, at + done, length - done, offset + done);
        if (got === 0) break;
        done += got;
      }
      if (done < length) into.fill(0, at + done, at + length);
      return 0;
    } catch (error) {
      return errnoOf(error);
    }
  }

  write(offset: number, from: Uint8Array, at: number, length: number): number {
    if (this.#direct.write(this.#fd, offset, from, at, length) === length) return 0;
    try {
      // Bound: each turn writes something, or throws.
      for (let done = 0; done < length;)
        done += writeSync(this.#fd, from, at + done, length - done, offset + done);
      return 0;
    } catch (error) {
      return errnoOf(error);
    }
  }

  flush(): number {
    try {
      fdatasyncSync(this.#fd);
      return 0;
    } catch (error) {
      return errnoOf(error);
    }
  }

  /** What was discarded takes no room and reads as zeros, where the file's system has holes. */
  discard(offset: number, length: number): number {
    punchHole(this.#fd, offset, length);
    return 0;
  }
}

function errnoOf(error: unknown): number {
  const { code } = error as { readonly code?: string };
  return code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG" ? ENOSPC : EIO;
}
