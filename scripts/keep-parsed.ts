// What would be computed anew in each process though it never changes: what the parser looks ahead for, and
// the trees of the standard library. The build computes both with the modules that it has just compiled.

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { serialize } from "node:v8";

/** What is taken of the compiled language. */
interface Parser {
  lookaheadTable(): unknown;
}
interface Syntax {
  parse(file: string, text: string): { readonly module: unknown; readonly diagnostics: readonly unknown[] };
}

/** Puts the parser's table into its place among the compiled modules in `modules`. */
export async function keepLookahead(modules: string): Promise<void> {
  const { lookaheadTable }: Parser = await import(urlIn(modules, "lang/syntax/parser.js"));
  const text = `export const LOOKAHEAD_TABLE = ${JSON.stringify(lookaheadTable())};\n`;
  await writeFile(join(modules, "lang/syntax/lookahead-table.js"), text);
}

/**
 * Writes the tree of each module of `stdlib`, with the text that it is the tree of, to `to`: by its `std:`
 * name, as V8 keeps values. A text with a mistake has none.
 */
export async function keepTrees(modules: string, stdlib: string, to: string): Promise<void> {
  const { parse }: Syntax = await import(urlIn(modules, "lang/syntax/index.js"));
  const names = (await readdir(stdlib, { recursive: true })).filter((name) => name.endsWith(".vbus"));
  const kept: Record<string, { text: string; tree: Uint8Array }> = {};
  for (const name of names.sort()) {
    // A file of the prelude is a part of a module; every other is one.
    const file = `std:${name.startsWith("prelude/") ? name : name.replace(/\.vbus$/, "")}`;
    const text = await readFile(join(stdlib, name), "utf8");
    const parsed = parse(file, text);
    if (parsed.diagnostics.length === 0) kept[file] = { text, tree: serialize(parsed.module) };
  }
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, serialize(kept));
}

const urlIn = (folder: string, name: string): string => pathToFileURL(join(folder, name)).href;
