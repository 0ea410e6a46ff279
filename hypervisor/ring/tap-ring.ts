// Captured frames on their way from the thread that judged them to the capture thread: a ring of records for
// each thread, one writer, one reader. The writer never waits: what finds no room is counted, and missing.
//
// A thread may be ended in the middle of a record. Nothing before the commit is visible, and nothing of the
// writer stands anywhere but here, so whoever has the row next goes on where it was.

import { TAP_RING_BYTES } from "../limits.ts";
import { countOf, countUp } from "../memory/counts.ts";
import type { Fabric } from "../memory/fabric.ts";
import { PORT, RECORD, TAP, TAP_BELL_AT, THREAD_ROWS, portAt, tapAt, tapRingAt } from "../memory/layout.ts";

const BELL = TAP_BELL_AT >> 2;
const WRAP = -1;

/** `TAP_SIDE`s of a port's frames that are captured, 0 for none. Any thread. */
export function tapSides(fabric: Fabric, port: number): number {
  return fabric.i32[(portAt(port) + PORT.tapSides) >> 2] as number;
}

/** Bytes to keep of a frame of `length` bytes. */
export function tapKeep(fabric: Fabric, port: number, length: number): number {
  return Math.min(length, fabric.i32[(portAt(port) + PORT.tapKeep) >> 2] as number);
}

/** The recording end, on the thread in a row. */
export class TapWriter {
  readonly #fabric: Fabric;
  readonly #head: number;
  readonly #tail: number;
  readonly #ring: number;
  /** Where the record that was begun stands, and where the next one will. */
  #at = 0;
  #next = 0;

  constructor(fabric: Fabric, thread: number) {
    this.#fabric = fabric;
    this.#head = (tapAt(thread) + TAP.head) >> 2;
    this.#tail = (tapAt(thread) + TAP.tail) >> 2;
    this.#ring = tapRingAt(thread);
  }

  /** Room for `kept` bytes of a frame of `port`: a byte offset in the fabric, or -1: none, and counted. */
  begin(port: number, kept: number): number {
    const { i32 } = this.#fabric;
    const size = (RECORD.frame + kept + 7) & ~7;
    const head = Atomics.load(i32, this.#head);
    const used = (head - Atomics.load(i32, this.#tail)) >>> 0; // T1: pairs with T4.
    const place = head & (TAP_RING_BYTES - 1);
    const gap = place + size > TAP_RING_BYTES ? TAP_RING_BYTES - place : 0;
    if (used + gap + size > TAP_RING_BYTES) {
      countUp(i32, (portAt(port) + PORT.tapLost) >> 2, (portAt(port) + PORT.tapLostHigh) >> 2);
      return -1;
    }
    if (gap > 0) i32[(this.#ring + place) >> 2] = WRAP;
    this.#at = this.#ring + (gap > 0 ? 0 : place);
    this.#next = (head + gap + size) | 0;
    i32[(this.#at + RECORD.size) >> 2] = size;
    i32[(this.#at + RECORD.kept) >> 2] = kept;
    return this.#at + RECORD.frame;
  }

  /** The frame that was begun is whole: its own length, when it came, on which side, and how it ended. */
  commit(port: number, timeNs: number, length: number, side: number, outcome: number): void {
    const { i32, f64 } = this.#fabric;
    const at = this.#at;
    i32[(at + RECORD.tap) >> 2] = i32[(portAt(port) + PORT.tap) >> 2] as number;
    f64[(at + RECORD.time) >> 3] = timeNs;
    i32[(at + RECORD.length) >> 2] = length;
    i32[(at + RECORD.side) >> 2] = side;
    i32[(at + RECORD.outcome) >> 2] = outcome;
    Atomics.store(i32, this.#head, this.#next); // T2: pairs with T3.
    if (Atomics.load(i32, BELL) === 0 && Atomics.exchange(i32, BELL, 1) === 0) Atomics.notify(i32, BELL);
  }
}

/** Called for each record with its byte offset in the fabric; what it wants to keep it copies. */
export type TakeRecord = (at: number) => void;

/** The capture thread's end of all rings. */
export class TapReader {
  readonly #fabric: Fabric;
  readonly #heads = new Int32Array(THREAD_ROWS);

  constructor(fabric: Fabric) {
    this.#fabric = fabric;
  }

  /** Notes how far each ring is filled now. What comes later is for the next round. */
  look(): void {
    const { i32 } = this.#fabric;
    for (let thread = 0; thread < THREAD_ROWS; thread++) {
      this.#heads[thread] = Atomics.load(i32, (tapAt(thread) + TAP.head) >> 2); // T3: pairs with T2.
    }
  }

  /** Takes what was there at the last look. The answer: how many records. */
  take(each: TakeRecord): number {
    let taken = 0;
    for (let thread = 0; thread < THREAD_ROWS; thread++) taken += this.#takeFrom(thread, each);
    return taken;
  }

  #takeFrom(thread: number, each: TakeRecord): number {
    const { i32 } = this.#fabric;
    const tailAt = (tapAt(thread) + TAP.tail) >> 2;
    const head = this.#heads[thread] as number;
    let tail = i32[tailAt] as number;
    let taken = 0;
    // Bound: TAP_RING_BYTES; each turn takes a record or what is left before the ring's start.
    while (tail !== head) {
      const place = tail & (TAP_RING_BYTES - 1);
      const at = tapRingAt(thread) + place;
      const size = i32[(at + RECORD.size) >> 2] as number;
      if (size === WRAP) {
        tail = (tail + TAP_RING_BYTES - place) | 0;
        continue;
      }
      each(at);
      taken++;
      tail = (tail + size) | 0;
      Atomics.store(i32, tailAt, tail); // T4: pairs with T1.
    }
    Atomics.store(i32, tailAt, tail);
    return taken;
  }
}

/** Frames of a port's tap that found no room; undefined where the port has another tap by now. */
export function tapLost(fabric: Fabric, port: number, tap: number): number | undefined {
  const row = portAt(port) >> 2;
  if (fabric.i32[row + (PORT.tap >> 2)] !== tap) return undefined;
  return countOf(fabric.i32, row + (PORT.tapLost >> 2), row + (PORT.tapLostHigh >> 2));
}

/** Wakes the capture thread: it has letters. Control. */
export function ringTapBell({ i32 }: Fabric): void {
  Atomics.store(i32, BELL, 1);
  Atomics.notify(i32, BELL);
}

/** The bell is to be rung again from now on: to be called before a look. */
export function armTapBell({ i32 }: Fabric): void {
  Atomics.store(i32, BELL, 0);
}

/** Sleeps until the bell rings. The capture thread. */
export function awaitTapBell({ i32 }: Fabric): void {
  Atomics.wait(i32, BELL, 0);
}

/** Rests, whatever is rung: nobody who records pays for a wake-up. The capture thread. */
export function rest(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
