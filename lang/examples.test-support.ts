// The labs of the examples' folder, as texts.

import { globSync, readFileSync } from "node:fs";

const FOLDER = new URL("../examples/", import.meta.url);

/** Each example's lab by its path below the examples' folder, in the order of their numbers. */
export const EXAMPLES: ReadonlyMap<string, string> = new Map(
  globSync("*/lab.vbus", { cwd: FOLDER })
    .sort()
    .map((path) => [path, readFileSync(new URL(path, FOLDER), "utf8")]),
);
