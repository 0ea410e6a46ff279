// Which lab a file belongs to: the one whose root imports it, else a lab of its own.

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Files that are looked into for imports, for one question. */
const FILES_MAX = 200;
/** Folders upwards from the file. */
const LEVELS_MAX = 4;

/** The root file of the lab that `file` belongs to. `textOf` knows what is being written. */
export function rootOf(file: string, textOf: (file: string) => string | undefined): string {
  const seen = new Set([file]);
  const left = { files: FILES_MAX };
  let root = file;
  // Bound: each round finds a file that was not seen.
  for (let next = importerOf(root, textOf, seen, left); next !== undefined;) {
    root = next;
    seen.add(root);
    next = importerOf(root, textOf, seen, left);
  }
  return root;
}

function importerOf(
  file: string,
  textOf: (file: string) => string | undefined,
  seen: ReadonlySet<string>,
  left: { files: number },
): string | undefined {
  let folder = path.dirname(file);
  for (let level = 0; level < LEVELS_MAX; level++) {
    for (const name of namesIn(folder)) {
      const candidate = path.join(folder, name);
      if (seen.has(candidate) || left.files-- <= 0) continue;
      if (imports(textOf(candidate) ?? readText(candidate), candidate, file)) return candidate;
    }
    const up = path.dirname(folder);
    if (up === folder) break;
    folder = up;
  }
  return undefined;
}

/** Whether a text imports the file, or the folder that it lies in. */
function imports(text: string, from: string, file: string): boolean {
  for (const [, named = ""] of text.matchAll(/^\s*import\s+"([^"$]+)"\s+as\b/gm)) {
    if (named.startsWith("std:")) continue;
    const target = path.resolve(path.dirname(from), named);
    if (target === file || target === path.dirname(file)) return true;
  }
  return false;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".vbus"));
  } catch {
    return [];
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
