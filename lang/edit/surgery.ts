// Cuts items out of a text and puts items into bodies, touching nothing else: lines, indentation and commas
// stay as people wrote them.

import type { Declaration, Item, Span } from "../syntax/ast.ts";

/** A part of the text with braces around it; the items stand between them. */
export interface Body {
  /** Just after `{`. */
  readonly start: number;
  /** At `}`. */
  readonly end: number;
  readonly items: readonly Item[];
}

export function bodyOf(declaration: Declaration, text: string): Body {
  return bodyIn({ start: declaration.head.end, end: declaration.span.end }, declaration.body, text);
}

/** The body that ends where `span` ends, with the first brace in it. */
export function bodyIn(
  span: { readonly start: number; readonly end: number },
  items: readonly Item[],
  text: string,
): Body {
  return { start: text.indexOf("{", span.start) + 1, end: span.end - 1, items };
}

export function replaced(text: string, span: Pick<Span, "start" | "end">, by: string): string {
  return text.slice(0, span.start) + by + text.slice(span.end);
}

/** With one more item in the body: an attribute before the blocks, a block at the end. */
export function inserted(text: string, body: Body, piece: string, before: "blocks" | "end"): string {
  const { start, end, items } = body;
  const attributes = items.filter((item) => item.node === "attribute" || item.node === "record");
  const last = before === "blocks" ? attributes.at(-1) : items.at(-1);
  const inner = text.slice(start, end);
  if (!inner.includes("\n")) return insertedInLine(text, body, piece, last);
  const at = last === undefined ? start : last.span.end;
  const lineEnd = text.indexOf("\n", at);
  const column = last ?? items[0];
  const indent = column === undefined ? `${indentAt(text, end)}  ` : indentAt(text, column.span.start);
  const lines = indented(piece, indent);
  // Behind the comment of a line; a body that closes on the line of its last item has no line of its own.
  if (lineEnd !== -1 && lineEnd < end && isRest(text.slice(at, lineEnd)))
    return `${text.slice(0, lineEnd)}\n${lines}${text.slice(lineEnd)}`;
  return `${text.slice(0, at)}\n${lines}${last === undefined ? "\n" : ""}${text.slice(at)}`;
}

function insertedInLine(text: string, body: Body, piece: string, last: Item | undefined): string {
  const { start, end, items } = body;
  if (items.length === 0) return `${text.slice(0, start)} ${piece} ${text.slice(end)}`;
  if (last === undefined) return `${text.slice(0, start)} ${piece},${text.slice(start)}`;
  return `${text.slice(0, last.span.end)}, ${piece}${text.slice(last.span.end)}`;
}

/** What may follow an item on its line. */
const isRest = (rest: string): boolean => /^\s*,?\s*(\/\/.*)?$/.test(rest);

/** The text without the item, its documentation and its comma; and the item alone, not indented. */
export function cut(text: string, item: Item): { readonly text: string; readonly piece: string } {
  const piece = outdented(text.slice(item.span.start, item.span.end), indentAt(text, item.span.start));
  const lineStart = text.lastIndexOf("\n", item.span.start - 1) + 1;
  const found = text.indexOf("\n", item.span.end);
  const lineEnd = found === -1 ? text.length : found;
  const alone =
    text.slice(lineStart, item.span.start).trim() === "" && isRest(text.slice(item.span.end, lineEnd));
  if (alone) return { text: withoutLines(text, lineStart, Math.min(lineEnd + 1, text.length)), piece };
  const after = /^\s*,[ \t]*/.exec(text.slice(item.span.end));
  if (after !== null) {
    const rest = text.slice(item.span.end + after[0].length);
    return { text: text.slice(0, item.span.start) + rest, piece };
  }
  const before = text.slice(0, item.span.start).replace(/[ \t]*,[ \t]*$/, "");
  return { text: before + text.slice(item.span.end), piece };
}

/** The lines with the `///` above them; of two empty lines that come together, one stays. */
function withoutLines(text: string, start: number, end: number): string {
  let from = start;
  // Bound: each round goes a line up.
  while (from > 0) {
    const above = text.lastIndexOf("\n", from - 2) + 1;
    if (!text.slice(above, from).trimStart().startsWith("///")) break;
    from = above;
  }
  const below = text[end] === "\n";
  if (from === 0) return text.slice(below ? end + 1 : end);
  const joins = text.slice(0, from).endsWith("\n\n") && (below || end === text.length);
  return text.slice(0, joins ? from - 1 : from) + text.slice(end);
}

/** The spaces that the line of this place begins with. */
function indentAt(text: string, at: number): string {
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

const indented = (piece: string, indent: string): string =>
  piece
    .split("\n")
    .map((line) => (line === "" ? line : indent + line))
    .join("\n");

const outdented = (piece: string, indent: string): string => piece.replaceAll(`\n${indent}`, "\n");
