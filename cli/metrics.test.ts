// `vbus metrics` and `up --metrics`: the numbers of a lab under traffic, as Prometheus takes them.

import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { Desk } from "./run.test-support.ts";

const LIMIT = 180_000;
const desk = new Desk();
const TEXT = `lab measured { }
network lan { subnet = 10.0.0.0/24 }
image echo: wasm { path = "std:guests/echo" }
image ping: wasm { path = "std:guests/ping" }
guest server { image = echo, device eth0: venet { network = lan } }
guest client {
  image = ping, args = ["--to", server.eth0.ip, "--count", 1000000, "--interval", 1ms]
  device eth0: venet { network = lan, impair { delay = 1ms } }
}
volume data: memory { size = 1MiB }
channel orders { }
image chat: wasm { path = "std:guests/chat" }
guest producer {
  image = chat, args = ["--send", 100_000, "--every", 1ms]
  device out: vchan { channel = orders, role = send }
  device clock: vclock { }
}
guest consumer {
  image = chat, args = ["--expect", 100_000]
  device in: vchan { channel = orders, role = receive }
}
`;

let url: string;
beforeAll(async () => {
  writeFileSync(path.join(desk.folder, "measured.vbus"), TEXT);
  expect(await desk.run(["up", "-d", "--metrics", "0", "measured.vbus"])).toMatchObject({ exit: 0 });
  const { stdout } = await desk.run(["events", "measured.vbus"]);
  url = /metrics at (http:\/\/127\.0\.0\.1:\d+\/metrics)/.exec(stdout)![1]!;
}, LIMIT);
afterAll(() => desk.close());

const scrape = async (): Promise<string> => (await fetch(url)).text();

/** The value of a sample, by its name with its labels. */
function valueOf(text: string, sample: string): number {
  const line = text.split("\n").find((one) => one.startsWith(`${sample} `));
  expect(line, `${sample} in\n${text}`).toBeDefined();
  return Number(line!.slice(sample.length + 1));
}

test("a scrape under traffic has what the command has, and it grows", { timeout: LIMIT }, async () => {
  const sent = 'vbus_device_frames_total{device="client.eth0",direction="tx"}';
  const first = await scrape();
  const { exit, stdout } = await desk.run(["metrics"]);
  expect(exit).toBe(0);
  const heads = (text: string): string[] => text.split("\n").filter((line) => line.startsWith("# "));
  // A reason for drops may come in between.
  expect(heads(stdout)).toEqual(expect.arrayContaining(heads(first)));
  let last = first;
  while (valueOf(last, sent) < valueOf(first, sent) + 200) last = await scrape();
  for (const [sample, least] of [
    ['vbus_lab_info{lab="measured"}', 1],
    ['vbus_guest_state{guest="client",state="running"}', 1],
    ['vbus_guest_cpu_seconds_total{guest="client"}', 0.001],
    ['vbus_guest_memory_bytes{guest="server"}', 65_536],
    ['vbus_device_bytes_total{device="server.eth0",direction="rx"}', 98 * 200],
    ['vbus_line_frames_total{device="client.eth0",direction="egress"}', 200],
    ['vbus_network_frames_total{network="lan"}', 400],
    ['vbus_ring_slots{device="server.eth0",ring="rx"}', 16],
    ['vbus_device_kick_seconds_count{device="client.eth0"}', 20],
    ['vbus_channel_messages_total{channel="orders"}', 20],
    ['vbus_volume_size_bytes{volume="data"}', 1_048_576],
    ['vbus_channel_ends{channel="orders"}', 2],
    ['vbus_device_ticks_total{device="producer.clock"}', 20],
    ['vbus_guest_late_wakes_total{guest="producer"}', 0],
  ] as const)
    expect(valueOf(last, sample), sample).toBeGreaterThanOrEqual(least);
  expect(valueOf(last, 'vbus_guest_state{guest="client",state="failed"}')).toBe(0);
  const infinite = 'vbus_device_kick_seconds_bucket{device="client.eth0",le="+Inf"}';
  expect(valueOf(last, infinite)).toBe(valueOf(last, 'vbus_device_kick_seconds_count{device="client.eth0"}'));
});

test("what docs/metrics.md tells Prometheus to scrape is what it tells `vbus up` to serve", () => {
  const page = readFileSync(new URL("../docs/metrics.md", import.meta.url), "utf8");
  const [, config = ""] = /^```yaml\n(.*?)^```/ms.exec(page) ?? [];
  const [, served = ""] = /`vbus up --metrics ([\d.:]+)`/.exec(page) ?? [];
  expect(parse(config).scrape_configs[0].static_configs[0].targets).toEqual([served]);
  expect(new URL(url).pathname).toBe("/metrics");
  const file = path.join(desk.folder, "prometheus.yml");
  writeFileSync(file, config);
  const found = spawnSync("promtool", ["check", "config", file], { encoding: "utf8" });
  if (found.error && !process.env["CI"])
    return console.log("promtool check config: skipped, since prometheus is not installed");
  expect(found.stdout).toContain("SUCCESS");
  expect(found.status).toBe(0);
});

test("promtool finds nothing to say", { timeout: LIMIT }, async () => {
  const found = spawnSync("promtool", ["check", "metrics"], { input: await scrape(), encoding: "utf8" });
  if (found.error && !process.env["CI"]) {
    console.log("promtool check metrics: skipped, since prometheus is not installed");
    return;
  }
  expect({ status: found.status, said: found.stdout + found.stderr }).toEqual({ status: 0, said: "" });
});

test(
  "a port that is taken is told before anything runs, in the background too",
  { timeout: LIMIT },
  async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    writeFileSync(path.join(desk.folder, "second.vbus"), TEXT.replace("measured", "second"));
    for (const more of [[], ["-d"]]) {
      const { exit, stderr } = await desk.run(["up", ...more, "--metrics", `${port}`, "second.vbus"]);
      expect(exit).toBe(1);
      expect(stderr).toContain(`Metrics can't be served at 127.0.0.1:${port}: the port is taken.`);
    }
    other.close();
    expect((await desk.run(["metrics", "second.vbus"])).exit).toBe(69);
    const wrong = await desk.run(["up", "--metrics", "here", "second.vbus"]);
    expect(wrong).toMatchObject({ exit: 64, stdout: "" });
    expect(wrong.stderr).toContain(
      "--metrics takes a port or host:port, such as 127.0.0.1:9464, not `here`.",
    );
  },
);

test("the address goes with the lab", { timeout: LIMIT }, async () => {
  expect((await desk.run(["down", "measured.vbus"])).exit).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
});
