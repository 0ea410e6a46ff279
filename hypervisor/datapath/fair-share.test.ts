// Shares of a ring that several threads send into, counted by hand: at the bound and on both sides of it.

import { expect, test } from "vitest";
import { FAIR_CONTEST_FRAMES, FAIR_HELD_PER_FREE } from "../limits.ts";
import { createFabric, viewGuestMemory } from "../memory/fabric.ts";
import { RING, SLOT, ringAt, slotAt } from "../memory/layout.ts";
import { DESCRIPTOR } from "../ring/abi.ts";
import { generationOf, resetRing } from "../ring/claims.ts";
import { FairShares } from "./fair-share.ts";

const SLOTS = 64;
const fabric = createFabric();
const memory = viewGuestMemory(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
let rings = 0;

/** A ring with all buffers posted, and hands to fill and empty it. */
class Ring {
  readonly ring = rings++ * 2;
  #cursor = 0;
  #taken = 0;

  constructor() {
    const place = { offset: 0, signal: 2048, events: 0, number: 0, owner: 9, incarnation: 1 };
    resetRing(fabric, this.ring, { count: SLOTS, ...place });
    for (let slot = 0; slot < SLOTS; slot++) this.#turn(slot, 1);
  }

  room(shares: FairShares, most: number): number {
    return shares.room(this.ring, generationOf(fabric, this.ring), memory, most);
  }

  /** Puts as many frames in as there is room for, up to `most`. */
  fill(shares: FairShares, most: number): number {
    const count = this.room(shares, most);
    for (let frame = 0; frame < count; frame++) {
      const position = this.#cursor++;
      this.#turn(position, position << 1);
      const slot = slotAt(this.ring, position & (SLOTS - 1)) >> 2;
      fabric.i32[slot + (SLOT.turn >> 2)] = position << 1;
      fabric.i32[slot + (SLOT.next >> 2)] = position + SLOTS;
    }
    this.moveTo(this.#cursor);
    shares.hold(this.ring, count);
    return count;
  }

  take(count: number): void {
    for (let frame = 0; frame < count; frame++, this.#taken++)
      this.#turn(this.#taken, (this.#taken << 1) | 1);
  }

  moveTo(cursor: number): void {
    fabric.i32[(ringAt(this.ring) + RING.cursor) >> 2] = cursor;
  }

  #turn(position: number, turn: number): void {
    memory.i32[((position & (SLOTS - 1)) * DESCRIPTOR.size + DESCRIPTOR.turn) >> 2] = turn;
  }
}

test("who is alone has the whole ring", () => {
  const [ring, one] = [new Ring(), new FairShares(fabric, 1)];
  expect([ring.fill(one, 32), ring.fill(one, 32)]).toEqual([32, 32]);
});

test("who is not alone holds twice what is free, and no more; the other has room", () => {
  const [ring, one, two] = [new Ring(), new FairShares(fabric, 1), new FairShares(fabric, 2)];
  ring.fill(one, 1);
  ring.fill(two, 1);
  let held = 0;
  for (let count = ring.fill(one, 32); count > 0; count = ring.fill(one, 32)) held += count;
  const free = SLOTS - 2 - held;
  // The last frame was within it, and one more would not be.
  expect(held - 1).toBeLessThan(FAIR_HELD_PER_FREE * (free + 1));
  expect(held).toBeGreaterThanOrEqual(FAIR_HELD_PER_FREE * free);
  expect(ring.room(one, 1)).toBe(0);
  expect(ring.room(two, 1)).toBe(1);
});

test("what the receiver has given back is held no more", () => {
  const [ring, one, two] = [new Ring(), new FairShares(fabric, 1), new FairShares(fabric, 2)];
  ring.fill(one, 1);
  ring.fill(two, 1);
  for (let lap = 0; lap < 20; lap++) {
    let count = 0;
    for (let more = ring.fill(one, 32); more > 0; more = ring.fill(one, 32)) count += more;
    expect(count, `lap ${lap}`).toBeGreaterThan(SLOTS / 4);
    ring.take(count);
  }
});

test("alone again after so many frames, and not one before", () => {
  const [ring, one, two] = [new Ring(), new FairShares(fabric, 1), new FairShares(fabric, 2)];
  ring.fill(two, 1);
  ring.fill(one, 60); // Sees the other here, at position 1.
  expect(ring.room(one, 64)).toBeLessThan(64);
  ring.moveTo(1 + FAIR_CONTEST_FRAMES - 1);
  expect(ring.room(one, 64)).toBeLessThan(64);
  ring.moveTo(1 + FAIR_CONTEST_FRAMES);
  expect(ring.room(one, 64)).toBe(64);
});
