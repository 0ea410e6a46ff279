// Booted states as files: which PC a state belongs to, that it is whole, and how many are kept.

import { mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { PC_STATES_MAX } from "../../limits.ts";
import { dropState, keepState, readState, stateFile } from "./booted.ts";
import { Emulator, emulatorModule } from "./emulator.ts";
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

/** A PC that has not run, whose BIOS is this byte again and again. */
function fresh(bios: number): Promise<Emulator> {
  const rom = new Uint8Array(64 << 10).fill(bios);
  const none = { kernel: undefined, initrd: undefined, media: undefined };
  const hardware = { memoryBytes: 16 * MIB, bios: rom, vgaBios: rom, commandLine: "", ...none };
  return Emulator.start(hardware, emulatorModule());
}

test("RAM is after a restore what was saved, also where the PC that is made has another BIOS", async () => {
  const saved = await fresh(0);
  const places = [0x1000, 0xc_1000, 0xf_f000, MIB, 5 * MIB, 16 * MIB - 1];
  for (const at of places) saved.ram[at] = 1 + (at % 251);
  const made = await fresh(0xee);
  made.restore(saved.save());
  expect(Buffer.compare(made.ram, saved.ram)).toBe(0);
  // One that has run may have something anywhere.
  made.run();
  made.ram[7 * MIB] = 9;
  made.restore(saved.save());
  expect(Buffer.compare(made.ram, saved.ram)).toBe(0);
});

test("a v86 whose page walk is another one is refused", () => {
  expect(() => mendLargePages(Buffer.alloc(100))).toThrow("no test of CR4.PSE");
});
