// The pump against an array: every ring size, every partial batch, from positions where they and the turns
// wrap; then with other senders in between, that stop and go on.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createFabric, viewGuestMemory, type OwnMemory } from "../memory/fabric.ts";
import { COUNTER, PORT, RING, SLOT, THREAD, portAt, ringAt, slotAt, threadAt } from "../memory/layout.ts";
import { CLAIMED, Claims, generationOf } from "../ring/claims.ts";
import { Receiver, type RingPlace } from "../ring/receiver.test-support.ts";
import { slotsLost, startRing } from "../ring/ring-start.test-support.ts";
import { PUMP_PASSED, Pumps, limitOf, type Pump } from "./pump.ts";

const SEED = Number(process.env["SEED"] ?? 20_261_125);
const SLOW = process.env["SLOW"] === "1";
const SIZES = [16, 32, 64, 128, 256, 512, 1024];
const STARTS = [0, 2 ** 31 - 33, 2 ** 31 - 1, 2 ** 32 - 33, 2 ** 32 - 5, 2 ** 32 - 1];
/** A quarter of the circle less some laps: `passed` is brought up when it is older, once a lap. */
const LEAP_MAX = 2 ** 30 - 16_384;
const [RING_INDEX, THREAD_ROW, PORT_INDEX, OWNER] = [4, 11, 7, 9];
const HEADER = [0x0200_0001, 0x0203_0000, 0x0405_0607] as const;
const FRAME_BYTES = 24;
const BUFFER_BYTES = 64;
const DIRTY = 1024 + 4;
const TX = { slots: 64, ring: 4096, frames: 16_384 };

const fabric = createFabric();
const pages = (count: number): OwnMemory =>
  viewGuestMemory(new WebAssembly.Memory({ initial: count, maximum: count, shared: true }));
const sender = pages(1);
const receiver = pages(2);
const module = new WebAssembly.Module(readFileSync(new URL("./pump.wasm", import.meta.url)));
const pump = new Pumps(module, fabric, sender).to(receiver) as Pump;

/** One sender that pumps, one that claims by hand, a guest, and the marks that it should have. */
class Bench {
  readonly place: RingPlace;
  readonly claims = new Claims(fabric, THREAD_ROW + 1);
  readonly #own = new Claims(fabric, THREAD_ROW);
  guest: Receiver;
  q: number;
  sent = 0;
  stalled = false;
  byHand = 0;
  readonly next = new Map<number, number>();
  held: number[] = [];

  constructor(count: number, start: number, q: number) {
    this.place = { count, offset: 4096, signal: 1024, buffers: 32_768, bufferBytes: BUFFER_BYTES };
    this.q = q | 0;
    const row = { ring: RING_INDEX, owner: OWNER, events: 512, start };
    startRing(fabric, receiver, this.place, row);
    receiver.i32[DIRTY >> 2] = 0;
    for (const thread of [THREAD_ROW, THREAD_ROW + 1]) {
      fabric.i32.fill(0, threadAt(thread) >> 2, (threadAt(thread) + THREAD.size) >> 2);
    }
    fabric.i32.fill(0, portAt(PORT_INDEX) >> 2, (portAt(PORT_INDEX) + PORT.size) >> 2);
    this.guest = new Receiver(receiver, this.place, start);
  }

  /** Posts `count` frames, at most what the sending ring holds, and pumps them; how many went. */
  pump(count: number, { most = count, maxBytes = 1 << 20, batchBytes = 1 << 20, spare = 0 } = {}): number {
    for (let ahead = 0; ahead < count; ahead++) {
      const position = (this.q + ahead) | 0;
      const slot = position & (TX.slots - 1);
      const at = TX.frames + slot * BUFFER_BYTES;
      sender.i32.set([...HEADER, 1, this.sent + ahead, 0], at >> 2);
      sender.i32.set([at, FRAME_BYTES, (position << 1) | 1], (TX.ring + slot * 16) >> 2);
    }
    const answer = pump(
      threadAt(THREAD_ROW),
      PORT_INDEX,
      portAt(PORT_INDEX),
      ringAt(RING_INDEX),
      TX.ring,
      TX.slots - 1,
      this.q,
      limitOf(sender),
      limitOf(receiver),
      1518,
      ...HEADER,
      most,
      batchBytes,
      maxBytes,
      generationOf(fabric, RING_INDEX),
      spare,
    );
    expect(answer & PUMP_PASSED).toBe(0); // Nobody passes over meanwhile.
    for (let ahead = 0; ahead < count; ahead++) {
      const at = (TX.ring + ((this.q + ahead) & (TX.slots - 1)) * 16 + 8) >> 2;
      const given = ((this.q + ahead) << 1) | (ahead < answer ? 0 : 1);
      expect(sender.i32[at], "turn of what was given back").toBe(given);
      sender.i32[at] = given & ~1;
    }
    this.q = (this.q + answer) | 0;
    this.sent += answer;
    if (answer > 0) receiver.i32[DIRTY >> 2] = (receiver.i32[DIRTY >> 2] as number) + 1;
    return answer;
  }

  /** What the switch does with a frame that the pump left: claims for it alone, passing over. */
  one(): boolean {
    if (this.#own.claim(RING_INDEX, receiver, FRAME_BYTES, 0) !== CLAIMED) return false;
    receiver.i32.set([...HEADER, 1, this.sent++, 0], this.#own.address >>> 2);
    this.#own.publish(FRAME_BYTES);
    const cells = (portAt(PORT_INDEX) + PORT.counters) >> 3;
    fabric.f64[cells + COUNTER.sent] = (fabric.f64[cells + COUNTER.sent] as number) + 1;
    fabric.f64[cells + COUNTER.bytes] = (fabric.f64[cells + COUNTER.bytes] as number) + FRAME_BYTES;
    this.#own.release();
    receiver.i32[DIRTY >> 2] = (receiver.i32[DIRTY >> 2] as number) + 1;
    return true;
  }

  /** The other sender claims, or finishes what it claimed. */
  hand(): boolean {
    if (!this.stalled) {
      this.stalled = this.claims.claim(RING_INDEX, receiver, FRAME_BYTES, 0) === CLAIMED;
      return this.stalled;
    }
    receiver.i32.set([...HEADER, 2, this.byHand++, 0], this.claims.address >>> 2);
    this.claims.publish(FRAME_BYTES);
    this.claims.release();
    receiver.i32[DIRTY >> 2] = (receiver.i32[DIRTY >> 2] as number) + 1;
    this.stalled = false;
    return true;
  }

  /** Takes at most `count` frames and looks at their marks; posts their buffers at once, or keeps them. */
  take(count: number, keep = false): number {
    for (let taken = 0; taken < count; taken++) {
      const frame = this.guest.take();
      if (!frame) return taken;
      const words = [...receiver.i32.subarray(frame.address >> 2, (frame.address >> 2) + 6)];
      const from = words[3] as number;
      const wanted = this.next.get(from) ?? 0;
      expect([frame.length, ...words]).toEqual([FRAME_BYTES, ...HEADER, from, wanted, 0]);
      this.next.set(from, wanted + 1);
      if (keep) this.held.push(frame.slot);
      else this.guest.post(frame.slot);
    }
    return count;
  }

  post(): void {
    for (const slot of this.held.splice(0)) this.guest.post(slot);
  }

  /** Everybody ends what is in hand: everything came, and all sums agree. */
  settle(): void {
    if (this.stalled) this.hand();
    this.take(Infinity);
    this.post();
    expect([this.next.get(1) ?? 0, this.next.get(2) ?? 0]).toEqual([this.sent, this.byHand]);
    expect(slotsLost(fabric, receiver, this.place, RING_INDEX), "slots that don't serve").toBe(0);
    const cells = (portAt(PORT_INDEX) + PORT.counters) >> 3;
    expect(fabric.f64[cells + COUNTER.sent]).toBe(this.sent);
    expect(fabric.f64[cells + COUNTER.bytes]).toBe(this.sent * FRAME_BYTES);
    let put = 0;
    for (let slot = 0; slot < this.place.count; slot++) {
      put += fabric.f64[(slotAt(RING_INDEX, slot) + SLOT.frames) >> 3] as number;
    }
    expect(put).toBe(this.sent + this.byHand);
  }

  /** A frame in each slot, and taken. */
  lap(byPump: boolean): void {
    const { count } = this.place;
    for (let left = count; left > 0;) {
      left -= byPump ? this.pump(Math.min(left, TX.slots)) : Number(this.one());
      this.take(Infinity);
    }
  }

  /** As though `by` frames had come and gone, none of them passed over. The ring is at rest. */
  leap(by: number): void {
    const { count, offset } = this.place;
    const cursor = (ringAt(RING_INDEX) + RING.cursor) >> 2;
    const leap = by - (by % count);
    fabric.i32[cursor] = ((fabric.i32[cursor] as number) + leap) | 0;
    for (let index = 0; index < count; index++) {
      const slot = slotAt(RING_INDEX, index) >> 2;
      const [next, turn, posted] = [
        slot + (SLOT.next >> 2),
        slot + (SLOT.turn >> 2),
        (offset + index * 16 + 8) >> 2,
      ];
      fabric.i32[next] = ((fabric.i32[next] as number) + leap) | 0;
      fabric.i32[turn] = ((fabric.i32[turn] as number) + leap * 2) | 0;
      receiver.i32[posted] = (fabric.i32[turn] as number) | 1;
    }
    this.guest = new Receiver(receiver, this.place, fabric.i32[cursor] as number);
  }
}

test.each(SIZES)("every batch of 1 to 32 frames into a ring of %i, from where positions wrap", (count) => {
  for (const start of STARTS) {
    for (let batch = 1; batch <= 32; batch++) {
      const bench = new Bench(count, start, start - 7);
      const first = Math.min(batch, count);
      expect(bench.pump(batch), `batch ${batch} from ${start}`).toBe(first);
      bench.take(first >> 1);
      // The receiver has kept the rest: what fits now, and what the array says.
      const room = count - (first - (first >> 1));
      expect(bench.pump(batch)).toBe(Math.min(batch, room));
      bench.settle();
    }
  }
});

test.each(SIZES)("so many buffers of a ring of %i are left as are to be", (count) => {
  for (const start of STARTS) {
    for (const spare of new Set([0, 1, count >> 4, count >> 1, count - 1])) {
      const bench = new Bench(count, start, start - 7);
      const into = (): number => {
        let moved = 0;
        // Bound: the slots of the ring; each turn moves some, or is the last.
        for (let went = bench.pump(TX.slots, { spare }); went > 0; went = bench.pump(TX.slots, { spare }))
          moved += went;
        return moved;
      };
      expect(into(), `${spare} from ${start}`).toBe(count - spare);
      bench.take(Math.min(2, count - spare));
      expect(into(), `${spare} from ${start}`).toBe(Math.min(2, count - spare));
      // Whoever has nothing to leave finds what was left.
      let rest = 0;
      for (let went = bench.pump(TX.slots); went > 0; went = bench.pump(TX.slots)) rest += went;
      expect(rest, `${spare} from ${start}`).toBe(spare);
      bench.settle();
    }
  }
});

test.each(SIZES)("batches that end early in a ring of %i: by frames, by bytes, at a slot in use", (count) => {
  for (const start of STARTS) {
    for (let most = 1; most <= 32; most++) {
      const bench = new Bench(count, start, start);
      expect(bench.pump(40, { most })).toBe(Math.min(most, count));
      bench.take(Infinity);
      // A call ends behind the batch in which its bytes are used up; each batch behind its own bytes.
      const batchBytes = most * FRAME_BYTES - 1;
      expect(bench.pump(40, { batchBytes, maxBytes: 1 })).toBe(Math.min(most, count));
      bench.take(Infinity);
      const lead = Math.min(most - 1, count - 1);
      const ahead = new Bench(count, start, start);
      for (let turn = 0; turn < lead; turn++) for (const _ of "ab") ahead.hand();
      ahead.take(Infinity);
      ahead.hand(); // Claims the slot `lead` of this lap, and stops.
      let moved = 0;
      // Bound: the slots of the ring.
      for (let went = ahead.pump(TX.slots); went > 0; went = ahead.pump(TX.slots)) moved += went;
      expect(moved).toBe(count - 1);
      ahead.settle();
    }
  }
});

test.each(SIZES)("a slot is passed over after half the circle without that, in a ring of %i", (count) => {
  for (const start of STARTS) {
    for (const byPump of [true, false]) {
      const bench = new Bench(count, start, start);
      for (let leaps = 0; leaps < 3; leaps++) {
        bench.leap(LEAP_MAX);
        bench.lap(byPump);
      }
      expect(bench.hand()).toBe(true);
      for (let frame = 0; frame < count * 2; frame++) {
        expect(bench.one(), `frame ${frame} from ${start}`).toBe(true);
        bench.take(1);
      }
      bench.settle();
    }
  }
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constant("pump" as const), n: fc.integer({ min: 1, max: 64 }) }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("hand" as const), n: fc.constant(1) }) },
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant("take" as const), n: fc.integer({ min: 1, max: 100 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant("keep" as const), n: fc.integer({ min: 1, max: 40 }) }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("post" as const), n: fc.constant(1) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant("leap" as const),
      n: fc.integer({ min: LEAP_MAX >> 1, max: LEAP_MAX }),
    }),
  },
);

test(
  "the pump between other senders: each frame once, in order, in laps that are far apart",
  { timeout: 300_000 },
  () => {
    console.log(`pump: seed ${SEED}`);
    fc.assert(
      fc.property(
        fc.constantFrom(...SIZES.slice(0, SLOW ? undefined : 4)),
        fc.constantFrom(...STARTS),
        fc.array(step, { minLength: 1, maxLength: 60 }),
        (count, start, steps) => {
          const bench = new Bench(count, start, start);
          for (const { what, n } of steps) {
            if (what === "pump") {
              if (bench.pump(n) < n) bench.one();
            } else if (what === "hand") bench.hand();
            else if (what === "take") bench.take(n);
            else if (what === "keep") bench.take(n, true);
            else if (what === "post") bench.post();
            else {
              bench.settle();
              bench.leap(n);
              bench.lap(true);
            }
          }
          bench.settle();
        },
      ),
      { seed: SEED, numRuns: SLOW ? 1000 : 60 },
    );
  },
);
