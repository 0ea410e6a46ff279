// The door of the standard library: where its files lie. Knows names and folders only; reads nothing but its
// own place.

import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  // Bound: each round goes one folder up, and ends at the root of the file system.
  for (let up = dirname(folder); ; folder = up, up = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return join(folder, "stdlib");
    if (up === folder) return dirname(fileURLToPath(import.meta.url));
  }
}

/** Absolute path of the folder `stdlib/`, the same from the source and from `dist/`. */
export const stdRoot: string = findRoot();

/** Where the build keeps the trees of the modules, beside this module; from the sources there are none. */
export const keptTreesFile: string = fileURLToPath(new URL("trees.bin", import.meta.url));

const GUESTS = "guests/";

/**
 * The file or folder behind a `std:` name: `std:guests/ping` is a built guest, `std:prelude` the folder of
 * the prelude, `std:prelude/guest.vbus` a file of it, `std:net` a module. Undefined for other texts, and for
 * names that lead out of the library. The file need not exist.
 */
export function resolveStd(name: string): string | undefined {
  if (!name.startsWith("std:")) return undefined;
  const rest = name.slice("std:".length);
  if (rest === "" || normalize(rest) !== rest || rest.startsWith("/") || rest.startsWith(".."))
    return undefined;
  if (rest.startsWith(GUESTS)) return join(stdRoot, "guests", "build", `${rest.slice(GUESTS.length)}.wasm`);
  if (rest === "prelude" || rest.startsWith("prelude/") || rest.startsWith("images/"))
    return join(stdRoot, rest);
  return join(stdRoot, rest.endsWith(".vbus") ? rest : `${rest}.vbus`);
}
