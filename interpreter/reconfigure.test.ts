// Rings and MTUs change while the guests that ship send and receive: the plan says `pause`, nobody is
// restarted, and not one frame is lost by it.

import { spawnSync } from "node:child_process";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createHypervisor, type Hypervisor } from "../hypervisor/index.ts";
import { Engine } from "./engine.ts";
import { definitionOf, images } from "./plan/model.test-support.ts";
import { clock } from "./lab.test-support.ts";
import { GuestFolder, gotMore } from "./loop.test-support.ts";

const folder = new GuestFolder();
const long = process.env["SLOW"] === "1";
/** Changes of both ends while frames flow, and the frames of the loop between two. */
const CHANGES = long ? 200 : 16;
const FRAMES = 2000;
const LIMIT = { timeout: 300_000 };
let engine: Engine;
let hypervisor: Hypervisor;
let logs: string[] = [];

beforeAll(() => void folder.loop(), 120_000);

beforeEach(() => {
  logs = [];
  hypervisor = createHypervisor({ lab: "t" });
  engine = new Engine({ lab: "t", hypervisor, images, clock });
  hypervisor.on((event) => event.type === "log" && logs.push(event.text));
});

afterEach(async () => {
  await hypervisor.close();
  engine.close();
});

afterAll(() => folder.remove());

function hasClang(): boolean {
  if (["clang", "wasm-ld"].every((name) => spawnSync(name, ["--version"]).status === 0)) return true;
  const told = "Rings that change under a guest in C: skipped, since clang and lld are not installed";
  if (process.env["CI"]) throw new Error(told);
  console.log(told);
  return false;
}

interface Ends {
  /** The image of the server. */
  readonly echo: string;
  readonly server: string;
  readonly client: string;
}

function lab({ echo, server, client }: Ends): string {
  return `
image echo: wasm { path = ${JSON.stringify(echo)} }
image loop: wasm { path = ${JSON.stringify(path.join(folder.folder, "loop.wasm"))} }
network lan { subnet = 10.0.0.0/24, mtu = 9000B }
guest server { image = echo, memory = 32MiB, device eth0: venet { network = lan, ip = 10.0.0.2, ${server} } }
guest client { image = loop, memory = 32MiB, args = ["10.0.0.2", 400], stop { grace = 20s }
  device eth0: venet { network = lan, ip = 10.0.0.3, ${client} } }
`;
}

const rings = ["ring = 64", "ring = 1024", "ring = 128", "ring = 512", "ring = 256"];
const mtus = ["mtu = 1500B", "mtu = 9000B", "mtu = 600B"];
const pick = (list: readonly string[], index: number): string => list[index % list.length] ?? "";
const endsOf = (echo: string, change: number): Ends => ({
  echo,
  server: `${pick(rings, change)}, ${pick(mtus, change >> 1)}`,
  client: `${pick(rings, change >> 1)}, ${pick(mtus, change)}`,
});

async function apply(ends: Ends): Promise<void> {
  const result = await engine.apply(definitionOf(lab(ends)), { actor: "file" });
  expect(result, JSON.stringify(result)).toMatchObject({ ok: true });
}

async function frames(count: number): Promise<void> {
  if (await gotMore(hypervisor, "client.eth0", count)) return;
  throw new Error(`no ${count} frames within a minute\n${logs.join("")}`);
}

/** Changes both ends of a closed loop again and again. `largest`: the most slots that the server takes. */
async function changeAll(echo: string, largest: number): Promise<void> {
  await apply(endsOf(echo, 0));
  await frames(FRAMES);
  for (const id of ["server", "client"]) expect(hypervisor.guest(id)?.features).toEqual(["reconfigure"]);
  for (let change = 1; change <= CHANGES; change++) {
    const ends = endsOf(echo, change);
    const plan = engine.plan(definitionOf(lab(ends)));
    expect(plan.disruption).toBe("pause");
    expect(plan.steps.every((step) => step.kind === "update")).toBe(true);
    await apply(ends);
    const said = (text: string): number => Number(/ring = (\d+)/.exec(text)?.[1]);
    const sizes = ["server.eth0", "client.eth0"].map((id) => hypervisor.device(id)?.rings[0]?.size);
    expect(sizes).toEqual([Math.min(said(ends.server), largest), said(ends.client)]);
    await frames(FRAMES);
  }
  await hypervisor.stopGuest("client", 20_000);
  const told = /loop: (\d+) answered, 0 missing, 0 out of order/.exec(logs.join(""));
  expect(logs.join("")).toMatch(/loop: \d+ answered, 0 missing, 0 out of order/);
  expect(hypervisor.guest("client")?.exit).toBe(0);
  for (const id of ["server.eth0", "client.eth0"]) {
    const device = hypervisor.device(id);
    expect([device?.tx.dropped, device?.rx.dropped]).toEqual([0, 0]);
    // Also what came into slots that smaller rings don't have.
    expect(device?.rx.count).toBeGreaterThanOrEqual(Number(told?.[1]));
  }
}

test("rings and MTUs change in a closed loop, and every frame arrives in order", LIMIT, async () => {
  await changeAll("std:guests/echo", 1024);
});

test("a guest in C does the same", LIMIT, async () => {
  if (!hasClang()) return;
  folder.compile("clang", "stdlib/guests/c/echo.c", "echo.wasm");
  await changeAll(path.join(folder.folder, "echo.wasm"), 64);
});
