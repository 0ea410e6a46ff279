// Images: bytes → a compiled module that has been checked against the ABI, or one sentence why not.

import { createHash } from "node:crypto";
import { IMAGE_BYTES_MAX, TABLE_ENTRIES_MAX } from "../limits.ts";
import type { Image, Outcome } from "../hypervisor.ts";
import { boundsOf, importedMemory } from "./wasm-sections.ts";

const PAGE = 65_536;
const VERBS = new Set(["open", "close", "call", "shm", "signal", "wait"]);

function refuse(message: string): Outcome<never> {
  return { ok: false, refusal: { code: "image", message } };
}

/** Checks and compiles a module for guests of class `wasm`. */
export async function compileImage(bytes: Uint8Array): Promise<Outcome<Image>> {
  if (bytes.length > IMAGE_BYTES_MAX) return refuse(`the image is larger than ${IMAGE_BYTES_MAX} bytes`);
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(bytes);
  } catch (error) {
    return refuse(
      `the file is not a WebAssembly module: ${error instanceof Error ? error.message : "unreadable"}`,
    );
  }
  const wrong = checkModule(module) ?? checkBounds(bytes);
  if (wrong !== undefined) return refuse(wrong);
  const limits = importedMemory(bytes);
  if (!limits?.shared) return refuse("the module must import `env.memory` as shared memory");
  const digest = createHash("sha256").update(bytes).digest("hex");
  const code = new Uint8Array(new SharedArrayBuffer(bytes.length));
  code.set(bytes);
  return {
    ok: true,
    value: {
      digest,
      module,
      code,
      memoryMin: limits.minimum * PAGE,
      memoryMax: (limits.maximum ?? PAGE) * PAGE,
    },
  };
}

/** What is wrong with a module's imports and exports, if anything. */
export function checkModule(module: WebAssembly.Module): string | undefined {
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    const memory = from === "env" && name === "memory" && kind === "memory";
    const verb = from === "vbus" && VERBS.has(name) && kind === "function";
    if (!memory && !verb) {
      const allowed = "allowed are env.memory and the six verbs of vbus";
      return `the module imports \`${from}.${name}\`, which a guest may not; ${allowed}`;
    }
  }
  const main = WebAssembly.Module.exports(module).find(({ name }) => name === "main");
  if (main?.kind !== "function") return "the module exports no function `main`";
  return undefined;
}

/**
 * Why a module, though valid, could take memory beside what the guest was given, if it could. The engine's
 * heap is no defence: where a large allocation fails, it ends the whole process.
 */
export function checkBounds(bytes: Uint8Array): string | undefined {
  const { ownMemories, tableEntries, heapTypes } = boundsOf(bytes);
  if (ownMemories > 0)
    return "the module has a memory of its own; a guest's only memory is the imported `env.memory`";
  if (heapTypes) return "the module has types of the garbage-collected heap, which a guest may not";
  if (tableEntries > TABLE_ENTRIES_MAX) {
    return `the module's tables may grow beyond ${TABLE_ENTRIES_MAX} entries; give each a maximum`;
  }
  return undefined;
}
