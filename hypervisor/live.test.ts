// A closed loop at 100,000 frames a second or more while the lab around it changes: no number is missing and
// every drop counter stays zero.

import { expect, test } from "vitest";
import { REPORT, TestLab, bootPair, endPair, macOf, must } from "./machine-room.test-support.ts";
import { pairAtRest, pairGoesOn, peer, until } from "./machine-room.test-support.ts";

/** Frames between two changes. */
const FRAMES = 50_000;
const RATE_MIN = 100_000;
/** All above the load: 64-byte frames, at most a few million a second. */
const RATES = [40e9, 10e9, 100e9, 20e9, undefined];

/** Frames answered in a second, measured over `frames` of them. */
async function speed(lab: TestLab, frames: number): Promise<number> {
  const [from, start] = [lab.report("a", REPORT.answered), process.hrtime.bigint()];
  await pairGoesOn(lab, frames);
  return ((lab.report("a", REPORT.answered) - from) * 1e9) / Number(process.hrtime.bigint() - start);
}

async function changeRates(lab: TestLab): Promise<number[]> {
  const speeds: number[] = [];
  for (const rate of RATES) {
    for (const n of [1, 2]) {
      const start = process.hrtime.bigint();
      lab.change(n, { rate });
      const ms = Number(process.hrtime.bigint() - start) / 1e6;
      console.log(`live: rate of eth${n} to ${rate ?? "none"} in ${ms.toFixed(2)} ms`);
      speeds.push(await speed(lab, FRAMES));
    }
  }
  return speeds;
}

test(
  "changes all around leave a closed loop at full speed and without a loss",
  { timeout: 300_000 },
  async () => {
    const lab = new TestLab();
    try {
      for (const n of [1, 2, 3, 4]) lab.plug(n);
      await bootPair(lab);
      const speeds = await changeRates(lab);

      // A guest comes and goes; it talks to the pair meanwhile.
      const visitor = await peer(4, { to: macOf(2), window: 4, answerers: [2] });
      for (let visit = 0; visit < 3; visit++) {
        await lab.boot("visitor", 4, visitor.image, visitor.memory);
        speeds.push(await speed(lab, FRAMES));
        await until("the visitor is answered", () => lab.report("visitor", REPORT.answered) > 100);
        must(await lab.hv.stopGuest("visitor", 5000));
        expect(lab.guest("visitor")).toMatchObject({ state: "stopped", exit: 0 });
        speeds.push(await speed(lab, FRAMES));
      }

      // A port comes and goes with its bus.
      lab.plug(5);
      speeds.push(await speed(lab, FRAMES));
      must(lab.hv.removeDevice("eth5"));
      must(lab.hv.removeBus("bus5"));

      // A third guest's image is swapped: stop, then boot another one on the same bus.
      const images = [
        await peer(3, { to: macOf(2), window: 2, answerers: [2] }),
        await peer(3, { to: macOf(1), window: 8, answerers: [1], length: 200 }),
      ];
      for (const { image, memory } of [...images, ...images]) {
        await lab.boot("third", 3, image, memory);
        await until("the third is answered", () => lab.report("third", REPORT.answered) > 100);
        speeds.push(await speed(lab, FRAMES));
        must(await lab.hv.stopGuest("third", 5000));
      }

      expect(await pairAtRest(lab)).toEqual([]);
      const { exchanged, zeros } = await endPair(lab);
      const [slowest = 0] = speeds.sort((a, b) => a - b);
      const median = speeds[speeds.length >> 1] ?? 0;
      console.log(
        `live: ${exchanged} frames, ${Math.round(median)} a second, slowest ${Math.round(slowest)}`,
      );
      expect(Object.entries(zeros).filter(([, value]) => value !== 0)).toEqual([]);
      for (const n of [3, 4]) expect([lab.device(n).tx.dropped, lab.device(n).rx.dropped]).toEqual([0, 0]);
      const { received, accounted } = lab.sums([1, 2, 3, 4]);
      expect(received).toBe(accounted);
      expect(median, "frames a second").toBeGreaterThanOrEqual(RATE_MIN);
    } finally {
      await lab.close();
    }
  },
);
