// Whole labs from the command line: up in the foreground and in the background, ps, logs, down, signals.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Desk } from "./run.test-support.ts";

const HELLO = "examples/01-hello/lab.vbus";
const TENANTS = "examples/02-tenants/lab.vbus";

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.close());

test("up --wait shows five answered pings and ends with 0", async () => {
  const { exit, stdout, stderr } = await desk.run(["up", "--wait", HELLO]);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
  for (let number = 1; number <= 5; number++) {
    expect(stdout).toMatch(
      new RegExp(`64 bytes from 10\\.0\\.0\\.2: icmp_seq=${number} ttl=64 time=[0-9.]+ ms`),
    );
  }
  expect(stdout).toContain("5 packets transmitted, 5 received, 0% packet loss");
});

test("up --wait ends with 1 and the log's tail when a goal can't be met", async () => {
  writeFileSync(
    path.join(desk.folder, "lonely.vbus"),
    `network lan { subnet = 10.0.0.0/24 }
image ping: wasm { path = "std:guests/ping" }
guest lonely {
  image = ping, goal = completed
  args = ["--to", 10.0.0.99, "--count", 2, "--timeout", 50ms]
  device eth0: venet { network = lan }
}
`,
  );
  const { exit, stderr } = await desk.run(["up", "--wait", "lonely.vbus"]);
  expect(exit).toBe(1);
  expect(stderr).toContain("lonely missed its goal");
  expect(stderr).toContain("2 packets transmitted, 0 received, 100% packet loss");
});

test("a lab in the background is listed, read, guarded against a second up, and stopped", async () => {
  const tenants = ["-p", 'tenants=["a","b","c"]'];
  expect((await desk.run(["up", "-d", "--wait", TENANTS, ...tenants])).exit).toBe(0);
  const { guests, ready } = JSON.parse((await desk.run(["ps", "--json"])).stdout);
  expect(ready).toBe(true);
  expect(guests).toHaveLength(6);
  expect(guests[1]).toMatchObject({ address: 't["a"].vm[2]', state: "completed", exit: 0, goalMet: true });
  const logs = await desk.run(["logs", 't["b"].vm[2]']);
  expect(logs.stdout).toContain("3 packets transmitted, 3 received, 0% packet loss");
  const second = await desk.run(["up", TENANTS]);
  expect(second.exit).toBe(75);
  expect(second.stderr).toMatch(/already running \(pid \d+\)/);
  expect((await desk.run(["plan", TENANTS, ...tenants])).stdout).toContain("Nothing to do");
  expect((await desk.run(["down"])).exit).toBe(0);
  expect((await desk.run(["ps"])).exit).toBe(69);
});

test("a guest of a lab in the background is paused and resumed", async () => {
  expect((await desk.run(["up", "-d", "--wait", HELLO])).exit).toBe(0);
  const stateOf = async (): Promise<string> =>
    JSON.parse((await desk.run(["ps", "--json"])).stdout).guests.find(
      ({ address }: { address: string }) => address === "server",
    ).state;
  const paused = await desk.run(["pause", "server"]);
  expect(paused).toMatchObject({ exit: 0, stderr: "paused server\n" });
  expect(await stateOf()).toBe("paused");
  expect(await desk.run(["resume", "server"])).toMatchObject({ exit: 0, stderr: "running server\n" });
  expect(await stateOf()).toBe("running");
  const nobody = await desk.run(["pause", "nobody"]);
  expect(nobody.exit).toBe(1);
  expect(nobody.stderr).toContain("error: There is no guest `nobody`.\n");
});

test.each([
  { args: ["--params", "tenants.json"], env: {} },
  { args: ["--params=tenants.json"], env: {} },
  { args: [], env: { VBUS_PARAMS: "tenants.json" } },
])("a lab in the background takes its parameters from the file of $args $env", async ({ args, env }) => {
  writeFileSync(path.join(desk.folder, "tenants.json"), JSON.stringify({ tenants: ["x"] }));
  expect((await desk.run(["up", "-d", TENANTS, ...args], env)).exit).toBe(0);
  const { guests } = JSON.parse((await desk.run(["ps", "--json"])).stdout);
  const addresses = guests.map((guest: { address: string }) => guest.address);
  expect(addresses).toEqual(['t["x"].vm[1]', 't["x"].vm[2]']);
});

test("a saved change is applied to the running lab, and a bad save leaves it as it is", async () => {
  const file = path.join(desk.folder, "watched.vbus");
  const text = (rate: string, more = ""): string => `network lan { subnet = 10.0.0.0/24 }
image echo: wasm { path = "std:guests/echo" }
guest one { image = echo, device eth0: venet { network = lan, rate = ${rate} } }
${more}`;
  writeFileSync(file, text("1Gbps"));
  const up = desk.start(["up", file]);
  await up.says("echo: eth0 10.0.0.2 ready");
  writeFileSync(file, text("100Mbps"));
  await up.says("rate 1Gbps -> 100Mbps (live)");
  await up.says("generation 2: 1 change applied in");
  writeFileSync(file, text("100Mops"));
  await up.says("The lab goes on as it was");
  writeFileSync(file, text("100Mbps", "guest two { image = echo, device eth0: venet { network = lan } }\n"));
  await up.says("two | echo: eth0 10.0.0.3 ready");
  up.child.kill("SIGINT");
  const { exit, stdout } = await up.ended;
  expect(exit).toBe(130);
  expect(stdout).toContain("lab down");
  expect(stdout).not.toContain("one restarted");
});

test("SIGTERM takes the lab down and ends with 143", async () => {
  const up = desk.start(["up", HELLO, "--no-watch"]);
  await up.says("echo: eth0 10.0.0.2 ready");
  up.child.kill("SIGTERM");
  expect((await up.ended).exit).toBe(143);
});

test("--json makes every line of up a record", async () => {
  const { stdout } = await desk.run(["up", "--wait", "--json", HELLO]);
  const records = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(
    records.some(
      ({ record, guest, text }) => record === "log" && guest === "client" && /5 received/.test(text),
    ),
  ).toBe(true);
  expect(
    records.filter(({ record }) => record === "event").every(({ sequence, time }) => sequence > 0 && time),
  ).toBe(true);
});
