// Text to tokens, line ends included. Decides nothing about separators (newlines.ts) and never throws:
// what is no token is reported once per run and skipped or repaired.

import type { TokenType } from "chevrotain";
import { lexNumber, lexMac } from "./lex-numbers.ts";
import { continueString, endLineOfStrings, startString } from "./lex-strings.ts";
import type { StringMode } from "./lex-strings.ts";
import { lexStray } from "./lex-stray.ts";
import type { Report } from "./report.ts";
import { Ident, KEYWORDS, Mark, Newline, SIGNS, Token } from "./tokens.ts";
import type { Comment } from "./comments.ts";

/** What the lexer knows while it goes through a text. `at` is the next character. */
export class Lexing {
  readonly text: string;
  readonly report: Report;
  readonly tokens: Token[] = [];
  readonly comments: Comment[] = [];
  /** What each open `{` and `${` goes back to; undefined for a plain brace. */
  readonly modes: (StringMode | undefined)[] = [];
  at = 0;
  doc = "";
  /** Known: no line from here on closes a `"""`. */
  noBlockEnd = false;

  constructor(report: Report) {
    this.report = report;
    this.text = report.text;
  }

  /** Appends the token from `start` to `end` and goes on behind it. */
  push(type: TokenType, image: string, start: number, end: number): Token {
    const token = new Token(type, image, start, end);
    if (this.doc !== "") {
      token.doc = this.doc;
      this.doc = "";
    }
    this.tokens.push(token);
    this.at = end;
    return token;
  }

  /** One token for a run of line ends; ends what must not go over a line. */
  newline(start: number, end: number): void {
    endLineOfStrings(this, start);
    this.at = end;
    const last = this.tokens.at(-1);
    if (last !== undefined && last.tokenType !== Newline)
      this.tokens.push(new Token(Newline, "", start, end));
  }
}

/** A letter of ASCII or `_`. */
const isLetter = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;

function lexWord(lexing: Lexing): void {
  const { text, at: start } = lexing;
  let end = start + 1;
  while (isLetter(text.charCodeAt(end)) || isDigit(text.charCodeAt(end))) end++;
  // A word that goes on in letters outside ASCII is one mistake, not three tokens.
  if (text.charCodeAt(end) > 127 && /\p{L}/u.test(text.slice(end, end + 2))) return lexStray(lexing);
  const image = text.slice(start, end);
  lexing.push(KEYWORDS.get(image) ?? Ident, image, start, end);
}

function lineComment(lexing: Lexing): void {
  const { text, at: start } = lexing;
  let end = text.indexOf("\n", start);
  if (end < 0) end = text.length;
  if (text.charCodeAt(end - 1) === 13) end--;
  const isDoc = text.startsWith("///", start) && text[start + 3] !== "/";
  lexing.comments.push({
    kind: isDoc ? "doc" : "line",
    text: text.slice(start, end),
    span: lexing.report.span(start, end),
  });
  if (isDoc) {
    const line = text.slice(text[start + 3] === " " ? start + 4 : start + 3, end).trimEnd();
    // An empty first line still counts as documentation of its own.
    lexing.doc = lexing.doc === "" ? line : `${lexing.doc}\n${line}`;
  }
  lexing.at = end;
}

function blockComment(lexing: Lexing): void {
  const { text, at: start, report } = lexing;
  const close = text.indexOf("*/", start + 2);
  const end = close < 0 ? text.length : close + 2;
  if (close < 0) {
    report.endIsKnown = true;
    report.error("VB1004", start, start + 2, "This comment is never closed.", {
      hint: "End it with `*/`; block comments do not nest.",
    });
  }
  const comment = text.slice(start, end);
  lexing.comments.push({ kind: "block", text: comment, span: report.span(start, end) });
  if (comment.includes("\n")) lexing.newline(start, end);
  lexing.at = end;
}

/** The signs that no longer sign begins with, by character code. */
const SINGLE: (TokenType | undefined)[] = [];
for (const image of "{}()[],:+-*/%") SINGLE[image.charCodeAt(0)] = SIGNS.get(image);

function lexSign(lexing: Lexing): boolean {
  const { text, at: start } = lexing;
  const single = SINGLE[text.charCodeAt(start)];
  if (single !== undefined) {
    lexing.push(single, text.charAt(start), start, start + 1);
    return true;
  }
  for (let length = 3; length > 0; length--) {
    const image = text.slice(start, start + length);
    const type = SIGNS.get(image);
    if (type === undefined || image.length < length) continue;
    lexing.push(type, image, start, start + length);
    return true;
  }
  return false;
}

// One step: the character at `at` decides. Each branch moves `at`.
function lexOne(lexing: Lexing, code: number): void {
  const { text, at } = lexing;
  if (isLetter(code)) return lexMac(lexing) ? undefined : lexWord(lexing);
  if (isDigit(code)) return lexNumber(lexing);
  const next = text.charCodeAt(at + 1);
  switch (code) {
    case 10:
      return lexing.newline(at, at + 1);
    case 13:
      return next === 10 ? lexing.newline(at, at + 2) : lexStray(lexing);
    case 34:
      return startString(lexing);
    case 47:
      if (next === 47) return lineComment(lexing);
      if (next === 42) return blockComment(lexing);
      break;
    case 64:
      if (!isLetter(next)) return lexStray(lexing);
      lexing.at++;
      lexWord(lexing);
      return markFromWord(lexing, at);
    case 123:
      lexing.modes.push(undefined);
      break;
    case 125: {
      const mode = lexing.modes.pop();
      if (mode !== undefined) return continueString(lexing, mode);
    }
  }
  if (!lexSign(lexing)) lexStray(lexing);
}

// The word after an `@` becomes the mark, whatever it means elsewhere.
function markFromWord(lexing: Lexing, start: number): void {
  const word = lexing.tokens.pop();
  if (word !== undefined) lexing.push(Mark, word.image, start, word.endOffset + 1);
}

/** The tokens of a text with NEWLINEs; mistakes go to `report`, which also holds the text. */
export function lex(report: Report): { tokens: Token[]; comments: Comment[] } {
  const lexing = new Lexing(report);
  const { text } = report;
  if (text.charCodeAt(0) === 0xfeff) lexing.at = 1;
  while (lexing.at < text.length) {
    const code = text.charCodeAt(lexing.at);
    if (code === 32 || code === 9) lexing.at++;
    else lexOne(lexing, code);
  }
  endLineOfStrings(lexing, text.length);
  return { tokens: lexing.tokens, comments: lexing.comments };
}
