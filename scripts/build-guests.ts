// Compiles the guests: stdlib/guests/*.ts and bench/guests/*.ts from AssemblyScript, all in this process. One
// whose sources, flags and compiler are those of its last build is left as it is.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import type { StepResult } from "./build.ts";

/** Where guests come from, where they go, and the folders that their sources lie in. */
const ROOMS = [
  { source: "stdlib/guests", target: "stdlib/guests/build", needs: ["stdlib/guests"] },
  { source: "bench/guests", target: "bench/build", needs: ["stdlib/guests", "bench/guests"] },
] as const;

/** Upper bounds, bytes: small guests are a promise. */
const BYTES_MAX: Readonly<Record<string, number>> = {
  echo: 32 * 1024,
  stream: 32 * 1024,
  sink: 32 * 1024,
  httpd: 48 * 1024,
  get: 48 * 1024,
};

/** Of memory, 32 pages of 64 KiB: what a guest's largest default rings take. */
const FLAGS =
  "-O3 --noAssert --runtime stub --use abort= --enable threads --disable nontrapping-f2i " +
  "--importMemory --sharedMemory --noExportMemory --zeroFilledMemory " +
  "--initialMemory 32 --maximumMemory 65536";

interface Guest {
  readonly room: string;
  readonly name: string;
  readonly source: string;
  readonly target: string;
}

export async function buildGuests(root: string): Promise<StepResult> {
  const guests = await listGuests(root);
  const hashes = new Map<string, string>();
  for (const room of ROOMS) hashes.set(room.source, await hashSources(root, room.needs));
  const problems: string[] = [];
  let compiled = 0;
  for (const guest of guests) {
    const stamp = `${hashes.get(guest.room)} ${FLAGS}`;
    if (await isFresh(guest, stamp)) continue;
    compiled++;
    const problem = (await compile(root, guest)) ?? (await checkSize(guest));
    if (problem === undefined) await writeFile(stampOf(guest), stamp);
    else problems.push(problem);
  }
  return { done: `${compiled} compiled, ${guests.length - compiled} up to date`, problems };
}

async function listGuests(root: string): Promise<Guest[]> {
  const guests: Guest[] = [];
  for (const room of ROOMS) {
    const folder = join(root, room.source);
    if (!existsSync(folder)) continue;
    for (const file of (await readdir(folder)).sort()) {
      if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
      const name = basename(file, ".ts");
      const target = join(root, room.target, `${name}.wasm`);
      guests.push({ room: room.source, name, source: join(folder, file), target });
    }
    await mkdir(join(root, room.target), { recursive: true });
  }
  return guests;
}

const stampOf = (guest: Guest): string => `${guest.target}.stamp`;

/** One hash for all guests of a room: one is compiled in a second, and most changes are to the SDK. */
async function hashSources(root: string, rooms: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  const compiler = JSON.parse(await readFile(join(root, "node_modules/assemblyscript/package.json"), "utf8"));
  hash.update(String(compiler.version));
  for (const room of rooms) {
    const folder = join(root, room);
    if (!existsSync(folder)) continue;
    const names = (await readdir(folder, { recursive: true })).filter(isSource).sort();
    for (const name of names) hash.update(`\0${room}/${name}\0`).update(await readFile(join(folder, name)));
  }
  return hash.digest("hex");
}

const isSource = (name: string): boolean =>
  name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.startsWith("test/");

async function isFresh(guest: Guest, stamp: string): Promise<boolean> {
  if (!existsSync(guest.target) || !existsSync(stampOf(guest))) return false;
  return (await readFile(stampOf(guest), "utf8")) === stamp;
}

interface Compiler {
  main(
    args: readonly string[],
    options: {
      readonly stderr: { write(text: string | Uint8Array): void };
      writeFile(name: string, contents: Uint8Array): void;
    },
  ): Promise<{ readonly error: Error | null }>;
}

/** Its own declarations stay out of ours: they replace global types, such as that of `console`. */
async function loadCompiler(): Promise<Compiler> {
  const name: string = "assemblyscript/asc";
  const module: { readonly default: Compiler } = await import(name);
  return module.default;
}

/** Compiles one guest. A sentence with the compiler's own words if it can't be. */
async function compile(root: string, guest: Guest): Promise<string | undefined> {
  const asc = await loadCompiler();
  const said: string[] = [];
  let binary: Uint8Array | undefined;
  const args = [relative(root, guest.source), "--baseDir", root, "-o", "guest.wasm", ...FLAGS.split(" ")];
  const result = await asc.main(args, {
    stderr: { write: (text) => void said.push(String(text)) },
    writeFile: (_name, contents) => void (binary = new Uint8Array(contents)),
  });
  if (result.error === null && binary !== undefined) {
    // Whole or not at all: a lab that runs is watching the file.
    await writeFile(`${guest.target}.new`, binary);
    await rename(`${guest.target}.new`, guest.target);
    return undefined;
  }
  said.push(result.error?.message ?? "It says nothing.");
  return `build: ${relative(root, guest.source)} can't be compiled.\n${said.join("")}`;
}

async function checkSize(guest: Guest): Promise<string | undefined> {
  const most = BYTES_MAX[guest.name];
  const bytes = (await stat(guest.target)).size;
  if (most === undefined || bytes <= most) return undefined;
  return `build: the guest ${guest.name} has ${bytes} bytes, which is more than its ${most}.`;
}
