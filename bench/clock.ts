// How late a guest's tick of a millisecond is, beside a thread in C and, where it is there, `cyclictest`, at
// the same priority.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { createHypervisor } from "../hypervisor/index.ts";
import { compileRival, runRival } from "./compile.ts";
import { runGuests, said, standardImage } from "./guest-run.ts";
import type { Rival, Work } from "./harness.ts";

const run = promisify(execFile);
const PERIOD_US = 1000;
const TICKS = { real: 5000, tiny: 200 };
/** As an example has it. */
const REALTIME = { priority: 6, deadlineNs: 2_000_000 };
/** Microseconds that cyclictest tells apart, up to this. */
const HISTOGRAM_US = 20_000;

/** Compiles rival and guest and makes the work. `close` ends the hypervisor. */
export async function openClockBench(
  tiny: boolean,
): Promise<{ works: readonly Work[]; close: () => Promise<void> }> {
  const tick = await compileRival("tick");
  const hypervisor = createHypervisor({ lab: "bench", warm: 0 });
  const image = await standardImage(hypervisor, "tick");
  const count = tiny ? TICKS.tiny : TICKS.real;
  /** What the system gave our guest's thread: the rivals get the same. */
  let nice = 0;
  const ours = async (): Promise<number> => {
    const clock = { class: "vclock", name: "clock", vclock: { offsetNs: 0, drift: 0 } } as const;
    const args = ["--every", `${PERIOD_US}us`, "--count", count];
    const guest = { id: "ticker", image, args, devices: [clock], more: { realtime: REALTIME } };
    const logs = await runGuests(hypervisor, [guest], () => (nice = hypervisor.guest("ticker")?.nice ?? 0));
    return said(logs["ticker"], /p99 = ([\d.]+) ms/) * 1e3;
  };
  const inC = async (): Promise<number> => {
    const { p99_us: p99 } = (await runRival(tick, [count, PERIOD_US, nice])) as { readonly p99_us?: number };
    if (p99 === undefined) throw new Error("the rival gave no p99");
    return p99;
  };
  const rivals: Rival[] = [{ name: "C, clock_nanosleep", measure: inC }];
  if (await isThere("cyclictest"))
    rivals.push({ name: "cyclictest", measure: () => cyclictest(count, nice) });
  else console.error("cyclictest is left out: it is not there; the Debian package rt-tests brings it.");
  const work: Work = { name: "tick 1 ms, late p99", unit: "us", better: "less", ours, rivals };
  return { works: [work], close: () => hypervisor.close() };
}

async function isThere(command: string): Promise<boolean> {
  return run(command, ["--help"]).then(
    () => true,
    (error: unknown) => (error as { code?: unknown }).code !== "ENOENT",
  );
}

/** Its p99 from its own histogram: lines of microseconds and how often. */
async function cyclictest(count: number, nice: number): Promise<number> {
  const options = ["-q", "-t1", "--policy=other", `-i${PERIOD_US}`, `-l${count}`, `-h${HISTOGRAM_US}`];
  const { stdout } = await run("nice", ["-n", String(nice), "cyclictest", ...options], { timeout: 120_000 });
  const cells = [...stdout.matchAll(/^0*(\d+)\s+0*(\d+)\s*$/gm)].map(([, us, times]) =>
    [us, times].map(Number),
  );
  const all = cells.reduce((sum, [, times = 0]) => sum + times, 0);
  let below = 0;
  for (const [us = 0, times = 0] of cells) {
    below += times;
    if (all > 0 && below >= all * 0.99) return us;
  }
  throw new Error(`cyclictest printed no histogram: ${stdout.slice(0, 200)}`);
}
