// Text on its way from a guest's thread to the control thread: a ring of bytes, one writer, one reader,
// bounded.

import { LOG_RING_BYTES } from "../limits.ts";

const HEAD = 0;
const TAIL = 1;
const BELL = 2;
const BYTES_AT = 16;

/** `bytes` is a power of two. */
export function createLogRing(bytes = LOG_RING_BYTES): SharedArrayBuffer {
  return new SharedArrayBuffer(BYTES_AT + bytes);
}

/** The guest's end. */
export class LogWriter {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #ring: () => void;

  /** `ring` tells the reader that there is something; called once until it has read. */
  constructor(buffer: SharedArrayBuffer, ring: () => void) {
    this.#words = new Int32Array(buffer, 0, 4);
    this.#bytes = new Uint8Array(buffer, BYTES_AT);
    this.#ring = ring;
  }

  /** Whether `length` bytes fit now. */
  hasRoom(length: number): boolean {
    const used = (Atomics.load(this.#words, HEAD) - Atomics.load(this.#words, TAIL)) >>> 0;
    return length <= this.#bytes.length - used;
  }

  /** Takes what fits of `length` bytes from `source`; the number taken, 0 when it is full. */
  write(source: Uint8Array, offset: number, length: number): number {
    const head = Atomics.load(this.#words, HEAD);
    const free = this.#bytes.length - ((head - Atomics.load(this.#words, TAIL)) >>> 0); // L1: pairs with L2.
    const taken = Math.min(free, length);
    if (taken === 0) return 0;
    const at = (head >>> 0) % this.#bytes.length;
    const first = Math.min(taken, this.#bytes.length - at);
    this.#bytes.set(source.subarray(offset, offset + first), at);
    if (first < taken) this.#bytes.set(source.subarray(offset + first, offset + taken), 0);
    Atomics.store(this.#words, HEAD, (head + taken) | 0);
    if (Atomics.exchange(this.#words, BELL, 1) === 0) this.#ring();
    return taken;
  }
}

/** The control thread's end. Bytes become text; a character that is cut in two waits for its rest. */
export class LogReader {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  /** Made for the first text: it costs a good part of a boot, and most shared guests say nothing. */
  #decoder: TextDecoder | undefined;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer, 0, 4);
    this.#bytes = new Uint8Array(buffer, BYTES_AT);
  }

  /** Everything that is there now; empty when nothing is. */
  read(): string {
    Atomics.store(this.#words, BELL, 0);
    const tail = Atomics.load(this.#words, TAIL);
    const count = (Atomics.load(this.#words, HEAD) - tail) >>> 0;
    if (count === 0) return "";
    const copy = new Uint8Array(count);
    const at = (tail >>> 0) % this.#bytes.length;
    const first = Math.min(count, this.#bytes.length - at);
    copy.set(this.#bytes.subarray(at, at + first));
    copy.set(this.#bytes.subarray(0, count - first), first);
    Atomics.store(this.#words, TAIL, (tail + count) | 0); // L2: pairs with L1.
    return (this.#decoder ??= new TextDecoder("utf-8")).decode(copy, { stream: true });
  }
}
