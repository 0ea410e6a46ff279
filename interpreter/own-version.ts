// The version of the package that this is part of.

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** As in its package.json, wherever below it this file was put. */
export function ownVersion(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  // Bound: the depth of the folder.
  while (!existsSync(path.join(folder, "package.json")) && folder !== path.dirname(folder))
    folder = path.dirname(folder);
  const text = readFileSync(path.join(folder, "package.json"), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
