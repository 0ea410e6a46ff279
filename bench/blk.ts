// Reads of a disk on a warm file, beside fio on the same file: one read(2) each, straight into the guest's
// RAM here and into fio's buffer there.
import { execFile } from "node:child_process";
import { open, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createHypervisor, type Hypervisor, type Image } from "../hypervisor/index.ts";
import { must } from "./guest-run.ts";
import type { Work } from "./harness.ts";

const run = promisify(execFile);
const MIB = 1 << 20;
/** A run takes about half a second; a tiny one shows that it works. */
const SHAPES = [
  { name: "4 KiB random read", block: 4096, random: true, count: 400_000, warm: 100_000, batch: 32 },
  { name: "1 MiB sequential read", block: MIB, random: false, count: 4000, warm: 200, batch: 1 },
] as const;
type Shape = (typeof SHAPES)[number];
const FILE_BYTES = { tiny: 8 * MIB, real: 256 * MIB };
const TINY = 0.005;
const PATIENCE_MS = 60_000;

interface Room {
  readonly hypervisor: Hypervisor;
  readonly image: Image;
  readonly file: string;
  readonly bytes: number;
  readonly amount: (count: number) => number;
}

/** Throws with a sentence where fio, or the guest, is not there. */
export async function openBlkBench(
  tiny: boolean,
): Promise<{ works: readonly Work[]; close: () => Promise<void> }> {
  const version = await fioVersion();
  const folder = await mkdtemp(join(tmpdir(), "vbus-blk-"));
  const [file, bytes] = [join(folder, "disk.img"), tiny ? FILE_BYTES.tiny : FILE_BYTES.real];
  await fill(file, bytes);
  const hypervisor = createHypervisor({ lab: "bench", warm: 0 });
  const code = await readFile(new URL("build/reader.wasm", import.meta.url));
  const image = must(await hypervisor.compile(code));
  must(await hypervisor.createVolume("disk", { class: "file", path: file, create: false, readonly: true }));
  must(hypervisor.createBus("bus"));
  const vblk = { volume: "disk", readonly: true, queues: 1 };
  must(hypervisor.addDevice("bus", "vda", { class: "vblk", name: "vda", vblk }));
  const amount = (count: number): number => (tiny ? Math.max(10, Math.round(count * TINY)) : count);
  const room: Room = { hypervisor, image, file, bytes, amount };
  const works = SHAPES.map((shape): Work => ({
    name: shape.name,
    unit: "MiB/s",
    better: "more",
    ours: () => ours(room, shape),
    rivals: [{ name: `fio ${version}, psync`, measure: () => theirs(room, shape) }],
  }));
  const close = async (): Promise<void> => {
    await hypervisor.close();
    await rm(folder, { recursive: true });
  };
  return { works, close };
}

/** MiB a second of a guest that is booted for this run. */
async function ours({ hypervisor, image, amount }: Room, shape: Shape): Promise<number> {
  const { block, random, batch } = shape;
  const [count, warm] = [amount(shape.count), amount(shape.warm)];
  const numbers = { block, count, warm, batch };
  const args = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let log = "";
  const off = hypervisor.on((event) => {
    if (event.type === "log") log += event.text;
    if (event.type === "guest" && event.state !== "booting" && event.state !== "running") resolve();
  });
  const timer = setTimeout(resolve, PATIENCE_MS);
  const all = [...args, ...(random ? ["--random"] : [])];
  const spec = { bus: "bus", image, args: all, env: {}, memory: 8 * MIB };
  must(await hypervisor.bootGuest("reader", spec));
  await ended;
  clearTimeout(timer);
  off();
  const ns = Number(/ ns (\d+)/.exec(log)?.[1]);
  const requests = hypervisor.device("vda")?.tx.dropped;
  await hypervisor.killGuest("reader");
  must(hypervisor.removeGuest("reader"));
  if (!(ns > 0) || requests !== 0) throw new Error(`the reader gave no figure: ${log}`);
  return (count * block) / MIB / (ns / 1e9);
}

/** fio at its quickest: no time taken for each request. */
async function theirs({ file, bytes, amount }: Room, { block, random, count }: Shape): Promise<number> {
  const { stdout } = await run("fio", [
    "--name=read",
    `--filename=${file}`,
    "--ioengine=psync",
    "--invalidate=0",
    `--rw=${random ? "randread" : "read"}`,
    "--norandommap",
    `--bs=${block}`,
    `--size=${bytes}`,
    `--io_size=${amount(count) * block}`,
    "--gtod_reduce=1",
    "--thread",
    "--output-format=json",
  ]);
  const read = (
    JSON.parse(stdout) as { jobs: [{ read: { io_bytes: number; runtime: number; iops: number } }] }
  ).jobs[0].read;
  return (read.iops * block) / MIB;
}

async function fioVersion(): Promise<string> {
  try {
    return (await run("fio", ["--version"])).stdout.trim().replace("fio-", "");
  } catch {
    throw new Error("fio is not there; the Debian package fio brings it");
  }
}

/** A file with something everywhere, which stays in the system's memory. */
async function fill(file: string, bytes: number): Promise<void> {
  const handle = await open(file, "w");
  const block = new Uint8Array(MIB).map((_, at) => (at * 31) & 255);
  for (let at = 0; at < bytes; at += MIB) await handle.write(block, 0, MIB, at);
  await handle.sync();
  await handle.close();
}
