// A lab's network on a TAP interface of the host's: moved into a network namespace of its own, where the
// system's own stack pings a guest. As root; elsewhere it is said that this was skipped.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { Bench, IMAGES } from "./lab.test-support.ts";

const [NAME, SPACE] = [`vbt${process.pid}`, `vbus-${process.pid}`];
const LIMIT = { timeout: 120_000 };

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  spawnSync("ip", ["netns", "delete", SPACE]);
}, 60_000);

const lab = (uplink: string): string => `${IMAGES}
network lan { subnet = 10.77.0.0/24 }
uplink out: tap { network = lan, interface = "${NAME}", ${uplink} }
guest server { image = echo, device eth0: venet { network = lan, ip = 10.77.0.2 } }
`;

function isRoot(): boolean {
  const able = process.getuid?.() === 0 && existsSync("/dev/net/tun");
  if (!able) console.log("skipped: no right to make TAP interfaces and network namespaces here");
  return able && ["ip", "ping"].every((command) => spawnSync(command, ["-V"]).status === 0);
}

function run(...words: readonly string[]): string {
  const [command = "", ...args] = words;
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${words.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

/** Runs in the namespace. */
const inside = (...words: readonly string[]): string => run("ip", "netns", "exec", SPACE, ...words);

test("the host's own stack pings a guest over a TAP interface", LIMIT, async () => {
  if (!isRoot()) return;
  bench = new Bench(lab(""));
  const running = await bench.open();
  run("ip", "netns", "add", SPACE);
  run("ip", "link", "set", NAME, "netns", SPACE);
  inside("ip", "address", "add", "10.77.0.9/24", "dev", NAME);
  inside("ip", "link", "set", NAME, "up");
  expect(inside("ping", "-c", "5", "-i", "0.05", "-W", "10", "10.77.0.2")).toContain("5 received");
  inside("ping", "-c", "2", "-i", "0.05", "-W", "10", "-s", "1472", "10.77.0.2");
  const [uplink] = running.snapshot().uplinks;
  expect(uplink?.rx.count).toBeGreaterThanOrEqual(8);
  expect(uplink?.tx.count).toBeGreaterThanOrEqual(8);
  bench.save(lab("link = down"));
  expect((await running.apply()).outcome).toBe("applied");
  expect(() => inside("ping", "-c", "1", "-W", "0.3", "10.77.0.2")).toThrow();
  bench.save(lab("").replace(NAME, "another"));
  expect((await running.plan()).plan?.steps).toMatchObject([
    { kind: "replace", address: "out", disruption: "pause" },
  ]);
});

test("an interface that somebody else has open is refused with its name", LIMIT, async () => {
  if (!isRoot()) return;
  const two = `uplink too: tap { network = lan, interface = "${NAME}" }\n`;
  bench = new Bench(lab("") + two);
  await expect(bench.open()).rejects.toThrow(`can't attach the interface ${NAME}: EBUSY`);
});
