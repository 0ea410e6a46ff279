// Which files `vbus test` means: those that are named, and in folders those that a lab can start from.

import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { UsageError } from "./context.ts";
import { chooseFile } from "./choose-file.ts";

const DEFAULT_FILE = "lab.vbus";
const SKIPPED = new Set(["node_modules", "dist"]);

/**
 * Root files in a stable order, each once. Of a folder: its `lab.vbus`, else each of its `.vbus` files, and
 * the same in the folders below. Throws `UsageError` for what isn't there or holds nothing.
 */
export function testFiles(named: readonly string[]): readonly string[] {
  if (named.length === 0 && existsSync(DEFAULT_FILE)) return [chooseFile(undefined)];
  const places = named.length === 0 ? ["."] : named;
  const found = places.flatMap((place) => {
    if (!existsSync(place)) throw new UsageError(`There is no file or folder ${place}.`);
    if (!statSync(place).isDirectory()) return [place];
    const files = filesBelow(place);
    if (files.length === 0) throw new UsageError(`There is no .vbus file in ${place}.`);
    return files;
  });
  return [...new Set(found)];
}

function filesBelow(folder: string): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const own = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".vbus"))
    .map(({ name }) => name);
  const roots = own.includes(DEFAULT_FILE) ? [DEFAULT_FILE] : own;
  const folders = entries.filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith(".") && !SKIPPED.has(entry.name),
  );
  return [
    ...roots.map((name) => path.join(folder, name)),
    ...folders.flatMap(({ name }) => filesBelow(path.join(folder, name))),
  ];
}
