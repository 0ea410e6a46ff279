// The parts from which a prepared image is made, each against what reads it.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { callHere } from "../call.test-support.ts";
import { cpio, MODE } from "./cpio.ts";
import { modulesFor } from "./modules.ts";

const folder = mkdtempSync(path.join(tmpdir(), "vbus-images-"));
afterAll(() => vi.unstubAllEnvs());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NONE = new Uint8Array();

test("an archive holds files, folders, links and devices as a kernel reads them", () => {
  const archive = cpio([
    { path: "bin", mode: MODE.folder, content: NONE },
    { path: "bin/five", mode: MODE.program, content: Buffer.from("five!") },
    { path: "sh", mode: MODE.link, content: Buffer.from("bin/five") },
    { path: "console", mode: MODE.character, content: NONE, device: { major: 5, minor: 1 } },
  ]);
  expect(readArchive(archive)).toEqual([
    { path: "bin", mode: 0o040755, text: "", device: [0, 0] },
    { path: "bin/five", mode: 0o100755, text: "five!", device: [0, 0] },
    { path: "sh", mode: 0o120777, text: "bin/five", device: [0, 0] },
    { path: "console", mode: 0o020600, text: "", device: [5, 1] },
  ]);
  expect(archive.length % 4).toBe(0);
});

/** Spec: Linux, early-userspace/buffer-format: written down once more, from the paper. */
function readArchive(archive: Buffer): readonly object[] {
  const found: object[] = [];
  // Bound: each turn reads one file of the archive.
  for (let at = 0; ;) {
    expect(archive.toString("latin1", at, at + 6)).toBe("070701");
    const word = (index: number): number =>
      Number.parseInt(archive.toString("latin1", at + 6 + index * 8, at + 14 + index * 8), 16);
    const name = archive.toString("utf8", at + 110, at + 110 + word(11) - 1);
    if (name === "TRAILER!!!") return found;
    const content = Math.ceil((at + 110 + word(11)) / 4) * 4;
    const text = archive.toString("utf8", content, content + word(6));
    found.push({ path: name, mode: word(1), text, device: [word(9), word(10)] });
    at = Math.ceil((content + word(6)) / 4) * 4;
  }
}

test("modules come after what they need, each once", () => {
  const modules = path.join(folder, "modules/6.1/kernel");
  mkdirSync(modules, { recursive: true });
  const write = (name: string, depends: string): void =>
    writeFileSync(path.join(modules, `${name}.ko`), `ELF\0license=GPL\0depends=${depends}\0intree=Y\0`);
  write("virtio", "");
  write("virtio-ring", "virtio");
  write("virtio_pci", "virtio_ring,virtio");
  write("virtio_net", "virtio-ring");
  const names = modulesFor(path.join(folder, "modules"), ["virtio_pci", "virtio_net"]).map(
    ({ name }) => name,
  );
  expect(names).toEqual(["virtio", "virtio_ring", "virtio_pci", "virtio_net"]);
  expect(() => modulesFor(path.join(folder, "modules"), ["tun"])).toThrow("no module tun");
});

test("scripts of the image are plain ones, without a mistake that a shell sees", () => {
  for (const name of ["init", "configure", "agent"]) {
    const script = `stdlib/images/debian-i386/${name}`;
    expect(spawnSync("sh", ["-n", script], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
    expect(readFileSync(script, "utf8")).not.toContain("\t");
  }
});

test("what is not built says how it is built; what is half-built is pruned", async () => {
  const cache = path.join(folder, "cache");
  vi.stubEnv("XDG_CACHE_HOME", cache);
  const listed = await callHere(["images"]);
  expect(listed).toMatchObject({ exit: 0 });
  expect(listed.stdout).toBe("std:images/debian-i386  not built: vbus images build debian-i386\n");
  expect((await callHere(["images", "build"])).exit).toBe(64);
  expect((await callHere(["images", "build", "windows"])).stderr).toContain("there is debian-i386");
  const half = path.join(cache, "vbus/images/.build-x");
  mkdirSync(half, { recursive: true });
  expect((await callHere(["images", "prune"])).stderr).toBe("1 taken away, 0 B\n");
  expect((await callHere(["images"])).stdout).toContain("not built");
});
