// Volumes of each class against an array, by chance; and overlays on disk: what is there after a flush,
// however the process ends, and what is refused.

import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { BlockStore, VolumeNotice } from "../../datapath/block-store.ts";
import { DIRECT_AFTER_TRANSFERS, OVERLAY_BLOCK_BYTES, VOLUME_MEMORY_MAX } from "../../limits.ts";
import { SEED } from "../../machine-room.test-support.ts";
import { Direct } from "./direct.ts";
import { closeFile, growOverlay, openImage, openOverlay, storedBytes } from "./files.ts";
import { OVERLAY_BLOCKS_AT } from "./overlay-store.ts";
import { openStore } from "./open-store.ts";

const folder = mkdtempSync(path.join(tmpdir(), "vbus-stores-"));
afterAll(() => rmSync(folder, { recursive: true }));

const SECTOR = 512;
const BASE_SECTORS = 61; // The base ends inside a block.
const SECTORS = 83;
const SIZE = SECTORS * SECTOR;
const runs = process.env["SLOW"] === "1" ? 2000 : 60;
let made = 0;
const fresh = (): string => path.join(folder, `${++made}.img`);

function opened<T extends object>(answer: T | { readonly problem: string }): T {
  if ("problem" in answer) throw new Error(answer.problem);
  return answer;
}

function memory(): VolumeNotice {
  const bytes = new SharedArrayBuffer(SIZE, { maxByteLength: VOLUME_MEMORY_MAX });
  return { class: "memory", size: SIZE, bytes };
}

function image(size = SIZE): VolumeNotice & { readonly class: "file" } {
  return { class: "file", ...opened(openImage(fresh(), { create: true, readonly: false, size })) };
}

function overlay(
  file: string,
  base: VolumeNotice,
  size = SIZE,
): VolumeNotice & { readonly class: "overlay" } {
  return { class: "overlay", base, ...opened(openOverlay(file, size, "base")) };
}

/** The parts of an overlay's file that are not holes. */
function copySparse(from: string, to: string): void {
  const [source, target] = [openSync(from, "r"), openSync(to, "w")];
  for (const [at, length] of [
    [0, 8192],
    [OVERLAY_BLOCKS_AT, SIZE + OVERLAY_BLOCK_BYTES],
  ] as const) {
    const bytes = new Uint8Array(length);
    writeSync(target, bytes, 0, readSync(source, bytes, 0, length, at), at);
  }
  closeSync(source);
  closeSync(target);
}

/** A base with something everywhere. */
function filledBase(): { readonly notice: VolumeNotice; readonly bytes: Uint8Array } {
  const notice = image(BASE_SECTORS * SECTOR);
  const bytes = Uint8Array.from({ length: notice.size }, (_, at) => (at * 31 + (at >> 9)) & 255);
  expect(openStore(notice).write(0, bytes, 0, bytes.length)).toBe(0);
  return { notice, bytes };
}

interface Act {
  readonly op: "read" | "write" | "flush" | "reopen";
  readonly sector: number;
  readonly sectors: number;
  readonly fill: number;
}

const ACT: fc.Arbitrary<Act> = fc
  .record({
    op: fc.constantFrom("read", "write", "write", "flush", "reopen"),
    sector: fc.nat(SECTORS - 1),
    sectors: fc.integer({ min: 1, max: SECTORS }),
    fill: fc.nat(255),
  })
  .map((act) => ({ ...act, sectors: Math.min(act.sectors, SECTORS - act.sector) }) as Act);

/** The acts do to the store what they do to an array. */
function compare(acts: readonly Act[], model: Uint8Array, open: () => BlockStore): void {
  const ram = new Uint8Array(new SharedArrayBuffer(SIZE + 64));
  let store = open();
  for (const { op, sector, sectors, fill } of acts) {
    const [offset, length] = [sector * SECTOR, sectors * SECTOR];
    if (op === "flush") expect(store.flush()).toBe(0);
    if (op === "reopen") store = open();
    if (op === "write") {
      for (let at = 0; at < length; at++) ram[64 + at] = (fill + at) & 255;
      expect(store.write(offset, ram, 64, length)).toBe(0);
      model.set(ram.subarray(64, 64 + length), offset);
    }
    if (op !== "read") continue;
    expect(store.read(offset, ram, 64, length)).toBe(0);
    expect(Buffer.from(ram.subarray(64, 64 + length)).equals(model.subarray(offset, offset + length))).toBe(
      true,
    );
  }
  expect(store.read(0, ram, 0, SIZE)).toBe(0);
  expect(Buffer.from(ram.subarray(0, SIZE)).equals(model)).toBe(true);
}

const parameters = { seed: SEED, numRuns: runs };

const CLASSES: readonly [string, () => VolumeNotice][] = [
  ["memory", memory],
  ["file", image],
];

test.each(CLASSES)(`a volume of class %s is an array of bytes (SEED=${SEED})`, (_, make) => checkClass(make));
test(`an overlay is an array that began as its base, which stays as it was (SEED=${SEED})`, checkOverlays);

test(`so they are by the C library's calls, when a thread has moved a lot (SEED=${SEED})`, () => {
  const { notice } = filledBase();
  const store = openStore(notice);
  const sector = new Uint8Array(SECTOR);
  for (let n = 0; n <= DIRECT_AFTER_TRANSFERS; n++) expect(store.read(0, sector, 0, SECTOR)).toBe(0);
  expect(new Direct().read((notice as { readonly fd: number }).fd, 0, sector, 0, SECTOR)).toBe(SECTOR);
  checkClass(image);
  checkOverlays();
});

function checkClass(make: () => VolumeNotice): void {
  fc.assert(
    fc.property(fc.array(ACT, { maxLength: 40 }), (acts) => {
      const notice = make();
      compare(acts, new Uint8Array(SIZE), () => openStore(notice));
      if ("fd" in notice) closeFile(notice.fd);
    }),
    parameters,
  );
}

function checkOverlays(): void {
  const base = filledBase();
  const start = new Uint8Array(SIZE);
  start.set(base.bytes);
  fc.assert(
    fc.property(fc.array(ACT, { maxLength: 40 }), fc.boolean(), (acts, twice) => {
      const below = overlay(fresh(), base.notice);
      const notice = twice ? overlay(fresh(), below) : below;
      compare(acts, start.slice(), () => openStore(notice));
      closeFile(below.fd);
      if (twice) closeFile(notice.fd);
    }),
    parameters,
  );
  const after = new Uint8Array(base.bytes.length);
  openStore(base.notice).read(0, after, 0, after.length);
  expect(Buffer.from(after).equals(base.bytes)).toBe(true);
}

test(`what was flushed is in the overlay's file, whatever came after it (SEED=${SEED})`, () => {
  const base = filledBase();
  const copy = fresh();
  fc.assert(
    fc.property(fc.array(ACT, { maxLength: 20 }), fc.array(ACT, { maxLength: 20 }), (before, later) => {
      const file = fresh();
      const notice = overlay(file, base.notice);
      const model = new Uint8Array(SIZE);
      model.set(base.bytes);
      compare(before, model, () => openStore(notice));
      expect(openStore(notice).flush()).toBe(0);
      const flushed = model.slice();
      const touched = later.filter(({ op }) => op === "write");
      compare(touched, model, () => openStore(notice));
      // The process ends here: what another one finds is the file.
      copySparse(file, copy);
      const found = overlay(copy, base.notice);
      const bytes = new Uint8Array(SIZE);
      expect(openStore(found).read(0, bytes, 0, SIZE)).toBe(0);
      for (let block = 0; block * OVERLAY_BLOCK_BYTES < SIZE; block++) {
        const [from, to] = [block * OVERLAY_BLOCK_BYTES, (block + 1) * OVERLAY_BLOCK_BYTES];
        const rewritten = touched.some(
          ({ sector, sectors }) => sector * SECTOR < to && (sector + sectors) * SECTOR > from,
        );
        if (!rewritten) expect(Buffer.from(bytes.slice(from, to)).equals(flushed.slice(from, to))).toBe(true);
      }
      closeFile(found.fd);
      closeFile(notice.fd);
    }),
    parameters,
  );
});

test("an overlay grows, and what it has stays", () => {
  const base = filledBase();
  const file = fresh();
  const small = overlay(file, base.notice);
  const ram = new Uint8Array(SECTOR).fill(7);
  openStore(small).write(SIZE - SECTOR, ram, 0, SECTOR);
  const size = 1024 * 1024 * 1024;
  growOverlay(small.fd, small.map, small.size, size);
  const large = openStore({ ...small, size });
  expect(large.write(size - SECTOR, ram, 0, SECTOR)).toBe(0);
  expect(large.flush()).toBe(0);
  const again = openStore(overlay(file, base.notice, size));
  for (const at of [SIZE - SECTOR, size - SECTOR]) {
    const bytes = new Uint8Array(SECTOR);
    expect(again.read(at, bytes, 0, SECTOR)).toBe(0);
    expect(bytes).toEqual(ram);
  }
  expect(statSync(file).blocks * 512).toBeLessThan(1024 * 1024);
});

test("a file that is no overlay, or one on another base, is refused and stays as it is", () => {
  const text = fresh();
  writeFileSync(text, "a letter to somebody, longer than the header of an overlay would be");
  expect(openOverlay(text, SIZE, "base")).toEqual({ problem: `${text} is not an overlay` });
  expect(readFileSync(text, "utf8")).toContain("a letter");
  const file = fresh();
  closeFile(opened(openOverlay(file, SIZE, "one")).fd);
  expect(openOverlay(file, SIZE, "other")).toMatchObject({
    problem: expect.stringContaining("was made on another base"),
  });
  expect(openImage(folder, { create: true, readonly: false, size: SIZE })).toEqual({
    problem: `${folder} is not a file`,
  });
  expect(openImage(fresh(), { create: false, readonly: false, size: SIZE })).toMatchObject({
    problem: expect.stringContaining("is not there"),
  });
});

test("a raw image is sparse, keeps what lies beyond its volume, and a longer one is not cut", () => {
  const file = fresh();
  const size = 256 * 1024 * 1024;
  const notice = {
    class: "file",
    ...opened(openImage(file, { create: true, readonly: false, size })),
  } as const;
  openStore(notice).write(size - SECTOR, new Uint8Array(SECTOR).fill(9), 0, SECTOR);
  closeFile(notice.fd);
  expect(statSync(file)).toMatchObject({ size });
  expect(statSync(file).blocks * 512).toBeLessThan(64 * 1024);
  const shorter = opened(openImage(file, { create: true, readonly: false, size: SIZE }));
  expect(shorter.size).toBe(SIZE);
  closeFile(shorter.fd);
  const own = opened(openImage(file, { create: true, readonly: true }));
  expect(own.size).toBe(size);
  closeFile(own.fd);
});

test("what is discarded takes no room in a raw image and an overlay, and what lies around it stays", () => {
  const [MIB, at] = [1024 * 1024, 300 * 1024 + SECTOR];
  const base = filledBase();
  for (const notice of [image(2 * MIB), overlay(fresh(), base.notice, 2 * MIB)]) {
    const store = openStore(notice);
    expect(store.write(MIB / 2, new Uint8Array(MIB).fill(7), 0, MIB)).toBe(0);
    expect(store.flush()).toBe(0);
    const before = storedBytes(notice.fd);
    expect(store.discard(MIB / 2 + at, MIB / 2)).toBe(0);
    const freed = before - storedBytes(notice.fd);
    expect(freed, notice.class).toBeGreaterThan(MIB / 2 - 4 * OVERLAY_BLOCK_BYTES);
    const bytes = new Uint8Array(MIB);
    expect(store.read(MIB / 2, bytes, 0, MIB)).toBe(0);
    const wanted = new Uint8Array(MIB).fill(7).fill(0, at, at + MIB / 2);
    expect(Buffer.compare(bytes, wanted), notice.class).toBe(0);
    // Where an overlay has nothing of its own, its base is still seen.
    expect(store.discard(0, SECTOR)).toBe(0);
    expect(store.read(0, bytes, 0, SECTOR)).toBe(0);
    if (notice.class === "overlay")
      expect(Buffer.compare(bytes.subarray(0, SECTOR), base.bytes.subarray(0, SECTOR))).toBe(0);
  }
});
