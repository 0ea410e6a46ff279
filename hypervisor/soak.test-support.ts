// `npm run soak`: a real machine room under churn for as long as is said, with a closed-loop pair beside it.
// Ends with 1 where a frame is in no counter, something is leaked, or resident memory grows: held against the
// changes that were made, since a machine with other work makes few of them in a minute.
//
// Flags: --seconds, --minutes, --hours, --seed N, --leak BYTES (kept at each step, to see it fail), --json.

import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { TestLab, bootPair, endPair, pairGoesOn, randomOf, until } from "./machine-room.test-support.ts";
import { Churn } from "./soak-churn.test-support.ts";
import { isGrowth, lowest, trendOf } from "./soak-trend.test-support.ts";

/** Changes between two rests, at which everything is checked and memory is read. */
const STEPS = 30;
/** The first part of the time, and so many changes, count for nothing: code is compiled, pools are filled. */
const WARM_UP = 0.3;
const WARM_UP_STEPS = 600;
/** Shorter runs say nothing about memory: it takes minutes until every pool has had its most. */
const JUDGED_SECONDS = 480;
const SAMPLES_MIN = 20;
/** Where time ends before so many are there, it goes on for so many times as long, and then has failed. */
const LONGER = 2;
/** Where memory seems to grow, the run goes on for so much of its time, once, and that alone is judged. */
const SECOND_LOOK = 0.7;
/** Patience with a machine that has other work. */
const WAIT_MS = 300_000;
/** How often a line is printed. */
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
function held(): Held {
  const count = (folder: string): number => readdirSync(`/proc/self/${folder}`).length;
  return { threads: count("task"), files: count("fd") };
}

interface Held {
  readonly threads: number;
  readonly files: number;
}

function moreOf(a: Held, b: Held): Held {
  return { threads: Math.max(a.threads, b.threads), files: Math.max(a.files, b.files) };
}

/** Has no more than at any rest of the warm-up. */
function isWithin(now: Held, most: Held): boolean {
  return now.threads <= most.threads && now.files <= most.files;
}

/** Waits until there is no more than that, and answers what is wrong where there is. */
async function heldMore(most: Held): Promise<string[]> {
  try {
    await until("no more threads and files than before", () => isWithin(held(), most), WAIT_MS);
    return [];
  } catch {
    return [`threads and files: ${JSON.stringify(held())}, at most ${JSON.stringify(most)} before`];
  }
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
  /** KiB for a thousand changes; absent where there are too few samples. */
  readonly trend?: ReturnType<typeof trendOf>;
  readonly wrong: readonly string[];
}

/** The changes between two rests. */
async function change(churn: Churn, kept: Buffer[]): Promise<void> {
  for (let step = 0; step < STEPS; step++) {
    await churn.step();
    if (Number(values.leak) > 0) kept.push(Buffer.alloc(Number(values.leak), 1));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function soak(): Promise<Summary> {
  const seed = Number(values.seed);
  say(`seed ${seed}, ${seconds} s`);
  const lab = new TestLab();
  const kept: Buffer[] = [];
  const wrong: string[] = [];
  let samples: { at: number; value: number }[] = [];
  for (const n of [1, 2]) lab.plug(n);
  await bootPair(lab, { paceUs: 500 });
  const churn = new Churn(lab, randomOf(seed));
  const start = performance.now();
  let [most, printed, endMs, looks] = [held(), 0, seconds * 1000, 1];
  const isJudged = seconds >= JUDGED_SECONDS;
  const trendNow = (): ReturnType<typeof trendOf> => trendOf(lowest(samples, SAMPLES_MIN));
  const isShort = (): boolean => isJudged && samples.length < SAMPLES_MIN;
  // Bound: the time that was asked for, that of a second look, and each LONGER.
  for (let at = 0; (at < endMs || (isShort() && at < endMs * LONGER)) && wrong.length === 0;) {
    await change(churn, kept);
    wrong.push(...(await churn.rest()));
    await pairGoesOn(lab, 100);
    lab.reaped.length = 0; // Nobody here asks what each was in the middle of.
    await until("the pool of threads is full", () => lab.room.pool.isFull, WAIT_MS);
    at = performance.now() - start;
    const isWarm = at > seconds * 1000 * WARM_UP && churn.steps >= WARM_UP_STEPS;
    // Until everything has been there once: the I/O thread, a pool of warm threads.
    if (samples.length === 0 && looks === 1) most = moreOf(most, held());
    wrong.push(...(await heldMore(most)));
    const value = await residentKib();
    if (isWarm) samples.push({ at: churn.steps / 1000, value });
    if (at - printed >= PRINT_EVERY_MS) {
      printed = at;
      const frames = `${churn.steps} changes, ${churn.frames} frames`;
      say(`${(at / 1000).toFixed(0)} s, ${frames}, ${value.toFixed(0)} KiB`);
    }
    if (at < endMs || !isJudged || isShort() || looks++ > 1 || !isGrowth(trendNow())) continue;
    say(`memory seems to grow: ${JSON.stringify(trendNow())}; a second look`);
    samples = [];
    endMs = at + seconds * 1000 * SECOND_LOOK;
  }
  if (isShort() && wrong.length === 0) wrong.push(`${samples.length} looks at memory, too few to judge`);
  const trend = isJudged && !isShort() ? trendNow() : undefined;
  if (trend && isGrowth(trend)) wrong.push(`memory grows: ${JSON.stringify(trend)}`);
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
