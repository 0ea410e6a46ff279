// Builds the prepared image `debian-i386`: Debian's kernel, an archive with busybox, our init and the
// kernel's modules for virtio, and SeaBIOS. Everything lies in one folder, which appears whole or not at all.

import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { OperationError, PREPARED_FILES, PREPARED_NOTE, PREPARED_SCHEMA } from "../../interpreter/index.ts";
import type { PreparedFile, PreparedNote } from "../../interpreter/index.ts";
import { bootFirst } from "../../hypervisor/index.ts";
import { packageFolder } from "../package-folder.ts";
import { cpio, MODE, type ArchiveFile } from "./cpio.ts";
import {
  BUSYBOX,
  COMMAND_LINE,
  HEADER_PACKAGES,
  IDE_MODULES,
  KERNEL,
  MEMORY_MIN,
  MODULES,
  MORE_MODULES,
  OWN_MODULES,
  PACKAGES,
  SEABIOS,
} from "./debian.ts";
import { modulesFor, type ModuleFile } from "./modules.ts";
import { buildModules, missingForModules } from "./own-modules.ts";
import { getPackages, unpack } from "./packages.ts";

const NAME = "debian-i386";
const EMPTY = new Uint8Array();
const FOLDERS = ["bin", "sbin", "dev", "proc", "sys", "tmp", "etc", "root", "mnt", "lib", "lib/modules"];

export interface BuildOptions {
  /** The folder of all prepared images. */
  readonly images: string;
  /** An archive of Debian's to read by HTTP, in place of what apt does. */
  readonly mirror: string | undefined;
  /** Told what is being done. */
  readonly say: (what: string) => void;
}

/** Answers the folder of the image. Throws `OperationError`. */
export async function buildDebian({ images, mirror, say }: BuildOptions): Promise<string> {
  mkdirSync(images, { recursive: true });
  const work = mkdtempSync(path.join(images, ".build-"));
  try {
    say("getting packages");
    const debs = await getPackages(PACKAGES, path.join(work, "packages"), mirror);
    const roots = new Map<string, string>();
    for (const [index, { name }] of PACKAGES.entries()) {
      say(`unpacking ${name}`);
      const root = path.join(work, name);
      await unpack(debs[index] as string, root);
      roots.set(name, root);
    }
    const missing = await missingForModules();
    say(missing === undefined ? "building the bridge's drivers" : `no drivers of the bridge: ${missing}`);
    const own = missing === undefined ? await buildModules(work, mirror) : [];
    say("making the first file system");
    const made = path.join(work, "made");
    const content = contentOf((name) => roots.get(name) as string, own);
    writeImage(made, content, own.length > 0);
    say("booting it once");
    const refused = await bootFirst({ ...content, commandLine: COMMAND_LINE, states: made }, MEMORY_MIN);
    if (refused !== undefined) throw new OperationError("failed", `${NAME} does not boot: ${refused}.`);
    const folder = path.join(images, NAME);
    rmSync(folder, { recursive: true, force: true });
    renameSync(made, folder);
    return folder;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

type Content = Readonly<Record<PreparedFile, Uint8Array>>;

function contentOf(rootOf: (name: string) => string, own: readonly ModuleFile[]): Content {
  const kernel = rootOf(KERNEL.name);
  const bios = path.join(rootOf(SEABIOS.name), "usr/share/seabios");
  const image = readdirSync(path.join(kernel, "boot")).find((file) => file.startsWith("vmlinuz"));
  return {
    kernel: readFileSync(path.join(kernel, "boot", image as string)),
    initrd: gzipSync(initrd(kernel, path.join(rootOf(BUSYBOX.name), "bin/busybox"), own), { level: 9 }),
    bios: readFileSync(path.join(bios, "bios-256k.bin")),
    vgaBios: readFileSync(path.join(bios, "vgabios-stdvga.bin")),
  };
}

function initrd(kernel: string, busybox: string, built: readonly ModuleFile[]): Uint8Array {
  const folder = path.join(kernel, "lib/modules");
  const stock = modulesFor(folder, MODULES);
  const ide = modulesFor(folder, IDE_MODULES).filter(({ name }) => !stock.some((each) => each.name === name));
  const more = [...modulesFor(folder, MORE_MODULES), ...ide];
  const own = (name: string): Uint8Array =>
    readFileSync(path.join(packageFolder, "stdlib/images", NAME, name));
  const loaded = [...stock.map(({ name }) => name), ...(built.length > 0 ? OWN_MODULES : [])];
  const ideNames = ide.map(({ name }) => `${name}.ko\n`).join("");
  const names = loaded.map((name) => `${name}.ko\n`).join("");
  const modules = [...stock, ...more, ...built];
  const files: ArchiveFile[] = [
    ...FOLDERS.map((folder) => ({ path: folder, mode: MODE.folder, content: EMPTY })),
    // What the kernel opens for init before any file system is mounted.
    { path: "dev/console", mode: MODE.character, content: EMPTY, device: { major: 5, minor: 1 } },
    { path: "bin/busybox", mode: MODE.program, content: readFileSync(busybox) },
    { path: "init", mode: MODE.program, content: own("init") },
    { path: "sbin/vbus-agent", mode: MODE.file, content: own("agent") },
    { path: "etc/profile", mode: MODE.file, content: own("profile") },
    { path: "etc/vbus-configure", mode: MODE.file, content: own("configure") },
    { path: "etc/modules", mode: MODE.file, content: Buffer.from(names) },
    { path: "etc/modules-ide", mode: MODE.file, content: Buffer.from(ideNames) },
    { path: "etc/passwd", mode: MODE.file, content: Buffer.from("root::0:0:root:/root:/bin/sh\n") },
    ...modules.map(({ name, content }) => ({ path: `lib/modules/${name}.ko`, mode: MODE.file, content })),
  ];
  return cpio(files);
}

function writeImage(folder: string, content: Content, bridge: boolean): void {
  mkdirSync(folder);
  const files: Partial<Record<PreparedFile, string>> = {};
  for (const file of PREPARED_FILES) {
    writeFileSync(path.join(folder, file), content[file]);
    files[file] = createHash("sha256").update(content[file]).digest("hex");
  }
  const note: PreparedNote = {
    schema: PREPARED_SCHEMA,
    name: NAME,
    files: files as Record<PreparedFile, string>,
    commandLine: COMMAND_LINE,
    memoryMin: MEMORY_MIN,
    bridge,
    packages: [...PACKAGES, ...(bridge ? HEADER_PACKAGES : [])].map(({ name, version, sha256 }) => ({
      name,
      version,
      sha256,
    })),
  };
  writeFileSync(path.join(folder, PREPARED_NOTE), `${JSON.stringify(note, undefined, 2)}\n`);
}
