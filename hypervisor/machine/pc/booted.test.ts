// Booted states as files: which PC a state belongs to, that it is whole, and how many are kept.

import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { PC_STATES_MAX } from "../../limits.ts";
import { dropState, keepState, openState, stateFile, type KeptState } from "./booted.ts";
import { Emulator, UNCOMPILED_SLICES } from "./emulator.ts";
import { emulatorModule } from "./emulator-package.ts";
import { mendLargePages } from "./large-pages.ts";
import { PAGE_BYTES, type ApartState } from "./whole-state.ts";

const folder = mkdtempSync(path.join(tmpdir(), "vbus-booted-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MIB = 1 << 20;
const fileOf = (digest: string, commandLine: string, memoryBytes: number): string =>
  stateFile({ folder, digest }, { commandLine, memoryBytes });
/** As v86 has it, as far as a file of it is read here: its third word is its length. */
function state(byte: number): ApartState {
  const bytes = new Uint8Array(1000).fill(byte);
  new Uint32Array(bytes.buffer)[2] = bytes.length;
  return { state: bytes.buffer, pages: new Uint8Array(2 * PAGE_BYTES).fill(byte + 1) };
}
/** A PC of 16 MiB that has not run, whose RAM is what it has put in itself. */
function freshPc(code: readonly number[] = []): Promise<Emulator> {
  const bios = new Uint8Array(256 << 10).fill(0xee);
  bios.set(code, bios.length - 16);
  const vgaBios = bios.slice(0, 32 << 10);
  const none = { kernel: undefined, initrd: undefined, media: undefined };
  return Emulator.start({ memoryBytes: 16 * MIB, bios, vgaBios, commandLine: "", ...none }, emulatorModule());
}

const PCI_BYTES = 256;
/** A state of a PC without a BIOS, which would have given ports to its cards: v86 takes back none without. */
function withPorts(state: ArrayBuffer): ArrayBuffer {
  const length = new Uint32Array(state)[3] as number;
  const text = Buffer.from(state, 16, length).toString();
  const { buffer_infos: buffers } = JSON.parse(text) as {
    buffer_infos: readonly { readonly offset: number; readonly length: number }[];
  };
  for (const { offset, length: bytes } of buffers)
    if (bytes === PCI_BYTES) new Uint8Array(state, ((16 + length + 3) & ~3) + offset).fill(0, 16, 40);
  return state;
}

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
  expect(openState(file)).toBeUndefined();
  expect(keepState(file, state(7))).toBe(true);
  expect(keepState(file, state(8))).toBe(true);
  const kept = openState(file) as KeptState;
  expect(new Uint8Array(kept.state)).toEqual(new Uint8Array(state(8).state));
  const places = [new Uint8Array(PAGE_BYTES), new Uint8Array(PAGE_BYTES)];
  kept.fill(places);
  expect(Buffer.concat(places)).toEqual(Buffer.from(state(8).pages));
  kept.close();
  dropState(file);
  expect(openState(file)).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
});

test("a file with fewer pages than there are places, or with more, or that is cut, is none", () => {
  const file = fileOf("cut", "", 96 * MIB);
  expect(keepState(file, state(7))).toBe(true);
  const kept = openState(file) as KeptState;
  const pages = (count: number): Uint8Array[] =>
    Array.from({ length: count }, () => new Uint8Array(PAGE_BYTES));
  expect(() => kept.fill(pages(1))).toThrow("other pages");
  expect(() => kept.fill(pages(3))).toThrow("not whole");
  truncateSync(file, statSync(file).size - 1);
  expect(() => kept.fill(pages(2))).toThrow("not whole");
  kept.close();
  truncateSync(file, 999);
  expect(openState(file)).toBeUndefined();
  truncateSync(file, 3);
  expect(openState(file)).toBeUndefined();
  dropState(file);
});

test("a PC that is restored from a file has the RAM that was kept, and nothing else", async () => {
  const [one, other] = [await freshPc(), await freshPc()];
  // Whole pages, some of them neighbours, more places than one read fills, and the last byte there is.
  for (let page = 300; page < 300 + 2 * 1300; page += 2)
    one.ram.fill(page & 0xff, page << 12, (page + 1) << 12);
  one.ram.fill(0xab, 3 * MIB, 4 * MIB);
  one.ram[16 * MIB - 1] = 0xcd;
  const apart = one.saveApart();
  const file = fileOf("ram", "", 16 * MIB);
  expect(keepState(file, { ...apart, state: withPorts(apart.state) })).toBe(true);
  expect(statSync(file).size).toBeLessThan(12 * MIB);
  const kept = openState(file) as KeptState;
  other.restore(kept.state, kept.fill);
  kept.close();
  dropState(file);
  expect(Buffer.compare(other.ram, one.ram)).toBe(0);
  // What is saved whole is as it was.
  const whole = await freshPc();
  whole.restore(withPorts(one.save()));
  expect(Buffer.compare(whole.ram, one.ram)).toBe(0);
});

test("a PC that is restored compiles nothing at first, and then what runs often", async () => {
  const real = WebAssembly.Module;
  let compiled = 0;
  const counted = class extends real {
    constructor(bytes: Uint8Array<ArrayBuffer>) {
      super(bytes);
      compiled++;
    }
  };
  // Its first instruction jumps to 0x7c00, and there is one that jumps to itself.
  const pc = await freshPc([0xea, 0x00, 0x7c, 0x00, 0x00]);
  pc.ram.set([0xeb, 0xfe], 0x7c00);
  const run = (slices: number): number => {
    compiled = 0;
    for (let slice = 0; slice < slices; slice++) expect(pc.run()).toBe(0);
    return compiled;
  };
  WebAssembly.Module = counted;
  try {
    pc.restore(withPorts(pc.save()));
    expect(run(UNCOMPILED_SLICES - 1)).toBe(0);
    expect(run(20)).toBeGreaterThan(0);
  } finally {
    WebAssembly.Module = real;
  }
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
  expect(openState(files[0] as string)).toBeUndefined();
  expect(openState(files[1] as string)).toBeDefined();
});

test("a PC that has not run has nothing in its RAM beyond its BIOS, which a restore relies on", async () => {
  const { ram } = await freshPc();
  expect(ram.indexOf(0xee)).toBeGreaterThan(0);
  expect(ram.findLastIndex((byte) => byte !== 0)).toBe(MIB - 1);
});

test("a v86 whose page walk is another one is refused", () => {
  expect(() => mendLargePages(Buffer.alloc(100))).toThrow("no test of CR4.PSE");
});
