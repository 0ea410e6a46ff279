// Compiles TypeScript to dist/, from nothing each time, joined into few modules, with what the compiled code
// loads beside it. The old dist/ stays until the new one is whole, so that nobody who starts meanwhile finds
// half of it.

import { spawn } from "node:child_process";
import { cp, mkdir, readdir, rename, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { StepResult } from "./build.ts";
import { LWIP_KEPT } from "./build-lwip.ts";
import { listWat, wasmOf } from "./build-wat.ts";
import { bundle } from "./bundle.ts";
import { keepLookahead, keepTrees } from "./keep-parsed.ts";

/**
 * Where the new dist/, its parts and the old one are for a moment: on the same file system, and ignored by
 * everybody.
 */
const scratch = (root: string, what: string): string =>
  join(root, "node_modules", `.dist-${what}-${process.pid}`);

export async function buildDist(root: string): Promise<StepResult> {
  const [modules, fresh] = [scratch(root, "modules"), scratch(root, "new")];
  for (const folder of [modules, fresh]) await rm(folder, { recursive: true, force: true });
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", "tsconfig.build.json", "--outDir", modules];
  const { code, output } = await run(process.execPath, args, root);
  // Modules with errors may not run; without the table and the trees everything is a little slower.
  if (code === 0) await keepLookahead(modules);
  const { files } = await bundle(modules, fresh);
  if (code === 0) await keepTrees(modules, join(root, "stdlib"), join(fresh, "stdlib", "trees.bin"));
  await copyTypes(modules, fresh);
  await copyModules(root, fresh);
  await swap(root, fresh);
  await rm(modules, { recursive: true, force: true });
  if (code === 0) return { done: `compiled, ${files} modules`, problems: [] };
  return { done: "compiled with errors", problems: [`build: TypeScript found errors.\n${output.trimEnd()}`] };
}

/** What a program that embeds the library is checked against. */
async function copyTypes(from: string, to: string): Promise<void> {
  for (const name of await readdir(from, { recursive: true })) {
    if (!name.endsWith(".d.ts")) continue;
    await mkdir(dirname(join(to, name)), { recursive: true });
    await cp(join(from, name), join(to, name));
  }
}

/** WebAssembly is loaded from where the code that loads it was. */
async function copyModules(root: string, target: string): Promise<void> {
  for (const wasm of [...(await listWat(root)).map(wasmOf), LWIP_KEPT.module]) {
    if (!existsSync(wasm)) continue;
    const copy = join(target, relative(root, wasm));
    await mkdir(dirname(copy), { recursive: true });
    await cp(wasm, copy);
  }
}

async function swap(root: string, fresh: string): Promise<void> {
  const dist = join(root, "dist");
  const old = scratch(root, "old");
  if (existsSync(dist)) await rename(dist, old);
  await rename(fresh, dist);
  await rm(old, { recursive: true, force: true });
}

function run(file: string, args: readonly string[], cwd: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
