// The last frames of a test's lab, as pcapng: what a person looks at first when a test of a network fails.
// Bounded: of a lab that carries more, the oldest go.

import type { Capture, Hypervisor } from "../../hypervisor/index.ts";
import type { Clock } from "../clock.ts";

/** Bytes of frames that are kept. */
export const KEPT_BYTES = 8 * 1024 * 1024;
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const US_PER_MS = 1000;
const NS_PER_US = 1000n;

/** One block of pcapng: its type, its place, and of a frame when it was. */
interface Block {
  readonly type: number;
  readonly bytes: Uint8Array;
  readonly timeNs: bigint;
}

export class FrameTail {
  readonly #capture: Capture;
  /** What a reading of the clock is as a frame's time, which nobody sets while it runs: milliseconds more. */
  readonly #toWall: number;
  readonly #reading: Promise<void>;
  /** What every reader of the file needs: the section's head, and the interfaces in their order. */
  readonly #heads: Uint8Array[] = [];
  /** Pieces as they came, the oldest first. */
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;

  private constructor(capture: Capture, now: number) {
    this.#capture = capture;
    this.#toWall = capture.beganMs - now;
    this.#reading = this.#read();
  }

  /** Begins with the frames of all networks that there are; undefined where there is none. */
  static begin(
    hypervisor: Pick<Hypervisor, "networks" | "capture">,
    clock: Pick<Clock, "now">,
  ): FrameTail | undefined {
    const networks = hypervisor.networks().map(({ id }) => id);
    if (networks.length === 0) return undefined;
    const begun = hypervisor.capture({ networks });
    return begun.ok ? new FrameTail(begun.value, clock.now()) : undefined;
  }

  /**
   * Ends it. The frames since a moment of the clock as a file; undefined where there are none.
   */
  async end(since: number): Promise<Uint8Array | undefined> {
    this.#capture.stop();
    await this.#reading;
    const sinceNs = BigInt(Math.round((this.#toWall + since) * US_PER_MS)) * NS_PER_US;
    const blocks = this.#pieces.flatMap((piece) => [...blocksOf(piece)]);
    const frames = blocks.filter(({ type, timeNs }) => type === ENHANCED_PACKET && timeNs >= sinceNs);
    if (frames.length === 0) return undefined;
    return Buffer.concat([...this.#heads, ...frames.map(({ bytes }) => bytes)]);
  }

  drop(): void {
    this.#capture.drop();
  }

  async #read(): Promise<void> {
    // Bound: ends with the capture, which ends with its lab.
    for (let done = false; !done;) {
      const chunk = await this.#capture.read();
      done = chunk.done;
      this.#keep(chunk.bytes);
    }
  }

  #keep(piece: Uint8Array): void {
    for (const { type, bytes } of blocksOf(piece))
      if (type === SECTION_HEADER || type === INTERFACE_DESCRIPTION) this.#heads.push(bytes);
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    while (this.#bytes > KEPT_BYTES && this.#pieces.length > 1)
      this.#bytes -= (this.#pieces.shift() as Uint8Array).length;
  }
}

/** Pieces hold whole blocks. */
function* blocksOf(piece: Uint8Array): Generator<Block> {
  const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
  for (let at = 0; at < piece.length;) {
    const type = view.getUint32(at, true);
    const length = view.getUint32(at + 4, true);
    const upper = type === ENHANCED_PACKET ? view.getUint32(at + 12, true) : 0;
    const lower = type === ENHANCED_PACKET ? view.getUint32(at + 16, true) : 0;
    yield {
      type,
      bytes: piece.subarray(at, at + length),
      timeNs: (BigInt(upper) << 32n) | BigInt(lower),
    };
    at += length;
  }
}
