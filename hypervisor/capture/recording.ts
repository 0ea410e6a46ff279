// One capture on the capture thread: from records to blocks of pcapng that wait for their reader. Bounded:
// what a slow reader leaves no room for is counted.

import { CAPTURE_CHUNK_BYTES, CAPTURE_QUEUE_BYTES } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { COUNTER, RECORD, TAP_SIDE } from "../memory/layout.ts";
import { tapLost } from "../ring/tap-ring.ts";
import { readFilter, type Filter } from "./filter.ts";
import type { BeginLetter, CaptureAnswer, InterfaceLetter, TapLetter } from "./letters.ts";
import {
  DIRECTION,
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  sectionHeader,
} from "./pcapng.ts";

const APPLICATION = "AlacrityVM vbus";

/** Why a frame ended otherwise than it was meant to; the words of counters. */
const REASON: Readonly<Record<number, string>> = {
  [COUNTER.full]: "full",
  [COUNTER.down]: "down",
  [COUNTER.noListener]: "no_listener",
  [COUNTER.malformed]: "malformed",
  [COUNTER.tooBig]: "too_big",
  [COUNTER.overRate]: "rate",
  [COUNTER.impaired]: "impaired",
  [COUNTER.queue]: "queue",
};

interface Shown {
  /** Frames that came, and of them those that are missing here for want of room. */
  received: number;
  missing: number;
}

interface Tapped {
  readonly port: number;
  readonly index: number;
  sides: number;
  /** What the port's tap had lost when it was looked at last. */
  lost: number;
}

export class Recording {
  readonly #begin: BeginLetter;
  readonly #fabric: Fabric;
  readonly #filter: Filter;
  readonly #expect: Filter | undefined;
  readonly #interfaces: Shown[] = [];
  readonly #taps = new Map<number, Tapped>();
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  /** The newest chunk is filled up to here. */
  #filled = 0;
  #bytes = 0;
  #frames = 0;
  #frameBytes = 0;
  #matched = false;
  #toldMatch = false;
  /** Chunks that the reader waits for. */
  #wanted = 0;
  #lastNs: number;
  #closed = false;
  #toldDone = false;
  /** Set when control has said stop; the round after the next look is the last. */
  endNs: number | undefined;

  constructor(begin: BeginLetter, fabric: Fabric) {
    this.#begin = begin;
    this.#fabric = fabric;
    this.#filter = filterOf(begin.filter) ?? (() => true);
    this.#expect = filterOf(begin.expect);
    this.#lastNs = begin.startNs;
    this.#put(sectionHeader(APPLICATION));
  }

  addInterface({ name, description }: InterfaceLetter): void {
    if (this.#closed) return;
    this.#interfaces.push({ received: 0, missing: 0 });
    this.#put(interfaceDescription(name, description, this.#begin.snaplen));
  }

  setTap({ tap, port, index, sides }: TapLetter): void {
    const known = this.#taps.get(tap);
    if (known) known.sides = sides;
    else this.#taps.set(tap, { port, index, sides, lost: tapLost(this.#fabric, port, tap) ?? 0 });
  }

  want(): void {
    this.#wanted++;
  }

  /** Takes the record at a byte offset of the fabric, if it is one of this capture's. */
  take(at: number): void {
    const { i32, f64, u8 } = this.#fabric;
    const tapped = this.#taps.get(i32[(at + RECORD.tap) >> 2] as number);
    const side = i32[(at + RECORD.side) >> 2] as number;
    const timeNs = f64[(at + RECORD.time) >> 3] as number;
    if (this.#closed || !tapped || (tapped.sides & side) === 0 || timeNs < this.#begin.startNs) return;
    const shown = this.#interfaces[tapped.index] as Shown;
    shown.received++;
    const kept = Math.min(i32[(at + RECORD.kept) >> 2] as number, this.#begin.snaplen);
    const bytes = u8.subarray(at + RECORD.frame, at + RECORD.frame + kept);
    const length = (i32[(at + RECORD.length) >> 2] as number) >>> 0;
    this.#lastNs = Math.max(this.#lastNs, timeNs);
    if (!this.#filter({ bytes, length })) return;
    if (this.#bytes > CAPTURE_QUEUE_BYTES) {
      shown.missing++;
      return;
    }
    const reason = REASON[i32[(at + RECORD.outcome) >> 2] as number];
    const head = {
      index: tapped.index,
      timeNs: this.#epoch(timeNs),
      direction: side === TAP_SIDE.in ? DIRECTION.inbound : DIRECTION.outbound,
      length,
      comment: reason === undefined ? undefined : `dropped: ${reason}`,
    };
    this.#put(enhancedPacket(head, bytes));
    this.#frames++;
    this.#frameBytes += length;
    this.#matched ||= this.#expect?.({ bytes, length }) === true;
    if (this.#frames >= this.#begin.frames) this.close(timeNs);
  }

  /** Adds up what has been lost on the way here. */
  countLost(): void {
    for (const [tap, tapped] of this.#taps) {
      const lost = tapLost(this.#fabric, tapped.port, tap);
      if (lost === undefined || lost === tapped.lost) continue;
      const more = (lost - tapped.lost) >>> 0;
      tapped.lost = lost;
      if (this.#closed || tapped.sides === 0) continue;
      const shown = this.#interfaces[tapped.index] as Shown;
      shown.received += more;
      shown.missing += more;
    }
  }

  /** What comes later is not of this capture; each interface's statistics end it. */
  close(endNs: number | undefined = this.endNs): void {
    if (this.#closed) return;
    this.countLost();
    this.#closed = true;
    const start = this.#begin.startNs;
    const end = Math.max(this.#lastNs, endNs ?? start);
    const times = { startNs: this.#epoch(start), endNs: this.#epoch(end) };
    for (const [index, { received, missing }] of this.#interfaces.entries()) {
      this.#put(interfaceStatistics(index, times, { received, dropped: missing }));
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** What the reader waits for, where there is something. After the last one there is nothing to ask for. */
  next(): CaptureAnswer | undefined {
    const news = this.#bytes > 0 || (this.#matched && !this.#toldMatch) || this.#closed;
    if (this.#wanted === 0 || !news || this.#toldDone) return undefined;
    this.#wanted--;
    const first = this.#chunks.shift() ?? new Uint8Array(0);
    const isNewest = this.#chunks.length === 0;
    const bytes = isNewest ? first.subarray(0, this.#filled) : first;
    if (isNewest) this.#filled = 0;
    this.#bytes -= bytes.length;
    this.#toldMatch = this.#matched;
    this.#toldDone = this.#closed && this.#bytes === 0;
    const lost = this.#interfaces.reduce((sum, { missing }) => sum + missing, 0);
    return {
      type: "chunk",
      capture: this.#begin.capture,
      bytes,
      frames: this.#frames,
      frameBytes: this.#frameBytes,
      lost,
      matched: this.#matched,
      done: this.#toldDone,
    };
  }

  get over(): boolean {
    return this.#toldDone;
  }

  #epoch(timeNs: number): bigint {
    return this.#begin.epochNs + BigInt(Math.round(timeNs));
  }

  #put(block: Uint8Array): void {
    let newest = this.#chunks.at(-1);
    if (!newest || newest.length - this.#filled < block.length) {
      if (newest) this.#chunks[this.#chunks.length - 1] = newest.subarray(0, this.#filled);
      newest = new Uint8Array(Math.max(CAPTURE_CHUNK_BYTES, block.length));
      this.#chunks.push(newest);
      this.#filled = 0;
    }
    newest.set(block, this.#filled);
    this.#filled += block.length;
    this.#bytes += block.length;
  }
}

/** Control has read it before. */
function filterOf(text: string | undefined): Filter | undefined {
  if (text === undefined) return undefined;
  const reading = readFilter(text);
  if (!reading.ok) throw new Error(`a filter that was checked can't be read: ${reading.error.message}`);
  return reading.filter;
}
