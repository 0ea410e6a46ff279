// Overlays that are written into their bases in a machine room: who must not run, and who waits meanwhile.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { DATA, DiskGuest, REQUEST_OP, disk } from "./disks.test-support.ts";
import type { Id, Outcome, VolumeSpec } from "./hypervisor.ts";
import { TestLab, must } from "./machine-room.test-support.ts";

const LIMIT = { timeout: 120_000 };
const MIB = 1024 * 1024;
const folder = mkdtempSync(path.join(tmpdir(), "vbus-commits-"));
const base = path.join(folder, "base.img");
const below: VolumeSpec = { class: "file", path: base, create: true, size: MIB, readonly: false };
const over = (name: Id, other: Id): VolumeSpec => ({
  class: "overlay",
  base: other,
  path: path.join(folder, name),
  readonly: false,
});
let lab: TestLab | undefined;

afterEach(async () => {
  await lab?.close();
  lab = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A base with an overlay, and a bus with a disk of that. */
async function labWithOverlay(): Promise<TestLab> {
  lab = new TestLab();
  const { hv } = lab;
  must(await hv.createVolume("base", below));
  must(await hv.createVolume("top", over("top", "base")));
  must(hv.createBus("bus"));
  must(hv.addDevice("bus", "disk", disk("disk", "top")));
  return lab;
}

/** Boots a guest that writes a sector of one byte, and leaves it running. */
async function writer(room: TestLab, id: Id, byte: number): Promise<void> {
  const guest = await DiskGuest.boot(room, id, "bus");
  await guest.open(1);
  guest.u8.fill(byte, DATA, DATA + 512);
  expect(await guest.request({ op: REQUEST_OP.write, offset: 8192, length: 512 })).toBe(0);
}

const busy = (message: string): Outcome<never> => ({ ok: false, refusal: { code: "busy", message } });

test("an overlay goes into its base when no guest has it, and none comes meanwhile", LIMIT, async () => {
  const room = await labWithOverlay();
  const { hv } = room;
  await writer(room, "a", 5);
  expect(await hv.commitVolume("top")).toEqual(busy("`a` runs and has a disk of volume `top`"));
  must(await hv.killGuest("a"));
  must(hv.removeGuest("a"));
  const committed = hv.commitVolume("top");
  const held = "volume `top` is part of a commit";
  await expect(DiskGuest.boot(room, "b", "bus")).rejects.toThrow(held);
  expect(hv.addDevice("bus", "more", disk("more", "top"))).toEqual(busy(held));
  expect(hv.setVolume("top", { ...over("top", "base"), readonly: true })).toEqual(busy(held));
  expect(await hv.commitVolume("top")).toEqual(busy(held));
  const other = await hv.createVolume("other", over("other", "base"));
  expect(other).toEqual(busy("volume `base` is part of a commit"));
  expect(await committed).toEqual({ ok: true, value: 4096 });
  expect([...readFileSync(base).subarray(8191, 8705)]).toEqual([0, ...new Uint8Array(512).fill(5), 0]);
  await writer(room, "b", 6); // Into the overlay again.
  expect(readFileSync(base)[8192]).toBe(5);
});

test("what is no overlay, what is below another, and what may not be written stay", LIMIT, async () => {
  const { hv } = await labWithOverlay();
  expect(await hv.commitVolume("none")).toMatchObject({ refusal: { code: "missing" } });
  expect(await hv.commitVolume("base")).toMatchObject({ refusal: { code: "invalid" } });
  must(await hv.createVolume("beside", over("beside", "base")));
  expect(await hv.commitVolume("top")).toEqual(busy("volume `beside` is an overlay on `base`"));
  must(hv.removeVolume("beside"));
  must(hv.removeDevice("disk"));
  must(await hv.createVolume("above", over("above", "top")));
  expect(await hv.commitVolume("top")).toEqual(busy("volume `above` is an overlay on `top`"));
  must(hv.removeVolume("above"));
  must(hv.setVolume("base", { ...below, readonly: true }));
  expect(await hv.commitVolume("top")).toMatchObject({
    refusal: { code: "invalid", message: "volume `base` is read-only" },
  });
  must(hv.setVolume("base", below));
  expect(await hv.commitVolume("top")).toEqual({ ok: true, value: 4096 });
});

test(
  "a commit says how far it is, and one that is called off leaves the overlay as it was",
  LIMIT,
  async () => {
    const room = await labWithOverlay();
    const { hv } = room;
    const places = [1, 2, 3].map((n) => n * 65_536);
    const guest = await DiskGuest.boot(room, "a", "bus");
    await guest.open(1);
    for (const [index, offset] of places.entries()) {
      guest.u8.fill(index + 1, DATA, DATA + 4096);
      expect(await guest.request({ op: REQUEST_OP.write, offset, length: 4096 })).toBe(0);
    }
    must(await hv.killGuest("a"));
    must(hv.removeGuest("a"));
    const inBase = (): (number | undefined)[] => places.map((place) => readFileSync(base)[place]);
    const used = hv.volume("top")?.used;
    const calledOff = busy("the commit was called off: volume `top` is as it was");
    expect(await hv.commitVolume("top", { signal: AbortSignal.abort() })).toEqual(calledOff);
    expect(inBase()).toEqual([0, 0, 0]);
    const off = new AbortController();
    const seen: (readonly number[])[] = [];
    const progressed = (done: number, all: number): void => {
      seen.push([done, all]);
      if (seen.length === 2) off.abort();
    };
    expect(await hv.commitVolume("top", { signal: off.signal, progressed })).toEqual(calledOff);
    expect(seen).toEqual([4096, 8192].map((done) => [done, 3 * 4096]));
    expect(inBase(), "what was written meanwhile").toEqual([1, 2, 0]);
    expect(hv.volume("top")?.used).toBe(used);
    const again = await DiskGuest.boot(room, "b", "bus");
    await again.open(1);
    for (const [index, offset] of places.entries()) {
      expect(await again.request({ op: REQUEST_OP.read, offset, length: 512 })).toBe(0);
      expect(again.u8[DATA]).toBe(index + 1);
    }
    must(await hv.killGuest("b"));
    expect(await hv.commitVolume("top", { progressed })).toEqual({ ok: true, value: 3 * 4096 });
    expect(seen.slice(2)).toEqual([4096, 8192, 3 * 4096].map((done) => [done, 3 * 4096]));
    expect(inBase()).toEqual([1, 2, 3]);
  },
);
