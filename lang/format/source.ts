// A text with its tokens and comments by place: what the layouts ask of it. Changes nothing.

import type { Comment } from "../syntax/comments.ts";
import type { Span } from "../syntax/ast.ts";
import { isCloser, isOpener } from "../syntax/brackets.ts";
import { lex } from "../syntax/lexer.ts";
import { Report } from "../syntax/report.ts";
import { Middle, Newline, Start, Text } from "../syntax/tokens.ts";
import type { Token } from "../syntax/tokens.ts";

export interface Range {
  readonly start: number;
  readonly end: number;
}

/** One text without mistakes. */
export class Source {
  readonly text: string;
  readonly comments: readonly Comment[];
  /** Comments that have a place in the new text. */
  readonly placed = new Set<Comment>();
  readonly #tokens: readonly Token[];
  /** Where the bracket opens that closes at an offset. */
  readonly #openers = new Map<number, number>();
  readonly #closers = new Map<number, number>();
  /** Every `"""` string, from its first quote to behind its last. */
  readonly #blocks: Range[] = [];

  constructor(file: string, text: string) {
    this.text = text;
    const { tokens, comments } = lex(new Report(file, text));
    this.#tokens = tokens.filter(({ tokenType }) => tokenType !== Newline);
    this.comments = comments;
    const open: Token[] = [];
    for (const token of this.#tokens) {
      if (isOpener(token)) open.push(token);
      else if (isCloser(token) && token.tokenType !== Middle) this.#close(open.pop() as Token, token);
      if (token.tokenType === Text && token.block) this.#addBlock(token, token);
    }
  }

  #close(opener: Token, closer: Token): void {
    this.#openers.set(closer.startOffset, opener.startOffset);
    this.#closers.set(opener.startOffset, closer.startOffset);
    if (opener.tokenType === Start && opener.block) this.#addBlock(opener, closer);
  }

  #addBlock(first: Token, last: Token): void {
    this.#blocks.push({ start: first.startOffset, end: last.endOffset + 1 });
  }

  slice({ start, end }: Range): string {
    return this.text.slice(start, end);
  }

  /** Whether it was written on one line. */
  isOneLine(start: number, end: number): boolean {
    const at = this.text.indexOf("\n", start);
    return at < 0 || at >= end;
  }

  /** Where the bracket opens that closes at `close`. */
  openerOf(close: number): number {
    return this.#openers.get(close) ?? close;
  }

  /** The first bracket that opens at `from` or later, and where it closes. */
  bracketsFrom(from: number): { readonly open: number; readonly close: number } {
    const token = this.#tokens[this.#indexFrom(from)];
    for (let i = this.#indexFrom(from); token && i < this.#tokens.length; i++) {
      const { startOffset: open } = this.#tokens[i] as Token;
      const close = this.#closers.get(open);
      if (close !== undefined) return { open, close };
    }
    return { open: from, close: from };
  }

  /** The words of the next two tokens; the second is empty at the end. */
  wordsFrom(from: number): readonly [string, string] {
    const at = this.#indexFrom(from);
    return [this.#tokens[at]?.image ?? "", this.#tokens[at + 1]?.image ?? ""];
  }

  #indexFrom(from: number): number {
    let [low, high] = [0, this.#tokens.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#tokens[middle] as Token).startOffset < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  commentsIn(start: number, end: number): readonly Comment[] {
    let [low, high] = [0, this.comments.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.comments[middle] as Comment).span.start < start) low = middle + 1;
      else high = middle;
    }
    let last = low;
    while (last < this.comments.length && (this.comments[last] as Comment).span.start < end) last++;
    return this.comments.slice(low, last);
  }

  /** The `"""` strings that begin in a range, not those inside others. */
  blocksIn({ start, end }: Range): readonly Range[] {
    const found = this.#blocks.filter((block) => block.start >= start && block.end <= end);
    return found.filter((block) => !found.some((one) => one.start < block.start && block.end <= one.end));
  }

  /** Columns before the first sign of the line around an offset. */
  indentationAt(offset: number): number {
    const start = this.text.lastIndexOf("\n", offset - 1) + 1;
    let at = start;
    while (this.text[at] === " " || this.text[at] === "\t") at++;
    return at - start;
  }
}

export const rangeOf = ({ start, end }: Span): Range => ({ start, end });
