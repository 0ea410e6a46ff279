// Ethernet frames in a stream of bytes, as QEMU's `-netdev stream` has them: the length in 4 bytes, the
// highest first, and the frame. Reads what comes in pieces of any size; what comes is not believed.

import { UPLINK_FRAME_MAX } from "../../limits.ts";

const HEAD = 4;

export class FrameReader {
  readonly #each: (frame: Uint8Array) => void;
  /** The beginning of a frame whose end has not come, with its length in front. */
  readonly #partial = new Uint8Array(HEAD + UPLINK_FRAME_MAX);
  #filled = 0;

  /** `each` is given every frame; its bytes are valid during the call. */
  constructor(each: (frame: Uint8Array) => void) {
    this.#each = each;
  }

  /** Takes the next piece. False: this is no stream of frames, and nothing of it can be read any more. */
  take(piece: Uint8Array): boolean {
    let at = 0;
    // Bound: the piece's bytes; each turn takes some of them.
    while (at < piece.length) {
      // A frame that lies whole in this piece is not copied.
      const whole = this.#filled === 0 && piece.length - at >= HEAD ? HEAD + lengthAt(piece, at) : Infinity;
      if (whole <= piece.length - at && whole <= HEAD + UPLINK_FRAME_MAX) {
        this.#each(piece.subarray(at + HEAD, at + whole));
        at += whole;
        continue;
      }
      const want = this.#filled < HEAD ? HEAD : HEAD + lengthAt(this.#partial, 0);
      const part = piece.subarray(at, at + want - this.#filled);
      this.#partial.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < HEAD) continue;
      const length = lengthAt(this.#partial, 0);
      if (length > UPLINK_FRAME_MAX) return false;
      if (this.#filled < HEAD + length) continue;
      this.#filled = 0;
      this.#each(this.#partial.subarray(HEAD, HEAD + length));
    }
    return true;
  }
}

/** Collects frames for outside in the same form, to be written together. */
export class FrameWriter {
  #chunk: Uint8Array<ArrayBuffer>;
  #filled = 0;
  readonly #write: (bytes: Uint8Array) => void;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
    this.#chunk = new Uint8Array(CHUNK);
  }

  /** Bytes that are not written yet. */
  get pending(): number {
    return this.#filled;
  }

  put(frame: Uint8Array): void {
    if (this.#chunk.length - this.#filled < HEAD + frame.length) this.flush();
    const at = this.#filled;
    const { length } = frame;
    this.#chunk[at] = length >>> 24;
    this.#chunk[at + 1] = length >>> 16;
    this.#chunk[at + 2] = length >>> 8;
    this.#chunk[at + 3] = length;
    this.#chunk.set(frame, at + HEAD);
    this.#filled = at + HEAD + length;
  }

  /** Writes what was put. The bytes are the reader's from then on. */
  flush(): void {
    if (this.#filled === 0) return;
    this.#write(this.#chunk.subarray(0, this.#filled));
    this.#chunk = this.#chunk.subarray(this.#filled);
    if (this.#chunk.length < HEAD + UPLINK_FRAME_MAX) this.#chunk = new Uint8Array(CHUNK);
    this.#filled = 0;
  }
}

const CHUNK = 4 * (HEAD + UPLINK_FRAME_MAX);

function lengthAt(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16);
  return (high | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0;
}
