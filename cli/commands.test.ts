// Commands as a shell sees them: exit codes, what goes to stdout and what to stderr, JSON.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Desk } from "./run.test-support.ts";

const HELLO = "examples/01-hello/lab.vbus";
const TENANTS = "examples/02-tenants/lab.vbus";

let desk: Desk;
beforeAll(() => {
  desk = new Desk();
});
afterAll(() => desk.close());

const write = (name: string, text: string | Uint8Array): string => {
  writeFileSync(path.join(desk.folder, name), text);
  return name;
};

test("vbus alone explains itself, examples first", async () => {
  const { exit, stdout, stderr } = await desk.run([]);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
  expect(stdout.indexOf("Examples")).toBeLessThan(stdout.indexOf("check [file]"));
});

test("usage mistakes end with 64 and say what is meant", async () => {
  const rows: [readonly string[], RegExp][] = [
    [["chekc"], /unknown command 'chekc'[\s\S]*Did you mean check/],
    [["check", "--jsno"], /unknown option '--jsno'[\s\S]*Did you mean --json/],
    [["check", "nowhere.vbus"], /no file or folder nowhere\.vbus/],
    [["check", "-p", "tenants", TENANTS], /NAME=VALUE/],
    [["check", "--params", "nowhere.json", TENANTS], /nowhere\.json can't be read/],
    [["up", HELLO, "--timeout", "soon"], /a time such as 2s/],
  ];
  for (const [args, message] of rows) {
    const { exit, stdout, stderr } = await desk.run(args);
    expect([args, exit, stdout]).toEqual([args, 64, ""]);
    expect(stderr).toMatch(message);
  }
});

test("check says ok on stderr, and JSON on stdout where asked", async () => {
  const human = await desk.run(["check", HELLO]);
  expect(human).toMatchObject({ exit: 0, stdout: "" });
  expect(human.stderr).toContain("2 guests");
  const json = await desk.run(["check", "--json", HELLO]);
  expect(JSON.parse(json.stdout)).toEqual({ schema: 1, ok: true, diagnostics: [] });
});

test("a wrong configuration ends with 65, one diagnostic with code and place", async () => {
  const file = write("wrong.vbus", "network lan { subnet = 10.0.0.0/24 }\nguest a { image = nothing }\n");
  const human = await desk.run(["check", file]);
  expect(human).toMatchObject({ exit: 65, stdout: "" });
  expect(human.stderr).toMatch(/error\[VB\d{4}\]/);
  expect(human.stderr).toContain("wrong.vbus:2:19");
  const { diagnostics, ok } = JSON.parse((await desk.run(["check", "--json", file])).stdout);
  expect(ok).toBe(false);
  expect(diagnostics).toHaveLength(1);
  expect(diagnostics[0]).toMatchObject({ severity: "error", line: 2, column: 19 });
  for (const command of ["plan", "up"]) expect((await desk.run([command, file])).exit).toBe(65);
});

test("files that can't be text are one diagnostic each", async () => {
  const rows = [
    write("latin1.vbus", Buffer.from([0x6c, 0xe9, 0x0a])),
    write("large.vbus", Buffer.alloc(50e6, 32)),
  ];
  for (const file of rows) {
    const { exit, stdout } = await desk.run(["check", "--json", file]);
    expect([file, exit, JSON.parse(stdout).diagnostics.length]).toEqual([file, 65, 1]);
  }
});

test("images that can't run are one diagnostic each, at the path", async () => {
  write("text.wasm", "not a module");
  // (module (import "env" "exit" (func)))
  const stranger = "0061736d0100000001040160000002 0c0103656e7604657869740000".replaceAll(" ", "");
  write("stranger.wasm", Buffer.from(stranger, "hex"));
  for (const image of ["missing.wasm", "text.wasm", "stranger.wasm"]) {
    const file = write("image.vbus", `image one: wasm { path = "./${image}" }\nguest a { image = one }\n`);
    const { exit, stdout } = await desk.run(["check", "--json", file]);
    const { diagnostics } = JSON.parse(stdout);
    expect([image, exit, diagnostics.length]).toEqual([image, 65, 1]);
    expect(diagnostics[0]).toMatchObject({ line: 1 });
  }
});

test("plan tells what it would create, in text, in JSON and by exit code", async () => {
  const human = await desk.run(["plan", HELLO]);
  expect(human.exit).toBe(0);
  expect(human.stdout).toContain("+ create  client.eth0  (device venet)");
  const json = await desk.run([
    "plan",
    "--json",
    "--detailed-exitcode",
    TENANTS,
    "-p",
    'tenants=["a","b","c"]',
  ]);
  expect(json.exit).toBe(2);
  const plan = JSON.parse(json.stdout);
  expect(plan).toMatchObject({ schema: 1, unchanged: 0 });
  expect(plan.steps.map(({ address }: { address: string }) => address)).toContain('t["c"].vm[2]');
});

test("tenants that would share a network are refused before anything boots, with the path", async () => {
  const file = write(
    "shared.vbus",
    `image echo: wasm { path = "std:guests/echo" }
network lan { subnet = 10.0.0.0/24 }
guest red { image = echo, device eth0: venet { network = lan } }
guest blue { image = echo, device eth0: venet { network = lan } }
assert !reachable(red, blue), "tenants share nothing"
`,
  );
  const { exit, stdout, stderr } = await desk.run(["up", file]);
  expect({ exit, stdout }).toEqual({ exit: 65, stdout: "" });
  expect(stderr).toContain("tenants share nothing");
  expect(stderr).toContain("red → red.eth0 → lan → blue.eth0 → blue");
});

test("commands on a lab that isn't running end with 69", async () => {
  for (const command of ["ps", "logs", "down", "dash"]) {
    const { exit, stdout, stderr } = await desk.run([command]);
    expect([command, exit, stdout]).toEqual([command, 69, ""]);
    expect(stderr).toContain("Start one with `vbus up`");
  }
});

test("version tells versions", async () => {
  const { stdout } = await desk.run(["version", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ schema: 1, vbus: "0.1.0", node: process.versions.node });
});
