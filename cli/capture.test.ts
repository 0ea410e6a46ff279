// `vbus capture` as a process of its own on a lab that runs: what tshark reads of it, what it expects, and
// what it says is missing.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Snapshot } from "../interpreter/index.ts";
import { Desk } from "./run.test-support.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.close());

const at = (name: string): string => path.join(desk.folder, name);
const save = (text: string): void => writeFileSync(at("lab.vbus"), text);

const SERVER = `network lan { subnet = 10.0.0.0/24 }
image ping: wasm { path = "std:guests/ping" }
image echo: wasm { path = "std:guests/echo" }
guest server { image = echo
  device eth0: venet { network = lan, ip = 10.0.0.11 } }
`;
const CLIENT = `guest client {
  image = ping, args = ["--to", server.eth0.ip, "--count", 500, "--interval", 20ms]
  device eth0: venet { network = lan, ip = 10.0.0.12 }
}
`;

/** Lines of tshark with these fields, or undefined where it isn't installed. */
function fieldsOf(file: string, ...fields: readonly string[]): string[] | undefined {
  const args = [
    "-n",
    "-r",
    file,
    "-T",
    "fields",
    "-E",
    "separator=;",
    ...fields.flatMap((name) => ["-e", name]),
  ];
  const { status, stdout, error, stderr } = spawnSync("tshark", args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (error) {
    console.log("skipped: there is no tshark on this machine");
    return undefined;
  }
  expect([status, stderr.includes("error")]).toEqual([0, false]);
  return stdout.split("\n").filter((line) => line !== "");
}

test("names, directions, ARP and ICMP of guests that ping", { timeout: 180_000 }, async () => {
  save(SERVER);
  const up = desk.start(["up", "lab.vbus"]);
  await up.says("server running");
  const ofServer = desk.start(["capture", "server", "-w", "server.pcapng", "--json"]);
  const expects = desk.start([
    "capture",
    "lan",
    "--write=lan.pcapng",
    "--expect=icmp and src host 10.0.0.12",
    "--within=60s",
  ]);
  await Promise.all([ofServer.tells("capturing server"), expects.tells("capturing lan")]);
  save(SERVER + CLIENT);
  expect(await expects.ended).toMatchObject({ exit: 0, stdout: "" });
  ofServer.child.kill("SIGINT");
  const { exit, stdout } = await ofServer.ended;
  expect(exit).toBe(130);
  const { frames, lost } = JSON.parse(stdout) as { frames: number; lost: number };
  expect([frames > 3, lost]).toEqual([true, 0]);
  const seen = fieldsOf(
    at("server.pcapng"),
    "frame.interface_name",
    "frame.packet_flags_direction",
    "eth.type",
  );
  if (!seen) return;
  expect(seen.length).toBe(frames);
  const [arp, ip] = ["0x0806", "0x0800"];
  for (const way of ["0x00000001", "0x00000002"]) {
    for (const type of [arp, ip]) expect(seen).toContain(`server.eth0;${way};${type}`);
  }
  const once =
    fieldsOf(at("lan.pcapng"), "frame.interface_name", "frame.packet_flags_direction", "ip.src") ?? [];
  expect(once).toContain("client.eth0;0x00000002;10.0.0.12");
  expect(once.every((line) => line.includes(";0x00000002;"))).toBe(true);
  for (const about of fieldsOf(at("lan.pcapng"), "frame.interface_description") ?? [])
    expect(about).toMatch(/^venet on lan, ([0-9a-f]{2}:?){6}, 10\.0\.0\.1[12]\/24$/);
  up.child.kill("SIGINT");
});

test("what doesn't come in time, and what is wrong with a call", { timeout: 120_000 }, async () => {
  save(SERVER);
  const up = desk.start(["up", "lab.vbus"]);
  await up.says("server running");
  const late = await desk.run(["capture", "--expect", "icmp", "--within", "200ms"]);
  expect(late).toMatchObject({ exit: 4, stdout: "" });
  expect(late.stderr).toContain("no frame came that fits `icmp`");
  const calls: readonly (readonly [number, string, ...string[]])[] = [
    [64, "can't be read: `tpc` is no word of a filter", "--filter", "arp or tpc"],
    [64, "         ^", "--filter", "arp or tpc"],
    [64, "give both", "--within", "2s"],
    [64, "takes a time such as 2s", "--duration", "soon"],
    [64, "takes a whole number", "--count", "0"],
    [64, "--json writes to stdout", "--json"],
    [1, "The lab has no `nobody`; it has lan, server.eth0.", "nobody", "-w", "x"],
    [1, "A snaplen is from 14 to 262144", "-s", "13", "-w", "x"],
  ];
  for (const [exit, told, ...args] of calls) {
    const outcome = await desk.run(["capture", ...args]);
    expect([args, outcome.exit, outcome.stderr]).toEqual([args, exit, expect.stringContaining(told)]);
  }
  const ended = desk.start(["capture", "-w", "rest.pcapng"]);
  await ended.tells("capturing all networks");
  expect((await desk.run(["down"])).exit).toBe(0);
  expect(await ended.ended).toMatchObject({ exit: 0, stderr: expect.stringContaining("captured") as string });
  expect(fieldsOf(at("rest.pcapng"), "frame.number") ?? []).toEqual([]);
});

test(
  "a capture that is not read misses frames and says so; the guests miss none",
  { timeout: 180_000 },
  async () => {
    for (const name of ["blast", "drain"])
      cpSync(path.join(ROOT, `bench/build/${name}.wasm`), at(`${name}.wasm`));
    const lab = (source: string): string => `network lan { subnet = 10.0.0.0/24 }
image blast: wasm { path = "./blast.wasm" }
image drain: wasm { path = "./drain.wasm" }
guest sink {
  image = drain, args = ["--ends", 1]
  device eth0: venet { network = lan, mac = 02:00:00:00:00:09 }
}
${source}`;
    save(lab(""));
    const up = desk.start(["up", "lab.vbus"]);
    await up.says("sink running");
    // A pipe that nobody has opened for reading so far.
    spawnSync("mkfifo", [at("pipe")]);
    const capture = desk.start(["capture", "lan", "-w", "pipe"]);
    await capture.tells("capturing lan");
    save(
      lab(`guest source {
  image = blast, args = ["--mac", 02:00:00:00:00:09, "--frames", 120000, "--ends", 1], goal = completed
  device eth0: venet { network = lan }
}
`),
    );
    await up.says("source completed with 0");
    const file = openSync(at("lan.pcapng"), "w");
    const reader = spawn("cat", [at("pipe")], { stdio: ["ignore", file, "ignore"] });
    const read = once(reader, "close");
    capture.child.kill("SIGINT");
    const { stderr } = await capture.ended;
    await read;
    const [, shown, missing] = /(\d+) frames captured, (\d+) missing/.exec(stderr) ?? [];
    expect(Number(missing)).toBeGreaterThan(0);
    const { networks } = JSON.parse((await desk.run(["dash", "--once", "--json"])).stdout) as Snapshot;
    expect(networks[0]?.frames.dropped).toBe(0);
    expect(Number(shown) + Number(missing)).toBe(networks[0]?.frames.count);
    up.child.kill("SIGINT");
    expect((await up.ended).stdout).toMatch(/sink \| received 120000 missing 0 reordered 0/);
    expect(readFileSync(at("lan.pcapng")).readUInt32LE(0)).toBe(0x0a0d0d0a);
    const frames = fieldsOf(at("lan.pcapng"), "frame.number");
    if (frames) expect(frames.length).toBe(Number(shown));
  },
);

test(
  "a test that fails keeps the frames of its last step, and one that passes none",
  {
    timeout: 180_000,
  },
  async () => {
    const tests = `test "passes" { expect client.log.matches("bytes from") within 60s }
test "fails at its second step" {
  expect client.log.count("bytes from") >= 20 within 60s
  expect client.exit == 7 within 300ms
}
`;
    save(SERVER + CLIENT + tests);
    const { exit, stdout } = await desk.run(["test", "--captures", "kept/frames", "--junit", "results.xml"]);
    expect(exit).toBe(4);
    const file = /^its frames: (.*)$/m.exec(stdout)?.[1];
    expect(file).toBe(path.join("kept/frames", "lab.vbus-11.pcapng"));
    expect(readdirSync(at("kept/frames"))).toEqual(["lab.vbus-11.pcapng"]);
    expect(readFileSync(at("results.xml"), "utf8")).toContain(file);
    const fields = fieldsOf(at(file!), "frame.interface_name", "icmp.seq", "frame.time_epoch");
    if (!fields) return;
    const frames = fields.map((line) => line.split(";"));
    expect(new Set(frames.map(([device]) => device))).toEqual(new Set(["client.eth0", "server.eth0"]));
    // Those of the step before, 20 of each, are not in it.
    expect(Math.min(...frames.map(([, sequence]) => Number(sequence)))).toBeGreaterThanOrEqual(20);
    const times = frames.map(([, , time]) => Number(time));
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(0.1);
  },
);
