// Where the package stands, and what it says of itself: the same from cli/ in source and from dist/cli/.

import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const UP = import.meta.url.endsWith(".ts") ? ".." : "../..";

export const packageFolder: string = path.join(path.dirname(fileURLToPath(import.meta.url)), UP);

export function packageVersion(): string {
  const file = path.join(packageFolder, "package.json");
  return (createRequire(import.meta.url)(file) as { readonly version: string }).version;
}
