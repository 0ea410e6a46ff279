// How many guests boot in a second, on threads that they share and from the pool, beside workers of Node's
// with an empty script; and what an idle shared guest takes of memory beside its own RAM.
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { createHypervisor, type Hypervisor, type Image, type VcpuKind } from "../hypervisor/index.ts";
import wabt from "wabt";
import { must } from "./guest-run.ts";
import type { Work } from "./harness.ts";

/** What boots at the same time; as many warm threads are in the pool. */
const GUESTS = { real: 400, tiny: 20 };
const POOLED = { real: 16, tiny: 2 };
const WORKERS = { real: 16, tiny: 2 };
const MEMORY = 65_536;
/** Says where it is to be told of events, and sleeps. */
const IDLE = `(module
  (import "vbus" "call" (func $call (param i32 i32 i32 i32 i32) (result i32)))
  (import "vbus" "wait" (func $wait (param i64) (result i32)))
  (import "env" "memory" (memory 1 1 shared))
  (func (export "main") (result i32)
    (drop (call $call (i32.const 0) (i32.const 3) (i32.const 192) (i32.const 64) (i32.const 0)))
    (call $wait (i64.const -1))))`;
/** What issue and README promise, with the pages of its RAM that a guest touches. */
const LIMIT_KIB = 64;

/** Compiles the guest and makes the works. `close` ends the hypervisors. */
export async function openBootBench(
  tiny: boolean,
): Promise<{ works: readonly Work[]; close: () => Promise<void> }> {
  const size = tiny ? "tiny" : "real";
  const shared = createHypervisor({ lab: "bench", warm: 0 });
  const image = await idleImage(shared);
  await bootMany(shared, image, "shared", 8); // Its carriers are there from now on.
  const rivals = [{ name: "new Worker, empty", measure: () => workersPerSecond(WORKERS[size]) }];
  const works: Work[] = [
    {
      name: "boots, shared",
      unit: "per s",
      better: "more",
      ours: async () => (await bootMany(shared, image, "shared", GUESTS[size])).perSecond,
      rivals,
    },
    { name: "boots, pooled", unit: "per s", better: "more", ours: () => pooled(POOLED[size]), rivals },
    {
      name: "idle, shared",
      unit: "KiB",
      better: "less",
      ours: async () => (await bootMany(shared, image, "shared", GUESTS[size])).kibEach,
      rivals: [{ name: "the bound", measure: () => Promise.resolve(LIMIT_KIB) }],
    },
  ];
  return { works, close: () => shared.close() };
}

async function idleImage(hypervisor: Hypervisor): Promise<Image> {
  const assembler = await wabt();
  const { buffer } = assembler.parseWat("idle.wat", IDLE, { threads: true }).toBinary({});
  return must(await hypervisor.compile(new Uint8Array(buffer)));
}

interface Boots {
  readonly perSecond: number;
  /** Resident memory that came with each. */
  readonly kibEach: number;
}

/** Boots guests at the same time, lets them come to rest, and takes them away. */
async function bootMany(hypervisor: Hypervisor, image: Image, vcpu: VcpuKind, count: number): Promise<Boots> {
  must(hypervisor.createBus("bus"));
  const ids = Array.from({ length: count }, (_, index) => `guest${index}`);
  const spec = { bus: "bus", image, args: [], env: {}, memory: MEMORY, vcpu } as const;
  const before = residentKib();
  const startMs = performance.now();
  for (const outcome of await Promise.all(ids.map((id) => hypervisor.bootGuest(id, spec)))) must(outcome);
  const perSecond = count / ((performance.now() - startMs) / 1000);
  const kibEach = (residentKib() - before) / count;
  await Promise.all(ids.map((id) => hypervisor.killGuest(id)));
  for (const id of ids) must(hypervisor.removeGuest(id));
  must(hypervisor.removeBus("bus"));
  return { perSecond, kibEach };
}

/** From a pool that is full: as many boots as it has threads. */
async function pooled(count: number): Promise<number> {
  const hypervisor = createHypervisor({ lab: "bench", warm: count });
  try {
    const image = await idleImage(hypervisor);
    await quiet();
    return (await bootMany(hypervisor, image, "dedicated", count)).perSecond;
  } finally {
    await hypervisor.close();
  }
}

/** Waits until this process's threads have nothing to do. */
async function quiet(): Promise<void> {
  // Bound: the pool's threads start, and then wait.
  for (let idle = 0; idle < 3;) {
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { user, system } = process.cpuUsage(before);
    idle = user + system < 10_000 ? idle + 1 : 0;
  }
}

async function workersPerSecond(count: number): Promise<number> {
  const startMs = performance.now();
  const workers = Array.from({ length: count }, () => new Worker("", { eval: true }));
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("online", resolve))));
  const perSecond = count / ((performance.now() - startMs) / 1000);
  await Promise.all(workers.map((worker) => worker.terminate()));
  return perSecond;
}

function residentKib(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}
