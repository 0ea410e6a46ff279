// Kernel modules: which files are needed for some, and in which order they are loaded. Each module says in
// its own file what it depends on, so no tool of the kernel's is needed.

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export interface ModuleFile {
  readonly name: string;
  readonly content: Uint8Array;
}

/** The modules of these names with all that they need, what is needed first. Throws for one not there. */
export function modulesFor(folder: string, wanted: readonly string[]): readonly ModuleFile[] {
  const files = new Map<string, string>();
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (file.endsWith(".ko")) files.set(nameOf(file), path.join(folder, file));
  }
  const loaded = new Map<string, ModuleFile>();
  const load = (name: string): void => {
    if (loaded.has(name)) return;
    const file = files.get(name);
    if (file === undefined) throw new Error(`the kernel has no module ${name}`);
    const content = readFileSync(file);
    for (const need of dependsOf(content)) load(need);
    loaded.set(name, { name, content });
  };
  for (const name of wanted) load(name);
  return [...loaded.values()];
}

/** Names are written with `-` in files and with `_` elsewhere. */
function nameOf(file: string): string {
  return path.basename(file, ".ko").replaceAll("-", "_");
}

/** `depends=a,b` among the texts, each ended by a zero, that a module has about itself. */
function dependsOf(content: Buffer): readonly string[] {
  const key = "\0depends=";
  const at = content.indexOf(key, 0, "latin1");
  if (at < 0) return [];
  const from = at + key.length;
  const text = content.toString("latin1", from, content.indexOf(0, from));
  return text === "" ? [] : text.split(",").map((name) => name.replaceAll("-", "_"));
}
