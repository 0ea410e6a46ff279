// Which file is meant: the one that was named, or the one that a folder is about.

import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { UsageError } from "./context.ts";

const DEFAULT_FILE = "lab.vbus";

/**
 * The root file for `check`, `plan` and `up`: as named, `lab.vbus`, or the only `.vbus` file of the folder.
 */
export function chooseFile(named: string | undefined): string {
  const place = named ?? ".";
  if (named !== undefined && !existsSync(named)) throw new UsageError(`There is no file or folder ${named}.`);
  if (!statSync(place).isDirectory()) return place;
  const found = defaultFile(place);
  if (found !== undefined) return found;
  const where = named === undefined ? "this folder" : place;
  throw new UsageError(`Which file? ${where} has neither lab.vbus nor exactly one .vbus file: name one.`);
}

/** `lab.vbus`, or the only `.vbus` file of a folder. */
export function defaultFile(folder: string): string | undefined {
  if (existsSync(path.join(folder, DEFAULT_FILE))) return path.join(folder, DEFAULT_FILE);
  const files = readdirSync(folder).filter((name) => name.endsWith(".vbus"));
  return files.length === 1 ? path.join(folder, files[0] as string) : undefined;
}
