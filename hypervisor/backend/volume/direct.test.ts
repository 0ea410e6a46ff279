// `pread` and `pwrite` by an address: from when on, what they move, and that they stay inside what they were
// given.

import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, closeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { DIRECT_AFTER_TRANSFERS } from "../../limits.ts";
import { EIO } from "../../ring/abi.ts";
import { Direct } from "./direct.ts";
import { FileStore } from "./file-store.ts";

const folder = mkdtempSync(path.join(tmpdir(), "vbus-direct-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = path.join(folder, "disk.img");
const BYTES = 1000;
const content = Uint8Array.from({ length: BYTES }, (_, at) => (at * 7 + (at >> 8)) & 255);

test("after so many, and within the bytes it is given", () => {
  writeFileSync(file, content);
  const fd = openSync(file, "r+");
  const direct = new Direct();
  const ram = new Uint8Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer);
  for (let n = 0; n < DIRECT_AFTER_TRANSFERS; n++) expect(direct.read(fd, 0, ram, 0, 8)).toBe(-1);
  expect(ram.subarray(0, 8)).toEqual(new Uint8Array(8));
  expect(direct.read(fd, 100, ram, 640, 64)).toBe(64);
  expect(ram.subarray(640, 704)).toEqual(content.subarray(100, 164));
  expect([ram[639], ram[704]]).toEqual([0, 0]);
  // The file ends first.
  expect(direct.read(fd, BYTES - 10, ram, 0, 64)).toBe(10);
  expect(ram.subarray(0, 12)).toEqual(Uint8Array.of(...content.subarray(BYTES - 10), 0, 0));
  // Other bytes, of which a part is shown; the last ones that there are.
  const part = new Uint8Array(256).subarray(16, 80);
  expect(direct.read(fd, 3, part, 0, 64)).toBe(64);
  expect(part).toEqual(content.subarray(3, 67));
  expect(direct.write(fd, 500, part, 0, 64)).toBe(64);
  expect(readFileSync(file).subarray(500, 564)).toEqual(Buffer.from(content.subarray(3, 67)));
  expect(direct.read(fd, 0, ram, ram.length - 64, 64)).toBe(64);
  const outside = [
    [ram.length - 63, 64],
    [ram.length, 1],
    [-1, 64],
    [0, -1],
    [Number.NaN, 64],
    [0, Number.POSITIVE_INFINITY],
  ] as const;
  for (const [at, length] of outside) {
    expect(direct.read(fd, 0, ram, at, length)).toBe(-1);
    expect(direct.write(fd, 0, ram, at, length)).toBe(-1);
  }
  expect(readFileSync(file).subarray(0, 500)).toEqual(Buffer.from(content.subarray(0, 500)));
  closeSync(fd);
});

test("what fails, and what ends early, is for node:fs to say or to go on with", () => {
  writeFileSync(file, content);
  const fd = openSync(file, "r");
  const store = new FileStore(fd);
  const ram = new Uint8Array(2048).fill(1);
  expect(new Direct().read(fd, 0, ram, 0, 1)).toBe(1);
  expect(store.read(BYTES - 10, ram, 0, 512)).toBe(0);
  expect(ram.subarray(0, 512)).toEqual(
    Uint8Array.of(...content.subarray(BYTES - 10), ...new Uint8Array(502)),
  );
  expect(ram[512]).toBe(1);
  expect(store.write(0, ram, 0, 512)).toBe(EIO); // Opened for reading.
  expect(store.read(0, ram, 2048 - 256, 512)).toBe(EIO);
  closeSync(fd);
  expect(store.read(0, ram, 0, 512)).toBe(EIO);
});
