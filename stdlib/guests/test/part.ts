// The exported parts of units.ts, on a test host.

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

export async function loadPart(options: HostOptions = {}): Promise<Part> {
  compiled ??= compileForTest("test/units.ts");
  const host = new TestHost(options);
  const instance = host.instantiate(await compiled);
  const part = instance.exports as unknown as Exports;
  const wide = (name: string, ...args: (number | bigint)[]): bigint =>
    (part[name] as unknown as (...args: (number | bigint)[]) => bigint)(...args);
  return { host, part, wide };
}
