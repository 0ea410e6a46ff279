// The receiving ring, of both SDKs: every frame once, each sender's in that sender's order, whatever senders
// do in between. The host's side plays several senders that claim positions in one order and publish them in
// another.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasClang } from "./test/clang.ts";
import type { HostRing } from "./test/rings.ts";
import type { Part } from "./test/part.ts";
import { loadPart, loadPartOfC } from "./test/part.ts";

const SIZES = [16, 32, 64, 128, 256, 512, 1024];
const CAPACITY = 64;
/** As far as `position` may be set ahead at once. */
const HOP = 2 ** 30 - 1;

const SDKS: readonly (readonly [name: string, load: typeof loadPart | typeof loadPartOfC])[] = [
  ["AssemblyScript", loadPart],
  ...(hasClang("The receiving ring in C") ? [["C", loadPartOfC] as const] : []),
];

function word(value: number): Uint8Array {
  return new Uint8Array(new Int32Array([value]).buffer);
}

/** As a guest takes that asks once more before it sleeps. -1: there is nothing. */
function takeOne(part: Part["part"]): number {
  let value = part["rxTake"]!();
  while (value === -1 && part["rxReady"]!()) value = part["rxTake"]!();
  return value;
}

function takeAll(part: Part["part"]): number[] {
  const taken: number[] = [];
  for (let value = takeOne(part); value !== -1; value = takeOne(part)) taken.push(value);
  return taken;
}

/** What happens next: a sender claims, publishes its oldest claim (whole or empty), or the guest looks. */
type Step =
  | { readonly do: "claim"; readonly sender: number }
  | { readonly do: "publish"; readonly sender: number }
  | { readonly do: "empty"; readonly sender: number }
  | { readonly do: "take" | "burst"; readonly most: number };

const SENDERS = 4;
const step = fc.oneof(
  fc.record({ do: fc.constantFrom("claim" as const), sender: fc.nat(SENDERS - 1) }),
  fc.record({
    do: fc.constantFrom("claim", "publish", "publish", "empty" as const),
    sender: fc.nat(SENDERS - 1),
  }),
  fc.record({ do: fc.constantFrom("take", "burst" as const), most: fc.integer({ min: 1, max: 12 }) }),
) as fc.Arbitrary<Step>;

/** Plays the steps; answers what was published in each sender's order, and what the guest took. */
function play(
  steps: readonly Step[],
  part: Part["part"],
  ring: HostRing,
): { published: number[][]; taken: number[] } {
  const claims: number[][] = Array.from({ length: SENDERS }, () => []);
  const published: number[][] = Array.from({ length: SENDERS }, () => []);
  const taken: number[] = [];
  const inFlight = new Set<number>();
  const publish = (sender: number, empty: boolean): void => {
    const position = claims[sender]!.shift();
    if (position === undefined) return;
    const value = sender * 100_000 + published[sender]!.length;
    inFlight.delete(position % ring.count);
    ring.fill(position, empty ? new Uint8Array() : word(value));
    if (!empty) published[sender]!.push(value);
  };
  for (const next of steps) {
    if (next.do === "claim") {
      // A slot that another sender still has is left out, as the host does.
      for (let i = 0; i < ring.count && inFlight.has(ring.position % ring.count); i++) ring.skip();
      const position = inFlight.has(ring.position % ring.count) ? undefined : ring.claim();
      if (position === undefined) continue;
      inFlight.add(position % ring.count);
      claims[next.sender]!.push(position);
    } else if (next.do === "publish" || next.do === "empty") {
      publish(next.sender, next.do === "empty");
    } else if (next.do === "take") {
      for (let i = 0; i < next.most; i++) taken.push(part["rxTake"]!());
    } else {
      const count = part["rxBurst"]!(next.most);
      for (let i = 0; i < count; i++) taken.push(part["rxBurstWord"]!(i));
      part["rxGiveBurst"]!(count);
    }
  }
  for (let sender = 0; sender < SENDERS; sender++) while (claims[sender]!.length > 0) publish(sender, false);
  taken.push(...takeAll(part));
  return { published, taken: taken.filter((value) => value !== -1) };
}

describe.each(SDKS)("in %s", (_name, load) => {
  const openRing = async (slots: number): Promise<Part & { readonly ring: HostRing }> => {
    const loaded = await load({ pages: 8 });
    loaded.host.openDevice(1);
    expect(loaded.part["rxOpen"]!(slots, CAPACITY)).toBe(0);
    return { ...loaded, ring: loaded.host.rings.get("1:0")! };
  };

  test.each(SIZES)("a ring of %i slots gives everything in order, many times round", async (slots) => {
    const { part, ring } = await openRing(slots);
    const expected: number[] = [];
    const taken: number[] = [];
    for (let round = 0; round < 40; round++) {
      const count = 1 + ((round * 37) % slots);
      for (let i = 0; i < count; i++) {
        const position = ring.claim();
        expect(position).toBeDefined();
        ring.fill(position!, word(position!));
        expected.push(position!);
      }
      taken.push(...takeAll(part));
    }
    expect(taken).toEqual(expected);
  });

  test.each(SIZES)("a ring of %i slots offers all of them and no more", async (slots) => {
    const { part, ring } = await openRing(slots);
    for (let i = 0; i < slots; i++) ring.fill(ring.claim()!, word(i));
    expect(ring.claim()).toBeUndefined();
    expect(takeOne(part)).toBe(0);
    expect(ring.claim()).toBeUndefined(); // It is still in the guest's hands.
    part["rxGive"]!();
    expect(ring.claim()).toBe(slots);
  });

  test("a position that is late is passed over and taken when it comes", async () => {
    const { part, ring } = await openRing(16);
    const [a, b, c] = [ring.claim()!, ring.claim()!, ring.claim()!];
    ring.fill(b, word(101));
    expect(takeAll(part)).toEqual([101]);
    ring.fill(a, word(100));
    ring.fill(c, word(102));
    expect(takeAll(part)).toEqual([100, 102]);
  });

  test("several gaps are looked behind without another publication", async () => {
    const { part, ring } = await openRing(16);
    const positions = Array.from({ length: 8 }, () => ring.claim()!);
    for (const odd of [1, 3, 5, 7]) ring.fill(positions[odd]!, word(odd));
    expect(takeAll(part)).toEqual([1, 3, 5, 7]);
    for (const even of [6, 2, 0, 4]) ring.fill(positions[even]!, word(even));
    expect(takeAll(part)).toEqual([0, 2, 4, 6]);
  });

  test("a passed position that comes before a look is taken before later ones", async () => {
    const { part, ring } = await openRing(16);
    const [first, other, second] = [ring.claim()!, ring.claim()!, ring.claim()!];
    ring.fill(other, word(1));
    expect(takeOne(part)).toBe(1);
    // One sender publishes both, in its order; the guest sees both at once.
    ring.fill(first, word(10));
    ring.fill(second, word(11));
    expect(takeAll(part)).toEqual([10, 11]);
  });

  test("a slot that was passed over twice can give both its positions", async () => {
    const { part, ring } = await openRing(16);
    const first = ring.claim()!;
    for (let i = 1; i < 16; i++) ring.fill(ring.claim()!, word(i));
    expect(takeAll(part)).toHaveLength(15);
    const second = ring.skip(); // Its sender waits for the slot, which the first one still has.
    ring.fill(ring.claim()!, word(17));
    expect(takeAll(part)).toEqual([17]);
    ring.fill(first, word(100));
    expect(takeAll(part)).toEqual([100]);
    ring.fill(second, word(116));
    expect(takeAll(part)).toEqual([116]);
  });

  test("who waits for several is ready with the last of them, one behind it, or a late one", async () => {
    const { part, ring } = await openRing(16);
    for (const start of [0, HOP, 2 * HOP - 17]) {
      ring.position = start;
      // One lap: those before `start` stay out, and are forgotten.
      for (let i = 0; i <= 16; i++) {
        ring.fill(ring.claim()!, word(1));
        expect(takeAll(part)).toEqual([1]);
      }
      part["rxEnableFor"]!(3);
      expect([ring.enabled, ring.waitsFor]).toEqual([true, (ring.position + 2) % 2 ** 31]);
      const [a, b, c] = [ring.claim()!, ring.claim()!, ring.claim()!];
      for (const [position, ready] of [
        [a, 0],
        [b, 0],
        [c, 1],
      ] as const) {
        ring.fill(position, word(2));
        expect(part["rxReadyFor"]!(3)).toBe(ready);
      }
      expect(takeAll(part)).toEqual([2, 2, 2]);
      expect(part["rxReadyFor"]!(1)).toBe(0);
      // The first stays out for a while: the rest is there, then the late one alone.
      const [late, , , last] = [ring.claim()!, ring.claim()!, ring.claim()!, ring.claim()!];
      ring.fill(last, word(4));
      expect(part["rxReadyFor"]!(3)).toBe(1);
      expect(takeAll(part)).toEqual([4]);
      expect(part["rxReadyFor"]!(3)).toBe(0);
      ring.fill(late, word(3));
      expect(part["rxReadyFor"]!(3)).toBe(1);
      expect(takeAll(part)).toEqual([3]);
    }
  });

  test("a position that stays out is forgotten when its slot comes round", async () => {
    const { part, ring } = await openRing(16);
    for (let i = 0; i < 200; i++) {
      if (i % 5 === 0) ring.skip();
      ring.fill(ring.claim()!, word(i));
      expect(takeOne(part)).toBe(i);
    }
  });

  test("a buffer without bytes is posted again and nothing is taken", async () => {
    const { part, ring } = await openRing(16);
    for (let i = 0; i < 100; i++) {
      ring.fill(ring.claim()!, new Uint8Array());
      expect(takeOne(part)).toBe(-1);
    }
    ring.fill(ring.claim()!, word(7));
    expect(takeAll(part)).toEqual([7]);
  });

  test("positions begin again behind the last one of 31 bits", async () => {
    const { part, ring } = await openRing(16);
    for (const start of [HOP, 2 * HOP - 40]) {
      ring.position = start;
      ring.fill(ring.claim()!, word(1));
      expect(takeAll(part)).toEqual([1]);
    }
    const expected: number[] = [];
    const taken: number[] = [];
    for (let i = 0; i < 90; i += 3) {
      const positions = [ring.claim()!, ring.claim()!, ring.claim()!];
      ring.fill(positions[2]!, word(i + 2));
      ring.fill(positions[0]!, word(i));
      taken.push(...takeAll(part));
      ring.fill(positions[1]!, word(i + 1));
      taken.push(...takeAll(part));
      expected.push(i, i + 2, i + 1);
    }
    expect(taken).toEqual(expected);
    expect(ring.position).toBeLessThan(100);
  });

  test("ready says whether there is something, and never misses it", async () => {
    const { part, ring } = await openRing(16);
    const [a, b] = [ring.claim()!, ring.claim()!];
    expect(part["rxReady"]!()).toBe(0);
    ring.fill(b, word(2));
    expect(part["rxReady"]!()).toBe(1);
    expect(takeAll(part)).toEqual([2]);
    expect(part["rxReady"]!()).toBe(0);
    ring.fill(a, word(1));
    expect(part["rxReady"]!()).toBe(1);
    expect(takeAll(part)).toEqual([1]);
    part["rxEnable"]!(1);
    expect(ring.enabled).toBe(true);
    part["rxEnable"]!(0);
    expect(ring.enabled).toBe(false);
  });

  test("each sender's frames arrive once and in its order, whatever happens in between", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(16, 32),
        fc.array(step, { minLength: 20, maxLength: 400 }),
        fc.constantFrom(0, HOP - 8),
        async (slots, steps, start) => {
          const { part, ring } = await openRing(slots);
          ring.position = start;
          const { published, taken } = play(steps, part, ring);
          for (let sender = 0; sender < SENDERS; sender++) {
            expect(taken.filter((value) => Math.floor(value / 100_000) === sender)).toEqual(
              published[sender],
            );
          }
          expect(taken).toHaveLength(published.flat().length);
          expect(part["rxReady"]!()).toBe(0);
          // All buffers are back: a full ring can be claimed again.
          for (let i = 0; i < slots; i++) expect(ring.claim()).toBeDefined();
        },
      ),
      { numRuns: 300 },
    );
  });
});
