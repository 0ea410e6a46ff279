// The switch between real guests, frame by frame: where each goes, where it ends, and that all sums agree.

import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { countersOf } from "./datapath/port.ts";
import { COUNTER, PORT, portAt } from "./memory/layout.ts";
import { BROADCAST, SEED, TestLab, macOf, must } from "./machine-room.test-support.ts";
import { puppet, type Frame, type Puppet } from "./puppet.test-support.ts";

const MULTICAST = [1, 0, 0x5e, 0, 0, 1];
const MAC_7 = macOf(7);

let labs: TestLab[] = [];
afterEach(async () => {
  const open = labs;
  labs = [];
  await Promise.all(open.map((lab) => lab.close()));
});

/** A lab with a puppet on each of these ports. */
async function labOf(
  ports: readonly number[],
  change: Parameters<TestLab["plug"]>[1] = {},
): Promise<[TestLab, ...Puppet[]]> {
  const lab = new TestLab();
  labs.push(lab);
  for (const n of ports) lab.plug(n, change);
  return [lab, ...(await Promise.all(ports.map((n) => puppet(lab, n))))];
}

function frame(from: number, to: readonly number[], mark: number, length = 64): Frame {
  return { to, from: macOf(from), mark, length };
}

async function marks(who: Puppet | undefined): Promise<number[]> {
  return ((await who?.take()) ?? []).map(({ mark }) => mark);
}

/** Every posted frame of these ports ended in one counter, and what they received is what was sent. */
function sumsAgree(lab: TestLab, posted: Readonly<Record<number, number>>): void {
  const ports = Object.keys(posted).map(Number);
  const { received, accounted } = lab.sums(ports);
  expect(received, "frames received and accounted for").toBe(accounted);
  for (const n of ports) {
    const { tx } = lab.device(n);
    expect(tx.count + tx.dropped, `frames of port ${n} in exactly one counter`).toBe(posted[n]);
  }
}

test("a frame for a station that has been heard goes to it alone, others to all", async () => {
  const [lab, a, b, c] = await labOf([1, 2, 3]);
  await a?.send(frame(1, macOf(2), 10));
  expect([await marks(b), await marks(c)]).toEqual([[10], [10]]);
  await b?.send(frame(2, macOf(1), 11));
  expect([await marks(a), await marks(c)]).toEqual([[11], []]);
  await a?.send(frame(1, macOf(2), 12), frame(1, macOf(2), 13));
  expect([await marks(b), await marks(c)]).toEqual([[12, 13], []]);
  await a?.send(frame(1, BROADCAST, 14), frame(1, MULTICAST, 15));
  expect([await marks(a), await marks(b), await marks(c)]).toEqual([[], [14, 15], [14, 15]]);
  sumsAgree(lab, { 1: 5, 2: 1, 3: 0 });
});

test("a station that moves is found at its new port, also when it moves back", async () => {
  const [lab, a, b, c] = await labOf([1, 2, 3]);
  await a?.send(frame(1, BROADCAST, 99));
  expect([await marks(b), await marks(c)]).toEqual([[99], [99]]);
  const here = (from: Puppet | undefined, mark: number): Promise<number> | undefined =>
    from?.send({ to: macOf(1), from: MAC_7, mark, length: 64 });
  for (const [round, [at, other]] of [
    [b, c],
    [c, b],
    [b, c],
  ].entries()) {
    await here(at, round);
    await a?.send(frame(1, MAC_7, 100 + round));
    expect(await marks(at), `round ${round}`).toEqual([100 + round]);
    expect(await marks(other)).toEqual([]);
  }
  expect(await marks(a)).toEqual([0, 1, 2]);
  sumsAgree(lab, { 1: 4, 2: 2, 3: 1 });
});

test("each frame that can't be delivered is counted under its reason, and given back", async () => {
  const [lab, a, b] = await labOf([1, 2]);
  await b?.send(frame(2, BROADCAST, 1));
  await a?.send(...[0, 13, 1519, 0xffff, -1].map((length) => frame(1, macOf(2), 2, length)));
  expect(lab.device(1).tx.droppedBy).toEqual({ malformed: 2, too_big: 3 });
  lab.change(2, { link: "down" });
  await a?.send(frame(1, macOf(2), 3));
  lab.change(2, { link: "up" });
  lab.change(1, { link: "down" });
  await a?.send(frame(1, macOf(2), 4));
  lab.change(1, { link: "up" });
  expect(lab.device(1).tx.droppedBy).toEqual({ malformed: 2, too_big: 3, down: 2 });
  await a?.send(frame(1, macOf(1), 5)); // To itself.
  expect(lab.device(1).tx.droppedBy).toMatchObject({ no_listener: 1 });
  await b?.close();
  await a?.send(frame(1, macOf(2), 6), frame(1, macOf(9), 7));
  expect(lab.device(1).tx.droppedBy).toMatchObject({ no_listener: 3 });
  await a?.send(frame(1, BROADCAST, 8)); // Nobody hears it, nobody misses it.
  expect(lab.device(1).tx).toMatchObject({ count: 1, dropped: 10 });
  sumsAgree(lab, { 1: 11, 2: 1 });
});

test("a receiver without buffers drops and counts, and goes on when it posts again", async () => {
  const [lab, a, b] = await labOf([1, 2]);
  await b?.send(frame(2, BROADCAST, 1));
  const many = Array.from({ length: 200 }, (_, mark) => frame(1, macOf(2), mark));
  await a?.send(...many);
  await a?.send(...many);
  expect(lab.device(1).tx).toMatchObject({ count: 256, droppedBy: { full: 144 } });
  expect(lab.device(2).rx).toMatchObject({ count: 256, droppedBy: { full: 144 } });
  expect((await b?.take())?.length).toBe(256);
  await a?.send(frame(1, macOf(2), 999));
  expect(await marks(b)).toEqual([999]);
  sumsAgree(lab, { 1: 401, 2: 1 });
});

test("the shortest and the longest frame pass, and one byte less or more does not", async () => {
  const [lab, a, b] = await labOf([1, 2]);
  await b?.send(frame(2, BROADCAST, 1));
  await a?.send(...[13, 14, 15, 1517, 1518, 1519].map((length) => frame(1, macOf(2), length, length)));
  expect((await b?.take())?.map(({ length }) => length)).toEqual([14, 15, 1517, 1518]);
  expect(lab.device(1).tx.droppedBy).toEqual({ malformed: 1, too_big: 1 });
});

test("frames that found no room are counted beyond 32 bits", async () => {
  const [lab, a] = await labOf([1, 2]);
  const { fabric, devices } = lab.room;
  const row = portAt(devices.device("eth2")?.port ?? 0);
  fabric.i32[(row + PORT.rxFull) >> 2] = -5;
  fabric.i32[(row + PORT.rxFullHigh) >> 2] = 1;
  expect(lab.device(2).rx.droppedBy).toEqual({ full: 2 ** 32 - 5 });
  for (let batch = 0; batch < 3; batch++) {
    await a?.send(...Array.from({ length: 90 }, (_, mark) => frame(1, macOf(2), mark)));
  }
  expect(lab.device(2).rx).toMatchObject({ count: 256, droppedBy: { full: 2 ** 32 - 5 + 270 - 256 } });
});

test("over its rate a sender waits, and what a receiver gets is dropped", async () => {
  const [lab, a, b] = await labOf([1, 2]);
  await b?.send(frame(2, BROADCAST, 1));
  const frames = Array.from({ length: 250 }, (_, mark) => frame(1, macOf(2), mark, 1500));
  // 375,000 bytes with 262,144 at once: the rest takes 90 ms at 10 Mbit/s.
  lab.change(1, { rate: 10e6 });
  const start = process.hrtime.bigint();
  const calls = await a?.send(...frames);
  expect(Number(process.hrtime.bigint() - start) / 1e6).toBeGreaterThan(70);
  expect(calls).toBeGreaterThanOrEqual(2); // More where the thread is not late itself.
  expect(lab.device(1).tx).toMatchObject({ count: 250, dropped: 0 });
  expect(await marks(b)).toEqual(frames.map(({ mark }) => mark));
  lab.change(1, { rate: undefined });
  lab.change(2, { rate: 10e6 });
  const again = process.hrtime.bigint();
  await a?.send(...frames);
  const tookMs = Number(process.hrtime.bigint() - again) / 1e6;
  const { rate = 0, ...others } = lab.device(1).tx.droppedBy;
  expect(others).toEqual({});
  // 75, but for one for each 1.2 ms that sending took.
  expect(rate).toBeGreaterThan(72 - tookMs / 1.2);
  expect(rate).toBeLessThan(80);
  expect((await b?.take())?.length).toBe(250 - rate);
  sumsAgree(lab, { 1: 500, 2: 1 });
});

test("a debt from a low rate does not outlive it", async () => {
  const [lab, a, b] = await labOf([1, 2]);
  await b?.send(frame(2, BROADCAST, 1));
  lab.change(1, { rate: 100 });
  const frames = Array.from({ length: 200 }, (_, mark) => frame(1, macOf(2), mark, 1500));
  const sent = a?.send(...frames);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(lab.device(1).tx.count).toBeLessThan(200); // 1500 bytes are 120 s of debt now.
  lab.change(1, { rate: 1e9 });
  await sent; // Throws when it takes longer than 10 s.
  expect(lab.device(1).tx).toMatchObject({ count: 200, dropped: 0 });
  expect((await b?.take())?.length).toBe(200);
});

const anyFrame = fc.record({
  who: fc.nat(2),
  to: fc.constantFrom(macOf(1), macOf(2), macOf(3), macOf(9), [...BROADCAST], MULTICAST),
  from: fc.constantFrom(undefined, MAC_7, macOf(1)),
  length: fc.oneof(fc.constantFrom(0, 13, 14, 1518, 1519, 70_000), fc.integer({ min: 14, max: 1518 })),
  take: fc.nat(9),
});

test("in batches and frame by frame, the same frames come to the same", { timeout: 900_000 }, async () => {
  console.log(`switch: seed ${SEED}`);
  await fc.assert(
    fc.asyncProperty(fc.array(anyFrame, { minLength: 1, maxLength: 60 }), async (frames) => {
      // A rate that is never reached forces the way frame by frame.
      const results = [await play(frames, {}), await play(frames, { rate: 1e15 })];
      expect(results[1]).toEqual(results[0]);
    }),
    { seed: SEED, numRuns: process.env["SLOW"] === "1" ? 100 : 4 },
  );
});

type AnyFrame = typeof anyFrame extends fc.Arbitrary<infer Value> ? Value : never;

/** Plays frames on a lab of three, and answers everything that can be seen of it. */
async function play(frames: readonly AnyFrame[], change: Parameters<TestLab["plug"]>[1]): Promise<unknown> {
  const [lab, ...puppets] = await labOf([1, 2, 3], change);
  const taken: unknown[] = [];
  const posted: Record<number, number> = { 1: 0, 2: 0, 3: 0 };
  for (const [mark, { who, to, from, length, take }] of frames.entries()) {
    // Runs of the same frame, so that batches come about.
    const copies = Array.from({ length: take + 1 }, () => ({
      to,
      from: from ?? macOf(who + 1),
      mark,
      length,
    }));
    posted[who + 1] = (posted[who + 1] ?? 0) + copies.length;
    await puppets[who]?.send(...copies);
    if (take > 5) taken.push(await puppets[take % 3]?.take());
  }
  for (const one of puppets) taken.push(await one.take());
  sumsAgree(lab, posted);
  const counters = [1, 2, 3].map((n) => {
    const { kicks: _, ...rest } = countersOf(lab.room.fabric, lab.room.devices.device(`eth${n}`)?.port ?? 0);
    return rest;
  });
  expect(Object.keys(counters[0] ?? {}).length).toBe(Object.keys(COUNTER).length - 1);
  await lab.close();
  return { taken, counters, rx: [1, 2, 3].map((n) => lab.device(n).rx) };
}

test("a port that is plugged elsewhere is forgotten where it was", async () => {
  const [lab, a, b] = await labOf([1, 2]);
  must(lab.hv.createNetwork("other", { mtu: 1500 }));
  await b?.send(frame(2, BROADCAST, 1));
  lab.change(2, { network: "other" });
  await a?.send(frame(1, macOf(2), 2));
  expect(lab.device(1).tx.droppedBy).toEqual({ no_listener: 1 });
  lab.change(2, { network: "lan" });
  await a?.send(frame(1, macOf(2), 3));
  expect(await marks(b)).toEqual([3]);
});
