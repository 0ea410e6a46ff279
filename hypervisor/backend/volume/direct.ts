// `pread` and `pwrite` of the C library, by an address in place of a view: what `node:fs` checks and wraps
// for each call costs a third of a warm block. Loaded on a thread that has read and written a lot.

import { createRequire } from "node:module";
import type Koffi from "koffi";
import { DIRECT_AFTER_TRANSFERS } from "../../limits.ts";

/** Answers the bytes that it moved, or -1. Plain numbers: an address has 48 bits. */
type Transfer = (fd: number, address: number, length: number, offset: number) => number;
interface Calls {
  readonly pread: Transfer;
  readonly pwrite: Transfer;
  readonly addressOf: (bytes: Uint8Array) => number;
}

/** Where file offsets and addresses have 64 bits in these calls. */
const MACHINES: readonly string[] = ["x64", "arm64"];

let calls: Calls | undefined;
let left =
  process.platform === "linux" && MACHINES.includes(process.arch) ? DIRECT_AFTER_TRANSFERS : Infinity;

/** Of one store: the bytes that it was given last, a guest's RAM, and where they lie. One thread's. */
export class Direct {
  #bytes: Uint8Array | undefined;
  #address = 0;

  /**
   * Reads from `offset` of the file to `at` of `into`: the bytes read, or -1 where `node:fs` is to do it,
   * which also says what is wrong.
   */
  read(fd: number, offset: number, into: Uint8Array, at: number, length: number): number {
    if (!isFor(into, at, length)) return -1;
    return (calls as Calls).pread(fd, this.#addressOf(into) + at, length, offset);
  }

  /** As `read`, from `at` of `from` to `offset` of the file. */
  write(fd: number, offset: number, from: Uint8Array, at: number, length: number): number {
    if (!isFor(from, at, length)) return -1;
    return (calls as Calls).pwrite(fd, this.#addressOf(from) + at, length, offset);
  }

  #addressOf(bytes: Uint8Array): number {
    if (bytes === this.#bytes) return this.#address;
    // Held from here on, so that nothing else comes to lie there.
    this.#bytes = bytes;
    this.#address = (calls as Calls).addressOf(bytes);
    return this.#address;
  }
}

/** Whether the calls are there, and such a transfer stays within its bytes. */
function isFor(bytes: Uint8Array, at: number, length: number): boolean {
  if (calls === undefined && !areThere()) return false;
  return at >= 0 && length >= 0 && at + length <= bytes.length;
}

/** Counts a transfer of this thread; loads the calls when it has done so many. */
function areThere(): boolean {
  if (left-- > 0) return false;
  left = Infinity;
  try {
    const koffi = createRequire(import.meta.url)("koffi") as typeof Koffi;
    const libc = koffi.load(null);
    calls = {
      pread: libc.func("int64_t pread(int fd, int64_t into, int64_t length, int64_t offset)") as Transfer,
      pwrite: libc.func("int64_t pwrite(int fd, int64_t from, int64_t length, int64_t offset)") as Transfer,
      addressOf: (bytes) => Number(koffi.address(bytes)),
    };
  } catch {
    return false; // No library for this machine.
  }
  return true;
}
