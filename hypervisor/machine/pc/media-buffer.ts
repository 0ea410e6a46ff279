// An image as the emulator's drives have it: reads of a file that threads share, and writes into pieces of
// this PC's own, which are made where it first writes. v86 asks synchronously, and keeps nothing of what it
// is given. What it asks for comes from the guest, so it is bounded here.

const PIECE = 65_536;

/** What v86 calls a buffer, as far as drives use it, of one that answers at once. */
export abstract class DriveBuffer {
  readonly byteLength: number;
  onload: ((event: unknown) => void) | undefined = undefined;

  constructor(bytes: number) {
    this.byteLength = bytes;
  }

  abstract get_from_cache(start: number, length: number): Uint8Array;
  abstract set(start: number, bytes: Uint8Array, done: () => void): void;

  load(): void {
    this.onload?.({});
  }

  get(start: number, length: number, take: (bytes: Uint8Array) => void): void {
    take(this.get_from_cache(start, length));
  }

  get_and_cache(start: number, length: number, take: (bytes: Uint8Array) => void): void {
    this.get(start, length, take);
  }

  /** A PC with such drives is not saved. */
  get_state(): unknown {
    return [];
  }

  set_state(): void {}
}

export class MediaBuffer extends DriveBuffer {
  readonly #image: Uint8Array;
  readonly #written = new Map<number, Uint8Array>();

  constructor(image: Uint8Array) {
    super(image.length);
    this.#image = image;
  }

  /** Fewer bytes where the image ends before. */
  get_from_cache(start: number, length: number): Uint8Array {
    const [from, to] = this.#within(start, length);
    if (!this.#isWritten(from, to)) return this.#image.subarray(from, to);
    const bytes = this.#image.slice(from, to);
    for (const [piece, written] of this.#written) {
      const at = piece * PIECE;
      const [first, last] = [Math.max(at, from), Math.min(at + PIECE, to)];
      if (first < last) bytes.set(written.subarray(first - at, last - at), first - from);
    }
    return bytes;
  }

  set(start: number, bytes: Uint8Array, done: () => void): void {
    const [from, to] = this.#within(start, bytes.length);
    // Bound: the pieces of the image.
    for (let at = from; at < to;) {
      const piece = Math.floor(at / PIECE);
      const next = Math.min((piece + 1) * PIECE, to);
      this.#pieceOf(piece).set(bytes.subarray(at - from, next - from), at - piece * PIECE);
      at = next;
    }
    done();
  }

  #within(start: number, length: number): [from: number, to: number] {
    const from = Math.min(Math.max(start, 0), this.byteLength);
    return [from, Math.min(from + Math.max(length, 0), this.byteLength)];
  }

  #isWritten(from: number, to: number): boolean {
    if (this.#written.size === 0) return false;
    for (let piece = Math.floor(from / PIECE); piece * PIECE < to; piece++)
      if (this.#written.has(piece)) return true;
    return false;
  }

  #pieceOf(piece: number): Uint8Array {
    const known = this.#written.get(piece);
    if (known) return known;
    const made = this.#image.slice(piece * PIECE, (piece + 1) * PIECE);
    this.#written.set(piece, made);
    return made;
  }
}
