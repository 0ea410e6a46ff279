// Compiles one AssemblyScript file for a test, in memory.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Compiler {
  main(
    args: readonly string[],
    options: {
      readonly stderr: { write(text: string | Uint8Array): void };
      readFile(name: string, baseDir: string): string | null;
      writeFile(name: string, contents: Uint8Array): void;
    },
  ): Promise<{ readonly error: Error | null }>;
}

/**
 * `file` is relative to stdlib/guests, and needn't exist if its `text` is given. `-O0` compiles in a fourth
 * of the time. Throws the compiler's own words.
 */
export async function compileForTest(
  file: string,
  text?: string,
  optimize: "-O3" | "-O0" = "-O3",
): Promise<WebAssembly.Module> {
  const name: string = "assemblyscript/asc";
  const { default: asc }: { readonly default: Compiler } = await import(name);
  const root = fileURLToPath(new URL("..", import.meta.url));
  const flags = ["--runtime", "stub", "--enable", "threads", "--noAssert", "--use", "abort=", optimize];
  const memory = ["--importMemory", "--sharedMemory", "--noExportMemory", "--zeroFilledMemory"];
  const pages = ["--initialMemory", "4", "--maximumMemory", "65536"];
  const said: string[] = [];
  let binary: Uint8Array<ArrayBuffer> = new Uint8Array();
  const result = await asc.main([file, "--baseDir", root, "-o", "out.wasm", ...flags, ...memory, ...pages], {
    stderr: { write: (text) => void said.push(String(text)) },
    readFile: (path, base) => (path === file && text !== undefined ? text : readIfThere(join(base, path))),
    writeFile: (_name, contents) => void (binary = new Uint8Array(contents)),
  });
  if (result.error !== null) throw new Error(`${said.join("")}\n${result.error.message}`);
  return new WebAssembly.Module(binary);
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null; // The compiler tries several places.
  }
}
