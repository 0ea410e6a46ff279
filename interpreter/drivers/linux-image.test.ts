// Images of class `linux`: what their files say of them, and what is said where they are no image.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { checkFile } from "../check.ts";
import { PREPARED_FILES, PREPARED_NOTE, PREPARED_SCHEMA } from "./prepared-images.ts";

const folder = mkdtempSync(path.join(tmpdir(), "vbus-linux-"));
const cache = path.join(folder, "cache");
const prepared = path.join(cache, "vbus/images/debian-i386");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Enough of a kernel for whoever looks at its first sector. */
function kernel(mark: number): Uint8Array {
  const made = new Uint8Array(1024).fill(mark, 0x300);
  made.set([0x55, 0xaa], 0x1fe);
  made.set(Buffer.from("HdrS"), 0x202);
  return made;
}

function prepare(schema: number = PREPARED_SCHEMA): void {
  mkdirSync(prepared, { recursive: true });
  for (const file of PREPARED_FILES) writeFileSync(path.join(prepared, file), new Uint8Array(1 << 16));
  writeFileSync(path.join(prepared, "kernel"), kernel(0));
  const note = {
    schema,
    name: "debian-i386",
    files: {},
    commandLine: "quiet",
    memoryMin: 96 << 20,
    packages: [],
  };
  writeFileSync(path.join(prepared, PREPARED_NOTE), JSON.stringify(note));
}

beforeEach(() => rmSync(cache, { recursive: true, force: true }));

/** What is said of an image with these attributes, or its digest and the memory of a guest of it. */
async function look(attributes: string): Promise<string> {
  const file = path.join(folder, "lab.vbus");
  writeFileSync(file, `image k: linux { ${attributes} }\nguest g { image = k }\n`);
  const { model, diagnostics } = await checkFile({ file, env: { XDG_CACHE_HOME: cache } });
  if (model === undefined) return diagnostics.map(({ code, message }) => `${code} ${message}`).join("\n");
  const of = (address: string, name: string): unknown => {
    const value = model.resources.find((each) => each.address === address)?.attributes[name]?.value;
    return value?.is === "quantity" || value?.is === "string" ? value.value : undefined;
  };
  return `${String(of("k", "digest"))} ${Number(of("g", "memory")) / 2 ** 20}MiB`;
}

test("a prepared image that is not built says the command that builds it", async () => {
  expect(await look('from = "std:images/debian-i386"')).toContain("`npx vbus images build debian-i386`");
  expect(await look('from = "std:images/slackware"')).toBe("VB3009 There is no file `std:images/slackware`.");
  writeFileSync(path.join(folder, "some"), "");
  expect(await look('from = "./some"')).toContain("is no prepared image");
});

test("a built one has a digest and memory; one of another version is as good as none", async () => {
  prepare();
  expect(await look('from = "std:images/debian-i386"')).toMatch(/^[0-9a-f]{64} 96MiB$/);
  prepare(PREPARED_SCHEMA + 1);
  expect(await look('from = "std:images/debian-i386"')).toContain("has not been built here");
});

test("a kernel of one's own: its content, its initrd and its command line are in its digest", async () => {
  prepare();
  const own = path.join(folder, "bzImage");
  writeFileSync(own, kernel(1));
  const first = await look('kernel = "./bzImage"');
  expect(first).toMatch(/^[0-9a-f]{64} 96MiB$/);
  writeFileSync(path.join(folder, "initrd"), "one");
  const all = [first, await look('kernel = "./bzImage", command_line = "single"')];
  all.push(await look('kernel = "./bzImage", initrd = "./initrd"'));
  writeFileSync(path.join(folder, "initrd"), "another");
  all.push(await look('kernel = "./bzImage", initrd = "./initrd"'));
  writeFileSync(own, kernel(2));
  all.push(await look('kernel = "./bzImage"'));
  expect(new Set(all).size).toBe(5);
  expect(await look('kernel = "./bzImage"')).toBe(all.at(-1));
});

test("what is no kernel is said, and what hash a file has", async () => {
  prepare();
  writeFileSync(path.join(folder, "text"), "hello");
  expect(await look('kernel = "./text"')).toContain("the kernel is no Linux kernel for a PC");
  expect(await look('kernel = "./gone"')).toContain("VB3009");
  const wrong = await look(`from = "std:images/debian-i386", sha256 = "${"0".repeat(64)}"`);
  expect(wrong).toMatch(/its content has the hash [0-9a-f]{64}, not the one/);
});
