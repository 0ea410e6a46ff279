// The newline pass: tokens with line ends in, tokens with separators out, all brackets balanced.
// Missing closing brackets are put in and stray ones left out here, each with its diagnostic, so that the
// parser can skip any group whole.

import type { TokenType } from "chevrotain";
import { Brackets, CLOSERS, closerOf, isCloser, isOpener } from "./brackets.ts";
import { repairBraces } from "./layout.ts";
import type { Report } from "./report.ts";
import {
  Comma,
  Equals,
  Ident,
  ITEM_WORDS,
  isWord,
  LeftBrace,
  LeftBracket,
  LeftParen,
  Mark,
  Middle,
  Newline,
} from "./tokens.ts";
import { End, RightBrace, SIGNS, Start, Text, Token, word } from "./tokens.ts";

const flags = (types: Iterable<TokenType>): boolean[] => {
  const out: boolean[] = [];
  for (const type of types) out[type.tokenTypeIdx as number] = true;
  return out;
};
const signs = (texts: string): TokenType[] => texts.split(" ").map((text) => SIGNS.get(text) as TokenType);

/** A line that ends with one of these goes on. */
const ENDS_OPEN = flags([
  LeftBrace,
  LeftBracket,
  LeftParen,
  Start,
  Middle,
  ...signs(", : . ?. .. ... ?? => = == != < <= > >= + - * / % && || ! |"),
]);
/** A line that starts with one of these goes on with the line before. */
const STARTS_OPEN = flags([
  ...CLOSERS,
  Mark,
  ...signs(", : . ?. .. ? ?? => = == != < <= > >= + * / % && || |"),
]);
/** So does one that starts with these, unless what follows shows that it is a name. */
const SOFT = flags(["in", "for", "when", "where", "within", "as"].map(word));
const AFTER_NAME = flags([...signs("= , : ) ] }"), Newline]);

const is = (table: readonly boolean[], token: Token | undefined): boolean =>
  token !== undefined && table[token.tokenTypeIdx] === true;

/** Whether a line end between `a` and `b` separates, where the innermost bracket lets it (rules 3 to 5). */
function separates(a: Token, b: Token, c: Token | undefined): boolean {
  if (is(ENDS_OPEN, a) || is(STARTS_OPEN, b)) return false;
  return !(is(SOFT, b) && c !== undefined && !is(AFTER_NAME, c));
}

const isString = (token: Token | undefined): boolean =>
  token !== undefined && (token.tokenType === Text || token.tokenType === End);

class NewlinePass {
  readonly #raw: readonly Token[];
  readonly #report: Report;
  readonly #brackets: Brackets;
  readonly #out: Token[] = [];
  /** Indices of open brackets in the raw tokens. */
  readonly #open: number[] = [];

  constructor(raw: readonly Token[], report: Report) {
    this.#raw = raw;
    this.#report = report;
    this.#brackets = new Brackets(raw, report.text);
  }

  run(): Token[] {
    const raw = this.#raw;
    for (let index = 0; index < raw.length; index++) {
      const token = raw[index] as Token;
      if (token.tokenType === Newline) this.#newline(index);
      else if (isOpener(token)) {
        this.#out.push(token);
        this.#open.push(index);
      } else if (isCloser(token)) this.#closer(index, token);
      else this.#out.push(token);
    }
    this.#end();
    return this.#out;
  }

  #top(): Token | undefined {
    return this.#raw[this.#open.at(-1) ?? -1];
  }

  #newline(index: number): void {
    const a = this.#out.at(-1);
    const b = this.#raw[index + 1];
    if (a === undefined || b === undefined) return;
    const c = this.#raw[index + 2];
    if (!separates(a, b, c) && !this.#surelyNew(a, b, c)) return;
    // Bound: each turn closes a bracket.
    while (this.#endsHere(b, c)) this.#closeMissing(a.endOffset + 1);
    const type = this.#top()?.tokenType;
    if (type === LeftParen || type === Start) return;
    const newline = this.#raw[index] as Token;
    this.#out.push(newline);
  }

  // Whether an item certainly begins although the line before asks for more: `x = a +` and then `y = 1`.
  // No valid text has this, so it only serves recovery.
  #surelyNew(a: Token, b: Token, c: Token | undefined): boolean {
    const type = this.#top()?.tokenType;
    if ((type !== undefined && type !== LeftBrace) || a.tokenType === Comma || isOpener(a)) return false;
    if (b.tokenType === Ident) return c?.tokenType === Equals || c?.tokenType === Ident;
    return c?.tokenType === Ident && ITEM_WORDS.has(b.image);
  }

  // Whether the innermost bracket, which never closes, most likely should have closed on the line that ends
  // here.
  #endsHere(b: Token, c: Token | undefined): boolean {
    const index = this.#open.at(-1);
    if (index === undefined || !this.#brackets.unclosed.has(index)) return false;
    const type = this.#raw[index]?.tokenType;
    if (type === LeftParen) return true;
    if (type === LeftBrace) return this.#startsAtMargin(b, c);
    if (type !== LeftBracket || !isWord(b) || c === undefined) return false;
    return c.tokenType === Equals || c.tokenType === LeftBrace || isWord(c) || c.tokenType === Text;
  }

  // Whether an item of the module's top begins here, as the text is laid out.
  #startsAtMargin(b: Token, c: Token | undefined): boolean {
    if (!isWord(b) || this.#report.text.charCodeAt(b.startOffset - 1) !== 10) return false;
    return c !== undefined && (isWord(c) || c.tokenType === Text || c.tokenType === Start || c.image === ".");
  }

  // Puts in the closing bracket of the innermost open one; the first time of a place it is an error.
  #closeMissing(at: number, silent = false): void {
    const opener = this.#top() as Token;
    const closer = closerOf(opener.tokenType);
    // A string that swallowed the rest of its line has swallowed the bracket too.
    const swallowed = this.#out.at(-1)?.broken === true && isString(this.#out.at(-1));
    if (!silent && !swallowed) {
      const end = opener.endOffset + 1;
      const brace = opener.tokenType === LeftBrace;
      const line = this.#report.text.slice(0, at).split("\n").length;
      this.#report.error("VB1020", opener.startOffset, end, `\`${opener.image}\` is not closed.`, {
        hint: `A \`${closer.image}\` is missing${brace ? `, after line ${line} at the latest` : ""}.`,
        fix: this.#report.replace(`Add \`${closer.image}\``, at, at, `${brace ? "\n" : ""}${closer.image}`),
      });
    }
    const token = new Token(closer.type, "", at, at);
    token.broken = true;
    this.#close(token);
  }

  #close(token: Token): void {
    const out = this.#out;
    const before = out.at(-2);
    const trailing = out.at(-1)?.tokenType === Comma && before !== undefined;
    if (trailing && !isOpener(before) && before.tokenType !== Comma) out.pop();
    const opener = this.#raw[this.#open.pop() ?? -1];
    if (opener !== undefined) opener.partner = token;
    out.push(token);
  }

  #closer(index: number, token: Token): void {
    if (token.tokenType === Middle) return this.#middle(index, token);
    const opener = this.#brackets.opener[index] ?? -1;
    if (opener < 0) return this.#stray(token);
    if (this.#open.lastIndexOf(opener) < 0) return;
    let silent = token.broken;
    while (this.#open.at(-1) !== opener) {
      this.#closeMissing((this.#out.at(-1) as Token).endOffset + 1, silent);
      silent = true;
    }
    this.#close(token);
  }

  // `}...${`: what was opened inside the interpolation ends, the string goes on.
  #middle(index: number, token: Token): void {
    const opener = this.#brackets.opener[index] ?? -1;
    let silent = false;
    while (opener >= 0 && this.#open.at(-1) !== opener) {
      this.#closeMissing((this.#out.at(-1) as Token).endOffset + 1, silent);
      silent = true;
    }
    this.#out.push(token);
  }

  #stray(token: Token): void {
    const opener = this.#top();
    const start = token.startOffset;
    const end = token.endOffset + 1;
    const unclosed = this.#brackets.unclosed.has(this.#open.at(-1) ?? -1);
    if (
      opener !== undefined &&
      unclosed &&
      opener.tokenType !== LeftBrace &&
      token.tokenType !== RightBrace
    ) {
      const { image, type } = closerOf(opener.tokenType);
      this.#report.error("VB1020", start, end, `\`${opener.image}\` is closed by \`${token.image}\`.`, {
        fix: this.#report.replace(`Write \`${image}\``, start, end, image),
        related: [
          { span: this.#report.span(opener.startOffset, opener.endOffset + 1), message: "opened here" },
        ],
      });
      return this.#close(new Token(type, image, start, end));
    }
    if (token === this.#raw.at(-1)) this.#report.endIsKnown = true;
    this.#report.error("VB1021", start, end, `\`${token.image}\` closes nothing.`, {
      hint: "No bracket of its kind is open here.",
      fix: this.#report.replace("Remove it", start, end, ""),
    });
  }

  #end(): void {
    const { length } = this.#report.text;
    const opener = this.#top();
    if (opener !== undefined) this.#reportEnd(opener);
    while (this.#open.length > 0) this.#closeMissing(length, true);
    const out = this.#out;
    const before = out.at(-2);
    if (out.at(-1)?.tokenType === Comma && before !== undefined && before.tokenType !== Comma) out.pop();
  }

  #reportEnd(opener: Token): void {
    const report = this.#report;
    const at = report.text.trimEnd().length;
    const line = report.text.slice(0, opener.startOffset).split("\n").length;
    const odd = this.#brackets.oddlyIndented;
    const image = opener.tokenType === Start ? "${" : opener.image;
    const related = [{ span: report.span(opener.startOffset, opener.endOffset + 1), message: "opened here" }];
    if (odd !== undefined) {
      const message = "this `}` stands further left than the line of the `{` that it closes";
      related.push({ span: report.span(odd.startOffset, odd.endOffset + 1), message });
    }
    const closing = this.#open.map((index) => closerOf((this.#raw[index] as Token).tokenType).image);
    report.error("VB1022", at, at, `The text ends inside the \`${image}\` of line ${line}.`, {
      hint: `A \`${closing.at(-1)}\` is missing, here or before.`,
      related,
      ...(closing.length === 1 && image === "{"
        ? { fix: report.replace(`Add \`${closing[0]}\``, at, at, `\n${closing[0]}`) }
        : {}),
    });
  }
}

/** What the parser reads: separators instead of line ends, and every opening bracket with its `partner`. */
export function separate(raw: readonly Token[], report: Report): Token[] {
  return new NewlinePass(repairBraces(raw, report), report).run();
}
