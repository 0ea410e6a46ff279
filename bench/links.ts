// Bad links: what is declared beside what is measured, through a closed loop between two guests. The rivals
// are our own targets; a figure is how far off we are, so less is better.
import { HARMLESS, type Damage, type ImpairmentSpec } from "../hypervisor/index.ts";
import type { Work } from "./harness.ts";
import { openLab, type Lab } from "./lab.ts";

const GOOD: Damage = { ...HARMLESS.base, queue: 1000, seed: 7 };
/** A frame of the sender's is late by this, its answer is not. */
const DELAYS_MS = [1, 10, 30];
const RATES = [20e6, 100e6, 1e9];
const TRIP_SECONDS = 3;
const STREAM_SECONDS = 1;
const BYTES = { trip: 64, stream: 1500 };
const BATCH = 64;
const TINY = { trips: 20, frames: 200 };
const TARGET = { lateMs: 1, ratePercent: 1 };

/** Makes the works. `close` ends the lab. */
export async function openLinksBench(
  tiny: boolean,
): Promise<{ works: readonly Work[]; close: () => Promise<void> }> {
  const lab = await openLab();
  const works = [
    ...DELAYS_MS.flatMap((ms) => delayWorks(lab, ms, tiny)),
    ...RATES.map((rate) => rateWork(lab, rate, tiny)),
  ];
  return { works, close: () => lab.close() };
}

function sending(change: Partial<Damage>): ImpairmentSpec {
  return { egress: { base: { ...GOOD, ...change }, timed: [] } };
}

/** How much longer than declared a round trip takes: the median, and the slowest of a hundred. */
function delayWorks(lab: Lab, ms: number, tiny: boolean): readonly Work[] {
  const trips = tiny ? TINY.trips : Math.round((TRIP_SECONDS * 1000) / ms);
  return (["p50_us", "p99_us"] as const).map((which) => ({
    name: `delay ${ms} ms, ${which.slice(0, 3)} late`,
    unit: "ms",
    better: "less",
    ours: async () => {
      const result = await lab.trips({ trips, bytes: BYTES.trip, impair: sending({ delayNs: ms * 1e6 }) });
      return result[which] / 1000 - ms;
    },
    rivals: [{ name: `target ${TARGET.lateMs} ms`, measure: async () => TARGET.lateMs }],
  }));
}

/** How far what came through lies from the declared rate. */
function rateWork(lab: Lab, rate: number, tiny: boolean): Work {
  const frames = tiny ? TINY.frames : Math.round((STREAM_SECONDS * rate) / (BYTES.stream * 8));
  return {
    name: `rate ${rate / 1e6} Mbps, off by`,
    unit: "%",
    better: "less",
    ours: async () => {
      const impair = sending({ rate });
      const { seconds } = await lab.stream({ frames, bytes: BYTES.stream, batch: BATCH, impair });
      return Math.abs((frames * BYTES.stream * 8) / seconds / rate - 1) * 100;
    },
    rivals: [{ name: `target ${TARGET.ratePercent} %`, measure: async () => TARGET.ratePercent }],
  };
}
