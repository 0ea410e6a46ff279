// Fair use of receiving rings that several fill. Who fills one leaves buffers for the others, in proportion
// to what it wanted of the ring lately: a sender of everything leaves a sixteenth, one of a tenth a sixteenth
// of that tenth. What it had says too little: of many floods each has a small part, or nothing for a while,
// and would fill the last buffer. So a flood can't keep a ring full, and who sends little finds room. A ring
// that nobody else wants is one's own to the last buffer. What is known is of this thread; nothing is asked
// of others.

import { SHARES_KEPT } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { RING, ringAt } from "../memory/layout.ts";
import { generationOf } from "../ring/claims.ts";

/** Of a ring's slots, this part is kept from one who fills it alone. */
const KEPT_PART = 16;

/** Words of what this thread has wanted of a ring while its positions went from `from` to `end`. */
const RING_AT = 0;
const GENERATION = 1;
const FROM = 2;
const END = 3;
/** Frames that it put there, and those that were refused: these may be more than there were positions. */
const WANTED = 4;
/** 1: every position since the ring began. */
const ALONE = 5;
const WORDS = 8;

/** One a thread. No allocation after its start. */
export class Shares {
  readonly #fabric: Fabric;
  /** Words, not objects: of a thousand shared guests each has them, and the engine would look at each. */
  readonly #shares = new Int32Array(SHARES_KEPT * WORDS);

  constructor(fabric: Fabric) {
    this.#fabric = fabric;
    for (let at = 0; at < this.#shares.length; at += WORDS) this.#shares[at + RING_AT] = -1;
  }

  /** Buffers that this thread has to leave in a ring; 0 to a sixteenth of its slots. */
  spare(ring: number, generation: number): number {
    const at = placeOf(ring);
    if (!this.#isOf(at, ring, generation)) return 0;
    if (this.#get(at, ALONE) === 1 && this.#fabric.i32[(ringAt(ring) + RING.wanted) >> 2] === 0) return 0;
    const slots = this.#slots(ring);
    const window = Math.max((this.#get(at, END) - this.#get(at, FROM)) | 0, slots / 2);
    return Math.floor((Math.min(this.#get(at, WANTED), window) * slots) / (window * KEPT_PART));
  }

  /** This thread has put `count` frames into a ring, the last one before position `end`. */
  add(ring: number, generation: number, end: number, count: number): void {
    const shares = this.#shares;
    const at = placeOf(ring);
    const began = (end - count) | 0;
    if (!this.#isOf(at, ring, generation)) {
      shares[at + RING_AT] = ring;
      shares[at + GENERATION] = generation;
      shares[at + FROM] = shares[at + END] = began;
      shares[at + WANTED] = 0;
      shares[at + ALONE] = began === 0 ? 1 : 0;
    }
    if (this.#get(at, END) !== began) shares[at + ALONE] = 0;
    shares[at + END] = end;
    const wanted = this.#get(at, WANTED) + count;
    shares[at + WANTED] = wanted;
    const slots = this.#slots(ring);
    const window = (end - this.#get(at, FROM)) | 0;
    // Of what lies far back only its part is known: it is taken to be the same to the last.
    if (window >= 0 && window <= slots) return;
    shares[at + FROM] = (end - slots / 2) | 0;
    shares[at + WANTED] = window > 0 ? Math.round((wanted * slots) / (2 * window)) : 0;
  }

  /** A ring had no room for this thread's frame: whoever fills it is to know that others want it. */
  refused(ring: number, generation: number): void {
    const { i32 } = this.#fabric;
    const at = placeOf(ring);
    if (this.#isOf(at, ring, generation)) {
      if (this.#get(at, ALONE) === 1) return;
      this.#shares[at + WANTED] = Math.min(this.#get(at, WANTED) + 1, this.#slots(ring));
    }
    const wanted = (ringAt(ring) + RING.wanted) >> 2;
    if (i32[wanted] === 0 && generationOf(this.#fabric, ring) === generation) i32[wanted] = 1;
  }

  #isOf(at: number, ring: number, generation: number): boolean {
    return this.#get(at, RING_AT) === ring && this.#get(at, GENERATION) === generation;
  }

  #get(at: number, word: number): number {
    return this.#shares[at + word] as number;
  }

  #slots(ring: number): number {
    return (this.#fabric.i32[(ringAt(ring) + RING.mask) >> 2] as number) + 1;
  }
}

/** Ports have two rings each, of which one receives. */
function placeOf(ring: number): number {
  return ((ring >> 1) & (SHARES_KEPT - 1)) * WORDS;
}
