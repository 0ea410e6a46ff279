// The admin tree as a shell sees it: one lab changed by hand, from a first look to the file that says it.

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { Desk } from "./run.test-support.ts";

const desk = new Desk();
afterAll(() => desk.close());

const LAB = `image echo: wasm { path = "std:guests/echo" }
network lan { subnet = 10.0.0.0/24 }

guest server {
  image = echo
  device eth0: venet { network = lan }
}

assert server.eth0.rate == none || server.eth0.rate <= 1Gbps, "not that fast"
`;

test("a lab is looked at, changed by hand, healed and adopted", { timeout: 300_000 }, async () => {
  const file = path.join(desk.folder, "lab.vbus");
  writeFileSync(file, LAB);
  const said = async (exit: number, ...args: string[]): Promise<{ stdout: string; stderr: string }> => {
    const outcome = await desk.run(args);
    expect([args, outcome.exit], outcome.stderr).toEqual([args, exit]);
    return outcome;
  };
  await said(69, "status");
  await said(0, "up", "-d");
  expect((await said(0, "status")).stdout).toMatch(
    /1 of 1 guests run, every goal is met\.\nNothing was changed/,
  );
  const changed = await said(0, "set", "server.eth0.rate", "10Mbps");
  expect(changed.stdout).toBe("");
  expect(changed.stderr).toMatch(/^ {2}server\.eth0 rate none -> 10Mbps \(live\)$/m);
  const refused = await said(65, "set", "server.eth0.rate", "2Gbps");
  expect(refused.stderr).toContain("not that fast");
  expect((await said(1, "set", "nobody.rate", "1Mbps")).stderr).toContain("no block of lab.vbus declares");
  expect((await said(1, "get", "nobody")).stderr).toContain("Nothing that runs has the address");
  expect((await said(0, "get", "server.eth0.rate")).stdout).toBe("10Mbps\n");
  expect(JSON.parse((await said(0, "get", "server.eth0.rate", "--json")).stdout)).toMatchObject({
    schema: 1,
    address: "server.eth0",
    attributes: [{ name: "rate", text: "10Mbps", origin: "set" }],
  });
  await said(0, "make", "device:venet", "eth1", "network=lan", "link=down");
  expect((await said(0, "status")).stdout).toMatch(
    /linked to no bus:\n[^]*vbus link DEVICE BUS[^]*\n +eth1\n/,
  );
  await said(0, "link", "eth1", "server");
  expect((await said(0, "tree", "server")).stdout).toBe(
    [
      "server  guest",
      "└─ server.bus  bus  members server",
      "   ├─ server.eth0  device:venet  by hand",
      "   └─ server.eth1  device:venet  by hand",
      "",
    ].join("\n"),
  );
  expect((await said(0, "tree", "--plain")).stdout).toContain("lan\tnetwork\t\tfile\t\t\n");
  expect((await said(0, "plan")).stdout).toMatch(/destroy +server\.eth1/);
  const { changes } = JSON.parse((await said(0, "status", "--json")).stdout) as {
    changes: { text: string }[];
  };
  expect(changes.map(({ text }) => text)).toEqual([
    "set server.eth0.rate 10Mbps",
    "make device:venet eth1 network=lan link=down",
    "link eth1 server",
  ]);
  expect((await said(0, "heal", "server.eth1")).stderr).toContain("Healed: 2 changes undone.");
  expect((await said(0, "adopt")).stderr).toContain("lab.vbus says it now: 1 change.");
  expect(readFileSync(file, "utf8")).toBe(LAB.replace("network = lan }", "network = lan, rate = 10Mbps }"));
  expect(JSON.parse((await said(1, "heal", "--json")).stdout)).toMatchObject({ schema: 1, done: false });
  expect((await said(0, "plan")).stdout).not.toMatch(/rate/);
  await said(0, "down");
});
