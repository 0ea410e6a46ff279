// A network's rate, with real guests: it holds for all together, and each gets its share.

import { afterEach, expect, test } from "vitest";
import { RATE_BURST_BYTES } from "./limits.ts";
import { bootLoad, jain, loadsWhile, type Load } from "./load.test-support.ts";
import { TestLab, must } from "./machine-room.test-support.ts";

const RECEIVER = 1;
/** Turns for each frame: some 20 microseconds, where nobody else is on the core. */
const WORK = 20_000;

const labs: TestLab[] = [];
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.close()));
});

/** A lab with a slow receiver on its first port, and four more. */
async function labOf(): Promise<TestLab> {
  const lab = new TestLab();
  labs.push(lab);
  for (const n of [RECEIVER, 2, 3, 4, 5]) lab.plug(n);
  await bootLoad(lab, RECEIVER, { work: WORK });
  return lab;
}

test("a network's rate holds for all together, and each gets its share", { timeout: 120_000 }, async () => {
  const lab = await labOf();
  const rate = 40e6;
  must(lab.hv.setNetwork("lan", { mtu: 1500, rate }));
  await bootLoad(lab, 2, { to: RECEIVER, paceUs: 10_000, length: 1500 });
  for (const n of [3, 4, 5]) await bootLoad(lab, n, { to: RECEIVER, batch: 2 ** n, length: 1500 });
  await loadsWhile(lab, [2], RECEIVER, 50); // The burst is over.
  const start = process.hrtime.bigint();
  const before = lab.hv.network("lan")?.frames.bytes ?? 0;
  const [paced, ...floods] = await loadsWhile(lab, [2, 3, 4, 5], RECEIVER, 200);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const bits = ((lab.hv.network("lan")?.frames.bytes ?? 0) - before) * 8;
  expect(bits).toBeLessThan(rate * seconds + 2 * RATE_BURST_BYTES * 8);
  expect(bits).toBeGreaterThan(rate * seconds * 0.5); // A busy machine lets it idle.
  expect(jain(floods.map(({ sent }) => sent))).toBeGreaterThan(0.9);
  // They wait instead; what a receiver that is off its core has no room for is another matter.
  for (const { sent, lost } of [paced as Load, ...floods]) expect(lost / sent).toBeLessThan(0.2);
  must(lab.hv.setNetwork("lan", { mtu: 1500 }));
  const [free] = await loadsWhile(lab, [3], RECEIVER, 100_000);
  expect(free?.sent).toBeGreaterThanOrEqual(100_000);
});
