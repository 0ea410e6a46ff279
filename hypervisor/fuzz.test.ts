// A guest that makes calls by chance, with a second thread in its memory, beside a well-behaved pair. Its
// sequences reach every line of host code that refuses something; no exception of the host's own ends a
// guest, and the pair loses neither frames nor throughput.

import { expect, test } from "vitest";
import { Coverage, placesOf } from "./coverage.test-support.ts";
import { Fuzzer } from "./fuzz.test-support.ts";
import { REPORT, SEED, TestLab, bootPair, endPair, pairAtRest } from "./machine-room.test-support.ts";

const LONG = process.env["SLOW"] === "1";
const COVERED = 10_000;
const COUNT = LONG ? 1_000_000 : 10_000;
/** Sequences between two looks at the pair: some hundred milliseconds of its CPU time. */
const WINDOW = LONG ? 20_000 : COUNT;
const QUIET_MS = 1000;
/** The pair's rest between rounds: a closed loop that leaves the cores to those who fuzz. */
const PACE_US = 100;
const LIMIT_MS = LONG ? 2_400_000 : 240_000;

/** Host code on guests' threads that may refuse what a guest does. */
const FILES = [
  "guest/verbs.ts",
  "guest/bus-handle.ts",
  "device/ring-device.ts",
  "device/gone-connection.ts",
  "device/venet/connection.ts",
  "device/vconsole/connection.ts",
  "device/vchan/connection.ts",
  "device/vclock/connection.ts",
  "device/vrng/connection.ts",
  "device/vblk/connection.ts",
  "datapath/requests.ts",
  "ring/sending.ts",
  "ring/claims.ts",
  "datapath/switch.ts",
  "datapath/forward.ts",
  "datapath/port.ts",
];
const ERRNO = String.raw`E(?:PERM|IO|NOENT|BADF|AGAIN|FAULT|BUSY|NODEV|INVAL|NOSPC|PROTO)`;
const LOSS = String.raw`COUNTER\.(?:down|full|noListener|malformed|tooBig|overRate|queue)`;
const VERDICT = String.raw`FAULT\.\w+|BROKEN|SMALL|GONE|FULL|LOG_WAIT_US`;
/** Where such code says no: an errno, a drop, a fault, a verdict, an exception. */
const REFUSES = new RegExp(String.raw`\b(?:${ERRNO}|${LOSS}|${VERDICT})\b|\bthrow |"broken"`, "g");

/** Lines that this fuzzer need not reach, and why. `never`: reaching one means that this list is wrong. */
const UNREACHED: readonly { readonly line: string; readonly why: string; readonly never?: boolean }[] = [
  { line: 'new RangeError("a verb before this one', why: "no stack left: hostile.test.ts", never: true },
  { line: "if (error instanceof RangeError)", why: "no stack left: hostile.test.ts", never: true },
  { line: "if (handle < 0) return ENOSPC", why: "a bus has as many devices as there are handles" },
  { line: ".device.port)) return ENODEV", why: "the moment before the letter that says so is read" },
  { line: "if (!portExists(parts.fabric, device.port)) return ENODEV", why: "the same" },
  { line: "return EBUSY;", why: "a sender that does not come back: holes.test.ts, 9" },
  { line: "waitForSenders(fabric, this.#retiring.ring, nowNs)) return EAGAIN", why: "the same" },
  {
    line: "=== generation ? FULL : GONE; // G.",
    why: "all tries lost to others: ring/interleavings.test.ts",
  },
  { line: "this.#events === 0 ? EINVAL : 0)) !== 0) return EINVAL", why: "shared guests: shared.test.ts" },
  {
    line: "TAP_SIDE.in) === 0 || outcome === COUNTER.noListener",
    why: "while it is captured: capture.test.ts",
  },
  { line: "=== generation ? verdict : GONE", why: "a ring that goes in the middle of a claim" },
  { line: "if (verdict === GONE)", why: "the same" },
  { line: "if (network < 0) return this.#end", why: "a device that is unplugged in the middle of a call" },
  { line: "if ((flags & PORT_FLAG.linkUp) === 0) return COUNTER.down", why: "a link cut between two looks" },
  { line: "return outcome === COUNTER.full ? COUNTER.queue", why: "only lines: lines.test.ts", never: true },
  { line: "if (!portExists(fabric, port)) return ENODEV", why: "the same" },
  { line: "if (staged) return EINVAL", why: "the feature, the flag and a disk in one sequence" },
  { line: "status === EIO || status === ENOSPC", why: "memory does not fail: disks.test.ts" },
  { line: "if (faultOf(fabric, thread) !== 0) throw", why: "found between two verbs: hostile.test.ts" },
];

async function labWithPair(): Promise<TestLab> {
  const lab = new TestLab();
  for (const n of [1, 2]) lab.plug(n);
  await bootPair(lab, { paceUs: PACE_US });
  return lab;
}

/** What has been left of the pair, and that nothing of it was lost. */
async function checkPair(lab: TestLab): Promise<void> {
  expect(await pairAtRest(lab)).toEqual([]);
  const { zeros } = await endPair(lab);
  expect(Object.entries(zeros).filter(([, value]) => value !== 0)).toEqual([]);
}

// Only at length: a few sequences reach only a few of them.
const testOfReach = LONG ? test : () => undefined;
testOfReach(
  "sequences by chance reach every line that refuses something",
  async () => {
    const places = placesOf(FILES, REFUSES);
    expect(places.length).toBeGreaterThan(50);
    const coverage = new Coverage(places);
    await coverage.start();
    const lab = await labWithPair();
    const fuzzer = new Fuzzer(lab, SEED);
    try {
      await fuzzer.start();
      const missed = (): string[] => {
        const left = places.filter((place) => !coverage.reached.has(place));
        const excused = (line: string): boolean => UNREACHED.some((each) => line.includes(each.line));
        return left.filter(({ line }) => !excused(line)).map(({ file, line }) => `${file}: ${line}`);
      };
      // Bound: 12 times. Some lines need a moment that does not come in each thousand sequences.
      for (let turn = 0; turn < 12 && (turn === 0 || missed().length > 0); turn++) {
        await fuzzer.run(COVERED);
        await coverage.look();
      }
      await fuzzer.stop();
      expect(missed(), `SEED=${SEED}, ${fuzzer.sequences} sequences`).toEqual([]);
      const wrong = UNREACHED.filter(
        ({ line, never }) => never && [...coverage.reached].some((place) => place.line.includes(line)),
      );
      expect(wrong, "reached after all").toEqual([]);
      await checkPair(lab);
    } finally {
      await fuzzer.stop();
      await lab.close();
      await coverage.stop();
    }
  },
  LIMIT_MS,
);

/** Frames of the pair and the CPU time of its two threads, milliseconds. */
function look(lab: TestLab): { readonly frames: number; readonly cpuMs: number } {
  const cpuMs = lab.guest("a").cpuMs + lab.guest("b").cpuMs;
  return { frames: lab.report("a", REPORT.answered), cpuMs };
}

/**
 * Frames of the pair a millisecond of its CPU time, while `work` is done. Of CPU time, since the fuzzer's
 * threads take their share of the cores from whoever runs, as any busy guest may; what must not be is that a
 * frame costs more.
 */
async function rate(lab: TestLab, work: () => Promise<void>): Promise<number> {
  const before = look(lab);
  await work();
  const after = look(lab);
  return (after.frames - before.frames) / (after.cpuMs - before.cpuMs);
}

test(
  `${COUNT} sequences end no host and cost a pair nothing`,
  async () => {
    const lab = await labWithPair();
    const fuzzer = new Fuzzer(lab, SEED);
    try {
      const quiet = await rate(lab, () => new Promise((resolve) => setTimeout(resolve, QUIET_MS)));
      await fuzzer.start();
      const rates: number[] = [];
      while (fuzzer.sequences < COUNT) rates.push(await rate(lab, () => fuzzer.run(WINDOW)));
      await fuzzer.stop();
      const worst = Math.min(...rates) / quiet;
      console.log(
        `SEED=${SEED}: ${fuzzer.sequences} sequences, ${fuzzer.stopped} guests stopped; the pair at its worst ${worst.toFixed(2)} of quiet`,
      );
      expect(fuzzer.stopped, "guests that broke the protocol").toBeGreaterThan(0);
      expect(worst).toBeGreaterThanOrEqual(0.5);
      await checkPair(lab);
    } finally {
      await fuzzer.stop();
      await lab.close();
    }
  },
  LIMIT_MS,
);
