// Compiles the guests: stdlib/guests/*.ts and bench/guests/*.ts from AssemblyScript, all in this process. One
// whose sources, flags and compiler are those of its last build is left as it is.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import type { StepResult } from "./build.ts";

/** Where guests come from, and where they go. */
const ROOMS = [
  { source: "stdlib/guests", target: "stdlib/guests/build" },
  { source: "bench/guests", target: "bench/build" },
] as const;

/** Pages of 64 KiB that a guest needs at least: what its largest default rings take. */
const PAGES_DEFAULT = 32;
const PAGES: Readonly<Record<string, number>> = {};
const PAGES_MAX = 65_536;
/** Upper bounds, bytes: small guests are a promise. */
const BYTES_MAX: Readonly<Record<string, number>> = { echo: 32 * 1024 };

const FLAGS = [
  ...[
    "--runtime",
    "stub",
    "--enable",
    "threads",
    "--disable",
    "nontrapping-f2i",
    "--noAssert",
    "--use",
    "abort=",
  ],
  ...["--importMemory", "--sharedMemory", "--noExportMemory", "--zeroFilledMemory", "-O3"],
];

interface Guest {
  readonly name: string;
  readonly source: string;
  readonly target: string;
}

export async function buildGuests(root: string): Promise<StepResult> {
  const guests = await listGuests(root);
  const shared = await hashSources(root);
  const problems: string[] = [];
  let compiled = 0;
  for (const guest of guests) {
    const stamp = `${shared} ${flagsOf(guest).join(" ")}`;
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
      guests.push({ name, source: join(folder, file), target: join(root, room.target, `${name}.wasm`) });
    }
    await mkdir(join(root, room.target), { recursive: true });
  }
  return guests;
}

const stampOf = (guest: Guest): string => `${guest.target}.stamp`;

function flagsOf(guest: Guest): string[] {
  const pages = String(PAGES[guest.name] ?? PAGES_DEFAULT);
  return [...FLAGS, "--initialMemory", pages, "--maximumMemory", String(PAGES_MAX)];
}

/** One hash for all sources: a guest is compiled in a second, and most changes are to the SDK. */
async function hashSources(root: string): Promise<string> {
  const hash = createHash("sha256");
  const compiler = JSON.parse(await readFile(join(root, "node_modules/assemblyscript/package.json"), "utf8"));
  hash.update(String(compiler.version));
  for (const room of ROOMS) {
    const folder = join(root, room.source);
    if (!existsSync(folder)) continue;
    const names = (await readdir(folder, { recursive: true })).filter(isSource).sort();
    for (const name of names)
      hash.update(`\0${room.source}/${name}\0`).update(await readFile(join(folder, name)));
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
    options: { readonly stderr: { write(text: string | Uint8Array): void } },
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
  const result = await asc.main(
    [relative(root, guest.source), "--baseDir", root, "-o", relative(root, guest.target), ...flagsOf(guest)],
    { stderr: { write: (text: string | Uint8Array) => void said.push(String(text)) } },
  );
  if (result.error === null) return undefined;
  return `build: ${relative(root, guest.source)} can't be compiled.\n${said.join("")}${result.error.message}`;
}

async function checkSize(guest: Guest): Promise<string | undefined> {
  const most = BYTES_MAX[guest.name];
  const bytes = (await stat(guest.target)).size;
  if (most === undefined || bytes <= most) return undefined;
  return `build: the guest ${guest.name} has ${bytes} bytes, which is more than its ${most}.`;
}
