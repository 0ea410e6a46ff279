// How lints are written down, and how items are taken out of a text.

import type { Diagnostic, Edit } from "../diagnostics.ts";
import type { Span } from "../syntax/ast.ts";

type More = Pick<Diagnostic, "hint" | "related" | "fix">;

export const warn = (code: string, span: Span, message: string, more: More = {}): Diagnostic => ({
  code,
  severity: "warning",
  span,
  message,
  ...more,
});

/**
 * The edit that takes an item out of its block, with its documentation and its separator: whole lines where
 * it has them for itself.
 */
export function removal(text: string, span: Span): Edit {
  let { start, end } = span;
  while (text[end] === " " || text[end] === "\t") end++;
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const isFirst = text.slice(lineStart, start).trim() === "";
  const isLast = end >= text.length || text[end] === "\n" || text.startsWith("\r\n", end);
  if (isFirst && isLast) {
    start = docStart(text, lineStart);
    const next = text.indexOf("\n", end);
    end = next < 0 ? text.length : next + 1;
  } else if (text[end] === ",") {
    end++;
    while (text[end] === " ") end++;
  } else {
    // The last of several: the comma before it goes.
    const before = text.slice(0, start).trimEnd();
    if (before.endsWith(",")) start = before.length - 1;
    end = span.end;
  }
  return { span: { file: span.file, start, end }, text: "" };
}

function docStart(text: string, lineStart: number): number {
  let start = lineStart;
  // Bound: each round goes one line up.
  while (start > 0) {
    const above = text.lastIndexOf("\n", start - 2) + 1;
    if (!/^[ \t]*\/\/\/(?!\/)/.test(text.slice(above, start))) return start;
    start = above;
  }
  return start;
}
