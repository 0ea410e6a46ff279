// `vbus doc`: writes the manual of the standard library from its own texts. Touches no other file.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { manualPages, type ManualSource } from "../../lang/index.ts";
import { stdRoot } from "../../stdlib/index.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { counted } from "../text.ts";

export interface DocOptions {
  readonly out: string;
}

export function doc({ terminal }: Context, { out }: DocOptions): Exit {
  const pages = manualPages(readLibrary());
  mkdirSync(out, { recursive: true });
  for (const [name, text] of pages) writeFileSync(join(out, name), text);
  terminal.err(`${terminal.paint("green", "ok", "err")} ${out}: ${counted(pages.size, "page")}\n`);
  return EXIT.done;
}

function readLibrary(): ManualSource[] {
  const inFolder = (folder: string): ManualSource[] =>
    readdirSync(join(stdRoot, folder))
      .filter((name) => name.endsWith(".vbus"))
      .map((name) => ({ name: folder + name, text: readFileSync(join(stdRoot, folder, name), "utf8") }));
  return [...inFolder(""), ...inFolder("prelude/")];
}
