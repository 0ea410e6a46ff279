// What a dashboard costs on a lab of 200 guests under traffic, beside its budget: as its users have it, in a
// terminal of 120 by 40, on a lab in a process of its own.
import { readFileSync } from "node:fs";
import { spawn, type IPty } from "@lydell/node-pty";
import type { Measure, Work } from "./harness.ts";
import { quantile } from "./harness.ts";
import { openRunningLab, VBUS, type RunningLab } from "./running-lab.ts";

const PAIRS = { tiny: 3, real: 100 };
const SECONDS = { tiny: 1, real: 10 };
const KEYS = { tiny: 5, real: 60 };
const PATIENCE_MS = 60_000;
/** Of `/proc/PID/stat`, which counts in hundredths of a second. */
const TICK_MS = 10;

/** So many guests that ask, and as many that answer. */
function busyLab(pairs: number): string {
  return `lab busy { }
network lan { subnet = 10.0.0.0/16 }
image echo: wasm { path = "std:guests/echo" }
image ping: wasm { path = "std:guests/ping" }
guest e for i in 1..${pairs} {
  image = echo
  device eth0: venet { network = lan, ip = "10.0.1.\${i}" }
}
guest p for i in 1..${pairs} {
  image = ping
  args = ["--to", "10.0.1.\${i}", "--count", 1_000_000, "--interval", 20ms]
  device eth0: venet { network = lan }
}
`;
}

/** A dashboard in a terminal; all that it wrote is counted. */
class Watched {
  readonly #pty: IPty;
  readonly #began = performance.now();
  #waiting: (() => void) | undefined;
  bytes = 0;
  text = "";
  /** Milliseconds from the start of the process to the first text. */
  firstPaintMs = 0;

  constructor(lab: RunningLab) {
    const env = { PATH: process.env["PATH"] ?? "", XDG_RUNTIME_DIR: lab.socket, TERM: "xterm-256color" };
    const args = [VBUS, "dash", lab.client.hello.file];
    this.#pty = spawn(process.execPath, args, { cols: 120, rows: 40, name: env.TERM, env });
    this.#pty.onData((data) => {
      if (this.firstPaintMs === 0 && data.includes("vbus"))
        this.firstPaintMs = performance.now() - this.#began;
      this.bytes += Buffer.byteLength(data);
      this.text = (this.text + data).slice(-100_000);
      this.#waiting?.();
    });
  }

  /** Milliseconds of a core that it has used. */
  cpuMs(): number {
    const fields = readFileSync(`/proc/${this.#pty.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }

  type(keys: string): void {
    this.text = "";
    this.#pty.write(keys);
  }

  shows(wanted: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the dashboard never showed ${wanted}`)), PATIENCE_MS);
      this.#waiting = () => {
        if (!this.text.includes(wanted)) return;
        clearTimeout(timer);
        this.#waiting = undefined;
        resolve();
      };
      this.#waiting();
    });
  }

  end(): void {
    this.#pty.kill("SIGKILL");
  }
}

const budget = (value: number): Work["rivals"] => [
  { name: "its budget", measure: () => Promise.resolve(value) },
];
const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Boots the lab once; each measure is of a dashboard of its own. */
export async function openDashBench(
  tiny: boolean,
): Promise<{ readonly works: readonly Work[]; readonly close: () => Promise<void> }> {
  const size = tiny ? "tiny" : "real";
  const lab = await openRunningLab(busyLab(PAIRS[size]), false);
  const watched = async (measure: (dashboard: Watched) => Promise<number>): Promise<number> => {
    const dashboard = new Watched(lab);
    try {
      await dashboard.shows("frames/s");
      return await measure(dashboard);
    } finally {
      dashboard.end();
    }
  };
  const over =
    (rate: (dashboard: Watched) => number): Measure =>
    () =>
      watched(async (dashboard) => {
        await pause(1000);
        const [before, began] = [rate(dashboard), performance.now()];
        await pause(SECONDS[size] * 1000);
        return ((rate(dashboard) - before) / (performance.now() - began)) * 1000;
      });
  const works: readonly Work[] = [
    {
      name: "first paint",
      unit: "ms",
      better: "less",
      ours: () => watched((dashboard) => Promise.resolve(dashboard.firstPaintMs)),
      rivals: budget(700),
    },
    {
      name: "to the terminal",
      unit: "KB/s",
      better: "less",
      ours: over(({ bytes }) => bytes / 1000),
      rivals: budget(40),
    },
    {
      name: "CPU",
      unit: "% of a core",
      better: "less",
      ours: over((dashboard) => dashboard.cpuMs() / 10),
      rivals: budget(15),
    },
    {
      name: "key to frame, p95",
      unit: "ms",
      better: "less",
      ours: () => watched((dashboard) => keyTime(dashboard, KEYS[size])),
      rivals: budget(100),
    },
  ];
  return { works, close: () => lab.close() };
}

/** From a key to the other view's title, there and back, so many times. */
async function keyTime(dashboard: Watched, times: number): Promise<number> {
  const took: number[] = [];
  for (let time = 0; time < times; time++) {
    const [key, shown] = time % 2 === 0 ? ["3", "OPEN BY"] : ["1", "GOAL"];
    const began = performance.now();
    dashboard.type(key as string);
    await dashboard.shows(shown as string);
    took.push(performance.now() - began);
    await pause(50);
  }
  return quantile(took, 0.95);
}
