// The exported parts of units.ts, or of units.c, on a test host.

import { compileC } from "./clang.ts";
import { compileForTest } from "./compile.ts";
import type { HostOptions } from "./host.ts";
import { TestHost } from "./host.ts";

type Exports = Readonly<Record<string, (...args: (number | bigint | boolean)[]) => number>>;

export interface Part {
  readonly host: TestHost;
  readonly part: Exports;
  /** Calls an export that answers or takes 64 bits. */
  readonly wide: (name: string, ...args: (number | bigint)[]) => bigint;
}

let compiled: Promise<WebAssembly.Module> | undefined;
let compiledC: WebAssembly.Module | undefined;

export async function loadPart(options: HostOptions = {}): Promise<Part> {
  compiled ??= compileForTest("test/units.ts");
  return partOf(await compiled, options);
}

export function loadPartOfC(options: HostOptions = {}): Part {
  compiledC ??= compileC("stdlib/guests/test/units.c");
  return partOf(compiledC, options);
}

function partOf(module: WebAssembly.Module, options: HostOptions): Part {
  const host = new TestHost(options);
  const instance = host.instantiate(module);
  const part = instance.exports as unknown as Exports;
  const wide = (name: string, ...args: (number | bigint)[]): bigint =>
    (part[name] as unknown as (...args: (number | bigint)[]) => bigint)(...args);
  return { host, part, wide };
}
