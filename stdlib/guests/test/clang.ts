// Compiles C for tests, with the command that docs/guests.md has. Where there is no clang, a test says so and
// ends; in CI that is a failure.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Whether clang and its linker for WebAssembly are here; `skipped` is what the test leaves out without. */
export function hasClang(skipped: string): boolean {
  const found = ["clang", "wasm-ld"].every((name) => spawnSync(name, ["--version"]).status === 0);
  if (found) return true;
  const told = `${skipped}: skipped, since clang and lld are not installed`;
  if (process.env["CI"]) throw new Error(told);
  console.log(told);
  return false;
}

export function compileC(source: string): WebAssembly.Module {
  return new WebAssembly.Module(bytesOfC(source));
}

/** The module of a C file, named from the project's folder. Throws the compiler's own words. */
export function bytesOfC(source: string): Uint8Array<ArrayBuffer> {
  const page = readFileSync(join(root, "docs/guests.md"), "utf8");
  const command = /^clang (.*) -o \S+ \S+$/m.exec(page)![1]!.split(" ");
  const folder = mkdtempSync(join(tmpdir(), "vbus-c-"));
  try {
    const out = join(folder, "out.wasm");
    const { status, stderr } = spawnSync("clang", [...command, "-o", out, source], { cwd: root });
    if (status !== 0) throw new Error(String(stderr));
    return new Uint8Array(readFileSync(out));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
