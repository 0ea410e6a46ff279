// 802.1Q between real guests: members of a VLAN hear each other untagged, a port without one sees the tags,
// and nobody else hears anything.

import { afterEach, expect, test } from "vitest";
import { tagAction, TAG, tagOf, vlanOfTag } from "./datapath/vlan.ts";
import { direction } from "./lines.test-support.ts";
import { BROADCAST, TestLab, macOf, until } from "./machine-room.test-support.ts";
import { puppet, type Frame, type Puppet } from "./puppet.test-support.ts";

let labs: TestLab[] = [];
afterEach(async () => {
  const open = labs;
  labs = [];
  await Promise.all(open.map((lab) => lab.close()));
});

/** Ports 1 and 2 are in VLAN 10, 3 in VLAN 20, 4 in none. */
async function fourPorts(change: Parameters<TestLab["plug"]>[1] = {}): Promise<[TestLab, ...Puppet[]]> {
  const lab = new TestLab();
  labs.push(lab);
  lab.plug(1, { vlan: 10, ...change });
  lab.plug(2, { vlan: 10, ...change });
  lab.plug(3, { vlan: 20, ...change });
  lab.plug(4, change);
  return [lab, ...(await Promise.all([1, 2, 3, 4].map((n) => puppet(lab, n))))];
}

const frame = (from: number, to: readonly number[], mark: number, vlan?: number, length = 64): Frame => ({
  to,
  from: macOf(from),
  mark,
  length,
  ...(vlan !== undefined && { vlan }),
});

const LINES = { egress: direction({ delayNs: 1e6 }), ingress: direction({ delayNs: 1e6 }) };

/** Waits until nothing is under way in a line. */
async function settled(lab: TestLab): Promise<void> {
  const waiting = (n: number): number =>
    (lab.device(n).egress?.waiting ?? 0) + (lab.device(n).ingress?.waiting ?? 0);
  await until("nothing waits in a line", () => [1, 2, 3, 4].every((n) => waiting(n) === 0));
}

/** What each puppet took: mark, length, and the tag if there was one. */
async function heard(...puppets: readonly (Puppet | undefined)[]): Promise<string[][]> {
  const taken: string[][] = [];
  for (const one of puppets) {
    const frames = (await one?.take()) ?? [];
    taken.push(
      frames.map(({ mark, length, vlan }) => `${mark}:${length}${vlan === undefined ? "" : `@${vlan}`}`),
    );
  }
  return taken;
}

test.each([
  ["straight", {}],
  ["over lines in both directions", { impair: LINES }],
] as const)("members hear each other untagged, others tagged or not at all: %s", async (_, change) => {
  const [lab, a, b, c, d] = await fourPorts(change);
  const all = async (): Promise<string[][]> => {
    await settled(lab);
    return heard(a, b, c, d);
  };
  await a?.send(frame(1, BROADCAST, 1));
  expect(await all()).toEqual([[], ["1:64"], [], ["1:68@10"]]);
  await b?.send(frame(2, macOf(1), 2));
  expect(await all()).toEqual([["2:64"], [], [], []]);
  await c?.send(frame(3, BROADCAST, 3));
  expect(await all()).toEqual([[], [], [], ["3:68@20"]]);
  // Known, but in another VLAN: it is as if it were not there.
  await c?.send(frame(3, macOf(1), 4));
  expect(await all()).toEqual([[], [], [], ["4:68@20"]]);
  await d?.send(frame(4, macOf(1), 5, 10), frame(4, BROADCAST, 6, 20), frame(4, BROADCAST, 7));
  expect(await all()).toEqual([["5:60"], [], ["6:60"], []]);
  const { received, accounted } = lab.sums([1, 2, 3, 4]);
  if (Object.keys(change).length === 0) expect(received).toBe(accounted);
});

test("a tag of its own does not take a member of a VLAN into another", async () => {
  const [, a, b, c, d] = await fourPorts();
  await a?.send(frame(1, BROADCAST, 1, 20), frame(1, macOf(3), 2, 20));
  // To its own it goes as it is; the segment puts VLAN 10 before what it says.
  const [none, own, other, outside] = await heard(a, b, c, d);
  expect([none, own, other]).toEqual([[], ["1:64@20", "2:64@20"], []]);
  expect(outside?.every((one) => one.includes(":68@10"))).toBe(true);
});

test("the longest frame grows by its tag where tags are seen", async () => {
  const [lab, a, b, , d] = await fourPorts();
  await a?.send(frame(1, BROADCAST, 1, undefined, 1514), frame(1, BROADCAST, 2, undefined, 1518));
  expect(await heard(b, d)).toEqual([
    ["1:1514", "2:1518"],
    ["1:1518@10", "2:1522@10"],
  ]);
  expect(lab.device(1).tx.dropped).toBe(0);
});

test("a VLAN is changed while it runs", async () => {
  const [lab, a, b, c] = await fourPorts();
  lab.change(3, { vlan: 10 });
  await a?.send(frame(1, BROADCAST, 1));
  expect(await heard(b, c)).toEqual([["1:64"], ["1:64"]]);
  lab.change(2, { vlan: undefined });
  await a?.send(frame(1, BROADCAST, 2));
  expect(await heard(b, c)).toEqual([["2:68@10"], ["2:64"]]);
});

test("tags as words, and what happens to them", () => {
  for (const vlan of [1, 10, 255, 256, 4094]) expect(vlanOfTag(tagOf(vlan))).toBe(vlan);
  for (const word of [0x0000_0081, tagOf(4095), 0x0a00_0008]) expect(vlanOfTag(word)).toBe(0);
  // The priority bits are no part of it.
  expect(vlanOfTag(tagOf(7) | 0xe0_0000)).toBe(7);
  expect([tagAction(0, 0, 0), tagAction(0, 5, 0), tagAction(5, 0, 5)]).toEqual([
    TAG.keep,
    TAG.keep,
    TAG.keep,
  ]);
  expect([tagAction(5, 0, 0), tagAction(0, 5, 5)]).toEqual([TAG.insert, TAG.strip]);
  expect([tagAction(0, 0, 5), tagAction(0, 6, 5), tagAction(5, 5, 6)]).toEqual([
    TAG.refuse,
    TAG.refuse,
    TAG.refuse,
  ]);
});
