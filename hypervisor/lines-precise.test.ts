// Precise lines: their thread is busy while a frame of theirs waits, and only then; nothing else waits for
// it. CPU time is the thread's own, as the system counts it.

import { readFileSync, readdirSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { cpuTime } from "./guest/cpu-time.ts";
import type { Damage } from "./hypervisor.ts";
import { agree, direction } from "./lines.test-support.ts";
import { TestLab, macOf, must, until } from "./machine-room.test-support.ts";
import { puppet, type Frame, type Puppet } from "./puppet.test-support.ts";

let lab: TestLab;
afterEach(() => lab.close());

/** Milliseconds on a core of the thread of the lines, the only one of that name. */
function linesCpuMs(): number {
  const named = (tid: string): boolean => readFileSync(`/proc/self/task/${tid}/comm`, "utf8") === "lines\n";
  const tids = readdirSync("/proc/self/task").filter(named);
  expect(tids.length).toBe(1);
  return cpuTime(Number(tids[0]))?.cpuMs ?? Number.NaN;
}

/** Two puppets; what the first sends is impaired. */
async function pairOf(change: Partial<Damage>): Promise<[Puppet, Puppet]> {
  lab = new TestLab();
  lab.plug(1, { impair: { egress: direction(change) } });
  lab.plug(2);
  return [await puppet(lab, 1), await puppet(lab, 2)];
}

const framesOf = (count: number): Frame[] =>
  Array.from({ length: count }, (_, mark) => ({ to: macOf(2), from: macOf(1), mark, length: 1000 }));

/** A frame every 8 ms. */
const SLOW = { rate: 1e6 };
const COUNT = 60;

test("the thread is busy while frames wait on a precise line, and not when it is none any more", async () => {
  const [a, b] = await pairOf(SLOW);
  const busy: number[] = [];
  for (const [turn, precise] of [false, true, false].entries()) {
    lab.change(1, { impair: { egress: direction({ ...SLOW, precise }) } });
    const before = linesCpuMs();
    await a.send(...framesOf(COUNT));
    const count = (turn + 1) * COUNT;
    await until("all have gone on", () => lab.device(2).rx.count === count);
    busy.push(linesCpuMs() - before);
    expect((await b.take()).map(({ mark }) => mark)).toEqual(framesOf(COUNT).map(({ mark }) => mark));
  }
  const [sleeping = 0, looking = 0, again = 0] = busy;
  // 480 ms, of which a busy machine gives a part.
  expect(looking).toBeGreaterThan(2 * Math.max(sleeping, again));
  expect(looking).toBeGreaterThan(100);
  agree(lab, { 1: 3 * COUNT, 2: 0 });
});

test("the thread is not busy while what waits on a precise line is due much later", async () => {
  const [a, b] = await pairOf({ delayNs: 3600e9, precise: true });
  lab.change(2, { impair: { egress: direction({ delayNs: 400e6 }) } });
  await a.send(...framesOf(1));
  const before = linesCpuMs();
  await b.send({ to: macOf(1), from: macOf(2), mark: 0, length: 64 });
  await until("400 ms are over", () => lab.device(1).rx.count === 1);
  expect(linesCpuMs() - before).toBeLessThan(100);
  expect(lab.device(1).egress?.waiting).toBe(1);
});

test("an impairment that ends being precise loses nothing of what waits", async () => {
  const [a, b] = await pairOf({ ...SLOW, precise: true });
  await a.send(...framesOf(COUNT));
  for (let change = 0; change < 40; change++) {
    lab.change(1, { impair: { egress: direction({ ...SLOW, precise: change % 2 === 0 }) } });
    await a.send(...framesOf(1));
  }
  await until("all have gone on", () => lab.device(2).rx.count === COUNT + 40);
  expect((await b.take()).length).toBe(COUNT + 40);
  agree(lab, { 1: COUNT + 40, 2: 0 });
});

test("pausing, killing and closing do not wait for a thread that looks", async () => {
  // One is due each 40 ms, for 8 s.
  const [a, b] = await pairOf({ rate: 200e3, precise: true });
  await a.send(...framesOf(200));
  await until("it looks", () => lab.device(2).rx.count > 0);
  must(await lab.hv.pauseGuest(b.id));
  must(await lab.hv.resumeGuest(b.id));
  must(await lab.hv.killGuest(b.id));
  expect(lab.device(1).egress?.waiting).toBeGreaterThan(100);
});
