// Booted states as files: which PC a state belongs to, that it is whole, and how many are kept.

import { mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { PC_STATES_MAX } from "../../limits.ts";
import { dropState, keepState, readState, stateFile } from "./booted.ts";
import { Emulator } from "./emulator.ts";
import { emulatorModule } from "./emulator-package.ts";
import { mendLargePages } from "./large-pages.ts";

const folder = mkdtempSync(path.join(tmpdir(), "vbus-booted-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MIB = 1 << 20;
const fileOf = (digest: string, commandLine: string, memoryBytes: number): string =>
  stateFile({ folder, digest }, { commandLine, memoryBytes });
const state = (byte: number): ArrayBuffer => new Uint8Array(1000).fill(byte).buffer;

test("a state is that of one image, one command line and one size of memory", () => {
  const all = [
    fileOf("a", "quiet", 96 * MIB),
    fileOf("b", "quiet", 96 * MIB),
    fileOf("a", "quiet nosmp", 96 * MIB),
    fileOf("a", "quiet", 128 * MIB),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(fileOf("a", "quiet", 96 * MIB)).toBe(all[0]);
});

test("what is kept is read again, until it is dropped; what isn't there is none", () => {
  const file = fileOf("a", "quiet", 96 * MIB);
  expect(readState(file)).toBeUndefined();
  expect(keepState(file, state(7))).toBe(true);
  expect(keepState(file, state(8))).toBe(true);
  expect(new Uint8Array(readState(file) as ArrayBuffer)).toEqual(new Uint8Array(state(8)));
  dropState(file);
  expect(readState(file)).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
});

test("where it can't be kept, nothing is left and nobody fails", () => {
  const nowhere = path.join(folder, "nowhere");
  expect(
    keepState(stateFile({ folder: nowhere, digest: "a" }, { commandLine: "", memoryBytes: MIB }), state(1)),
  ).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
});

test("as many as may be are kept, and the oldest goes", () => {
  const files = Array.from({ length: PC_STATES_MAX + 1 }, (_, index) => fileOf("a", "", (index + 16) * MIB));
  for (const [index, file] of files.slice(0, -1).entries()) {
    expect(keepState(file, state(index))).toBe(true);
    utimesSync(file, 1000 + index, 1000 + index);
  }
  expect(readdirSync(folder)).toHaveLength(PC_STATES_MAX);
  expect(keepState(files.at(-1) as string, state(9))).toBe(true);
  expect(readdirSync(folder)).toHaveLength(PC_STATES_MAX);
  expect(readState(files[0] as string)).toBeUndefined();
  expect(readState(files[1] as string)).toBeDefined();
});

test("a PC that has not run has nothing in its RAM beyond its BIOS, which a restore relies on", async () => {
  const bios = new Uint8Array(256 << 10).fill(0xee);
  const none = { kernel: undefined, initrd: undefined, media: undefined };
  const hardware = {
    memoryBytes: 16 * MIB,
    bios,
    vgaBios: bios.slice(0, 32 << 10),
    commandLine: "",
    ...none,
  };
  const { ram } = await Emulator.start(hardware, emulatorModule());
  expect(ram.indexOf(0xee)).toBeGreaterThan(0);
  expect(ram.findLastIndex((byte) => byte !== 0)).toBe(MIB - 1);
});

test("a v86 whose page walk is another one is refused", () => {
  expect(() => mendLargePages(Buffer.alloc(100))).toThrow("no test of CR4.PSE");
});
