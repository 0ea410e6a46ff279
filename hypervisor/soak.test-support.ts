// `npm run soak`: a real machine room under churn for as long as is said, with a closed-loop pair beside it.
// Ends with 1 where a frame is in no counter, something is leaked, or resident memory grows.
//
// Flags: --seconds, --minutes, --hours, --seed N, --leak BYTES (kept at each step, to see it fail), --json.

import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { TestLab, bootPair, endPair, pairGoesOn, randomOf, until } from "./machine-room.test-support.ts";
import { Churn } from "./soak-churn.test-support.ts";
import { trendOf } from "./soak-trend.test-support.ts";

/** Changes between two rests, at which everything is checked and memory is read. */
const STEPS = 30;
/** The first part of the time counts for nothing: code is compiled and pools are filled. */
const WARM_UP = 0.3;
/** Shorter runs say nothing about memory: it takes minutes until every pool has had its most. */
const JUDGED_SECONDS = 480;
const SAMPLES_MIN = 30;
/** KiB a minute that are none, and how often a line is printed. */
const SLOPE_MIN = 256;
const PRINT_EVERY_MS = 10_000;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "0" },
    minutes: { type: "string", default: "0" },
    hours: { type: "string", default: "0" },
    seed: { type: "string", default: process.env["SEED"] ?? String(Date.now() % 2 ** 31) },
    leak: { type: "string", default: "0" },
    json: { type: "boolean", default: false },
  },
});
const seconds = (Number(values.hours) * 60 + Number(values.minutes)) * 60 + Number(values.seconds);
const say = (text: string): void => void process.stderr.write(`soak: ${text}\n`);

/** Threads and open files of this process. */
function held(): { threads: number; files: number } {
  const count = (folder: string): number => readdirSync(`/proc/self/${folder}`).length;
  return { threads: count("task"), files: count("fd") };
}

/** Resident memory after what is garbage has gone, KiB. */
async function residentKib(): Promise<number> {
  for (let turn = 0; turn < 2; turn++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage.rss() / 1024;
}

interface Summary {
  readonly seed: number;
  readonly seconds: number;
  readonly steps: number;
  readonly frames: number;
  readonly exchanged: number;
  readonly residentKib: number;
  /** KiB a minute; absent where there are too few samples. */
  readonly trend?: ReturnType<typeof trendOf>;
  readonly wrong: readonly string[];
}

async function soak(): Promise<Summary> {
  const seed = Number(values.seed);
  say(`seed ${seed}, ${seconds} s`);
  const lab = new TestLab();
  const kept: Buffer[] = [];
  const wrong: string[] = [];
  const samples: { at: number; value: number }[] = [];
  for (const n of [1, 2]) lab.plug(n);
  await bootPair(lab, { paceUs: 500 });
  const churn = new Churn(lab, randomOf(seed));
  const start = performance.now();
  let [base, printed] = [undefined as ReturnType<typeof held> | undefined, 0];
  // Bound: the time that was asked for.
  while (performance.now() - start < seconds * 1000 && wrong.length === 0) {
    for (let step = 0; step < STEPS; step++) {
      await churn.step();
      if (Number(values.leak) > 0) kept.push(Buffer.alloc(Number(values.leak), 1));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    wrong.push(...(await churn.rest()));
    await pairGoesOn(lab, 100);
    const at = performance.now() - start;
    // Once everything has been there once: the I/O thread, a pool of warm threads.
    if (at > seconds * 1000 * WARM_UP) base ??= held();
    const same = (): boolean => base === undefined || JSON.stringify(held()) === JSON.stringify(base);
    await until("threads and files are as many as before", same).catch(() =>
      wrong.push(`threads and files: ${JSON.stringify(held())} instead of ${JSON.stringify(base)}`),
    );
    const value = await residentKib();
    if (at > seconds * 1000 * WARM_UP) samples.push({ at: at / 60_000, value });
    if (at - printed < PRINT_EVERY_MS) continue;
    printed = at;
    say(
      `${(at / 1000).toFixed(0)} s, ${churn.steps} changes, ${churn.frames} frames, ${value.toFixed(0)} KiB`,
    );
  }
  const judged = seconds >= JUDGED_SECONDS && samples.length >= SAMPLES_MIN;
  const trend = judged ? trendOf(samples) : undefined;
  // Zero lies outside of what the noise allows, and it is more than rounding.
  if (trend && trend.low > 0 && trend.slope > SLOPE_MIN) wrong.push(`memory grows: ${JSON.stringify(trend)}`);
  const residentNow = await residentKib();
  const { exchanged, zeros } = await endPair(lab);
  for (const [name, value] of Object.entries(zeros))
    if (value !== 0) wrong.push(`the pair: ${name} ${value}`);
  await lab.close();
  return {
    seed,
    seconds: (performance.now() - start) / 1000,
    steps: churn.steps,
    frames: churn.frames,
    exchanged,
    residentKib: residentNow,
    ...(trend && { trend }),
    wrong,
  };
}

const summary = await soak();
if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
else say(JSON.stringify(summary, undefined, 2));
process.exitCode = summary.wrong.length === 0 ? 0 : 1;
