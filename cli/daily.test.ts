// What is done with a running lab day by day: stats, wait, console; and a lab to begin with.

import { execFile } from "node:child_process";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { spawn } from "@lydell/node-pty";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Desk } from "./run.test-support.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LIMIT = 180_000;
const desk = new Desk();

/** Says back what is typed, with what it was. */
const PARROT = `import { Change, Vconsole, boot, put, putBytes, putLine, sleep, stopping } from "./sdk/index";
export function main(): i32 {
  if (boot() < 0) return 1;
  const change = new Change();
  const terminal = new Vconsole();
  while (change.next()) if (change.deviceClass == 2) terminal.open(change.id);
  put("listening");
  putLine();
  while (!stopping()) {
    while (terminal.input.take()) terminal.write(terminal.input.at, terminal.input.length);
    sleep(2000000);
  }
  return 0;
}
`;
const FLAGS =
  "-O3 --noAssert --runtime stub --use abort= --enable threads --importMemory --sharedMemory --noExportMemory --zeroFilledMemory --initialMemory 4 --maximumMemory 65536";
const TEXT = `lab daily { }
network lan { subnet = 10.0.0.0/24 }
image echo: wasm { path = "std:guests/echo" }
image ping: wasm { path = "std:guests/ping" }
image parrot: wasm { path = "parrot.wasm" }
guest server { image = echo, device eth0: venet { network = lan } }
guest client {
  image = ping, goal = completed, args = ["--to", server.eth0.ip, "--count", 5]
  device eth0: venet { network = lan }
}
guest lonely {
  image = ping, goal = completed, args = ["--to", 10.0.0.99, "--count", 1, "--timeout", 50ms]
  device eth0: venet { network = lan }
}
guest bird { image = parrot, device tty: vconsole { } }
`;

beforeAll(async () => {
  cpSync(path.join(ROOT, "stdlib/guests/sdk"), path.join(desk.folder, "sdk"), { recursive: true });
  writeFileSync(path.join(desk.folder, "parrot.ts"), PARROT);
  const asc = path.join(ROOT, "node_modules/assemblyscript/bin/asc.js");
  const args = [asc, "parrot.ts", "-o", "parrot.wasm", ...FLAGS.split(" ")];
  await promisify(execFile)(process.execPath, args, { cwd: desk.folder });
  writeFileSync(path.join(desk.folder, "daily.vbus"), TEXT);
  expect(await desk.run(["up", "-d", "daily.vbus"])).toMatchObject({ exit: 0 });
}, LIMIT);
afterAll(() => desk.close());

test("wait: met, missed, late and unknown have their own codes", { timeout: LIMIT }, async () => {
  const rows: [readonly string[], number, string][] = [
    [["server", "--for", "running"], 0, "server is running\n"],
    [["client", "--for", "completed", "--timeout", "100s"], 0, "client is completed (0)\n"],
    [["lonely", "--for", "exited"], 0, "lonely is failed (1): main returned 1\n"],
    [["lonely"], 1, "lonely is not ready: it is failed (1): main returned 1\n"],
    [
      ["server", "--for", "exited", "--timeout", "100ms"],
      75,
      "server is not exited in time: it is running\n",
    ],
    [["nobody"], 64, "error: The lab has no guest nobody; it has server, client, lonely, bird.\n"],
    [["server", "--timeout", "soon"], 64, "error: --timeout takes a time such as 2s or 500ms, not `soon`.\n"],
  ];
  for (const [args, exit, stderr] of rows) {
    expect([args, await desk.run(["wait", ...args])]).toEqual([args, { exit, stdout: "", stderr }]);
  }
  const { stdout } = await desk.run(["wait", "lonely", "--json", "--for", "completed"]);
  const record = { schema: 1, guest: "lonely", for: "completed", met: false, state: "failed", exit: 1 };
  expect(JSON.parse(stdout)).toEqual({ ...record, reason: "main returned 1" });
});

test("stats: what a guest carried, once and as it changes", { timeout: LIMIT }, async () => {
  await desk.run(["wait", "client", "--for", "completed"]);
  const { guests } = JSON.parse((await desk.run(["stats", "--json"])).stdout);
  const server = guests.find(({ guest }: { guest: string }) => guest === "server");
  // Five pings, and who asked whom for an address.
  expect(server).toMatchObject({ state: "running", dropped: 0, framesPerKick: expect.any(Number) });
  expect(Math.min(server.rx, server.tx)).toBeGreaterThanOrEqual(5);
  expect(server.latencyP99Ns).toBeGreaterThanOrEqual(server.latencyP50Ns);
  expect(server.cpu).toBeGreaterThanOrEqual(0);
  const { stdout } = await desk.run(["stats"]);
  expect(stdout).toMatch(/^GUEST +STATE +CPU +QUEUE +MEMORY +FRAMES\/S +RX +TX +DROPS +FR\/KICK +P50 +P99\n/);
  expect(stdout).toMatch(
    /\nserver +running .* \d+ +\d+ +0 +[\d.]+ +[\d.]+(ns|us|ms|s) +[\d.]+(ns|us|ms|s)\n/,
  );
  const watch = desk.start(["stats", "--watch", "--json"]);
  await watch.says('}\n{"schema":1');
  watch.child.kill("SIGINT");
  expect((await watch.ended).exit).toBe(130);
});

test("console: lines from a pipe are typed, and what has none says so", { timeout: LIMIT }, async () => {
  const none = await desk.run(["console", "server"]);
  expect(none).toMatchObject({ exit: 1, stdout: "" });
  expect(none.stderr).toContain("server has no console. Give it a device of class `vconsole`.");
  const logs = desk.start(["logs", "-f", "bird"]);
  await logs.says("listening");
  // Longer than a buffer of the guest, with characters of several bytes.
  const long = "ä€😀".repeat(300);
  const script = `printf 'hello parrot\\n%s\\n' "$TEXT" | "$NODE" "$VBUS" console bird`;
  const env = { ...desk.env, TEXT: long, NODE: process.execPath, VBUS: path.join(ROOT, "cli/vbus.cjs") };
  await promisify(execFile)("sh", ["-c", script], { cwd: desk.folder, env });
  await logs.says("hello parrot\n");
  await logs.says(`${long}\n`);
  logs.child.kill("SIGTERM");
  await logs.ended;
});

test("console: keys in a terminal, and ctrl-] leaves", { timeout: LIMIT }, async () => {
  const args = [path.join(ROOT, "cli/vbus.cjs"), "console", "bird", "-n", "1"];
  const shell = spawn(process.execPath, args, { cwd: desk.folder, env: { ...desk.env, TERM: "xterm" } });
  let written = "";
  const says = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const listener = shell.onData(() => look());
      const look = (): void => {
        if (!written.includes(text)) return;
        listener.dispose();
        resolve();
      };
      look();
    });
  shell.onData((data) => (written += data));
  const ended = new Promise<number>((resolve) => shell.onExit(({ exitCode }) => resolve(exitCode)));
  await says("ctrl-] leaves");
  shell.write("typed by hand\r");
  await says("typed by hand\r\n");
  shell.write("\u001d");
  expect(await ended).toBe(0);
  expect(written).not.toContain("the lab has gone");
});

test.each(["hello", "tenants", "racks", "links"])(
  "init --template %s: it checks",
  { timeout: LIMIT },
  async (name) => {
    const { exit, stderr } = await desk.run(["init", `new/${name}`, "--template", name]);
    expect(exit).toBe(0);
    expect(stderr).toContain(`next: vbus check new/${name}/lab.vbus`);
    expect((await desk.run(["check", `new/${name}`])).exit).toBe(0);
    const again = await desk.run(["init", `new/${name}`]);
    expect([again.exit, again.stderr]).toEqual([64, expect.stringContaining("There is a")]);
  },
);

test("what init writes passes its tests", { timeout: LIMIT }, async () => {
  await desk.run(["init", "mine"]);
  expect(existsSync(path.join(desk.folder, "mine/lab.vbus"))).toBe(true);
  expect(readFileSync(path.join(desk.folder, "mine/lab.vbus"), "utf8")).toContain("guest server");
  expect(await desk.run(["test", "mine"])).toMatchObject({ exit: 0 });
});
