// v86 as it is shipped: its module, but for one byte, and its version.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { mendLargePages } from "./large-pages.ts";

const WASM = "v86/build/v86.wasm";
const PACKAGE = "v86/package.json";
let compiled: WebAssembly.Module | undefined;

/** v86's module, mended, compiled once a thread that asks; threads share what V8 makes of it. */
export function emulatorModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(mendLargePages(readPackage(WASM)));
  return compiled;
}

/** Of the package: what it has saved, another version may not read. */
export function emulatorVersion(): string {
  return (JSON.parse(readPackage(PACKAGE).toString()) as { version: string }).version;
}

const readPackage = (file: string): Buffer => readFileSync(createRequire(import.meta.url).resolve(file));
