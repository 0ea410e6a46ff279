// What the engine makes people wait for: the plan of a large lab, a save until it is applied, help, and the
// state of a lab. Labs that run do so in processes of their own, as `vbus up -d` starts them.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as rest } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { askedLab, CHANGED_DEVICE, planLab, rateIn, resourcesOf, runningLab } from "./engine-labs.ts";
import type { RunningSizes } from "./engine-labs.ts";
import { quantile, type Measure, type Rival, type Work } from "./harness.ts";
import { openMeter, type Meter } from "./meter.ts";
import { openNotice, type Notice } from "./notice.ts";
import type { PlanTimes } from "./plan-once.ts";
import { openRunningLab, VBUS, type RunningLab, type Saving } from "./running-lab.ts";

const run = promisify(execFile);

interface Sizes {
  /** Of the lab that is planned. */
  readonly resources: number;
  readonly running: RunningSizes;
  /** Guests of the lab that is asked about: those that run, and those that wait for one of them. */
  readonly asked: { readonly running: number; readonly waiting: number };
  /** Saves of which one figure is taken. */
  readonly saves: number;
  readonly burst: { readonly saves: number; readonly everyMs: number };
}
const SIZES: Sizes = {
  resources: 10_000,
  running: { guests: 120, devices: 3, buses: 95, networks: 18 },
  asked: { running: 100, waiting: 900 },
  saves: 40,
  burst: { saves: 200, everyMs: 50 },
};
const TINY: Sizes = {
  resources: 300,
  running: { guests: 2, devices: 1, buses: 1, networks: 2 },
  asked: { running: 2, waiting: 3 },
  saves: 3,
  burst: { saves: 5, everyMs: 10 },
};

const TARGET_MS = { plan: 300, saveP50: 50, saveP95: 120, help: 150, state: 300 };
/** Between two saves that are not to meet: what comes after an apply, such as its event, is over by then. */
const PAUSE_MS = 100;

/** Writes what is read and makes the works; labs are started when they are first needed, one at a time. */
export async function openEngineBench(
  tiny: boolean,
): Promise<{ works: readonly Work[]; close: () => Promise<void> }> {
  const sizes = tiny ? TINY : SIZES;
  const folder = await mkdtemp(join(tmpdir(), "vbus-bench-"));
  const stage = openStage();
  const notice = openNotice(join(folder, "noticed.vbus"));
  const close = async (): Promise<void> => {
    notice.close();
    await stage.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const meter = await openMeter(folder);
    const works = [
      ...(await planWorks(folder, sizes)),
      helpWork(meter),
      ...stateWorks(meter, stage, sizes),
      ...saveWorks(stage, notice, sizes),
    ];
    return { works, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** At most one lab runs: another would take its time. */
interface Stage {
  /** The lab of this text, which is started if it does not run. */
  show(text: string, wait: boolean): Promise<RunningLab>;
  close(): Promise<void>;
}

function openStage(): Stage {
  let shown: { readonly text: string; readonly lab: RunningLab } | undefined;
  const close = async (): Promise<void> => {
    const { lab } = shown ?? {};
    shown = undefined;
    await lab?.close();
  };
  return {
    close,
    async show(text, wait) {
      if (shown?.text === text) return shown.lab;
      await close();
      shown = { text, lab: await openRunningLab(text, wait) };
      return shown.lab;
    },
  };
}

/** A figure that we want to reach, as a line of the table. */
function target(value: number): Rival {
  return { name: `target ${value} ms`, measure: async () => value };
}

const inMs = { unit: "ms", better: "less" } as const;

async function planWorks(folder: string, { resources }: Sizes): Promise<readonly Work[]> {
  const files = [join(folder, "before.vbus"), join(folder, "after.vbus")];
  await Promise.all(files.map((file, index) => writeFile(file, planLab(resources, index))));
  const program = fileURLToPath(new URL("plan-once.ts", import.meta.url));
  let last: PlanTimes | undefined;
  const times = async (): Promise<PlanTimes> => {
    const { stdout } = await run(process.execPath, [program, ...files]);
    const said = JSON.parse(stdout) as PlanTimes;
    if (said.resources !== resources) throw new Error(`${said.resources} resources, not ${resources}`);
    last = said;
    return said;
  };
  // Of the process in which ours was measured last: the same text, the same moment.
  const json: Rival = {
    name: "JSON read, copied, compared",
    measure: async () => (last ?? (await times())).compared,
  };
  const work = (name: string, of: "fromNothing" | "oneLine"): Work => ({
    ...inMs,
    name: `plan of ${shown(resources)}, ${name}`,
    ours: async () => (await times())[of],
    rivals: [json, target(TARGET_MS.plan)],
  });
  return [work("from nothing", "fromNothing"), work("one line changed", "oneLine")];
}

/** Milliseconds of a process, from its start to its end. */
const processMs =
  (meter: Meter, args: readonly string[], check: (output: string) => void): Measure =>
  async () => {
    const { seconds, output } = await meter([process.execPath, ...args]);
    check(output);
    return seconds * 1000;
  };

function helpWork(meter: Meter): Work {
  const ours = processMs(meter, [VBUS, "--help"], (output) => {
    if (!output.includes("vbus up")) throw new Error(`this is no help: ${output}`);
  });
  const nothing = processMs(meter, ["-e", "0"], () => undefined);
  return {
    ...inMs,
    name: "--help",
    ours,
    rivals: [{ name: "node -e 0", measure: nothing }, target(TARGET_MS.help)],
  };
}

function stateWorks(meter: Meter, stage: Stage, { asked }: Sizes): readonly Work[] {
  const guests = asked.running + asked.waiting;
  const text = askedLab(asked.running, asked.waiting);
  const work = (command: string, count: (answer: unknown) => unknown): Work => {
    const measure: Measure = async () => {
      const { socket } = await stage.show(text, false);
      const args = [VBUS, command, "--json", "--lab", "asked"];
      const env = `XDG_RUNTIME_DIR=${socket}`;
      const { seconds, output } = await meter(["/usr/bin/env", env, process.execPath, ...args]);
      const found = count(JSON.parse(output));
      if (found !== guests) throw new Error(`${command} tells of ${String(found)} guests, not ${guests}`);
      return seconds * 1000;
    };
    const name = `${command} of ${shown(guests)} guests, ${asked.running} running`;
    return { ...inMs, name, ours: measure, rivals: [target(TARGET_MS.state)] };
  };
  return [
    work("ps", (answer) => (answer as { guests: readonly unknown[] }).guests.length),
    work("status", (answer) => (answer as { guests: number }).guests),
  ];
}
/** The lab of `saveWorks` and the rate that was saved last: each save has another. */
interface Saved {
  readonly lab: RunningLab;
  next(): string;
}

function saveWorks(stage: Stage, notice: Notice, sizes: Sizes): readonly Work[] {
  const { running, saves, burst } = sizes;
  let mbps = 1;
  const first = runningLab(running, mbps);
  const open = async (): Promise<Saved> => ({
    lab: await stage.show(first, true),
    next: () => runningLab(running, ++mbps),
  });
  const at =
    (share: number): Measure =>
    async () =>
      quantile(await timesOfSaves(await open(), saves), share);
  const noticed =
    (share: number): Measure =>
    async () => {
      const times = [];
      for (let turn = 0; turn < saves; turn++)
        times.push(await notice.after(runningLab(running, ++mbps), how(turn)));
      return quantile(times, share);
    };
  const rivals = (share: number, goal: number): readonly Rival[] => [
    { name: "fs.watch and a reading", measure: noticed(share) },
    target(goal),
  ];
  const name = `save to applied, ${shown(resourcesOf(running))} running`;
  return [
    { ...inMs, name: `${name}, p50`, ours: at(0.5), rivals: rivals(0.5, TARGET_MS.saveP50) },
    { ...inMs, name: `${name}, p95`, ours: at(0.95), rivals: rivals(0.95, TARGET_MS.saveP95) },
    {
      ...inMs,
      name: `${burst.saves} saves in ${(burst.saves * burst.everyMs) / 1000} s, the last one`,
      ours: async () => saveInABurst(await open(), burst),
      rivals: [target(TARGET_MS.saveP95)],
    },
  ];
}

const how = (turn: number): Saving => (turn % 2 === 0 ? "over" : "replace");

/** Milliseconds from before each save until its generation is told of, one after the other. */
async function timesOfSaves({ lab, next }: Saved, saves: number): Promise<readonly number[]> {
  const times: number[] = [];
  let text = "";
  for (let turn = 0; turn < saves; turn++) {
    await rest(PAUSE_MS);
    text = next();
    const heard = lab.heard();
    const start = performance.now();
    await lab.save(text, how(turn));
    await lab.beyond(heard);
    times.push(performance.now() - start);
  }
  await checkRuns(lab, text);
  return times;
}

/**
 * Saves without waiting; milliseconds from before the last save until it is applied. Void where a text comes
 * after a newer one, or where the last is not what runs.
 */
async function saveInABurst({ lab, next }: Saved, { saves, everyMs }: Sizes["burst"]): Promise<number> {
  await rest(PAUSE_MS);
  const { generation } = await lab.newest();
  const start = performance.now();
  let text = "";
  let last = start;
  for (let turn = 0; turn < saves; turn++) {
    await rest(Math.max(0, start + turn * everyMs - performance.now()));
    text = next();
    last = performance.now();
    await lab.save(text, how(turn));
  }
  // Bound: each turn is a generation, and a lab that stands still makes the run void.
  for (;;) {
    const heard = lab.heard();
    if ((await lab.newest()).text === text) break;
    await lab.beyond(heard);
  }
  const behind = performance.now() - last;
  await checkRuns(lab, text);
  const rates = (await lab.after(generation)).map((kept) => rateIn(kept.text));
  const older = rates.find((rate, index) => rate <= (rates[index - 1] ?? 0));
  if (older !== undefined) throw new Error(`a text with ${older}Mbps came after a newer one`);
  console.error(`${saves} saves came to ${rates.length} generations`);
  return behind;
}

/** Void unless the device has the rate that the text says, and the newest generation is of this text. */
async function checkRuns(lab: RunningLab, text: string): Promise<void> {
  const { attributes } = await lab.client.request("get", { path: `${CHANGED_DEVICE}.rate` });
  const wanted = `${rateIn(text)}Mbps`;
  if (attributes[0]?.text !== wanted)
    throw new Error(`${attributes[0]?.text} runs where ${wanted} was saved`);
  if ((await lab.newest()).text !== text) throw new Error("the newest generation is not what was saved last");
}

/** 10000 as "10,000", whatever the machine's language is. */
const shown = (count: number): string => count.toLocaleString("en-US");
