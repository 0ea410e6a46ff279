// `vbus init`: a small lab to start from, one of the examples that come with the package.

import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { UsageError, type Context, type Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { packageFolder } from "../package-folder.ts";

export interface InitOptions {
  readonly template: string;
  readonly json?: boolean;
}

/** Template and the folder of the examples that it is. */
const FOLDERS: Readonly<Record<string, string>> = {
  hello: "01-hello",
  tenants: "02-tenants",
  racks: "03-racks",
  links: "05-links",
};
const INIT_SCHEMA = 1;

export function init(
  { terminal }: Context,
  folder: string | undefined,
  { template, json }: InitOptions,
): Exit {
  const file = path.join(folder ?? ".", "lab.vbus");
  if (existsSync(file)) throw new UsageError(`There is a ${file} already: name another folder.`);
  const source = path.join(packageFolder, "examples", FOLDERS[template] as string, "lab.vbus");
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    copyFileSync(source, file);
  } catch (error) {
    throw new UsageError(`${file} can't be written: ${(error as Error).message}.`);
  }
  if (json) terminal.out(`${JSON.stringify({ schema: INIT_SCHEMA, file, template })}\n`);
  const at = folder === undefined ? "" : ` ${file}`;
  terminal.err(`wrote ${file}\nnext: vbus check${at}, vbus up${at}, vbus test${at}\n`);
  return EXIT.done;
}
