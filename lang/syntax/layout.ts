// Where a `{` or `}` is missing or too much, as the layout of the lines tells: before the newline pass, and
// only for texts whose braces don't balance. A block ends where a line stands no further right than its head.

import type { TokenType } from "chevrotain";
import type { Report } from "./report.ts";
import * as t from "./tokens.ts";

/** More mistakes than this are left to the newline pass, which goes by the brackets alone. */
const REPAIRS_MAX = 50;
/** How far back the head of a `}` is looked for, in lines. */
const LOOK_BACK = 500;

/** A line by its first token. */
interface Line {
  readonly first: number;
  /** Index behind its last token: of its NEWLINE, or the end. */
  end: number;
  readonly column: number;
}

interface Open {
  readonly index: number;
  readonly line: number;
  readonly isBrace: boolean;
  /** The layout says where it ends: something stands behind it on its line, or the next line is indented. */
  readonly isLaidOut: boolean;
  /** Something of what it holds stands on its own line. */
  readonly isInline: boolean;
}

/** By how many `}` outnumber the `{`; undefined where they balance. */
function surplusOf(raw: readonly t.Token[]): number | undefined {
  let depth = 0;
  let isOff = false;
  for (const { tokenType } of raw) {
    if (tokenType === t.LeftBrace) depth++;
    else if (tokenType === t.RightBrace && --depth < 0) isOff = true;
  }
  return isOff || depth !== 0 ? -depth : undefined;
}

const SOFT: ReadonlySet<string> = new Set(["in", "for", "when", "where", "within", "as"]);

class Layout {
  readonly #raw: readonly t.Token[];
  readonly #report: Report;
  readonly #lines: Line[] = [];
  readonly #stack: Open[] = [];
  /** What is put in before the token of that index. */
  readonly #added = new Map<number, t.Token[]>();
  readonly #strays = new Set<number>();
  #surplus: number;
  #repairs = 0;

  constructor(raw: readonly t.Token[], report: Report, surplus: number) {
    this.#raw = raw;
    this.#report = report;
    this.#surplus = surplus;
    this.#splitLines();
  }

  run(): t.Token[] {
    for (const [number, line] of this.#lines.entries()) {
      this.#beginLine(number, line);
      for (let index = line.first; index < line.end; index++) this.#step(index, number, line);
    }
    return this.#raw.flatMap((token, index) => {
      const added = this.#added.get(index) ?? [];
      return this.#strays.has(index) ? added : [...added, token];
    });
  }

  #splitLines(): void {
    let first = 0;
    for (let index = 0; index <= this.#raw.length; index++) {
      if (index < this.#raw.length && this.#raw[index]?.tokenType !== t.Newline) continue;
      if (index > first) this.#lines.push({ first, end: index, column: this.#columnOf(first) });
      first = index + 1;
    }
  }

  #columnOf(index: number): number {
    const { text } = this.#report;
    const start = this.#raw[index]?.startOffset ?? 0;
    let at = start;
    while (text[at - 1] === " " || text[at - 1] === "\t") at--;
    return start - at;
  }

  /** Blocks that an item no further right than their head ends, though nothing closes them. */
  #beginLine(number: number, { first, column }: Line): void {
    const token = this.#raw[first] as t.Token;
    const closes = token.tokenType === t.RightBrace;
    if (!closes && (!t.isWord(token) || SOFT.has(token.image))) return;
    // Bound: each turn closes a bracket.
    for (let top = this.#top(); top !== undefined; top = this.#top()) {
      const { column: of } = this.#lines[top.line] as Line;
      if (!top.isLaidOut || (closes ? of <= column : of < column) || !this.#mayRepair()) return;
      this.#stack.pop();
      if (top.isBrace) this.#closeMissing(top, number);
    }
  }

  #top(): Open | undefined {
    return this.#stack.at(-1);
  }

  #mayRepair(): boolean {
    return this.#repairs < REPAIRS_MAX;
  }

  #step(index: number, number: number, line: Line): void {
    const { tokenType } = this.#raw[index] as t.Token;
    if (tokenType === t.LeftBrace || tokenType === t.LeftParen || tokenType === t.LeftBracket) {
      const isInline = index + 1 < line.end;
      const next = this.#lines[number + 1];
      const isLaidOut = isInline || (next !== undefined && next.column > line.column);
      this.#stack.push({ index, line: number, isBrace: tokenType === t.LeftBrace, isLaidOut, isInline });
    } else if (tokenType === t.RightBrace) this.#closer(index, number, line);
    else if (tokenType === t.RightParen || tokenType === t.RightBracket) this.#otherCloser(index);
  }

  // A round or square bracket closes the nearest of its kind, but not past a block of several lines.
  #otherCloser(index: number): void {
    const type = this.#raw[index]?.tokenType === t.RightParen ? t.LeftParen : t.LeftBracket;
    const at = this.#stack.findLastIndex((open) => this.#raw[open.index]?.tokenType === type);
    if (at >= 0 && !this.#stack.slice(at).some((open) => open.isBrace && !open.isInline))
      this.#stack.length = at;
  }

  #closer(index: number, number: number, line: Line): void {
    const at = this.#stack.findLastIndex((open) => open.isBrace);
    const open = this.#stack[at];
    if (this.#surplus <= 0 || this.#isCloserOf(open, index, number, line) || !this.#mayRepair()) {
      if (open) this.#stack.length = at;
      return;
    }
    this.#surplus--;
    this.#repairs++;
    const place = index === line.first ? this.#headBefore(number, open) : this.#bodyBefore(index, line);
    if (place === undefined) return this.#stray(index);
    this.#openMissing(place);
  }

  #isCloserOf(open: Open | undefined, index: number, number: number, line: Line): boolean {
    if (open === undefined) return false;
    if (open.line === number || open.isInline || !open.isLaidOut) return true;
    return index === line.first && (this.#lines[open.line] as Line).column >= line.column;
  }

  /** The end of the line that heads the indented lines before this one, where it opens nothing. */
  #headBefore(number: number, open: Open | undefined): number | undefined {
    const { column } = this.#lines[number] as Line;
    const least = Math.max((open?.line ?? -1) + 1, number - LOOK_BACK);
    for (let at = number - 1; at >= least; at--) {
      const line = this.#lines[at] as Line;
      if (line.column > column) continue;
      const isHead = t.isWord(this.#raw[line.first] as t.Token) && at < number - 1;
      return isHead && line.column === column ? line.end : undefined;
    }
    return undefined;
  }

  /** Where on its own line the body begins that this `}` ends: before its first `name =`, or right here. */
  #bodyBefore(index: number, line: Line): number | undefined {
    const type = (at: number): TokenType | undefined => this.#raw[at]?.tokenType;
    const isWord = (at: number): boolean => t.isWord(this.#raw[at] as t.Token);
    if (!isWord(line.first)) return undefined;
    if (this.#raw[line.first]?.image === "do") return line.first + 1;
    for (let at = line.first + 1; at < index - 1; at++)
      if (isWord(at) && isWord(at - 1) && type(at + 1) === t.Equals && at - 1 > line.first) return at;
    const isHead = index + 1 === line.end && index > line.first + 1 && isWord(line.first + 1);
    return isHead && isWord(index - 1) ? index : undefined;
  }

  #add(index: number, type: TokenType, at: number): void {
    const token = new t.Token(type, "", at, at);
    token.broken = true;
    this.#added.set(index, [...(this.#added.get(index) ?? []), token]);
  }

  #openMissing(index: number): void {
    const before = this.#raw[index - 1] as t.Token;
    const next = this.#raw[index];
    const at = before.endOffset + 1;
    const isEnd = next === undefined || next.tokenType === t.Newline;
    const found = isEnd ? "the end of the line" : `\`${next.image}\``;
    const [start, end] = isEnd ? [before.startOffset, at] : [next.startOffset, next.endOffset + 1];
    this.#report.error("VB1048", start, end, `Expected \`{\`, found ${found}.`, {
      fix: this.#report.replace("Add `{`", at, at, " {"),
    });
    this.#add(index, t.LeftBrace, at);
  }

  #closeMissing(open: Open, number: number): void {
    this.#repairs++;
    this.#surplus++;
    const report = this.#report;
    const index = (this.#lines[number - 1] as Line).end;
    const last = this.#raw[index - 1] as t.Token;
    const at = last.endOffset + 1;
    this.#add(index, t.RightBrace, at);
    // A string that swallowed the rest of its line has swallowed the brace, too.
    if (last.broken && (last.tokenType === t.Text || last.tokenType === t.End)) return;
    const opener = this.#raw[open.index] as t.Token;
    const head = this.#lines[open.line] as Line;
    const span = report.span(opener.startOffset, opener.endOffset + 1);
    const message = "`{` is not closed.";
    const isOneLine = open.line === number - 1;
    const by = open.isInline ? " }" : `\n${" ".repeat(head.column)}}`;
    const fix = report.replace("Add `}`", at, at, by);
    if (isOneLine) report.error("VB1020", span.start, span.end, message, { hint: "A `}` is missing.", fix });
    else {
      const line = report.text.slice(0, opener.startOffset).split("\n").length;
      report.error("VB1020", at, at, `A \`}\` is missing here: the \`{\` of line ${line} is not closed.`, {
        fix,
        related: [{ span, message: "opened here" }],
      });
    }
  }

  #stray(index: number): void {
    const { startOffset: start } = this.#raw[index] as t.Token;
    if (index === this.#raw.length - 1) this.#report.endIsKnown = true;
    this.#report.error("VB1021", start, start + 1, "`}` closes nothing.", {
      hint: "No bracket of its kind is open here.",
      fix: this.#report.replace("Remove it", start, start + 1, ""),
    });
    this.#strays.add(index);
  }
}

/** The tokens with braces put in where they are missing and left out where they are too many, each told. */
export function repairBraces(raw: readonly t.Token[], report: Report): readonly t.Token[] {
  const surplus = surplusOf(raw);
  return surplus === undefined ? raw : new Layout(raw, report, surplus).run();
}
