// Traffic goes on while the lab changes: a closed loop, numbered and acknowledged, over saves of the file.

import { cpSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Snapshot } from "../interpreter/index.ts";
import { Desk } from "./run.test-support.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SECONDS = 6;

let desk: Desk;
beforeAll(() => {
  desk = new Desk();
  for (const name of ["blast", "drain"]) {
    cpSync(path.join(ROOT, `bench/build/${name}.wasm`), path.join(desk.folder, `${name}.wasm`));
  }
});
afterAll(() => desk.close());

/** Puts another program in the place of the third guest's. */
const swap = (built: string): void => cpSync(path.join(ROOT, built), path.join(desk.folder, "third.wasm"));

const lab = (rate: string, more: string): string =>
  `network lan { subnet = 10.0.0.0/24 }
image blast: wasm { path = "./blast.wasm" }
image drain: wasm { path = "./drain.wasm" }
image swapped: wasm { path = "./third.wasm" }
guest sink {
  image = drain, args = ["--ring", 512, "--ends", 1]
  device eth0: venet { network = lan, mac = 02:00:00:00:00:09, ring = 512 }
}
guest third { image = swapped, device eth0: venet { network = quiet } }
network quiet { subnet = 10.0.1.0/24 }
${more}`.replace("ring = 512", `ring = 512${rate}`);

const SOURCE = `guest source {
  image = blast, goal = completed
  args = ["--mac", 02:00:00:00:00:09, "--ring", 512, "--seconds", ${SECONDS}, "--ends", 1]
  device eth0: venet { network = lan }
}
`;
const ADDED = `image echo: wasm { path = "std:guests/echo" }
guest added { image = echo, device eth0: venet { network = lan } }
`;

async function snapshot(): Promise<Snapshot> {
  return JSON.parse((await desk.run(["dash", "--once", "--json"])).stdout) as Snapshot;
}

test("100,000 frames a second and more lose none while rate, guests and an image change", async () => {
  const file = path.join(desk.folder, "lab.vbus");
  const save = (text: string): void => writeFileSync(file, text);
  swap("bench/build/drain.wasm");
  save(lab("", ""));
  const up = desk.start(["up", "lab.vbus", "--max-disruption", "restart"]);
  await up.says("sink running");
  while (!(await snapshot()).devices.some(({ id, rings }) => id === "sink.eth0" && rings.length === 2));
  save(lab("", SOURCE));
  await up.says("source running");
  save(lab(", rate = 90Gbps", SOURCE));
  await up.says("-> 90Gbps (live)");
  save(lab(", rate = 40Gbps", SOURCE + ADDED));
  await up.says("added | echo: eth0");
  swap("stdlib/guests/build/echo.wasm");
  await up.says("third | echo: eth0");
  save(lab("", SOURCE));
  await up.says("added guest destroyed");
  await up.says("source completed with 0");
  const { guests, networks, devices } = await snapshot();
  expect(guests.find(({ address }) => address === "source")).toMatchObject({ restarts: 0, exit: 0 });
  expect(guests.find(({ address }) => address === "sink")).toMatchObject({ restarts: 0, state: "running" });
  expect(networks.find(({ address }) => address === "lan")?.frames.dropped).toBe(0);
  for (const { id, rx, tx } of devices)
    if (id.startsWith("s")) expect([id, rx.dropped, tx.dropped]).toEqual([id, 0, 0]);
  up.child.kill("SIGINT");
  const { stdout } = await up.ended;
  const [, frames, ns] = /source \| frames (\d+) bytes 64 ns (\d+)/.exec(stdout) ?? [];
  expect(Number(frames) / (Number(ns) / 1e9)).toBeGreaterThanOrEqual(100_000);
  expect(stdout).toMatch(/sink \| received \d+ missing 0 reordered 0/);
  const applied = [...stdout.matchAll(/generation \d+: .* applied in ([\d.]+ m?s)/g)].map(([, time]) => time);
  console.log(`${frames} frames in ${SECONDS} s; saves applied in ${applied.slice(1).join(", ")}`);
}, 300_000);
