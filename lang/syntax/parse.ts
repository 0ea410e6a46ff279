// Text to tree: lexer, newline pass, parser. Never throws for a text, whatever it holds.

import type { Diagnostic } from "../diagnostics.ts";
import type { Module } from "./ast.ts";
import type { Comment } from "./comments.ts";
import { lex } from "./lexer.ts";
import { separate } from "./newlines.ts";
import { parseTokens } from "./parser.ts";
import { Report } from "./report.ts";
import { unreadLines } from "./unread.ts";

/** What is known of a text after parsing. */
export interface Parsed {
  readonly module: Module;
  /** In the order of the text. */
  readonly diagnostics: Diagnostic[];
  /** As written, in the order of the text; for the formatter. */
  readonly comments: Comment[];
}

/** Reads one file's text. `file` only goes into the spans. */
export function parse(file: string, text: string): Parsed {
  const report = new Report(file, text);
  const { tokens, comments } = lex(report);
  const module = parseTokens(separate(tokens, report), report);
  const diagnostics = report.sorted();
  if (diagnostics.length === 0) return { module, diagnostics, comments };
  return { module: { ...module, unread: unreadLines(text, diagnostics, tokens) }, diagnostics, comments };
}
