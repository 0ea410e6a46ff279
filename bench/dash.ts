// What a dashboard costs, beside what it may cost: on a lab of 200 guests under traffic, on an idle one, and
// beside two guests that send as fast as they can. As its users have it: in a terminal of 120 by 40, on a lab
// in a process of its own.
import { availableParallelism } from "node:os";
import { pairLab, wideLab } from "./dash-labs.ts";
import type { Figure } from "./figures.ts";
import { quantile } from "./harness.ts";
import { openRunningLab, type RunningLab } from "./running-lab.ts";
import { mainThreadMs, usageOf, Watched } from "./watched.ts";

interface Size {
  readonly pairs: number;
  /** How long one is looked at. */
  readonly seconds: number;
  /** Until what is compiled late is compiled, and the heap is as large as it gets by itself. */
  readonly warmSeconds: number;
  readonly starts: number;
  readonly keys: number;
  /** Of the lab of two guests: how often with and without, and how long each. */
  readonly turns: number;
  readonly turnSeconds: number;
}

const REAL: Size = {
  pairs: 100,
  seconds: 60,
  warmSeconds: 60,
  starts: 7,
  keys: 60,
  turns: 8,
  turnSeconds: 5,
};
const TINY: Size = {
  pairs: 2,
  seconds: 1,
  warmSeconds: 0,
  starts: 1,
  keys: 4,
  turns: 1,
  turnSeconds: 0.5,
};
/** Of each sender: 125 frames a second. Of 200 guests that makes work for about one core of two. */
const RATE = "100kbps";
const RESIDENT_EVERY_MS = 1000;
/** Megabytes a minute: ten minutes of pictures are kept in 32 MB at most, and a heap breathes. */
const GROWTH_MAX = 8;

/** What has to be on the screen after a key. */
const VIEWS = [
  ["2", "BUS  DEVICE"],
  ["3", "FR/S DROPS OPEN BY"],
  ["l", "all guests"],
  ["1", "GOAL    "],
] as const;

type Tell = (line: string) => void;

export interface DashOptions {
  readonly tiny: boolean;
  /** Instead of the minute for which a dashboard is looked at. */
  readonly seconds?: number | undefined;
  /** Instead of how often two guests send with one and without. */
  readonly pairs?: number | undefined;
  /** Only the labs whose name has this in it: `traffic`, `idle`, `pair`. */
  readonly only: string;
  readonly tell: Tell;
}

/** Measures everything, or what `only` says. */
export async function measureDash({ tiny, tell, only, ...given }: DashOptions): Promise<readonly Figure[]> {
  const size: Size = {
    ...(tiny ? TINY : REAL),
    ...(given.seconds !== undefined && { seconds: given.seconds }),
    ...(given.pairs !== undefined && { turns: given.pairs }),
  };
  const inLab = async (text: string, measure: Measure): Promise<readonly Figure[]> => {
    const lab = await openRunningLab(text, true);
    try {
      return await measure(lab, size, tell);
    } finally {
      await lab.close();
    }
  };
  const labs: readonly (readonly [string, string, Measure])[] = [
    ["traffic", wideLab(size.pairs, RATE), underTraffic],
    ["idle", wideLab(size.pairs * 2), idle],
    ["pair", pairLab(), besideFrames],
  ];
  const figures: Figure[] = [];
  for (const [name, text, measure] of labs) {
    if (name.includes(only)) figures.push(...(await inLab(text, measure)));
  }
  return figures;
}

type Measure = (lab: RunningLab, size: Size, tell: Tell) => Promise<readonly Figure[]>;

async function underTraffic(lab: RunningLab, size: Size, tell: Tell): Promise<readonly Figure[]> {
  tell(`${size.pairs * 2} guests under traffic: ${size.starts} starts`);
  const starts: number[] = [];
  for (let start = 0; start < size.starts; start++) {
    await watch(lab, ({ firstPaintMs }) => Promise.resolve(starts.push(firstPaintMs)));
  }
  tell(`${size.keys} keys`);
  const keys = await watch(lab, (dashboard) => keyTimes(dashboard, size.keys));
  tell(`${size.seconds} s of looking`);
  const { frames, bytes, cpu, clears, labCpu, growth } = await look(lab, size);
  return [
    { name: "the lab itself", unit: "% of a core", value: labCpu },
    { name: "first paint, median", unit: "ms", value: quantile(starts, 0.5), most: 700 },
    { name: "screen cleared after that", unit: "times", value: clears, most: 0 },
    { name: "data", unit: "frames/s", value: frames, least: 3.5, most: 4.5 },
    { name: "to the terminal", unit: "KB/s", value: bytes / 1000, most: 40 },
    { name: "CPU", unit: "% of a core", value: cpu, most: 15 },
    { name: "memory grows", unit: "MB/min", value: growth, most: GROWTH_MAX },
    { name: "key to frame, p95", unit: "ms", value: quantile(keys, 0.95), most: 100 },
  ];
}

async function idle(lab: RunningLab, size: Size, tell: Tell): Promise<readonly Figure[]> {
  tell(`${size.pairs * 2} idle guests: ${size.seconds} s of looking`);
  const { frames, cpu } = await look(lab, size);
  return [
    { name: "idle lab: data", unit: "frames/s", value: frames, most: 1.05 },
    { name: "idle lab: CPU", unit: "% of a core", value: cpu, most: 2 },
  ];
}

/** Turns with and without a dashboard, each pair the other way round. */
async function besideFrames(lab: RunningLab, size: Size, tell: Tell): Promise<readonly Figure[]> {
  tell(`two guests at full speed: ${size.turns} pairs of ${size.turnSeconds} s`);
  const taken = { alone: 0, watched: 0 };
  const labMs = (): number => mainThreadMs(lab.client.hello.pid);
  const turnOf = async (whose: keyof typeof taken, cpuMs: () => number): Promise<number> => {
    const before = cpuMs();
    const rate = await framesPerSecond(lab, size.turnSeconds);
    taken[whose] += cpuMs() - before;
    return rate;
  };
  const alone = (): Promise<number> => turnOf("alone", labMs);
  const watched = (): Promise<number> =>
    watch(lab, async (dashboard) => {
      // Its start is no part of being attached: what is compiled late is compiled.
      await pause(size.turnSeconds * 1000);
      return turnOf("watched", () => dashboard.usage.cpuMs + labMs());
    });
  await alone();
  taken.alone = 0;
  const ratios: number[] = [];
  const rates: number[] = [];
  for (let turn = 0; turn < size.turns; turn++) {
    const first = turn % 2 === 0 ? await watched() : await alone();
    const second = turn % 2 === 0 ? await alone() : await watched();
    const [ours, theirs] = turn % 2 === 0 ? [first, second] : [second, first];
    ratios.push(ours / theirs);
    rates.push(theirs);
    tell(`  ${(ours / theirs).toFixed(4)} of ${(theirs / 1e6).toFixed(3)} Mframes/s`);
  }
  const lost = (part: number): number => (1 - quantile(ratios, part)) * 100;
  const turnsMs = size.turns * size.turnSeconds * 1000 * availableParallelism();
  return [
    { name: "1500 B without one", unit: "Mframes/s", value: quantile(rates, 0.5) / 1e6 },
    { name: "lost with one, median", unit: "%", value: lost(0.5), most: 1 },
    { name: "  a quarter of the pairs less", unit: "%", value: lost(0.75) },
    { name: "  a quarter of the pairs more", unit: "%", value: lost(0.25) },
    // Two threads at full speed fall in and out of step, and a pair's ratio says more of that than of a
    // dashboard. What it takes of the cores that the guests have is sure, and what is lost comes of it.
    {
      name: "taken of all cores",
      unit: "%",
      value: ((taken.watched - taken.alone) / turnsMs) * 100,
      most: 1,
    },
  ];
}

/** What the receiver's device has counted meanwhile. */
async function framesPerSecond(lab: RunningLab, seconds: number): Promise<number> {
  const count = async (): Promise<readonly [number, number]> => {
    const { devices } = await lab.client.request("snapshot", {});
    const frames = devices.find(({ id }) => id.startsWith("receiver"))?.rx.count ?? 0;
    return [frames, performance.now()];
  };
  const [before, began] = await count();
  await pause(seconds * 1000);
  const [after, ended] = await count();
  return ((after - before) / (ended - began)) * 1000;
}

/** With a dashboard that has drawn the lab. */
async function watch<T>(lab: RunningLab, measure: (dashboard: Watched) => Promise<T>): Promise<T> {
  const dashboard = new Watched(lab);
  try {
    await dashboard.shows("frames/s");
    return await measure(dashboard);
  } finally {
    dashboard.end();
  }
}

interface Looked {
  /** Each a second. */
  readonly frames: number;
  readonly bytes: number;
  /** Percents of a core. */
  readonly cpu: number;
  readonly labCpu: number;
  readonly clears: number;
  /** Megabytes a minute. */
  readonly growth: number;
}

function look(lab: RunningLab, { seconds, warmSeconds }: Size): Promise<Looked> {
  return watch(lab, async (dashboard) => {
    await pause(warmSeconds * 1000);
    const { frames, bytes } = dashboard;
    const [{ cpuMs }, ofLab, began] = [dashboard.usage, usageOf(lab.client.hello.pid), performance.now()];
    const resident: number[] = [];
    const timer = setInterval(() => resident.push(dashboard.usage.residentBytes / 1e6), RESIDENT_EVERY_MS);
    await pause(seconds * 1000);
    clearInterval(timer);
    const passed = (performance.now() - began) / 1000;
    const labMs = usageOf(lab.client.hello.pid).cpuMs - ofLab.cpuMs;
    return {
      frames: (dashboard.frames - frames) / passed,
      bytes: (dashboard.bytes - bytes) / passed,
      cpu: (dashboard.usage.cpuMs - cpuMs) / passed / 10,
      labCpu: labMs / passed / 10,
      clears: dashboard.clears,
      growth: slopeOf(resident) * 60,
    };
  });
}

/** Of the straight line that lies closest to values a second apart, by the second. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const up = values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0);
  const across = values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
  return across === 0 ? 0 : up / across;
}

/** From a key to the view that it opens, milliseconds each. */
async function keyTimes(dashboard: Watched, times: number): Promise<readonly number[]> {
  const took: number[] = [];
  // The first of each view compiles it.
  for (let time = -VIEWS.length; time < times; time++) {
    const [key, shown] = VIEWS[(time + VIEWS.length) % VIEWS.length] ?? VIEWS[0];
    const began = performance.now();
    dashboard.type(key);
    const ms = (await dashboard.shows(shown)) - began;
    if (time >= 0) took.push(ms);
    // Anywhere between two frames of data.
    await pause(100 + ((took.length * 37) % 150));
  }
  return took;
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
