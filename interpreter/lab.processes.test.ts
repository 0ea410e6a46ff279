// Labs in processes of their own: one owner at a time, and what a kill leaves behind.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import { connect } from "./control/client.ts";
import { findLabs } from "./control/discover.ts";
import { socketPathOf } from "./control/paths.ts";
import { openLab } from "./lab.ts";
import { Bench, clock, HELLO } from "./lab.test-support.ts";
import { findStateFolder } from "./state/folder.ts";
import { openState } from "./state/state.ts";

let bench: Bench | undefined;
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  await bench?.close();
  bench = undefined;
});

/** A process that runs the bench's lab and prints each event's message. */
function labProcess(on: Bench): ChildProcess {
  const code = `
    const { openLab } = await import(${JSON.stringify(new URL("./lab.ts", import.meta.url).href)});
    const clock = { now: () => performance.now(), wall: () => Date.now() };
    const onEvent = (event) => console.log(event.message);
    const place = ${JSON.stringify({ file: on.file, env: on.env })};
    await openLab({ ...place, clock, onEvent, watch: true });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return child;
}

/** Resolves when the process has printed a line that matches. */
async function said(child: ChildProcess, pattern: RegExp): Promise<void> {
  if (child.stdout === null) throw new Error("the process has no output");
  for await (const line of createInterface(child.stdout)) if (pattern.test(line)) return;
  throw new Error(`the process ended without saying ${pattern}`);
}

test("another process's lab is seen, refused and taken down", async () => {
  bench = new Bench(HELLO);
  const owner = labProcess(bench);
  await said(owner, /generation 1/);
  const refused = await openLab({ file: bench.file, env: bench.env, clock }).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    trouble: "locked",
    message: `This lab is already running (pid ${owner.pid}).`,
  });
  expect(await findLabs(bench.env)).toMatchObject([{ pid: owner.pid }]);
  const client = await connect(socketPathOf(bench.file, bench.env));
  await client.request("down", {});
  await client.closed;
  await once(owner, "exit");
  expect(owner.exitCode).toBe(0);
});

test("after a kill -9 the next start takes over, with the addresses that were given out", async () => {
  bench = new Bench(HELLO);
  const owner = labProcess(bench);
  await said(owner, /generation 1/);
  owner.kill("SIGKILL");
  await once(owner, "exit");
  const socketPath = socketPathOf(bench.file, bench.env);
  expect(existsSync(socketPath)).toBe(true);
  await expect(connect(socketPath)).rejects.toMatchObject({ trouble: "not-running" });
  const lab = await bench.open();
  expect(await lab.whenReady(15_000)).toEqual({ ready: true, failed: [] });
  expect(lab.snapshot()).toMatchObject({ generation: 2, pid: process.pid });
});

test("a kill at random moments of a start leaves a state that the next one can use", async () => {
  bench = new Bench(HELLO);
  const seed = Number(process.env["SEED"] ?? 20_261_123);
  for (let round = 0; round < 3; round++) {
    const owner = labProcess(bench);
    await said(owner, /starts/);
    await new Promise((resolve) => setTimeout(resolve, (seed * (round + 3)) % 400));
    owner.kill("SIGKILL");
    await once(owner, "exit");
    const folder = findStateFolder(bench.file, bench.env);
    const state = openState(folder ?? "");
    const last = state.lastGeneration();
    expect(state.allocations(), `seed ${seed}, round ${round}`).toEqual(last?.model.allocations ?? {});
    state.close();
  }
  const lab = await bench.open();
  expect(await lab.whenReady(15_000)).toEqual({ ready: true, failed: [] });
});

test(
  "a kill at random moments of an apply leaves a complete generation, one of those that were saved",
  { timeout: 600_000 },
  async () => {
    const seed = Number(process.env["SEED"] ?? 20_261_123);
    const rounds = process.env["SLOW"] === "1" ? 20 : 3;
    /** Lab n has n more guests, so each text is known by what it declares. */
    const text = (more: number): string =>
      HELLO + Array.from({ length: more }, (_, index) => `guest more${index} { image = echo }\n`).join("");
    bench = new Bench(text(0));
    for (let round = 0; round < rounds; round++) {
      const owner = labProcess(bench);
      const lines = createInterface(owner.stdout as NodeJS.ReadableStream);
      let saves = 0;
      for await (const line of lines) {
        // Each generation begins the next save; the last is killed in the middle of its apply.
        if (!line.startsWith("generation") || ++saves > 3) continue;
        bench.save(text((saves + round) % 4));
        if (saves < 3) continue;
        setTimeout(() => owner.kill("SIGKILL"), (seed * (round + 3)) % 150);
      }
      const folder = findStateFolder(bench.file, bench.env) ?? "";
      const state = openState(folder);
      const last = state.lastGeneration();
      const why = `seed ${seed}, round ${round}`;
      expect(state.allocations(), why).toEqual(last?.model.allocations);
      const [kept] = state.texts(last?.number ?? 0).values();
      const saved = [0, 1, 2, 3].map(text);
      expect(saved, why).toContain(kept);
      const guests = last?.model.resources.filter(({ kind }) => kind === "guest").length;
      expect(guests, why).toBe(2 + saved.indexOf(kept ?? ""));
      const events = state.events();
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
      state.close();
    }
    const lab = await bench.open();
    expect(await lab.whenReady(30_000)).toEqual({ ready: true, failed: [] });
  },
);
