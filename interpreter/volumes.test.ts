// Volumes from the file to the disk: what plans say of stored data, and what is there after them.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { createHypervisor } from "../hypervisor/index.ts";
import { Engine } from "./engine.ts";
import { Bench, clock } from "./lab.test-support.ts";
import { definitionOf, images, modelOf } from "./plan/model.test-support.ts";
import { makePlan } from "./plan/make-plan.ts";

const LIMIT = { timeout: 120_000 };
const folder = mkdtempSync(path.join(tmpdir(), "vbus-volumes-"));
const stored = (name: string): string => JSON.stringify(path.join(folder, name));
let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

const low = `volume low: file { path = ${stored("low.img")}, size = 2MiB }`;
const moved = `volume low: file { path = ${stored("moved.img")}, size = 2MiB }`;
const top = `volume top: overlay { base = low, path = ${stored("top")} }`;
const GUEST = `image sink: wasm { path = "std:guests/sink" }
guest a { image = sink, device vda: vblk { volume = low, readonly = true } }`;

test.each<[string, string, string, readonly unknown[]]>([
  ["a file that is taken out", low, "", [["low", "destroy", "data_loss"]]],
  ["one that is retained", low.replace("size", "retain = true, size"), "", [["low", "destroy", "live"]]],
  [
    "memory, whatever it says",
    "volume low: memory { size = 2MiB, retain = true }",
    "",
    [["low", "destroy", "data_loss"]],
  ],
  ["a larger one", low, low.replace("2MiB", "3MiB"), [["low", "update", "pause"]]],
  ["a smaller one", low, low.replace("2MiB", "1MiB"), [["low", "replace", "data_loss"]]],
  [
    "another file below an overlay",
    `${low}\n${top}`,
    `${moved}\n${top}`,
    [
      ["low", "replace", "recreate"],
      ["top", "replace", "data_loss"],
    ],
  ],
  [
    "another file behind a disk",
    `${low}\n${GUEST}`,
    `${moved}\n${GUEST}`,
    [
      ["low", "replace", "recreate"],
      ["a.vda", "replace", "recreate"],
      ["a", "restart", "recreate"],
    ],
  ],
])("%s: the plan says what becomes of what is stored", (_, before, after, steps) => {
  const plan = makePlan(definitionOf(before), definitionOf(after));
  const told = plan.steps.map(({ address, kind, disruption }) => [address, kind, disruption]);
  expect(told.toSorted()).toEqual([...steps].toSorted());
  const lost = told.filter(([, , disruption]) => disruption === "data_loss").map(([address]) => address);
  expect(plan.warnings ?? []).toEqual(
    lost.length === 0 ? [] : [`It loses what is stored: ${lost.join(", ")}.`],
  );
});

test("an image's own size is what nobody said; one that isn't there needs a size", () => {
  const file = path.join(folder, "own.img");
  expect(() => modelOf(`volume own: file { path = ${JSON.stringify(file)} }`)).toThrow(
    /a new file needs a size/,
  );
  const hypervisor = createHypervisor({ lab: "t", warm: 0 });
  return hypervisor
    .createVolume("own", { class: "file", path: file, create: true, size: 1024 * 1024, readonly: false })
    .then(() => hypervisor.close())
    .then(() => {
      const [volume] = modelOf(`volume own: file { path = ${JSON.stringify(file)} }`).resources.slice(1);
      expect(volume?.attributes["size"]?.value).toMatchObject({ value: 1024 * 1024 });
    });
});

test("what is taken out of the file, or made smaller, deletes and cuts nothing", LIMIT, async () => {
  const hypervisor = createHypervisor({ lab: "t" });
  const engine = new Engine({ lab: "t", hypervisor, images, clock });
  const apply = async (text: string): Promise<void> => {
    const result = await engine.apply(definitionOf(text), { actor: "file" });
    expect(result, JSON.stringify(result)).toMatchObject({ ok: true });
  };
  const file = path.join(folder, "low.img");
  await apply(`${low}\n${top}\n${GUEST}`);
  expect(statSync(file).size).toBe(2 * 1024 * 1024);
  await apply(`${low.replace("2MiB", "1MiB")}\n${GUEST}`);
  expect(hypervisor.volume("low")?.size).toBe(1024 * 1024);
  await apply("");
  expect(hypervisor.volumes()).toEqual([]);
  expect(statSync(file).size).toBe(2 * 1024 * 1024);
  expect(existsSync(path.join(folder, "top"))).toBe(true);
  await hypervisor.close();
  engine.close();
});

test("a volume goes from one writer to the next, and below an overlay, in one apply", LIMIT, async () => {
  const hypervisor = createHypervisor({ lab: "t", warm: 0 });
  const engine = new Engine({ lab: "t", hypervisor, images, clock });
  const ram = "volume ram: memory { size = 1MiB }";
  const disk = (name: string, text = ""): string =>
    `bus ${name} { device vda: vblk { volume = ram, ${text} } }`;
  const over = `volume over: overlay { base = ram, path = ${stored("over")} }`;
  const steps: readonly [string, string | undefined][] = [
    [`${ram}\n${disk("a")}`, "a.vda"],
    [`${ram}\n${disk("b")}`, "b.vda"],
    [`${ram}\n${disk("b", "readonly = true")}\n${disk("c")}`, "c.vda"],
    [`${ram}\n${disk("b")}\n${disk("c", "readonly = true")}`, "b.vda"],
    [`${ram}\n${over}\n${disk("b", "readonly = true")}\n${disk("c", "readonly = true")}`, undefined],
    [`${ram}\n${disk("c")}`, "c.vda"],
    [`volume ram: memory { size = 1MiB, readonly = true }\n${disk("c")}\n${disk("b")}`, undefined],
    [`${ram}\n${disk("b")}`, "b.vda"],
  ];
  for (const [text, writer] of steps) {
    const result = await engine.apply(definitionOf(text), { actor: "file" });
    expect(result, JSON.stringify(result)).toMatchObject({ ok: true });
    expect(hypervisor.volume("ram")?.writer).toBe(writer);
  }
  await hypervisor.close();
  engine.close();
});

const WRITER = `image disk: wasm { path = "std:guests/disk" }
volume base: file { path = "./data/base.img", size = 1MiB, protect = true }
volume scratch: overlay { base = base }
guest writer {
  image = disk
  args = ["--verify", "--bytes", 256KiB]
  goal = completed
  device vda: vblk { volume = scratch }
}
`;

test("down keeps files, and with its volumes deletes those that nobody protects", LIMIT, async () => {
  const on = (bench = new Bench(WRITER));
  const base = path.join(on.folder, "data/base.img");
  const files = async (volumes: boolean): Promise<readonly string[]> => {
    const lab = await on.open({ control: false });
    expect(await lab.whenReady(60_000)).toEqual({ ready: true, failed: [] });
    const told = lab.storedVolumes().map(({ address, file }) => [address, file] as const);
    expect(told.map(([address]) => address)).toEqual(["base", "scratch"]);
    await lab.stop({ volumes });
    return told.map(([, file]) => file);
  };
  const [first, overlay = ""] = await files(false);
  expect(first).toBe(base);
  expect(overlay).toContain(path.join(on.folder, "state"));
  expect([existsSync(base), existsSync(overlay)]).toEqual([true, true]);
  expect(readFileSync(base).every((byte) => byte === 0)).toBe(true);
  await files(true);
  expect([existsSync(base), existsSync(overlay)]).toEqual([true, false]);
});
