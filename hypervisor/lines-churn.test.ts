// Random frames over links that change at random: at any moment no frame is nowhere, and at rest every sum
// agrees.

import { expect, test } from "vitest";
import { agree, anyImpairment, direction, endedOf, waiting } from "./lines.test-support.ts";
import { BROADCAST, SEED, TestLab, macOf, must, randomOf, until } from "./machine-room.test-support.ts";
import { puppet, type Frame } from "./puppet.test-support.ts";

const PORTS = [1, 2, 3];
const STEPS = 150;

/** One of a list, by chance. */
function pick<T>(random: () => number, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

function anyFrame(random: () => number, n: number, mark: number): Frame {
  const to = pick(random, [macOf(1), macOf(2), macOf(3), macOf(9), [...BROADCAST]]);
  return { to, from: macOf(n), mark, length: pick(random, [13, 14, 64, 300, 1518, 1519]) };
}

/** Changes the link of one port, or leaves it as it is. */
function change(lab: TestLab, random: () => number): void {
  const n = pick(random, PORTS);
  const what = random();
  if (what < 0.5) lab.change(n, { impair: anyImpairment(random) });
  else if (what < 0.6) lab.change(n, { link: pick(random, ["up", "up", "down"] as const) });
  else if (what < 0.7) lab.change(n, { network: pick(random, ["lan", "lan", "other"]) });
  else if (what < 0.8) lab.change(n, { rate: pick(random, [undefined, 1e9, 1e8]) });
}

test(
  "under random impairments, cuts and moves every frame ends in one counter",
  { timeout: 300_000 },
  async () => {
    console.log(`lines-churn: seed ${SEED}`);
    const random = randomOf(SEED);
    const lab = new TestLab();
    try {
      must(lab.hv.createNetwork("other", { mtu: 1500 }));
      // From the start, so that the I/O thread is there before the first frame.
      for (const n of PORTS) lab.plug(n, { impair: { egress: direction({ loss: 0.1 }) } });
      const puppets = await Promise.all(PORTS.map((n) => puppet(lab, n)));
      const posted: Record<number, number> = { 1: 0, 2: 0, 3: 0 };
      for (let step = 0; step < STEPS; step++) {
        change(lab, random);
        const sender = pick(random, puppets);
        const count = 1 + Math.floor(random() * 60);
        await sender.send(...Array.from({ length: count }, (_, mark) => anyFrame(random, sender.n, mark)));
        posted[sender.n] = (posted[sender.n] ?? 0) + count;
        if (random() < 0.5) await pick(random, puppets).take();
      }
      for (const n of PORTS) lab.change(n, { impair: undefined });
      await until("nothing waits", () => waiting(lab, PORTS) === 0);
      agree(lab, posted);
      expect(lab.openClaims()).toEqual([]);
      const through = PORTS.map(
        (n) => (lab.device(n).egress?.count ?? 0) + (lab.device(n).ingress?.count ?? 0),
      );
      expect(Math.min(...through), "frames through lines").toBeGreaterThan(0);
    } finally {
      await lab.close();
    }
  },
);

test("while frames wait, those that ended and those that wait are those that were posted", async () => {
  const lab = new TestLab();
  try {
    const bad = { delayNs: 3600e9, loss: 0.3, burst: 2, duplicate: 0.3, corrupt: 0.3, reorder: 0.1 };
    lab.plug(1, { impair: { egress: direction(bad) } });
    lab.plug(2);
    const [a] = [await puppet(lab, 1), await puppet(lab, 2)];
    await a.send(...Array.from({ length: 200 }, (_, mark) => anyFrame(() => 0.5, 1, mark)));
    // Those that go ahead do so on another thread: what is counted there and here agrees whenever it rests.
    await until("those ahead have gone, and all is accounted for", () => {
      const { received, accounted } = lab.sums([1, 2]);
      const [one, two] = [endedOf(lab, 1), endedOf(lab, 2)];
      return lab.device(2).rx.count > 0 && received === accounted && one === 200 && two === 0;
    });
    const { waiting: waits = 0, count } = lab.device(1).egress ?? {};
    expect(count).toBe(200);
    expect(waits).toBeGreaterThan(100);
  } finally {
    await lab.close();
  }
});
