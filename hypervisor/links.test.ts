// Joined networks between real guests: one broadcast domain as long as a link joins them, and nothing lost by
// joining and parting others.

import { afterEach, expect, test } from "vitest";
import { BROADCAST, REPORT, SEED, TestLab, endPair, macOf, must } from "./machine-room.test-support.ts";
import { pairAtRest, pairGoesOn, peer, randomOf, until } from "./machine-room.test-support.ts";
import { puppet, type Frame, type Puppet } from "./puppet.test-support.ts";

let labs: TestLab[] = [];
afterEach(async () => {
  const open = labs;
  labs = [];
  await Promise.all(open.map((lab) => lab.close()));
});

const NETWORKS = ["lan", "b", "c"] as const;

function link(lab: TestLab, network: string, ...links: string[]): void {
  must(lab.hv.setNetwork(network, { mtu: 1500, links }));
}

/** Port 1 on `lan`, 2 on `b`, 3 on `c`, with a puppet each. */
async function threeNetworks(): Promise<[TestLab, Puppet, Puppet, Puppet]> {
  const lab = new TestLab();
  labs.push(lab);
  for (const network of NETWORKS.slice(1)) must(lab.hv.createNetwork(network, { mtu: 1500 }));
  for (const [i, network] of NETWORKS.entries()) lab.plug(i + 1, { network });
  return [lab, await puppet(lab, 1), await puppet(lab, 2), await puppet(lab, 3)];
}

const frame = (from: number, to: readonly number[], mark: number): Frame => ({
  to,
  from: macOf(from),
  mark,
  length: 64,
});

async function heard(...puppets: readonly Puppet[]): Promise<number[][]> {
  const taken: number[][] = [];
  for (const one of puppets) taken.push((await one.take()).map(({ mark }) => mark));
  return taken;
}

test("linked networks are one broadcast domain, with stations found across links", async () => {
  const [lab, a, b, c] = await threeNetworks();
  link(lab, "b", "lan");
  link(lab, "c", "b");
  await a.send(frame(1, BROADCAST, 1));
  expect(await heard(a, b, c)).toEqual([[], [1], [1]]);
  await c.send(frame(3, macOf(1), 2));
  expect(await heard(a, b, c)).toEqual([[2], [], []]);
  await a.send(frame(1, macOf(3), 3));
  expect(await heard(a, b, c)).toEqual([[], [], [3]]);
  const { received, accounted } = lab.sums([1, 2, 3]);
  expect(received).toBe(accounted);
});

test("a link taken away parts them, and what was learned across it is forgotten", async () => {
  const [lab, a, b, c] = await threeNetworks();
  link(lab, "lan", "b", "c");
  await b.send(frame(2, BROADCAST, 1));
  expect(await heard(a, b, c)).toEqual([[1], [], [1]]);
  link(lab, "lan", "c");
  await a.send(frame(1, macOf(2), 2), frame(1, BROADCAST, 3));
  await b.send(frame(2, BROADCAST, 4));
  expect(await heard(a, b, c)).toEqual([[], [], [2, 3]]);
  link(lab, "lan");
  await a.send(frame(1, macOf(2), 5));
  expect(await heard(a, b, c)).toEqual([[], [], []]);
  expect(lab.device(1).tx.droppedBy).toEqual({ no_listener: 1 });
  link(lab, "lan", "b");
  await b.send(frame(2, macOf(1), 6));
  expect(await heard(a, b, c)).toEqual([[6], [], []]);
});

test("a link to a network that isn't there joins when it comes, and parts when it goes", async () => {
  const lab = new TestLab();
  labs.push(lab);
  must(lab.hv.createNetwork("left", { mtu: 1500, links: ["middle"] }));
  must(lab.hv.createNetwork("right", { mtu: 1500, links: ["middle"] }));
  lab.plug(1, { network: "left" });
  lab.plug(2, { network: "right" });
  const [a, b] = [await puppet(lab, 1), await puppet(lab, 2)];
  await a.send(frame(1, BROADCAST, 1));
  expect(await heard(b)).toEqual([[]]);
  must(lab.hv.createNetwork("middle", { mtu: 1500 }));
  await a.send(frame(1, BROADCAST, 2));
  expect(await heard(b)).toEqual([[2]]);
  must(lab.hv.removeNetwork("middle"));
  await a.send(frame(1, BROADCAST, 3));
  expect(await heard(b)).toEqual([[]]);
});

test("another MTU is refused", () => {
  const lab = new TestLab();
  labs.push(lab);
  expect(lab.hv.setNetwork("lan", { mtu: 9000 })).toMatchObject({ refusal: { code: "invalid" } });
  expect(lab.hv.setNetwork("none", { mtu: 1500 })).toMatchObject({ refusal: { code: "missing" } });
});

/** Changes of links under the pair. */
const CHANGES = 200;

test("a pair across a link loses nothing while others join and part", { timeout: 300_000 }, async () => {
  console.log(`links: seed ${SEED}`);
  const random = randomOf(SEED);
  const lab = new TestLab();
  labs.push(lab);
  const others = ["c", "d", "e", "f"];
  must(lab.hv.createNetwork("b", { mtu: 1500, links: ["lan"] }));
  for (const network of others) must(lab.hv.createNetwork(network, { mtu: 1500 }));
  lab.plug(1);
  lab.plug(2, { network: "b" });
  for (const [i, network] of others.entries()) lab.plug(i + 3, { network });
  const b = await peer(2, { to: macOf(1), window: 0 });
  const a = await peer(1, { to: macOf(2), window: 32, answerers: [2] });
  await lab.boot("b", 2, b.image, b.memory);
  await lab.boot("a", 1, a.image, a.memory);
  await until("the pair exchanges frames", () => lab.report("a", REPORT.answered) > 100);
  for (let change = 0; change < CHANGES; change++) {
    const network = others[Math.floor(random() * others.length)] as string;
    const all = ["lan", "b", ...others].filter((other) => other !== network && random() < 0.3);
    link(lab, network, ...all);
    if (change % 10 === 0) await pairGoesOn(lab, 200);
  }
  expect(await pairAtRest(lab)).toEqual([]);
  const { zeros } = await endPair(lab);
  expect(Object.entries(zeros).filter(([, value]) => value !== 0)).toEqual([]);
});
