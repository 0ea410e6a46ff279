// The packed extension, unpacked again: whole, small, and with every package that its client loads.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { crc32, inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { entriesOfExtension } from "./pack-vscode.ts";
import { zip } from "./zip.ts";

/** Reads an archive by its directory at the end, as installers do. */
function unzip(bytes: Buffer): Map<string, Buffer> {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const files = new Map<string, Buffer>();
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [packed, size] = [bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 24)];
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString("utf8", at + 46, at + 46 + nameLength);
    const local = bytes.readUInt32LE(at + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const data = inflateRawSync(bytes.subarray(start, start + packed));
    expect({ name, size: data.length, crc: crc32(data) }).toEqual({
      name,
      size,
      crc: bytes.readUInt32LE(at + 16),
    });
    files.set(name, data);
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return files;
}

test("the extension is packed with what it needs, the same each time", () => {
  const bytes = zip(entriesOfExtension());
  expect(bytes.equals(zip(entriesOfExtension()))).toBe(true);
  expect(bytes.length).toBeLessThan(1024 * 1024);
  const files = unzip(bytes);
  const manifest = JSON.parse(String(files.get("extension/package.json")));
  const { contributes, main } = manifest;
  const named = [
    main,
    ...contributes.languages.map((one: { configuration: string }) => one.configuration),
    ...contributes.grammars.map((one: { path: string }) => one.path),
    ...contributes.snippets.map((one: { path: string }) => one.path),
  ];
  for (const name of named) expect([...files.keys()]).toContain(`extension/${name.replace("./", "")}`);
  for (const [name, data] of files) if (name.endsWith(".json")) JSON.parse(String(data));

  const folder = mkdtempSync(path.join(tmpdir(), "vbus-vsix-"));
  try {
    for (const [name, data] of files) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), data);
    }
    const client = path.join(folder, "extension", main);
    execFileSync(process.execPath, ["--check", client]);
    const load = createRequire(client);
    const library = load.resolve("vscode-languageclient/node");
    expect(library.startsWith(path.join(folder, "extension"))).toBe(true);
    // All that the library loads, but for the editor itself, which is only inside the editor.
    const own = createRequire(library);
    for (const name of [
      "vscode-languageserver-protocol/node",
      "vscode-languageserver-textdocument",
      "minimatch",
    ])
      expect(own(name)).toBeTypeOf("object");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("its version is that of vbus", () => {
  const read = (name: string) => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8")).version;
  expect(read("../editors/vscode/package.json")).toBe(read("../package.json"));
});
