// Bad links: what is declared beside what is measured, through a closed loop between two guests. The rivals
// are our own targets, and for what wakes up also what the same sleeps come to in C; a figure is how far off
// we are, so less is better.
import { compileRival, runRival } from "./compile.ts";
import { HARMLESS, type Damage, type ImpairmentSpec } from "../hypervisor/index.ts";
import type { Work } from "./harness.ts";
import { openLab, type Lab, type TripResult } from "./lab.ts";

const GOOD: Damage = { ...HARMLESS.base, queue: 1000, seed: 7 };
/** A frame of the sender's is late by this, its answer is not. */
const DELAYS_MS = [1, 10, 30];
const RATES = [20e6, 100e6, 1e9];
const TRIP_SECONDS = 3;
const STREAM_SECONDS = 1;
const BYTES = { trip: 64, stream: 1500 };
const BATCH = 64;
/** A thread that stands still for some milliseconds costs nothing as long as so many are under way. */
const RING = 1024;
/** Of a stream's frames, as many go before its clock starts: V8 compiles what runs often. */
const WARM_UP = 0.25;
const TINY = { trips: 20, frames: 200 };
const TARGET = { lateMs: 1, ratePercent: 1 };

/** Makes the works. `close` ends the lab. */
export async function openLinksBench(
  tiny: boolean,
): Promise<{ works: readonly Work[]; close: () => Promise<void> }> {
  const [wake, lab] = [await compileRival("wake"), await openLab()];
  const works = [
    ...[false, true].flatMap((precise) =>
      DELAYS_MS.flatMap((ms) => delayWorks({ lab, wake }, ms, precise, tiny)),
    ),
    ...RATES.map((rate) => rateWork(lab, rate, tiny)),
  ];
  return { works, close: () => lab.close() };
}

function sending(change: Partial<Damage>): ImpairmentSpec {
  return { egress: { base: { ...GOOD, ...change }, timed: [] } };
}

interface Delayed {
  readonly lab: Lab;
  /** The rival: threads that sleep and wake each other, and do nothing else. */
  readonly wake: string;
}

/** Of a delay: which figure of it, and beyond what it is late. */
interface Asked {
  readonly ms: number;
  readonly trips: number;
  readonly which: keyof TripResult;
  readonly declaredMs: number;
}

const tripsOf = (ms: number, tiny: boolean): number =>
  tiny ? TINY.trips : Math.round((TRIP_SECONDS * 1000) / ms);

async function oursLate(
  lab: Lab,
  { ms, trips, which, declaredMs }: Asked,
  precise: boolean,
): Promise<number> {
  const impair = sending({ delayNs: ms * 1e6, precise });
  return (await lab.trips({ trips, bytes: BYTES.trip, impair }))[which] / 1000 - declaredMs;
}

async function wakeLate(
  wake: string,
  { ms, trips, which, declaredMs }: Asked,
  looks: boolean,
): Promise<number> {
  const said = await runRival(wake, [ms * 1e6, trips, looks ? ms * 1e6 : 0]);
  return (said[which] ?? Number.NaN) / 1000 - declaredMs;
}

/**
 * How late the line lets frames go, and how much longer than declared a round trip takes, its four wake-ups
 * included: the median, and the slowest of a hundred. A precise line stands beside one of ours that sleeps,
 * too, and beside both kinds of waiting in C.
 */
function delayWorks({ lab, wake }: Delayed, ms: number, precise: boolean, tiny: boolean): readonly Work[] {
  const work = (name: string, which: keyof TripResult, declaredMs: number): Work => {
    const asked = { ms, trips: tripsOf(ms, tiny), which, declaredMs };
    const others = [
      { name: "ours, not precise", measure: async () => oursLate(lab, asked, false) },
      { name: "C, that looks", measure: async () => wakeLate(wake, asked, true) },
    ];
    return {
      name: `delay ${ms} ms, ${precise ? "precise, " : ""}${name}`,
      unit: "ms",
      better: "less",
      ours: async () => oursLate(lab, asked, precise),
      rivals: [
        { name: `target ${TARGET.lateMs} ms`, measure: async () => TARGET.lateMs },
        ...(precise ? others : []),
        { name: "C, the same sleeps", measure: async () => wakeLate(wake, asked, false) },
      ],
    };
  };
  return [
    work("p50 late", "late_p50_us", 0),
    work("p99 late", "late_p99_us", 0),
    ...(precise ? [] : [work("round trip, p50 late", "p50_us", ms)]),
    work("round trip, p99 late", "p99_us", ms),
  ];
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
      const warm = Math.round(frames * WARM_UP);
      const shape = { frames, warm, bytes: BYTES.stream, batch: BATCH, ring: RING };
      const { seconds } = await lab.stream({ ...shape, impair });
      return Math.abs((frames * BYTES.stream * 8) / seconds / rate - 1) * 100;
    },
    rivals: [{ name: `target ${TARGET.ratePercent} %`, measure: async () => TARGET.ratePercent }],
  };
}
