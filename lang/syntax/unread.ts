// Which lines of a text could not be read, and what they may have declared: what follows from them is no
// mistake of its own.

import type { Diagnostic } from "../diagnostics.ts";
import type { Unread } from "./ast.ts";
import { isWord, type Token } from "./tokens.ts";

/** Words of a line that may be the name that it declares: the kind comes before it, or a wrong word. */
const WORDS_MAX = 3;

/** The lines that syntax errors touch, in the order of the text. */
export function unreadLines(
  text: string,
  diagnostics: readonly Diagnostic[],
  tokens: readonly Token[],
): readonly Unread[] {
  const lines: { start: number; from: number; end: number }[] = [];
  for (const { span } of diagnostics) {
    const last = lines.at(-1);
    if (last !== undefined && span.end <= last.end) continue;
    const start = last !== undefined && span.start <= last.end ? last.end + 1 : lineStart(text, span.start);
    lines.push({ start, from: Math.max(start, span.start), end: lineEnd(text, Math.max(start, span.end)) });
  }
  let at = 0;
  return lines.map(({ start, from, end }) => {
    const words = new Set<string>();
    while (at < tokens.length && (tokens[at] as Token).startOffset < start) at++;
    for (; at < tokens.length && (tokens[at] as Token).startOffset <= end; at++) {
      const token = tokens[at] as Token;
      if (words.size < WORDS_MAX && isWord(token)) words.add(token.image);
    }
    return { start, from, end, words };
  });
}

const lineStart = (text: string, at: number): number => (at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1);

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}
