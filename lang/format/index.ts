// The formatter: one text for each meaning, comments and all. Changes no file, and no meaning.

import type { Diagnostic } from "../diagnostics.ts";
import { parse } from "../syntax/index.ts";
import { fillRows } from "./boxes.ts";
import { itemParts } from "./items.ts";
import { printLeading, printRows } from "./print-doc.ts";
import { sameTree } from "./same-tree.ts";
import { Source } from "./source.ts";

export type Formatted = { readonly text: string } | { readonly diagnostics: readonly Diagnostic[] };

/**
 * The text as everybody writes it, or what is wrong with its syntax. Formatting what it answers changes
 * nothing. Should a layout ever read differently than the text that it came from, the text is answered as it
 * is.
 */
export function format(file: string, text: string): Formatted {
  const before = parse(file, text);
  if (before.diagnostics.length > 0) return { diagnostics: before.diagnostics };
  const laidOut = layOut(file, text);
  const after = parse(file, laidOut);
  const same =
    after.diagnostics.length === 0 &&
    after.comments.length === before.comments.length &&
    sameTree(before.module, after.module);
  return { text: same ? laidOut : text };
}

/** The same without asking whether the meaning is kept. The text has no mistakes. */
export function layOut(file: string, text: string): string {
  const whole = text.endsWith("\n") ? text : `${text}\n`;
  const { module } = parse(file, whole);
  const source = new Source(file, whole);
  const start = whole.charCodeAt(0) === 0xfeff ? 1 : 0;
  const parts = itemParts(module.items, source);
  const { rows, dangling } = fillRows(parts, start, whole.length, false, source);
  const lines = [...printRows(rows, 0, false), ...printLeading(dangling, 0)];
  while (lines[0] === "") lines.shift();
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}
