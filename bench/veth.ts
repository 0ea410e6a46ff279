// Bare metal for `bench -- linux`: a veth pair between two network namespaces of the host, with the programs
// that the PC has. It needs root, `ip` and busybox; where one is missing there is no such rival.
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { compileRival } from "./compile.ts";

const run = promisify(execFile);
const NEAR = { ip: "10.77.0.2", card: "vbus-near" } as const;
const FAR = { ip: "10.77.0.3", card: "vbus-far" } as const;
const COMMAND_MS = 120_000;
const SETTLE_MS = 200;
/** So many that starting a program is a small part of it. */
const BYTES = 1e9;
const PAGE = "page";

export interface Veth {
  /** MB/s of wget from httpd. */
  tcp(): Promise<number>;
  /** Thousands of frames a second that come out at the other end. */
  udp(payload: number, ms: number): Promise<number>;
  /** Microseconds of each ping. */
  pings(count: number): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** Makes the pair; a sentence where it can't be had. */
export async function openVeth(): Promise<Veth | string> {
  const spaces = ["near", "far"].map((end) => `vbus-bench-${process.pid}-${end}`) as [string, string];
  const folder = await mkdtemp(path.join(tmpdir(), "vbus-veth-"));
  try {
    const flood = await compileRival("flood");
    await run("busybox", ["true"]);
    await makePair(spaces);
    const page = await open(path.join(folder, PAGE), "w");
    await page.truncate(BYTES);
    await page.close();
    const httpd = spawn("ip", inside(spaces[1], ["busybox", "httpd", "-f", "-p", "80", "-h", folder]));
    await untilItListens(spaces[0]);
    return new Pair(spaces, folder, httpd, flood);
  } catch (error) {
    await remove(spaces, folder);
    const words = error instanceof Error ? error.message.trim().split("\n").at(-1) : String(error);
    return `the veth pair is left out: ${words}`;
  }
}

class Pair implements Veth {
  readonly #spaces: readonly [string, string];
  readonly #folder: string;
  readonly #httpd: ChildProcess;
  readonly #flood: string;

  constructor(spaces: readonly [string, string], folder: string, httpd: ChildProcess, flood: string) {
    this.#spaces = spaces;
    this.#folder = folder;
    this.#httpd = httpd;
    this.#flood = flood;
  }

  async tcp(): Promise<number> {
    const start = performance.now();
    await this.#near(["busybox", "wget", "-q", "-O", "/dev/null", `http://${FAR.ip}/${PAGE}`]);
    return BYTES / 1e3 / (performance.now() - start);
  }

  async udp(payload: number, ms: number): Promise<number> {
    const sending = this.#near([this.#flood, FAR.ip, String(payload), String((ms + 2 * SETTLE_MS) / 1000)]);
    await setTimeout(SETTLE_MS);
    const rate = await rateOf(() => this.#received(), ms);
    await sending;
    return rate;
  }

  async pings(count: number): Promise<readonly number[]> {
    return pingTimes(await this.#near(["busybox", "ping", "-c", String(count), "-i", "0.02", FAR.ip]));
  }

  async close(): Promise<void> {
    this.#httpd.kill("SIGKILL");
    await remove(this.#spaces, this.#folder);
  }

  async #received(): Promise<number> {
    const file = `/sys/class/net/${FAR.card}/statistics/rx_packets`;
    const { stdout } = await run("ip", inside(this.#spaces[1], ["cat", file]));
    return Number(stdout);
  }

  async #near(command: readonly string[]): Promise<string> {
    const { stdout } = await run("ip", inside(this.#spaces[0], command), { timeout: COMMAND_MS });
    return stdout;
  }
}

/** Thousands a second by which a count grows in about so many milliseconds. */
export async function rateOf(count: () => number | Promise<number>, ms: number): Promise<number> {
  const [from, start] = [await count(), performance.now()];
  await setTimeout(ms);
  const [to, end] = [await count(), performance.now()];
  return (to - from) / (end - start);
}

/** Microseconds, from what busybox's ping prints. */
export function pingTimes(output: string): readonly number[] {
  return [...output.matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms) * 1000);
}

function inside(space: string, command: readonly string[]): string[] {
  return ["netns", "exec", space, ...command];
}

async function makePair([near, far]: readonly [string, string]): Promise<void> {
  const ip = (line: string): Promise<unknown> => run("ip", line.split(" "));
  await ip(`netns add ${near}`);
  await ip(`netns add ${far}`);
  await ip(`link add ${NEAR.card} netns ${near} type veth peer name ${FAR.card} netns ${far}`);
  for (const [space, { card, ip: address }] of [
    [near, NEAR],
    [far, FAR],
  ] as const) {
    await ip(`-n ${space} address add ${address}/24 dev ${card}`);
    await ip(`-n ${space} link set ${card} up`);
  }
}

async function untilItListens(space: string): Promise<void> {
  // Bound: the tries.
  for (let left = 50; ; left--) {
    try {
      await run("ip", inside(space, ["busybox", "wget", "-q", "--spider", `http://${FAR.ip}/${PAGE}`]));
      return;
    } catch (error) {
      if (left === 0) throw error;
      await setTimeout(100);
    }
  }
}

/** With a namespace goes what is in it. */
async function remove(spaces: readonly string[], folder: string): Promise<void> {
  for (const space of spaces) await run("ip", ["netns", "delete", space]).catch(() => undefined);
  await rm(folder, { recursive: true, force: true });
}
