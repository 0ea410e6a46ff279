// Assembles each hypervisor/**/*.wat into a .wasm beside it. Refuses what doesn't validate.

import { existsSync } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { StepResult } from "./build.ts";

const FEATURES = { threads: true, multi_memory: true, bulk_memory: true, simd: true, sign_extension: true };

/** Every .wat of the hypervisor, as absolute paths. */
export async function listWat(root: string): Promise<string[]> {
  const folder = join(root, "hypervisor");
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => name.endsWith(".wat"))
    .sort()
    .map((name) => join(folder, name));
}

/** The .wasm that a .wat becomes. */
export const wasmOf = (wat: string): string => wat.replace(/\.wat$/, ".wasm");

export async function buildWat(root: string): Promise<StepResult> {
  const files = await listWat(root);
  const stale: string[] = [];
  for (const file of files) if (await isStale(file)) stale.push(file);
  const problems: string[] = [];
  if (stale.length > 0) {
    const { default: wabt } = await import("wabt");
    const assembler = await wabt();
    for (const file of stale) {
      try {
        const module = assembler.parseWat(relative(root, file), await readFile(file, "utf8"), FEATURES);
        module.resolveNames();
        const { buffer } = module.toBinary({});
        module.destroy();
        // The engine that will run it checks it: wabt's own check knows no shared memory besides one.
        await WebAssembly.compile(new Uint8Array(buffer));
        await writeFile(wasmOf(file), buffer);
      } catch (error) {
        problems.push(`build: ${relative(root, file)} is no valid WebAssembly text.\n${String(error)}`);
      }
    }
  }
  return { done: `${stale.length} assembled, ${files.length - stale.length} up to date`, problems };
}

async function isStale(wat: string): Promise<boolean> {
  const wasm = wasmOf(wat);
  if (!existsSync(wasm)) return true;
  return (await stat(wat)).mtimeMs > (await stat(wasm)).mtimeMs;
}
