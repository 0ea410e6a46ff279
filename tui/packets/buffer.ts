// The last frames that were captured, in memory of fixed size: their first bytes, when and where they were
// seen, and why they were dropped. They are decoded when they are drawn or searched for.

import { decodeFrame } from "./decode.ts";
import type { Decoded } from "./decode.ts";
import type { CapturedFrame } from "./pcapng.ts";

/** A frame in the buffer. */
export interface NumberedFrame extends CapturedFrame {
  /** Counts from 1 for as long as the dashboard lives. */
  readonly sequence: number;
  /** Frames passed before it that are not here. */
  readonly afterGap: boolean;
}
export interface ShownFrame extends NumberedFrame, Decoded {}

/** What views and the reducer may ask. */
export type FrameReader = Pick<FrameBuffer, "last" | "before" | "after" | "lastUntil" | "heldBytes">;

export const FRAMES_MAX = 20_000;
/** Of each frame: enough for what `decode.ts` looks at. */
export const FRAME_BYTES_KEPT = 128;

export class FrameBuffer {
  readonly #size: number;
  readonly #bytes: Uint8Array;
  readonly #times: Float64Array;
  readonly #lengths: Uint32Array;
  readonly #kept: Uint8Array;
  /** 1 where frames are missing before it. */
  readonly #gaps: Uint8Array;
  #gap = false;
  readonly #heads: (Pick<CapturedFrame, "device" | "inbound" | "dropped"> | undefined)[] = [];
  /** What a filter looks at, made when one first does. */
  readonly #texts: (string | undefined)[] = [];
  #last = 0;

  constructor(size = FRAMES_MAX) {
    this.#size = size;
    this.#bytes = new Uint8Array(size * FRAME_BYTES_KEPT);
    this.#times = new Float64Array(size);
    this.#lengths = new Uint32Array(size);
    this.#kept = new Uint8Array(size);
    this.#gaps = new Uint8Array(size);
  }

  /** Number of the newest frame; 0 while there is none. */
  get last(): number {
    return this.#last;
  }

  /** Bytes of memory that it takes, whatever is in it. */
  get heldBytes(): number {
    return this.#size * (FRAME_BYTES_KEPT + 8 + 4 + 1 + 1);
  }

  /** Before the next frame some are missing, if there is one before it. */
  markGap(): void {
    this.#gap = this.#last > 0;
  }

  append(frames: readonly CapturedFrame[]): void {
    for (const { bytes, timeMs, length, device, inbound, dropped } of frames) {
      const place = this.#last++ % this.#size;
      const kept = bytes.subarray(0, FRAME_BYTES_KEPT);
      this.#bytes.set(kept, place * FRAME_BYTES_KEPT);
      this.#kept[place] = kept.length;
      this.#times[place] = timeMs;
      this.#lengths[place] = length;
      this.#heads[place] = { device, inbound, ...(dropped !== undefined && { dropped }) };
      this.#texts[place] = undefined;
      this.#gaps[place] = this.#gap ? 1 : 0;
      this.#gap = false;
    }
  }

  /** The last `count` frames that are wanted, at or before `sequence`, oldest first. */
  before(sequence: number, count: number, wanted?: (text: string) => boolean): readonly ShownFrame[] {
    const found: ShownFrame[] = [];
    for (let at = Math.min(sequence, this.#last); at > this.#gone && found.length < count; at--) {
      if (wanted === undefined || wanted(this.#text(at))) found.push(this.#shown(at));
    }
    return found.toReversed();
  }

  /** The first `count` frames that are wanted, after `sequence`, oldest first. */
  after(sequence: number, count: number, wanted?: (text: string) => boolean): readonly ShownFrame[] {
    const found: ShownFrame[] = [];
    for (let at = Math.max(sequence, this.#gone) + 1; at <= this.#last && found.length < count; at++) {
      if (wanted === undefined || wanted(this.#text(at))) found.push(this.#shown(at));
    }
    return found;
  }

  /** Number of the newest frame that was there at this time; 0 where none was. */
  lastUntil(timeMs: number): number {
    let low = this.#gone;
    let high = this.#last;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#times[(middle - 1) % this.#size] ?? 0) <= timeMs) low = middle;
      else high = middle - 1;
    }
    return low === this.#gone ? 0 : low;
  }

  /** Number of the newest one that has fallen off. */
  get #gone(): number {
    return Math.max(0, this.#last - this.#size);
  }

  #shown(sequence: number): ShownFrame {
    const place = (sequence - 1) % this.#size;
    const at = place * FRAME_BYTES_KEPT;
    const bytes = this.#bytes.slice(at, at + (this.#kept[place] ?? 0));
    const head = this.#heads[place] ?? { device: "?", inbound: false };
    return {
      ...head,
      sequence,
      afterGap: this.#gaps[place] === 1,
      timeMs: this.#times[place] ?? 0,
      length: this.#lengths[place] ?? 0,
      bytes,
      ...decodeFrame(bytes),
    };
  }

  #text(sequence: number): string {
    const place = (sequence - 1) % this.#size;
    const known = this.#texts[place];
    if (known !== undefined) return known;
    const { device, protocol, source, target, summary, dropped } = this.#shown(sequence);
    const reason = dropped === undefined ? "" : ` dropped ${dropped}`;
    const text = `${device} ${protocol} ${source} ${target} ${summary}${reason}`;
    this.#texts[place] = text;
    return text;
  }
}
