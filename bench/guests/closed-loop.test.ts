// The closed loop on the real hypervisor: everything sent is received once and in order, and what is lost is
// seen.

import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import type { DeviceSpec, Hypervisor } from "../../hypervisor/index.ts";
import { createHypervisor } from "../../hypervisor/index.ts";
import { direction } from "../../hypervisor/lines.test-support.ts";

const MAC = "02:00:00:00:00:01";

interface Lab {
  readonly hypervisor: Hypervisor;
  readonly logs: Map<string, string>;
  readonly boot: (id: string, guest: string, args: readonly string[]) => Promise<void>;
  /** The exit code of a guest, when it has one. */
  readonly end: (id: string) => Promise<number | undefined>;
}

let lab: Lab | undefined;
afterEach(async () => {
  await lab?.hypervisor.close();
  lab = undefined;
});

function venet(number: number): DeviceSpec & { class: "venet" } {
  const address = {
    mac: `02:00:00:00:00:0${number}`,
    ip: `10.0.0.${number}`,
    prefix: 24,
    gateway: "10.0.0.254",
  };
  return {
    class: "venet",
    name: "eth0",
    venet: { network: "lan", ...address, mtu: 65_536, ring: 256, link: "up" },
  };
}

async function makeLab(): Promise<Lab> {
  const hypervisor = createHypervisor({ lab: "closed-loop" });
  const logs = new Map<string, string>();
  const ended = new Map<string, number | undefined>();
  const waiting = new Map<string, () => void>();
  hypervisor.on((event) => {
    if (event.type === "log") logs.set(event.id, (logs.get(event.id) ?? "") + event.text);
    if (event.type !== "guest" || !["completed", "failed", "quarantined", "stopped"].includes(event.state))
      return;
    ended.set(event.id, event.exit);
    waiting.get(event.id)?.();
  });
  hypervisor.createNetwork("lan", { mtu: 65_536 });
  for (const number of [1, 2, 3]) {
    hypervisor.createBus(`bus${number}`);
    hypervisor.addDevice(`bus${number}`, `dev${number}`, venet(number));
  }
  const boot = async (id: string, guest: string, args: readonly string[]): Promise<void> => {
    const image = await hypervisor.compile(readFileSync(new URL(`../build/${guest}.wasm`, import.meta.url)));
    if (!image.ok) throw new Error(image.refusal.message);
    const bus = `bus${["drain", "blast", "blast2"].indexOf(id) + 1}`;
    const booted = await hypervisor.bootGuest(id, {
      bus,
      image: image.value,
      args,
      env: {},
      memory: 2 ** 25,
    });
    expect(booted).toMatchObject({ ok: true });
  };
  const end = (id: string): Promise<number | undefined> =>
    new Promise((resolve) => {
      if (ended.has(id)) resolve(ended.get(id));
      else waiting.set(id, () => resolve(ended.get(id)));
    });
  lab = { hypervisor, logs, boot, end };
  return lab;
}

test.each([
  [28, 30_000, 256],
  [64, 30_000, 16],
  [64, 30_000, 1024],
  [1514, 20_000, 256],
  [65_550, 2000, 128],
])("frames of %i bytes, %i of them through rings of %i, all arrive in order", async (bytes, count, ring) => {
  const { boot, end, logs, hypervisor } = await makeLab();
  const shared = ["--bytes", String(bytes), "--ring", String(ring), "--frames", String(count)];
  await boot("drain", "drain", [...shared, "--ends", "1"]);
  await boot("blast", "blast", ["--mac", MAC, "--batch", "16", ...shared, "--ends", "1"]);
  expect(await end("blast")).toBe(0);
  expect(await end("drain")).toBe(0);
  expect(logs.get("drain")).toBe(`received ${count} missing 0 reordered 0\n`);
  expect(logs.get("blast")).toMatch(new RegExp(`^frames ${count} bytes ${bytes} ns [1-9]\\d+\n$`));
  expect(hypervisor.device("dev1")!.rx.dropped).toBe(0);
});

test("two senders at once keep their orders", async () => {
  const { boot, end, logs, hypervisor } = await makeLab();
  await boot("drain", "drain", ["--ring", "1024"]);
  const args = ["--mac", MAC, "--frames", "30000", "--window", "300"];
  await Promise.all([boot("blast", "blast", args), boot("blast2", "blast", [...args, "--stream", "1"])]);
  expect(await end("blast")).toBe(0);
  expect(await end("blast2")).toBe(0);
  await hypervisor.stopGuest("drain", 1000);
  expect(logs.get("drain")).toBe("received 60000 missing 0 reordered 0\n");
});

test("frames that a cut link swallows are seen as missing on both sides", async () => {
  const { boot, end, logs, hypervisor } = await makeLab();
  await boot("drain", "drain", []);
  await boot("blast", "blast", ["--mac", MAC, "--seconds", "1"]);
  // The way back stays: so the sender fills its window again, whatever it did in that moment, and it is gone.
  const [before, cut] = [venet(2), { egress: direction({ down: true }) }];
  hypervisor.setDevice("dev2", { ...before, venet: { ...before.venet, impair: cut } });
  await expect.poll(() => hypervisor.device("dev2")!.tx.droppedBy["impaired"] ?? 0).toBeGreaterThan(32);
  hypervisor.setDevice("dev2", before);
  expect(await end("blast")).toBe(0);
  await hypervisor.stopGuest("drain", 1000);
  const missing = /missing (\d+)/.exec(logs.get("drain")!)![1];
  expect(Number(missing)).toBeGreaterThan(0);
  expect(logs.get("blast")).toContain(`missing ${missing}`);
});
