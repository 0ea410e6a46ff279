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

/** What this thread has wanted of a ring while its positions went from `from` to `end`. */
interface Share {
  ring: number;
  generation: number;
  from: number;
  end: number;
  /** Frames that it put there, and those that were refused: these may be more than there were positions. */
  wanted: number;
  /** Every position since the ring began. */
  isAlone: boolean;
}

/** One a thread. No allocation after its start. */
export class Shares {
  readonly #fabric: Fabric;
  readonly #shares: readonly Share[] = Array.from({ length: SHARES_KEPT }, makeShare);

  constructor(fabric: Fabric) {
    this.#fabric = fabric;
  }

  /** Buffers that this thread has to leave in a ring; 0 to a sixteenth of its slots. */
  spare(ring: number, generation: number): number {
    const share = this.#of(ring);
    if (share.ring !== ring || share.generation !== generation) return 0;
    if (share.isAlone && this.#fabric.i32[(ringAt(ring) + RING.wanted) >> 2] === 0) return 0;
    const slots = this.#slots(ring);
    const window = Math.max((share.end - share.from) | 0, slots / 2);
    return Math.floor((Math.min(share.wanted, window) * slots) / (window * KEPT_PART));
  }

  /** This thread has put `count` frames into a ring, the last one before position `end`. */
  add(ring: number, generation: number, end: number, count: number): void {
    const share = this.#of(ring);
    const began = (end - count) | 0;
    if (share.ring !== ring || share.generation !== generation) {
      share.ring = ring;
      share.generation = generation;
      share.from = share.end = began;
      share.wanted = 0;
      share.isAlone = began === 0;
    }
    if (share.end !== began) share.isAlone = false;
    share.end = end;
    share.wanted += count;
    const slots = this.#slots(ring);
    const window = (end - share.from) | 0;
    // Of what lies far back only its part is known: it is taken to be the same to the last.
    if (window >= 0 && window <= slots) return;
    share.from = (end - slots / 2) | 0;
    share.wanted = window > 0 ? Math.round((share.wanted * slots) / (2 * window)) : 0;
  }

  /** A ring had no room for this thread's frame: whoever fills it is to know that others want it. */
  refused(ring: number, generation: number): void {
    const { i32 } = this.#fabric;
    const share = this.#of(ring);
    if (share.ring === ring && share.generation === generation) {
      if (share.isAlone) return;
      share.wanted = Math.min(share.wanted + 1, this.#slots(ring));
    }
    const wanted = (ringAt(ring) + RING.wanted) >> 2;
    if (i32[wanted] === 0 && generationOf(this.#fabric, ring) === generation) i32[wanted] = 1;
  }

  #slots(ring: number): number {
    return (this.#fabric.i32[(ringAt(ring) + RING.mask) >> 2] as number) + 1;
  }

  /** Ports have two rings each, of which one receives. */
  #of(ring: number): Share {
    return this.#shares[(ring >> 1) & (SHARES_KEPT - 1)] as Share;
  }
}

function makeShare(): Share {
  return { ring: -1, generation: 0, from: 0, end: 0, wanted: 0, isAlone: false };
}
