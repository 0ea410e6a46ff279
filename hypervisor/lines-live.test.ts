// Impairments change under a closed loop: what loses nothing by itself loses nothing by being changed, and no
// frame of the loop overtakes another.

import { expect, test } from "vitest";
import type { ImpairmentSpec } from "./hypervisor.ts";
import { direction } from "./lines.test-support.ts";
import {
  REPORT,
  SEED,
  TestLab,
  bootPair,
  endPair,
  pairAtRest,
  pairGoesOn,
} from "./machine-room.test-support.ts";
import { randomOf } from "./machine-room.test-support.ts";

const CHANGES = 120;

/** Delays and rates only, precise or not, each direction by itself, or a good link. */
function anyLossless(random: () => number): ImpairmentSpec | undefined {
  if (random() < 0.3) return undefined;
  const one = () =>
    direction({
      delayNs: random() < 0.5 ? 0 : Math.floor(random() * 5e6),
      rate: random() < 0.5 ? 0 : 10e6 + random() * 1e9,
      precise: random() < 0.5,
    });
  return { ...(random() < 0.7 && { egress: one() }), ...(random() < 0.7 && { ingress: one() }) };
}

test("a closed loop loses nothing by changes of delays and rates", { timeout: 300_000 }, async () => {
  console.log(`lines-live: seed ${SEED}`);
  const random = randomOf(SEED);
  const lab = new TestLab();
  try {
    for (const n of [1, 2]) lab.plug(n);
    await bootPair(lab);
    for (let change = 0; change < CHANGES; change++) {
      lab.change(random() < 0.5 ? 1 : 2, { impair: anyLossless(random) });
      await pairGoesOn(lab, Math.floor(random() * 200));
    }
    for (const n of [1, 2]) lab.change(n, { impair: undefined });
    await pairGoesOn(lab, 20_000);
    expect(await pairAtRest(lab)).toEqual([]);
    // Good again: frames go past the lines, which are empty.
    const through = [1, 2].map((n) => [lab.device(n).egress?.count, lab.device(n).ingress?.count]);
    await pairGoesOn(lab, 10_000);
    expect([1, 2].map((n) => [lab.device(n).egress?.count, lab.device(n).ingress?.count])).toEqual(through);
    expect(through.flat().every((count) => (count ?? 0) > 0)).toBe(true);
    const { exchanged, zeros } = await endPair(lab);
    expect(exchanged).toBeGreaterThan(20_000);
    expect(Object.entries(zeros).filter(([, value]) => value !== 0)).toEqual([]);
    const { received, accounted } = lab.sums([1, 2]);
    expect(received).toBe(accounted);
  } finally {
    await lab.close();
  }
});

/** Milliseconds of a round trip with one frame on its way, the mean over some. */
async function roundTripMs(lab: TestLab): Promise<number> {
  await pairGoesOn(lab, 3);
  const [from, start] = [lab.report("a", REPORT.answered), process.hrtime.bigint()];
  await pairGoesOn(lab, 30);
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  return ms / (lab.report("a", REPORT.answered) - from);
}

test("a round trip takes as long as is declared now, in both directions together", async () => {
  const lab = new TestLab();
  try {
    const bad = { egress: direction({ delayNs: 1e6 }), ingress: direction({ delayNs: 1e6 }) };
    lab.plug(1, { impair: bad });
    lab.plug(2);
    await bootPair(lab, { window: 1 });
    for (const delayMs of [2, 10, 1]) {
      const impair = { egress: direction({ delayNs: delayMs * 1e6 }), ingress: direction({ delayNs: 3e6 }) };
      const tries: number[] = [];
      for (let attempt = 0; attempt < 8; attempt++) {
        lab.change(1, { impair });
        tries.push(await roundTripMs(lab));
        if ((tries.at(-1) ?? 0) < delayMs + 3 + 1.5) break;
      }
      expect(Math.min(...tries)).toBeGreaterThanOrEqual(delayMs + 3);
      // A busy machine is later; the best of several is not.
      expect(Math.min(...tries)).toBeLessThan(delayMs + 3 + 5);
    }
  } finally {
    await lab.close();
  }
});
