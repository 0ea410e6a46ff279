// Compiles TypeScript to dist/, from nothing each time, and puts beside it what the compiled code loads.

import { spawn } from "node:child_process";
import { cp, mkdir, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { StepResult } from "./build.ts";
import { listWat, wasmOf } from "./build-wat.ts";

export async function buildDist(root: string): Promise<StepResult> {
  await rm(join(root, "dist"), { recursive: true, force: true });
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { code, output } = await run(process.execPath, [tsc, "-p", "tsconfig.build.json"], root);
  if (code === 0) return { done: "compiled", problems: [] };
  return { done: "compiled with errors", problems: [`build: TypeScript found errors.\n${output.trimEnd()}`] };
}

/** The data path's modules are loaded from where the code that loads them is. */
export async function copyToDist(root: string): Promise<StepResult> {
  let copied = 0;
  for (const wat of await listWat(root)) {
    const wasm = wasmOf(wat);
    if (!existsSync(wasm)) continue;
    const target = join(root, "dist", relative(root, wasm));
    await mkdir(dirname(target), { recursive: true });
    await cp(wasm, target);
    copied++;
  }
  return { done: `${copied} modules`, problems: [] };
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
