// What a PC of class `pc` boots from, part by part: which images are refused, what drives give and keep,
// which tables of a transfer are followed, what of a screen is said, and what keys a typed byte is.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  PC_DMA_PARTS_MAX,
  PC_MEDIUM_BYTES_MAX,
  PC_SCREEN_COLUMNS_MAX,
  PC_SCREEN_EVERY_MS,
  PC_SCREEN_ROWS_MAX,
} from "../../limits.ts";
import { isTable } from "./ide.ts";
import { judgePc } from "./image.ts";
import { scanCodes } from "./keyboard.ts";
import { wrongMedium } from "./media.ts";
import { bootCd, bootDisk } from "./media.test-support.ts";
import { MediaBuffer } from "./media-buffer.ts";
import { TextScreen } from "./text-screen.ts";

/** A copy with other bytes at a place. */
function changed(bytes: Buffer, at: number, ...other: number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(other, at);
  return copy;
}

test("a disk has whole sectors, something to boot, and a size that there is room for", () => {
  expect(wrongMedium("disk", bootDisk())).toBeUndefined();
  expect(wrongMedium("disk", Buffer.alloc(0))).toBe("is empty");
  expect(wrongMedium("disk", bootDisk().subarray(1))).toContain("4095 bytes, which is no multiple of 512");
  expect(wrongMedium("disk", changed(bootDisk(), 510, 0))).toContain("does not end with 55 AA");
  const most = bootDisk(PC_MEDIUM_BYTES_MAX / 512);
  expect(wrongMedium("disk", most)).toBeUndefined();
  expect(wrongMedium("disk", Buffer.concat([most, Buffer.alloc(512)]))).toMatch(/larger than 256MiB.*vblk/);
});

test("a CD has a descriptor, a boot record, a catalog, and something for a BIOS there", () => {
  const cd = bootCd();
  expect(wrongMedium("cd", cd)).toBeUndefined();
  expect(wrongMedium("cd", cd.subarray(0, cd.length - 512))).toContain("no multiple of 2048");
  expect(wrongMedium("cd", changed(cd, 16 * 2048 + 1, 0))).toContain("in sector 16");
  expect(wrongMedium("cd", changed(cd, 17 * 2048 + 7, 0))).toContain("in sector 17");
  expect(wrongMedium("cd", changed(cd, 17 * 2048, 0xff))).toContain("in sector 17");
  for (const place of [0xff, 0x7fffffff])
    expect(wrongMedium("cd", changed(cd, 17 * 2048 + 0x47, place))).toContain("names no boot catalog");
  expect(wrongMedium("cd", changed(cd, 20 * 2048 + 0x1f, 0))).toContain("names no boot catalog");
  expect(wrongMedium("cd", changed(cd, 20 * 2048 + 0x20, 0))).toContain("nothing for a BIOS");
  // A CD that ends before its boot record.
  expect(wrongMedium("cd", cd.subarray(0, 17 * 2048))).toContain("in sector 17");
});

test("a floppy disk has a size that there was", () => {
  expect(wrongMedium("floppy", bootDisk(2880))).toBeUndefined();
  expect(wrongMedium("floppy", bootDisk(2881))).toContain("which no floppy disk has");
});

test("each medium and the console are in the digest; what is wrong with one is said of it", () => {
  const look = (media: object): string => {
    const bios = Buffer.alloc(1 << 17);
    const files = { bios, vgaBios: Buffer.alloc(9), commandLine: "", media: { console: "serial", ...media } };
    const judged = judgePc(files as never, 0);
    return "problem" in judged ? judged.problem : judged.digest;
  };
  const all = [{}, { console: "screen" }, { disk: bootDisk() }, { floppy: bootDisk(2880) }, { cd: bootCd() }];
  expect(new Set(all.map(look)).size).toBe(all.length);
  expect(look({ disk: bootDisk(2880) })).not.toBe(look({ floppy: bootDisk(2880) }));
  expect(look({ cd: Buffer.alloc(2048) })).toContain("the cd is no CD image");
});

test("a drive reads what was written last, and the image stays as it is", () => {
  const bytes = 300_000;
  const place = fc.integer({ min: -10, max: bytes + 10 });
  const step = fc.record({ at: place, length: fc.integer({ min: 0, max: 150_000 }), value: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const image = new Uint8Array(new SharedArrayBuffer(bytes)).fill(7);
      const model = new Uint8Array(bytes).fill(7);
      const drive = new MediaBuffer(image);
      for (const { at, length, value } of steps) {
        const from = Math.min(Math.max(at, 0), bytes);
        drive.set(at, new Uint8Array(length).fill(value), () => undefined);
        model.fill(value, from, from + length);
      }
      const read = new Uint8Array(drive.get_from_cache(0, bytes + 1));
      expect(Buffer.compare(read, model)).toBe(0);
      for (const { at } of steps) {
        const from = Math.min(Math.max(at, 0), bytes);
        drive.get(at, 70_000, (got) =>
          expect(Buffer.compare(new Uint8Array(got), model.subarray(from, from + 70_000))).toBe(0),
        );
      }
      expect(image.every((each) => each === 7)).toBe(true);
    }),
  );
});

test("a table of a transfer has an end, and names RAM alone", () => {
  const ram = new Uint8Array(2 << 20);
  const view = new DataView(ram.buffer);
  const write = (at: number, address: number, bytes: number, last: boolean): void => {
    view.setUint32(at, address, true);
    view.setUint32(at + 4, bytes | (last ? 0x80000000 : 0), true);
  };
  write(4096, 0x110000, 512, false);
  write(4104, 0x120000, 0, true);
  expect(isTable(ram, 4096)).toBe(true);
  write(4104, ram.length - 65_535, 0, true);
  expect(isTable(ram, 4096)).toBe(false);
  write(4104, 0x9ff00, 512, true);
  expect(isTable(ram, 4096)).toBe(false);
  expect(isTable(ram, ram.length - 4)).toBe(false);
  expect(isTable(ram, 0xb0000)).toBe(false);
  expect(isTable(ram, 0xffffffff)).toBe(false);
  // As many parts as are followed, and one more.
  const parts = (count: number): void => {
    for (let part = 0; part < count; part++) write(8192 + part * 8, 0x110000, 512, part === count - 1);
  };
  parts(PC_DMA_PARTS_MAX);
  expect(isTable(ram, 8192)).toBe(true);
  parts(PC_DMA_PARTS_MAX + 1);
  expect(isTable(ram, 8192)).toBe(false);
});

function print(screen: TextScreen, row: number, text: string): void {
  for (const [column, character] of [...text].entries()) screen.put(row, column, character.charCodeAt(0));
}

test("a screen says rows that are new, once, and not too often", () => {
  const screen = new TextScreen();
  print(screen, 0, "hello");
  print(screen, 2, "you");
  expect(screen.waitUs(0)).toBeGreaterThan(0);
  expect(screen.news(0)).toBe("hello\nyou\n");
  expect([screen.waitUs(1), screen.news(PC_SCREEN_EVERY_MS * 9)]).toEqual([0, ""]);
  print(screen, 2, "YOU");
  print(screen, 0, "hello");
  expect(screen.news(PC_SCREEN_EVERY_MS - 1)).toBe("");
  expect(screen.waitUs(PC_SCREEN_EVERY_MS - 1)).toBe(1000);
  expect(screen.news(PC_SCREEN_EVERY_MS)).toBe("YOU\n");
});

test("a screen that has moved up says what is new at its end", () => {
  const screen = new TextScreen();
  for (let row = 0; row < 25; row++) print(screen, row, `line ${row + 10}`);
  expect(screen.news(0).split("\n")).toHaveLength(26);
  for (let row = 0; row < 25; row++) print(screen, row, `line ${row + 13}`);
  expect(screen.news(1e6)).toBe("line 35\nline 36\nline 37\n");
});

test("a screen is as large as a guest says, up to its bounds, and knows its code page", () => {
  const screen = new TextScreen();
  screen.resize(1e6, 1e6);
  screen.put(PC_SCREEN_ROWS_MAX - 1, PC_SCREEN_COLUMNS_MAX - 1, 65);
  screen.put(PC_SCREEN_ROWS_MAX, 0, 66);
  screen.put(0, PC_SCREEN_COLUMNS_MAX, 66);
  expect(screen.rows()).toHaveLength(PC_SCREEN_ROWS_MAX);
  expect(screen.rows().join("").trim()).toBe("A");
  screen.resize(40, 2);
  for (const [column, cell] of [0xc9, 0xcd, 0xbb, 0, 7, 0x7f, 0xe1].entries()) screen.put(1, column, cell);
  expect(screen.rows()).toEqual(["", "╔═╗   ß"]);
});

test("typed bytes are keys, pressed and let go", () => {
  expect(scanCodes(0x61)).toEqual([0x1e, 0x9e]);
  expect(scanCodes(0x41)).toEqual([0x2a, 0x1e, 0x9e, 0xaa]);
  expect(scanCodes(2)).toEqual([0x1d, 0x30, 0xb0, 0x9d]);
  expect([10, 13, 8, 27, 9].map((byte) => scanCodes(byte)[0])).toEqual([0x1c, 0x1c, 0x0e, 1, 0x0f]);
  expect(scanCodes(0xe9)).toEqual([]);
  const printable = Array.from({ length: 95 }, (_, index) => String(scanCodes(index + 32)));
  expect(new Set(printable).size).toBe(95);
});
