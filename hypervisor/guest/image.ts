// Images: bytes → a compiled module that has been checked against what its class may have, or one sentence
// why not.

import { createHash } from "node:crypto";
import { IMAGE_BYTES_MAX, TABLE_ENTRIES_MAX } from "../limits.ts";
import type { Image, ImageSource, ModuleClass, Outcome } from "../hypervisor.ts";
import { preparePc } from "../machine/pc/image.ts";
import { FUNCTION_NAMES, MODULE } from "../machine/wasi/abi.ts";
import { meterModule } from "./metered.ts";
import { shareMemory } from "./share-memory.ts";
import { boundsOf, importedMemory } from "./wasm-sections.ts";

const PAGE = 65_536;
const VERBS = new Set(["open", "close", "call", "shm", "signal", "wait"]);

function refuse(message: string): Outcome<never> {
  return { ok: false, refusal: { code: "image", message } };
}

/** Checks what is given, and makes of it what guests boot. */
export async function prepareSource(source: ImageSource): Promise<Outcome<Image>> {
  if (source.class !== "linux" && source.class !== "pc") return compileImage(source.bytes, source.class);
  const prepared = preparePc(source.class, source.files, source.memoryMin);
  return "problem" in prepared ? refuse(prepared.problem) : { ok: true, value: prepared };
}

/** Checks and compiles a module for guests of a class. */
export async function compileImage(bytes: Uint8Array, class_: ModuleClass = "wasm"): Promise<Outcome<Image>> {
  if (bytes.length > IMAGE_BYTES_MAX) return refuse(`the image is larger than ${IMAGE_BYTES_MAX} bytes`);
  const prepared = prepareImage(bytes, class_);
  if ("problem" in prepared) return refuse(prepared.problem);
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(prepared.bytes);
  } catch (error) {
    return refuse(
      `the file is not a WebAssembly module: ${error instanceof Error ? error.message : "unreadable"}`,
    );
  }
  const judged = judgeImage(module, prepared.bytes, class_);
  if ("problem" in judged) return refuse(judged.problem);
  const digest = createHash("sha256").update(bytes).digest("hex");
  const code = new Uint8Array(new SharedArrayBuffer(prepared.bytes.length));
  code.set(prepared.bytes);
  return { ok: true, value: { class: class_, digest, module, code, ...judged } };
}

const metered = new WeakMap<Image, Promise<WebAssembly.Module | string>>();

/** The module for guests that share a thread, made when the first one boots; or one sentence why not. */
export function meteredOf(image: Image): Promise<WebAssembly.Module | string> {
  const known = metered.get(image) ?? compileMetered(image);
  metered.set(image, known);
  return known;
}

async function compileMetered({ code }: Image): Promise<WebAssembly.Module | string> {
  const made = meterModule(new Uint8Array(code));
  if ("problem" in made) return made.problem;
  return WebAssembly.compile(made.bytes).catch((error: unknown) => `it can't be metered: ${String(error)}`);
}

/** The bytes that are compiled: of a WASI program with its memory as an import. */
export function prepareImage(
  bytes: Uint8Array,
  class_: ModuleClass,
): { readonly bytes: Uint8Array } | { readonly problem: string } {
  // What is no module is said by who compiles it.
  return class_ === "wasi" && WebAssembly.validate(bytes) ? shareMemory(bytes) : { bytes };
}

/** What a guest of this image needs and can use of RAM, bytes; or why it can be none. */
export function judgeImage(
  module: WebAssembly.Module,
  bytes: Uint8Array,
  class_: ModuleClass,
): { readonly memoryMin: number; readonly memoryMax: number } | { readonly problem: string } {
  const problem = checkModule(module, class_) ?? checkBounds(bytes);
  if (problem !== undefined) return { problem };
  const limits = importedMemory(bytes);
  if (!limits?.shared) return { problem: "the module must import `env.memory` as shared memory" };
  return { memoryMin: limits.minimum * PAGE, memoryMax: (limits.maximum ?? PAGE) * PAGE };
}

interface Door {
  /** The module and the names of the functions that may be imported. */
  readonly from: string;
  readonly names: ReadonlySet<string>;
  readonly words: string;
  /** What it must export to be started. */
  readonly start: string;
}

const DOORS: Readonly<Record<ModuleClass, Door>> = {
  wasm: { from: "vbus", names: VERBS, words: "env.memory and the six verbs of vbus", start: "main" },
  wasi: { from: MODULE, names: FUNCTION_NAMES, words: "the functions of WASI preview 1", start: "_start" },
};

/** What is wrong with a module's imports and exports, if anything. */
function checkModule(module: WebAssembly.Module, class_: ModuleClass): string | undefined {
  const door = DOORS[class_];
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    const memory = from === "env" && name === "memory" && kind === "memory";
    const known = from === door.from && door.names.has(name) && kind === "function";
    if (!memory && !known) {
      return `the module imports \`${from}.${name}\`, which a guest may not; allowed are ${door.words}`;
    }
  }
  const start = WebAssembly.Module.exports(module).find(({ name }) => name === door.start);
  if (start?.kind !== "function") return `the module exports no function \`${door.start}\``;
  return undefined;
}

/**
 * Why a module, though valid, could take memory beside what the guest was given, if it could. The engine's
 * heap is no defence: where a large allocation fails, it ends the whole process.
 */
function checkBounds(bytes: Uint8Array): string | undefined {
  const { ownMemories, tableEntries, heapTypes } = boundsOf(bytes);
  if (ownMemories > 0)
    return "the module has a memory of its own; a guest's only memory is the imported `env.memory`";
  if (heapTypes) return "the module has types of the garbage-collected heap, which a guest may not";
  if (tableEntries > TABLE_ENTRIES_MAX) {
    return `the module's tables may grow beyond ${TABLE_ENTRIES_MAX} entries; give each a maximum`;
  }
  return undefined;
}
