// Which bracket closes which, before anything is parsed. A closing bracket closes the nearest open one of its
// kind and all inside it, never past the string that it stands in.

import type { TokenType } from "chevrotain";
import { End, isWord, ITEM_WORDS, KEYWORDS, LeftBrace, LeftBracket, LeftParen, Middle } from "./tokens.ts";
import { Newline, RightBrace, RightBracket, RightParen, Start, Text } from "./tokens.ts";
import type { Token } from "./tokens.ts";

export const CLOSERS: readonly TokenType[] = [RightBrace, RightBracket, RightParen, Middle, End];

export const isOpener = ({ tokenType: type }: Token): boolean =>
  type === LeftBrace || type === LeftParen || type === LeftBracket || type === Start;
export const isCloser = ({ tokenType: type }: Token): boolean =>
  type === RightBrace || type === RightParen || type === RightBracket || type === End || type === Middle;

/** What closes a bracket, and how it is written. */
export function closerOf(opener: TokenType): { type: TokenType; image: string } {
  if (opener === LeftBrace) return { type: RightBrace, image: "}" };
  if (opener === LeftParen) return { type: RightParen, image: ")" };
  return opener === LeftBracket ? { type: RightBracket, image: "]" } : { type: End, image: '}"' };
}

const openerOf = (closer: TokenType): TokenType =>
  closer === RightBrace
    ? LeftBrace
    : closer === RightParen
      ? LeftParen
      : closer === RightBracket
        ? LeftBracket
        : Start;

/** Whether a line that begins in column 1 with `b` and `c` ends every open `(` (grammar.md §3). */
function startsItem(b: Token | undefined, c: Token | undefined, text: string): boolean {
  if (b === undefined || c === undefined || !ITEM_WORDS.has(b.image) || !KEYWORDS.has(b.image)) return false;
  if (!isWord(c) && c.tokenType !== Text && c.tokenType !== Start) return false;
  return b.startOffset === 0 || text.charCodeAt(b.startOffset - 1) === 10;
}

/** The brackets of a text by their index in the raw tokens. */
export class Brackets {
  /** For each closing bracket that closes something (and each MIDDLE) its opening one, else -1. */
  readonly opener: Int32Array;
  /** The opening brackets that have no closing one of their own. */
  readonly unclosed = new Set<number>();
  /** The first `}` that stands further left than the line of the `{` that it closes. */
  oddlyIndented: Token | undefined = undefined;
  readonly #stack: number[] = [];
  /** How many brackets of each kind are open since the innermost string, by token type, one a string. */
  readonly #counts: number[][] = [[]];
  /** For each `{` the first token of its line. */
  readonly #lines: Int32Array;
  #line = 0;
  readonly #raw: readonly Token[];
  readonly #text: string;

  constructor(raw: readonly Token[], text: string) {
    this.#raw = raw;
    this.#text = text;
    this.opener = new Int32Array(raw.length).fill(-1);
    this.#lines = new Int32Array(raw.length);
    for (let index = 0; index < raw.length; index++) this.#step(index, raw[index] as Token);
    for (const index of this.#stack) this.unclosed.add(index);
  }

  #step(index: number, token: Token): void {
    if (token.tokenType === Newline) {
      this.#line = index + 1;
      const open = this.#count(LeftParen) > 0;
      if (!open || !startsItem(this.#raw[index + 1], this.#raw[index + 2], this.#text)) return;
      // Bound: each turn closes a bracket.
      while (this.#count(LeftParen) > 0) this.#pop(true);
    } else if (isOpener(token)) {
      this.#stack.push(index);
      if (token.tokenType === LeftBrace) this.#lines[index] = this.#line;
      this.#add(token.tokenType, 1);
      if (token.tokenType === Start) this.#counts.push([]);
    } else if (isCloser(token)) this.#close(index, token);
  }

  #count(type: TokenType): number {
    return this.#counts.at(-1)?.[type.tokenTypeIdx as number] ?? 0;
  }

  #add(type: TokenType, by: number): void {
    const counts = this.#counts.at(-1) as number[];
    counts[type.tokenTypeIdx as number] = this.#count(type) + by;
  }

  #pop(unclosed: boolean): number {
    const index = this.#stack.pop() as number;
    const type = this.#raw[index]?.tokenType as TokenType;
    if (type === Start) this.#counts.pop();
    this.#add(type, -1);
    if (unclosed) this.unclosed.add(index);
    return index;
  }

  #close(index: number, token: Token): void {
    const wanted = openerOf(token.tokenType);
    if (wanted !== Start && this.#count(wanted) === 0) return;
    // Bound: the stack holds the bracket that is looked for.
    while (this.#stack.length > 0 && this.#raw[this.#stack.at(-1) ?? 0]?.tokenType !== wanted)
      this.#pop(true);
    const top = this.#stack.at(-1);
    if (top === undefined) return;
    this.opener[index] = top;
    if (token.tokenType === Middle) return;
    this.#pop(false);
    if (token.tokenType === RightBrace) this.#compareIndentation(top, index);
  }

  #compareIndentation(opener: number, closer: number): void {
    if (this.oddlyIndented !== undefined || this.#raw[closer - 1]?.tokenType !== Newline) return;
    const token = this.#raw[closer] as Token;
    const line = this.#raw[this.#lines[opener] ?? 0] as Token;
    if (this.#column(token) < this.#column(line)) this.oddlyIndented = token;
  }

  // Of a token that is the first of its line.
  #column(token: Token): number {
    let at = token.startOffset;
    while (this.#text[at - 1] === " " || this.#text[at - 1] === "\t") at--;
    return token.startOffset - at;
  }
}
