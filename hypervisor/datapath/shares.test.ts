// What a sender leaves of a ring for others, by what it had of it.

import { expect, test } from "vitest";
import { createFabric } from "../memory/fabric.ts";
import { RING, ringAt } from "../memory/layout.ts";
import { Shares } from "./shares.ts";

const SLOTS = 256;
const GENERATION = 3;

/** A ring and the senders that fill it, each with a thread of its own; the position after the last frame. */
function place(ring = 1, slots = SLOTS) {
  const fabric = createFabric();
  const row = ringAt(ring) >> 2;
  fabric.i32[row + (RING.mask >> 2)] = slots - 1;
  fabric.i32[row + (RING.generation >> 2)] = GENERATION;
  let end = 0;
  return {
    wanted: () => fabric.i32[row + (RING.wanted >> 2)],
    sender() {
      const shares = new Shares(fabric);
      return {
        put(count: number): void {
          end = (end + count) | 0;
          shares.add(ring, GENERATION, end, count);
        },
        refused: () => shares.refused(ring, GENERATION),
        spare: (generation = GENERATION) => shares.spare(ring, generation),
      };
    },
    jump: (to: number) => (end = to | 0),
  };
}

test("who is alone has it all, until somebody finds no room", () => {
  const { sender, wanted } = place();
  const [flood, other] = [sender(), sender()];
  for (let round = 0; round < 100; round++) flood.put(32);
  flood.refused();
  expect([flood.spare(), wanted()]).toEqual([0, 0]);
  other.refused();
  expect([flood.spare(), other.spare(), wanted()]).toEqual([SLOTS / 16, 0, 1]);
});

test("each leaves in proportion to what it had lately", () => {
  const { sender } = place();
  const [large, small] = [sender(), sender()];
  for (let round = 0; round < 100; round++) {
    large.put(31);
    small.put(1);
  }
  expect(large.spare()).toBe(15);
  expect(small.spare()).toBe(0);
  for (let round = 0; round < 100; round++) {
    large.put(16);
    small.put(16);
  }
  expect([large.spare(), small.spare()]).toEqual([8, 8]);
  // What was long ago does not count.
  for (let round = 0; round < 40; round++) large.put(32);
  small.put(1);
  expect(small.spare()).toBe(0);
});

test("what is refused counts as wanted: a flood that gets nothing leaves as much as any", () => {
  const { sender } = place();
  const [large, starved, small] = [sender(), sender(), sender()];
  for (let round = 0; round < 100; round++) {
    large.put(32);
    if (round % 8 === 0) starved.put(1);
    if (round % 8 === 0) small.put(1);
    for (let frame = 0; frame < 32; frame++) starved.refused();
  }
  starved.put(1);
  small.refused();
  expect(starved.spare()).toBeGreaterThanOrEqual(SLOTS / 16 - 1);
  expect(small.spare()).toBe(0);
  // It no longer counts once others have had the ring for long.
  for (let round = 0; round < 300; round++) large.put(32);
  starved.put(1);
  expect(starved.spare()).toBe(0);
});

test("never more than a sixteenth, however the positions run and wrap", () => {
  for (const start of [0, 2 ** 31 - 300, 2 ** 32 - 300, 12_345]) {
    const { sender, jump } = place(7, 64);
    jump(start);
    const [a, b] = [sender(), sender()];
    for (let round = 1; round < 500; round++) {
      a.put((round * 7) % 90);
      if (round % 5 === 0) b.put(round % 3);
      if (round % 3 === 0) a.refused();
      if (round % 50 === 0) jump(start + round * 1_000_003);
      for (const one of [a, b]) {
        expect(one.spare(), `${start} ${round}`).toBeGreaterThanOrEqual(0);
        expect(one.spare(), `${start} ${round}`).toBeLessThanOrEqual(4);
      }
    }
  }
});

test("another registration of the ring is another ring", () => {
  const { sender, wanted } = place();
  const [flood, other] = [sender(), sender()];
  flood.put(200);
  other.put(1);
  flood.put(100);
  expect(flood.spare()).toBeGreaterThan(14);
  expect(flood.spare(GENERATION + 1)).toBe(0);
  expect(wanted()).toBe(0);
});
