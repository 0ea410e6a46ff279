// Impaired links between real guests, frame by frame: what is lost, late, doubled or changed is what the seed
// says, and every frame ends in one counter. Times are bounded from below; from above only far off, since the
// machine may be busy.

import { afterEach, expect, test } from "vitest";
import type { Damage, ImpairmentSpec } from "./hypervisor.ts";
import { decide, freshFate, lineKey, type Fate } from "./line/fate.ts";
import { agree, damage, direction } from "./lines.test-support.ts";
import { BROADCAST, TestLab, macOf, until } from "./machine-room.test-support.ts";
import { puppet, type Frame, type Puppet } from "./puppet.test-support.ts";

let labs: TestLab[] = [];
afterEach(async () => {
  const open = labs;
  labs = [];
  await Promise.all(open.map((lab) => lab.close()));
});

/** A lab with a puppet on each of these ports; the first one's link is bad. Each has been heard. */
async function labOf(count: number, impair?: ImpairmentSpec): Promise<[TestLab, ...Puppet[]]> {
  const lab = new TestLab();
  labs.push(lab);
  for (let n = 1; n <= count; n++) lab.plug(n, n === 1 && impair ? { impair } : {});
  const puppets = await Promise.all(Array.from({ length: count }, (_, index) => puppet(lab, index + 1)));
  return [lab, ...puppets];
}

function frame(from: number, to: readonly number[], mark: number, length = 64): Frame {
  return { to, from: macOf(from), mark, length };
}

function frames(from: number, to: number, count: number, length = 64): Frame[] {
  return Array.from({ length: count }, (_, mark) => frame(from, macOf(to), mark, length));
}

async function marks(who: Puppet | undefined): Promise<number[]> {
  return ((await who?.take()) ?? []).map(({ mark }) => mark);
}

/** Waits until `count` frames have come to a line of the n-th device and none waits there. */
async function passed(lab: TestLab, n: number, which: "egress" | "ingress", count: number): Promise<void> {
  await until(`${count} frames went through the ${which} line of eth${n}`, () => {
    const line = lab.device(n)[which];
    return line?.count === count && line.waiting === 0;
  });
}

/** The egress line of port 1, as the pure function has it. */
function fatesOf(change: Partial<Damage>, count: number, way: "egress" | "ingress" = "egress"): Fate[] {
  const key = lineKey(change.seed ?? damage().seed, "eth1", way);
  let lost = false;
  return Array.from({ length: count }, (_, n) => {
    const fate = freshFate();
    decide(fate, key, n, damage(change), lost);
    ({ lost } = fate);
    return fate;
  });
}

const MANY = { loss: 0.1, burst: 2, duplicate: 0.1, seed: 3 };

/** Sends a thousand frames over a bad link; the answer is what the other side took, in order. */
async function thousand(impair: ImpairmentSpec, way: "egress" | "ingress"): Promise<[TestLab, number[]]> {
  const [lab, a, b] = await labOf(2, impair);
  const [from, to] = way === "egress" ? [a, b] : [b, a];
  const all = frames(from?.n ?? 0, to?.n ?? 0, 1000);
  const taken: number[] = [];
  for (let batch = 0; batch < 10; batch++) {
    await from?.send(...all.slice(batch * 100, batch * 100 + 100));
    await passed(lab, 1, way, batch * 100 + 100);
    taken.push(...(await marks(to)));
  }
  agree(lab, { 1: way === "egress" ? 1000 : 0, 2: way === "egress" ? 0 : 1000 });
  return [lab, taken];
}

test.each(["egress", "ingress"] as const)("%s: a seed does the same to the same frames", async (way) => {
  const wanted = fatesOf(MANY, 1000, way).flatMap(({ lost, duplicated }, n) =>
    lost ? [] : duplicated ? [n, n] : [n],
  );
  const [first, taken] = await thousand({ [way]: direction(MANY) }, way);
  expect(taken).toEqual(wanted);
  const [, again] = await thousand({ [way]: direction(MANY) }, way);
  expect(again).toEqual(wanted);
  const [, precise] = await thousand({ [way]: direction({ ...MANY, precise: true }) }, way);
  expect(precise, "precise or not").toEqual(wanted);
  const [, other] = await thousand({ [way]: direction({ ...MANY, seed: 4 }) }, way);
  expect(other).not.toEqual(wanted);
  const lost = fatesOf(MANY, 1000, way).filter((fate) => fate.lost).length;
  const side = way === "egress" ? first.device(1).tx : first.device(1).rx;
  expect(side.droppedBy).toEqual({ impaired: lost });
  expect(first.device(2).tx.dropped + first.device(2).rx.dropped).toBe(0);
  expect(first.hv.network("lan")?.frames.droppedBy).toEqual({ impaired: lost });
});

test("one bit is flipped behind the header, in the frames that the seed says", async () => {
  const corrupt = { corrupt: 0.3 };
  const [lab, a, b] = await labOf(2, { egress: direction(corrupt) });
  // Bytes 14 to 27 are noted, and the frame has no others.
  await a?.send(...frames(1, 2, 200, 28));
  await passed(lab, 1, "egress", 200);
  const wanted = fatesOf(corrupt, 200);
  const taken = await marks(b);
  expect(taken.length).toBe(200);
  const inMark = taken.filter((mark, n) => mark !== n);
  expect(lab.device(1).egress?.corrupted).toBe(wanted.filter(({ corrupted }) => corrupted).length);
  expect(inMark.length).toBeGreaterThan(5);
  for (const [n, mark] of taken.entries()) {
    const flipped = mark ^ n;
    expect(flipped & (flipped - 1), "at most one bit").toBe(0);
    if (flipped !== 0) expect(wanted[n]?.corrupted).toBe(true);
  }
  agree(lab, { 1: 200, 2: 0 });
});

test("a frame that is reordered goes at once, the others keep their order", async () => {
  const bad = { delayNs: 3e9, reorder: 0.2 };
  const [lab, a, b] = await labOf(2, { egress: direction(bad) });
  await a?.send(...frames(1, 2, 100));
  const ahead = fatesOf(bad, 100).flatMap((fate, n) => (fate.ahead ? [n] : []));
  await until("those ahead are there", () => lab.device(2).rx.count >= ahead.length);
  expect(lab.device(1).egress).toMatchObject({ count: 100, waiting: 100 - ahead.length });
  expect(await marks(b)).toEqual(ahead);
  await passed(lab, 1, "egress", 100);
  expect(await marks(b)).toEqual(fatesOf(bad, 100).flatMap((fate, n) => (fate.ahead ? [] : [n])));
  expect(lab.device(1).egress?.reordered).toBe(ahead.length);
});

test("with jitter frames overtake each other as the seed says", async () => {
  const bad = { delayNs: 300e6, jitterNs: 200e6 };
  const [lab, a, b] = await labOf(2, { egress: direction(bad) });
  await a?.send(...frames(1, 2, 50));
  await passed(lab, 1, "egress", 50);
  // All came within far less than lies between most of their times.
  const late = fatesOf(bad, 50).map(({ lateNs }, n) => ({ lateNs, n }));
  const taken = await marks(b);
  const wrong = taken.filter((mark, index) => {
    const [mine, next] = [late[mark]?.lateNs ?? 0, late[taken[index + 1] ?? -1]?.lateNs ?? Infinity];
    return mine > next + 100e6;
  });
  expect(taken.length).toBe(50);
  expect(taken).not.toEqual(taken.toSorted((x, y) => x - y));
  expect(wrong).toEqual([]);
});

test("a delay holds every frame back so long, in order", async () => {
  const [lab, a, b] = await labOf(2, { egress: direction({ delayNs: 80e6 }) });
  const start = process.hrtime.bigint();
  await a?.send(...frames(1, 2, 200));
  expect(lab.device(1).egress?.waiting).toBe(200);
  await until("the first is there", () => lab.device(2).rx.count > 0);
  expect(Number(process.hrtime.bigint() - start) / 1e6).toBeGreaterThanOrEqual(80);
  await passed(lab, 1, "egress", 200);
  expect(await marks(b)).toEqual(frames(1, 2, 200).map(({ mark }) => mark));
});

test("a rate lets through just that", async () => {
  const [lab, a, b] = await labOf(2, { egress: direction({ rate: 20e6 }) });
  const start = process.hrtime.bigint();
  await a?.send(...frames(1, 2, 200, 1500));
  await passed(lab, 1, "egress", 200);
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  // 2.4 million bits.
  expect(ms).toBeGreaterThan(119);
  expect(ms).toBeLessThan(1000);
  expect((await marks(b)).length).toBe(200);
});

test("a queue holds so many, the rest is lost and counted", async () => {
  const [lab, a, b] = await labOf(2, { egress: direction({ delayNs: 500e6, queue: 10, duplicate: 0.3 }) });
  await a?.send(...frames(1, 2, 50));
  await until("all have been judged", () => (lab.device(1).tx.droppedBy["queue"] ?? 0) >= 40);
  const { egress, tx } = lab.device(1);
  expect(egress?.waiting).toBe(10);
  expect(tx.droppedBy).toEqual({ queue: 40 + (egress?.duplicated ?? 0) });
  await passed(lab, 1, "egress", 50);
  expect((await marks(b)).length).toBe(10);
  agree(lab, { 1: 50, 2: 0 });
});

test("a link that is down loses everything, and nothing when it is up again", async () => {
  const [lab, a, b] = await labOf(2, {
    egress: direction({ down: true }),
    ingress: direction({ down: true }),
  });
  await a?.send(...frames(1, 2, 20));
  await b?.send(...frames(2, 1, 30));
  await passed(lab, 1, "egress", 20);
  await passed(lab, 1, "ingress", 30);
  expect([await marks(a), await marks(b)]).toEqual([[], []]);
  expect(lab.device(1).tx).toMatchObject({ count: 0, droppedBy: { impaired: 20 } });
  expect(lab.device(1).rx).toMatchObject({ count: 0, droppedBy: { impaired: 30 } });
  lab.change(1, { impair: undefined });
  await a?.send(frame(1, macOf(2), 5));
  await b?.send(frame(2, macOf(1), 6));
  await until("both are there", () => lab.device(1).rx.count + lab.device(2).rx.count === 2);
  expect([await marks(a), await marks(b)]).toEqual([[6], [5]]);
  agree(lab, { 1: 21, 2: 31 });
});

test("timed statements hold from when the guest opened the device, and then no more", async () => {
  const down = { atNs: 1500e6, forNs: 1500e6, set: { down: true } };
  const [lab, a] = await labOf(2, { egress: direction({}, down) });
  const start = process.hrtime.bigint(); // A little after it was opened.
  const seconds = (): number => Number(process.hrtime.bigint() - start) / 1e9;
  const losses: [number, boolean][] = [];
  for (let sent = 1; seconds() < 4; sent++) {
    const before = lab.device(1).tx.droppedBy["impaired"] ?? 0;
    const at = seconds();
    await a?.send(frame(1, macOf(2), sent));
    await passed(lab, 1, "egress", sent);
    const lost = (lab.device(1).tx.droppedBy["impaired"] ?? 0) > before;
    // Whoever came close to a border, or took long, says nothing.
    if (seconds() - at < 0.1) losses.push([at, lost]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const between = (from: number, to: number): Set<boolean> =>
    new Set(losses.flatMap(([at, lost]) => (at >= from && at < to ? [lost] : [])));
  // The guest may have opened it up to half a second before the test began to count.
  expect([between(0, 0.9), between(1.5, 2.4), between(3, 4)]).toEqual([
    new Set([false]),
    new Set([true]),
    new Set([false]),
  ]);
});

test("floods go through both sides' lines, and reach all once", async () => {
  const [lab, a, b, c] = await labOf(3, { egress: direction({ delayNs: 20e6 }) });
  lab.change(2, { impair: { ingress: direction({ delayNs: 20e6, duplicate: 1 }) } });
  await a?.send(frame(1, BROADCAST, 1), frame(1, macOf(99), 2));
  await passed(lab, 1, "egress", 2);
  await passed(lab, 2, "ingress", 2);
  expect([await marks(b), await marks(c)]).toEqual([
    [1, 1, 2, 2],
    [1, 2],
  ]);
  expect(await marks(a)).toEqual([]);
  await c?.send(frame(3, BROADCAST, 3));
  await passed(lab, 2, "ingress", 3);
  expect([await marks(a), await marks(b)]).toEqual([[3], [3, 3]]);
  agree(lab, { 1: 2, 2: 0, 3: 1 });
});

test("what is on its way when a link is cut, or its network left, does not arrive elsewhere", async () => {
  const [lab, a, b] = await labOf(2, { egress: direction({ delayNs: 100e6 }) });
  await a?.send(...frames(1, 2, 5));
  lab.change(1, { link: "down" });
  await passed(lab, 1, "egress", 5);
  expect(lab.device(1).tx.droppedBy).toEqual({ down: 5 });
  lab.hv.createNetwork("other", { mtu: 1500 });
  lab.change(1, { link: "up" });
  await a?.send(...frames(1, 2, 5));
  lab.change(1, { network: "other" });
  await passed(lab, 1, "egress", 10);
  expect(lab.device(1).tx.droppedBy).toEqual({ down: 5, no_listener: 5 });
  expect(await marks(b)).toEqual([]);
  agree(lab, { 1: 10, 2: 0 });
});
