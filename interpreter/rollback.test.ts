// Going back to an older generation on the real hypervisor: what runs then, what is held, what is refused.

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { randomLab, textOfLab } from "./apply/labs.test-support.ts";
import { planFile } from "./check.ts";
import { connect } from "./control/client.ts";
import { diffGenerations, readEvents, readGenerations, readTexts } from "./history.ts";
import { createHypervisor } from "../hypervisor/index.ts";
import type { Hypervisor } from "../hypervisor/index.ts";
import type { Lab } from "./lab-contract.ts";
import { Bench, HELLO, IMAGES } from "./lab.test-support.ts";
import { findStateFolder } from "./state/folder.ts";
import { openState } from "./state/state.ts";
import { resolveFile } from "./world.ts";

let bench: Bench | undefined;
const use = (text: string): Bench => (bench = new Bench(text));
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

const LONG = process.env["SLOW"] === "1";
const seed = Number(process.env["SEED"] ?? 20_261_126);
const NET = `${IMAGES}network lan { subnet = 10.0.0.0/24 }\n`;
const guest = (name: string, more = ""): string =>
  `guest ${name} { image = echo${more}, device eth0: venet { network = lan } }\n`;

/** The real thing, with the settings that it took last for each thing that is there. */
function noting(): { readonly hypervisor: Hypervisor; readonly settings: Map<string, string> } {
  const hypervisor = createHypervisor({ lab: "t" });
  const settings = new Map<string, string>();
  const { addDevice, setDevice, bootGuest } = hypervisor;
  hypervisor.addDevice = (bus, id, spec) => {
    settings.set(id, JSON.stringify(spec));
    return addDevice.call(hypervisor, bus, id, spec);
  };
  hypervisor.setDevice = (id, spec) => {
    settings.set(id, JSON.stringify(spec));
    return setDevice.call(hypervisor, id, spec);
  };
  hypervisor.bootGuest = (id, spec) => {
    const { args, env, use: devices, memory } = spec;
    settings.set(id, JSON.stringify({ args, env, devices, memory }));
    return bootGuest.call(hypervisor, id, spec);
  };
  return { hypervisor, settings };
}

/** What runs, without counters and clocks. */
function digest(lab: Lab, { hypervisor, settings }: ReturnType<typeof noting>): unknown {
  const there = [...hypervisor.devices(), ...hypervisor.guests()].map(({ id }) => id);
  const { guests, devices, networks, buses } = lab.snapshot();
  const sorted = <T>(list: readonly T[]): readonly string[] => list.map((one) => JSON.stringify(one)).sort();
  return {
    settings: there.sort().map((id) => `${id} ${settings.get(id)}`),
    guests: sorted(guests.map((one) => [one.address, one.image, one.bus, one.labels, one.interfaces])),
    devices: sorted(devices.map((one) => [one.id, one.bus, one.network, [...one.guests].sort()])),
    networks: sorted(networks.map((one) => [one.address, one.subnet, one.ports])),
    buses: sorted(buses.map((one) => [one.address, [...one.devices].sort(), [...one.members].sort()])),
  };
}

test(
  `rollback restores the digest of the runtime, and again (seed ${seed})`,
  { timeout: 600_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(randomLab(3), randomLab(3), async (first, second) => {
        const on = new Bench(textOfLab(first));
        try {
          const room = noting();
          const lab = await on.open({ hypervisor: room.hypervisor });
          const before = digest(lab, room);
          on.save(textOfLab(second));
          await lab.reload();
          const after = digest(lab, room);
          const changed = lab.snapshot().generation === 2;
          const back = await lab.rollback(1);
          expect(digest(lab, room)).toEqual(before);
          expect(back.generation).toBe(changed ? 3 : 1);
          expect((await lab.rollback(back.generation)).changes).toBe(0);
          if (changed) await lab.rollback(2);
          expect(digest(lab, room)).toEqual(after);
        } finally {
          await on.close();
        }
      }),
      { seed, numRuns: LONG ? 100 : 6 },
    );
  },
);

test("devices that were made anew stand where they are declared", async () => {
  const lan = (name: string, third: number): string => `network ${name} { subnet = 10.1.${third}.0/24 }\n`;
  const text = (network: string, more: string): string =>
    `image echo: wasm { path = "std:guests/echo" }\n${network}guest g {\n  image = echo\n${more}}\n`;
  const eth = (number: number, network: string): string =>
    `  device eth${number}: venet { network = ${network} }\n`;
  const on = use(text(lan("one", 0), eth(0, "one") + eth(1, "one")));
  const lab = await on.open();
  on.save(text(lan("two", 1), eth(0, "two")));
  await lab.reload();
  await lab.rollback(1);
  expect(lab.snapshot().guests[0]?.interfaces.map(({ device }) => device)).toEqual(["eth0", "eth1"]);
});

test("a lab is held on the generation until its file says something else", async () => {
  const first = NET + guest("a") + guest("b") + guest("c");
  const on = use(first);
  const lab = await on.open({ watch: true });
  on.save(first + guest("d"));
  await on.event(/generation 2/);
  const changed = NET + guest("b") + guest("c") + guest("d");
  on.save(changed);
  await on.event(/generation 3/);
  const client = await connect(lab.socketPath ?? "");
  expect(await client.request("rollback", { generation: 1 })).toEqual({
    generation: 4,
    changes: 6,
    held: true,
  });
  client.close();
  const names = (): readonly string[] => lab.snapshot().guests.map(({ address }) => address);
  expect(names()).toEqual(["a", "b", "c"]);
  expect(lab.snapshot()).toMatchObject({ generation: 4, rolledBack: 1, watch: "held" });
  expect(lab.snapshot().diagnosticsText).toContain("went back to generation 1");
  expect((await on.event(/back to generation 1/)).actor).toBe("control");
  expect(readGenerations({ file: on.file, env: on.env }).at(-1)).toMatchObject({ origin: 1, changes: 6 });
  // The same in other words, and no words at all.
  const seen = on.events.length;
  on.save(`// A word.\n${changed}`);
  on.save("guest {");
  await on.event(/The lab goes on as it was/, seen);
  on.save(`// Another.\n${changed}`);
  await on.until("a file that checks", () => lab.snapshot().diagnostics.length === 0);
  expect(lab.snapshot()).toMatchObject({ generation: 4, rolledBack: 1, watch: "held" });
  expect(names()).toEqual(["a", "b", "c"]);
  // `d` gets the address back that it had before, though a lower one is free.
  on.save(changed + guest("e"));
  await on.event(/generation 5/);
  expect(lab.snapshot().rolledBack).toBeUndefined();
  const ips = lab.snapshot().guests.map((one) => `${one.address} ${one.interfaces[0]?.ip}`);
  expect(ips).toEqual(["b 10.0.0.3", "c 10.0.0.4", "d 10.0.0.5", "e 10.0.0.2"]);
});

test("a reload leaves the generation that was gone back to", async () => {
  const on = use(NET + guest("a"));
  const lab = await on.open();
  expect(await lab.rollback(1)).toEqual({ generation: 1, changes: 0, held: false });
  on.save(NET + guest("a") + guest("b"));
  await lab.reload();
  await lab.rollback(1);
  expect((await planFile({ file: on.file, env: on.env })).plan?.steps.length).toBe(3);
  await lab.reload();
  expect(lab.snapshot()).toMatchObject({ generation: 4, watch: "off" });
  expect(lab.snapshot().rolledBack).toBeUndefined();
});

test("secrets come back where this process had them, else it is refused", async () => {
  const text = (word: string): string => `fn hush(text: secret string): secret string = text
${NET}guest a { image = echo, env = { WORD = hush("${word}") } }\n`;
  const on = use(text("one"));
  const room = noting();
  const first = await on.open({ hypervisor: room.hypervisor });
  const firstSettings = room.settings.get("a");
  on.save(text("three"));
  await first.reload();
  await first.rollback(1);
  expect(room.settings.get("a")).toBe(firstSettings);
  expect(firstSettings).toContain('"one"');
  await first.stop();
  on.save(text("two"));
  const second = await on.open();
  await expect(second.rollback(1)).rejects.toThrow(/has secrets that are not stored.*a\.env/);
  expect(second.snapshot().generation).toBe(4);
  await expect(second.rollback(77)).rejects.toThrow("There is no generation 77: 1 to 4 are kept.");
});

test("an image that has other content now is refused", async () => {
  const on = use(NET.replace("std:guests/echo", "./echo.wasm") + guest("a"));
  const image = path.join(on.folder, "echo.wasm");
  const built = readFileSync(resolveFile("std:guests/echo") ?? "");
  writeFileSync(image, built);
  const lab = await on.open();
  writeFileSync(image, Buffer.concat([built, Buffer.from([0, 2, 1, 0x78])]));
  await lab.reload();
  await expect(lab.rollback(1)).rejects.toThrow(/The image echo of generation 1 is gone/);
  expect(lab.snapshot().generation).toBe(2);
  writeFileSync(image, built);
  expect(await lab.rollback(1)).toMatchObject({ generation: 3 });
});

test("what is protected is not destroyed, by file, after a new start, or by going back", async () => {
  const shielded = (value: boolean): string => NET + guest("a") + guest("b", `, protect = ${value}`);
  const on = use(NET + guest("a"));
  const lab = await on.open();
  on.save(shielded(true));
  await lab.reload();
  expect(lab.snapshot().generation).toBe(2);
  await expect(lab.rollback(1)).rejects.toThrow(/b is protected and no longer declared/);
  on.save(NET + guest("a"));
  await lab.reload();
  expect(lab.snapshot()).toMatchObject({ generation: 2, watch: "off" });
  expect(lab.snapshot().diagnosticsText).toContain("b is protected and no longer declared: set");
  expect(lab.snapshot().guests.map(({ address }) => address)).toEqual(["a", "b"]);
  expect((await planFile({ file: on.file, env: on.env })).refused).toContain("b is protected");
  await lab.stop();
  await expect(on.open()).rejects.toThrow(/could not be started: b is protected/);
  on.save(shielded(false));
  const next = await on.open();
  on.save(NET + guest("a"));
  await next.reload();
  expect(next.snapshot().guests.map(({ address }) => address)).toEqual(["a"]);
});

test("a protected thing is not made anew", async () => {
  const text = (device: string): string =>
    `${NET}guest a { image = echo, device x: ${device}, protect = true } }\n`;
  const on = use(text("vconsole { columns = 90"));
  const lab = await on.open();
  on.save(text("venet { network = lan"));
  await lab.reload();
  expect(lab.snapshot().diagnosticsText).toContain("a.x is protected and would be made anew");
});

test("events outlive the process and are numbered on; steps are timed for the next", async () => {
  const on = use(HELLO);
  const lab = await on.open();
  await lab.whenReady(15_000);
  await lab.stop();
  const source = { file: on.file, env: on.env };
  const first = readEvents(source);
  expect(first).toEqual(on.events);
  expect(first.map(({ sequence }) => sequence)).toEqual(first.map((_, index) => index + 1));
  expect(first.find(({ message }) => /generation 1/.test(message))?.actor).toBe("file");
  await (await on.open()).stop();
  const second = readEvents(source, first.length);
  expect(second[0]).toMatchObject({ sequence: first.length + 1, message: expect.stringContaining("starts") });
  expect(second).toEqual(on.events.slice(first.length));
  const state = openState(findStateFolder(on.file, on.env) ?? "", "reader");
  const boots = state.durations().predict({ kind: "create", resourceKind: "guest", disruption: "live" });
  expect(boots?.from).toBeGreaterThanOrEqual(2);
  state.close();
});

test("two generations are compared, and one with the file, without a lab that runs", async () => {
  const on = use(NET + guest("a"));
  const lab = await on.open();
  on.save(NET + guest("a") + guest("b"));
  await lab.reload();
  await lab.stop();
  const source = { file: on.file, env: on.env };
  const steps = (found: Awaited<ReturnType<typeof diffGenerations>>): unknown =>
    "plan" in found ? found.plan.steps.map(({ kind, address }) => `${kind} ${address}`).sort() : "none";
  expect(steps(await diffGenerations(source, 2, 1))).toEqual([
    "destroy b",
    "destroy b.bus",
    "destroy b.eth0",
  ]);
  expect(steps(await diffGenerations(source, 1, "newest"))).toEqual([
    "create b",
    "create b.bus",
    "create b.eth0",
  ]);
  expect(steps(await diffGenerations(source, "newest", "file"))).toEqual([]);
  expect([...readTexts(source, 1).values()]).toEqual([NET + guest("a")]);
});
