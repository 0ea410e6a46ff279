// A volume in memory: bytes that threads share.

import type { BlockStore, VolumeNotice } from "../../datapath/block-store.ts";

export class MemoryStore implements BlockStore {
  readonly #bytes: Uint8Array;

  constructor({ bytes, size }: VolumeNotice & { readonly class: "memory" }) {
    this.#bytes = new Uint8Array(bytes, 0, size);
  }

  read(offset: number, into: Uint8Array, at: number, length: number): number {
    into.set(this.#bytes.subarray(offset, offset + length), at);
    return 0;
  }

  write(offset: number, from: Uint8Array, at: number, length: number): number {
    this.#bytes.set(from.subarray(at, at + length), offset);
    return 0;
  }

  flush(): number {
    return 0;
  }

  discard(offset: number, length: number): number {
    this.#bytes.fill(0, offset, offset + length);
    return 0;
  }
}
