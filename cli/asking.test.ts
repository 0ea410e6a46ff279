// `eval`, `why` and `graph` as a user calls them.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { Desk } from "./run.test-support.ts";

const desk = new Desk();
afterAll(() => desk.close());

const HELLO = "examples/01-hello/lab.vbus";

function write(name: string, text: string): string {
  writeFileSync(path.join(desk.folder, name), text);
  return name;
}

const SECRET = write(
  "secret.vbus",
  `param token: secret string = "hunter2"
image echo: wasm { path = "std:guests/echo" }
network lan { subnet = 10.0.0.0/24 }
guest web for n in 1..20 { image = echo, args = [token], device eth0: venet { network = lan } }
`,
);

test("eval prints a value, and as JSON also its type", async () => {
  expect(await desk.run(["eval", "client.eth0.ip", HELLO])).toEqual({
    exit: 0,
    stdout: "10.0.0.3\n",
    stderr: "",
  });
  const { stdout } = await desk.run(["eval", "--json", "{ n = client.args.len() }", HELLO]);
  expect(JSON.parse(stdout)).toMatchObject({ schema: 1, ok: true, type: "{ n: int }", value: { n: 4 } });
  const wrong = await desk.run(["eval", "clint", HELLO]);
  expect(wrong).toMatchObject({ exit: 65, stdout: "" });
  expect(wrong.stderr).toContain("Did you mean `client`?");
});

test("why tells where values came from", async () => {
  const { exit, stdout } = await desk.run(["why", "client.eth0", HELLO]);
  expect(exit).toBe(0);
  expect(stdout).toMatch(
    /^client\.eth0 {2}device of class venet, declared at examples.01-hello.lab\.vbus:16:3\n/,
  );
  expect(stdout).toMatch(
    /\n {2}mtu +1500B +derived std:prelude\/device\.vbus:\d+:\d+\n {2}└ lan\.mtu +1500B +default/,
  );
  expect(stdout).toMatch(/\n {2}ip +10\.0\.0\.3 +allocated from the pool of lan\n/);
  const one = await desk.run(["why", "--json", "client.eth0.network", HELLO]);
  expect(JSON.parse(one.stdout)).toMatchObject({
    schema: 1,
    address: "client.eth0",
    attributes: [{ name: "network", value: "lan", how: "set", place: { line: 16 } }],
  });
  const near = await desk.run(["why", "clint", HELLO]);
  expect(near).toMatchObject({ exit: 64, stdout: "" });
  expect(near.stderr).toContain("Did you mean `client`?");
});

test("neither shows a secret", async () => {
  for (const args of [
    ["eval", "token", SECRET],
    ["eval", "--json", "{ a = token, b = web[1].args }", SECRET],
    ["why", "web[1]", SECRET],
    ["why", "--json", "web[1].args", SECRET],
    ["graph", SECRET],
  ]) {
    const { exit, stdout, stderr } = await desk.run(args);
    expect([args, exit]).toEqual([args, 0]);
    expect(stdout + stderr).not.toContain("hunter2");
  }
});

test("graph draws ASCII in 80 columns, Mermaid, and DOT", async () => {
  const ascii = await desk.run(["graph", SECRET]);
  const lines = ascii.stdout.split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(ascii.stdout).toMatch(/^[\x20-\x7e\n]*$/);
  expect(lines.slice(2)).toEqual([
    "network lan  10.0.0.0/24",
    "  |- web[1].eth0  10.0.0.2  guest  echo",
    "  |- web[2].eth0  10.0.0.3  guest  echo",
    "  |- web[3].eth0  10.0.0.4  guest  echo",
    "  `- ... 17 more",
    "",
  ]);
  const mermaid = await desk.run(["graph", "--format", "mermaid", HELLO]);
  expect(mermaid.stdout.split("\n").slice(1)).toEqual([
    "flowchart LR",
    '  n1(["lan<br>network<br>10.0.0.0/24"])',
    '  n2["server<br>guest<br>echo"]',
    '  n3["client<br>guest<br>ping"]',
    '  n2 ---|"eth0 10.0.0.2"| n1',
    '  n3 ---|"eth0 10.0.0.3"| n1',
    "",
  ]);
  const dot = await desk.run(["graph", "--format", "dot", HELLO]);
  expect(dot.stdout).toContain('n2 -- n1 [label="eth0 10.0.0.2"];');
  expect(await desk.run(["graph", "--format", "png", HELLO])).toMatchObject({ exit: 64, stdout: "" });
});
