// Images of class `pc`: what their files say of them, and what is said where they can't be booted.

import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { checkFile } from "../check.ts";

const BLOCK = 2048;

/** A disk of so many sectors whose first one ends as it should. */
function bootDisk(sectors = 8): Buffer {
  const disk = Buffer.alloc(sectors * 512);
  disk.set([0x55, 0xaa], 510);
  return disk;
}

/** A CD image with a boot record, and a catalog that has something for a BIOS. */
function bootCd(): Buffer {
  const cd = Buffer.alloc(24 * BLOCK);
  cd.write("\u0001CD001\u0001", 16 * BLOCK, "latin1");
  cd.write("\u0000CD001\u0001EL TORITO SPECIFICATION", 17 * BLOCK, "latin1");
  cd.writeUInt32LE(20, 17 * BLOCK + 0x47);
  cd[20 * BLOCK] = 1;
  cd.set([0x55, 0xaa], 20 * BLOCK + 0x1e);
  cd[20 * BLOCK + 0x20] = 0x88;
  return cd;
}

const folder = mkdtempSync(path.join(tmpdir(), "vbus-pc-image-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, bytes: Uint8Array | string): void => writeFileSync(path.join(folder, name), bytes);
put("bios", new Uint8Array(1 << 17));
put("vga", new Uint8Array(1 << 15));
put("disk", bootDisk());
put("cd", bootCd());
put("floppy", bootDisk(2880));

/** What is said of an image with these attributes, or its digest and the memory of a guest of it. */
async function look(attributes: string, firmware = 'bios = "./bios", vga_bios = "./vga"'): Promise<string> {
  const file = path.join(folder, "lab.vbus");
  writeFileSync(file, `image k: pc { ${firmware}, ${attributes} }\nguest g { image = k }\n`);
  const { model, diagnostics } = await checkFile({ file, env: { XDG_CACHE_HOME: folder } });
  if (model === undefined) return diagnostics.map(({ code, message }) => `${code} ${message}`).join("\n");
  const of = (address: string, name: string): unknown => {
    const value = model.resources.find((each) => each.address === address)?.attributes[name]?.value;
    return value?.is === "quantity" || value?.is === "string" ? value.value : undefined;
  };
  return `${String(of("k", "digest"))} ${Number(of("g", "memory")) / 2 ** 20}MiB`;
}

test("each file, and where it is shown, is in the digest; a changed file is another image", async () => {
  const all = [
    await look(""),
    await look('disk = "./disk"'),
    await look('cd = "./cd"'),
    await look('floppy = "./floppy"'),
    await look('disk = "./disk", console = screen'),
    await look('disk = "./disk", cd = "./cd"'),
  ];
  for (const each of all) expect(each).toMatch(/^[0-9a-f]{64} 64MiB$/);
  put("disk", bootDisk(9));
  all.push(await look('disk = "./disk"'));
  expect(new Set(all).size).toBe(7);
});

test("what can't be booted is said with its file", async () => {
  put("none", "");
  put("odd", bootDisk().subarray(5));
  put("blank", Buffer.alloc(4096));
  put("data.iso", bootCd().fill(0, 17 * 2048, 18 * 2048));
  expect(await look('disk = "./gone"')).toBe(`VB3009 There is no file \`${path.join(folder, "gone")}\`.`);
  expect(await look('disk = "./none"')).toMatch(/^VB3010 .*none is empty\.$/);
  expect(await look('disk = "./odd"')).toContain("no multiple of 512");
  expect(await look('disk = "./blank"')).toContain("does not end with 55 AA");
  expect(await look('cd = "./data.iso"')).toMatch(/data\.iso is a CD image that does not boot: .*sector 17/);
  expect(await look('floppy = "./disk"')).toContain("which no floppy disk has");
  mkdirSync(path.join(folder, "folder"));
  expect(await look('disk = "./folder"')).toContain("is not a file");
  put("huge", "");
  truncateSync(path.join(folder, "huge"), (256 << 20) + 512);
  expect(await look('disk = "./huge"')).toMatch(/is larger than 256MiB: a `vblk` with a volume/);
  expect(await look("", 'bios = "./disk", vga_bios = "./vga"')).toContain("the BIOS has 4608 bytes");
});
