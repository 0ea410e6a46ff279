// A program's RAM as host code on its thread reads and writes it. Every pointer and length is the program's
// and may be anything. It may grow, so views are made anew where it has; no other thread has any.

import { WASI_PATH_BYTES_MAX, WASI_VECTORS_MAX } from "../../limits.ts";
import { IOVEC_BYTES } from "./abi.ts";
import { Refused } from "./refused.ts";

/** One part of a scattered buffer, checked to lie in memory. */
export interface Vector {
  readonly pointer: number;
  readonly length: number;
}

export class ProgramMemory {
  readonly #memory: WebAssembly.Memory;
  #u8: Uint8Array;
  #view: DataView;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#u8 = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
  }

  /** At the head of every call: it may have grown since the last one, and can't while host code runs. */
  refresh(): void {
    const { buffer } = this.#memory;
    if (buffer.byteLength === this.#u8.length) return;
    this.#u8 = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }

  /** The bytes themselves, not a copy. EFAULT where they are not all in memory. */
  bytes(pointer: number, length: number): Uint8Array {
    const [from, count] = [pointer >>> 0, length >>> 0];
    if (from + count > this.#u8.length) throw new Refused("EFAULT");
    return this.#u8.subarray(from, from + count);
  }

  u16(pointer: number): number {
    return this.#view.getUint16(this.#place(pointer, 2), true);
  }

  u32(pointer: number): number {
    return this.#view.getUint32(this.#place(pointer, 4), true);
  }

  u64(pointer: number): bigint {
    return this.#view.getBigUint64(this.#place(pointer, 8), true);
  }

  setU8(pointer: number, value: number): void {
    this.#view.setUint8(this.#place(pointer, 1), value);
  }

  setU16(pointer: number, value: number): void {
    this.#view.setUint16(this.#place(pointer, 2), value, true);
  }

  setU32(pointer: number, value: number): void {
    this.#view.setUint32(this.#place(pointer, 4), value, true);
  }

  setU64(pointer: number, value: bigint): void {
    this.#view.setBigUint64(this.#place(pointer, 8), value, true);
  }

  /** A path: copied, then read. Bytes that are no UTF-8, or zero bytes, are none of the host's names. */
  path(pointer: number, length: number): string {
    if (length >>> 0 > WASI_PATH_BYTES_MAX) throw new Refused("ENAMETOOLONG");
    const copy = this.bytes(pointer, length).slice();
    if (copy.includes(0)) throw new Refused("EINVAL");
    try {
      return this.#decoder.decode(copy);
    } catch {
      throw new Refused("EILSEQ");
    }
  }

  /** An array of vectors: read once, each checked, cut off after `bytesMax` bytes altogether. */
  vectors(pointer: number, count: number, bytesMax: number): readonly Vector[] {
    if (count >>> 0 > WASI_VECTORS_MAX) throw new Refused("EINVAL");
    this.bytes(pointer, (count >>> 0) * IOVEC_BYTES);
    const found: Vector[] = [];
    let left = bytesMax;
    for (let index = 0; index < count >>> 0; index++) {
      const at = (pointer >>> 0) + index * IOVEC_BYTES;
      const vector = { pointer: this.u32(at), length: this.u32(at + 4) };
      this.bytes(vector.pointer, vector.length);
      const length = Math.min(vector.length, left);
      if (length > 0) found.push({ pointer: vector.pointer, length });
      left -= length;
    }
    return found;
  }

  #place(pointer: number, length: number): number {
    const from = pointer >>> 0;
    if (from + length > this.#u8.length) throw new Refused("EFAULT");
    return from;
  }
}
