// Compiles one AssemblyScript file for a test, in memory.

import { fileURLToPath } from "node:url";

interface Compiler {
  main(
    args: readonly string[],
    options: {
      readonly stderr: { write(text: string | Uint8Array): void };
      writeFile(name: string, contents: Uint8Array): void;
    },
  ): Promise<{ readonly error: Error | null }>;
}

/** `file` is relative to stdlib/guests. Throws the compiler's own words. */
export async function compileForTest(file: string): Promise<WebAssembly.Module> {
  const name: string = "assemblyscript/asc";
  const { default: asc }: { readonly default: Compiler } = await import(name);
  const root = fileURLToPath(new URL("..", import.meta.url));
  const flags = ["--runtime", "stub", "--enable", "threads", "--noAssert", "--use", "abort=", "-O3"];
  const memory = ["--importMemory", "--sharedMemory", "--noExportMemory", "--zeroFilledMemory"];
  const pages = ["--initialMemory", "4", "--maximumMemory", "65536"];
  const said: string[] = [];
  let binary: Uint8Array<ArrayBuffer> = new Uint8Array();
  const result = await asc.main([file, "--baseDir", root, "-o", "out.wasm", ...flags, ...memory, ...pages], {
    stderr: { write: (text) => void said.push(String(text)) },
    writeFile: (_name, contents) => void (binary = new Uint8Array(contents)),
  });
  if (result.error !== null) throw new Error(`${said.join("")}\n${result.error.message}`);
  return new WebAssembly.Module(binary);
}
