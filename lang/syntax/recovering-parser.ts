// What every part of the parser uses to go on after a mistake: one diagnostic, then the next separator at the
// own depth. The newline pass has balanced all brackets, so groups are skipped whole. No exception leaves it.

import { EmbeddedActionsParser, EOF } from "chevrotain";
import type { IToken, TokenType } from "chevrotain";
import type { Edit } from "../diagnostics.ts";
import type { Expr, Name, Span } from "./ast.ts";
import { isCloser, isOpener } from "./brackets.ts";
import { giveTable, tableOf, type LookaheadTable } from "./kept-lookahead.ts";
import { LateLookahead } from "./late-lookahead.ts";
import type { More, Report } from "./report.ts";
import { Colon, Comma, Equals, LeftBrace, NameWord, Newline, RefWord, Separator, SIGNS } from "./tokens.ts";
import type { Token } from "./tokens.ts";
import { Start, Text, VOCABULARY } from "./tokens.ts";

/** Thrown to unwind to the nearest `attempt`; the mistake is reported before. */
const BAIL = { reason: "a syntax error that is already reported" };

/** Tokens at most that decide how to go on. */
const LOOKAHEAD = 2;
/** Deepest nesting of brackets, blocks, types and prefixes. */
const DEPTH_MAX = 128;
/** Deepest expression tree, operators in a row counted; trees below can be walked by recursion. */
export const HEIGHT_MAX = 400;

/** Token types and what belongs to them, for a quick question about one token. */
export type Table = readonly boolean[];
export const table = (...types: TokenType[]): Table => {
  const out: boolean[] = [];
  for (const type of types) {
    out[type.tokenTypeIdx as number] = true;
    for (const index of type.categoryMatches ?? []) out[index] = true;
  }
  return out;
};
export const isIn = (set: Table, token: IToken): boolean => set[token.tokenTypeIdx] === true;

const sayable = (text: string): string => (text.length > 24 ? `${text.slice(0, 23)}…` : text);

/** Words that are operators elsewhere. */
const HABITS: Readonly<Record<string, string>> = { and: "&&", or: "||" };
/** What is only recognised by its second token. */
const NEEDS_TWO: ReadonlySet<string> = new Set(["An item", "A step", "A member", "An entry", "A field"]);

/** The base of the parser. One instance serves every text, one after the other. */
export class RecoveringParser extends EmbeddedActionsParser {
  protected report!: Report;
  protected depth = 0;
  protected depthReported = false;
  readonly #lookahead: LateLookahead;

  /** `validate` makes chevrotain look for ambiguities in the grammar, which takes long: for tests. */
  constructor(validate = false) {
    const lookaheadStrategy = new LateLookahead({ maxLookahead: LOOKAHEAD });
    super(VOCABULARY, {
      maxLookahead: LOOKAHEAD,
      lookaheadStrategy,
      recoveryEnabled: false,
      skipValidations: !validate,
    });
    this.#lookahead = lookaheadStrategy;
  }

  /** Makes the parser ready when its rules are defined: by `table`, or by chevrotain's own analysis. */
  protected ready(table: LookaheadTable | undefined): void {
    if (table === undefined) this.performSelfAnalysis();
    else giveTable(this, table);
  }

  /** What chevrotain's analysis found, for a parser that was made ready without a table. */
  lookaheadTable(): LookaheadTable {
    return tableOf(this, this.#lookahead);
  }

  protected get next(): Token {
    return this.LA(1) as Token;
  }

  protected get second(): Token {
    return this.LA(2) as Token;
  }

  /** Offset where the next token starts; at the end of the text its length. */
  protected here(): number {
    const token = this.LA(1);
    if (this.RECORDING_PHASE) return 0;
    return token.tokenType === EOF ? this.report.text.length : token.startOffset;
  }

  /** Offset behind the token that was read last. */
  protected behind(): number {
    return (this.LA(0) as Token).endOffset + 1;
  }

  /** The span from `start` to the end of what was read last. */
  protected from(start: number): Span {
    if (this.RECORDING_PHASE) return { file: "", start: 0, end: 0 };
    return { file: this.report.file, start, end: Math.max(start, this.behind()) };
  }

  protected nameOf(token: IToken): Name {
    const start = token.startOffset;
    if (this.RECORDING_PHASE) return { text: "", span: { file: "", start: 0, end: 0 } };
    return { text: token.image, span: { file: this.report.file, start, end: start + token.image.length } };
  }

  protected errorNode(start: number): Expr {
    return { node: "error", span: this.from(start) };
  }

  /** How a token is named in a message. */
  protected shown(token: Token): string {
    if (token.tokenType === Newline) return "the end of the line";
    if (token.tokenType === EOF) return "the end of the text";
    return `\`${sayable(this.report.text.slice(token.startOffset, token.endOffset + 1).split("\n")[0] ?? "")}\``;
  }

  /** Reports that the next token is not what may stand here, and unwinds. */
  protected unexpected(expected: string, code = "VB1030", more: More = {}): never {
    this.complain(expected, code, more);
    throw BAIL;
  }

  /** The same without unwinding. A token that was put in or reported before raises no second error. */
  protected complain(expected: string, code = "VB1030", more: More = {}): void {
    const token = this.next;
    const start = this.here();
    const end = token.tokenType === EOF ? start : token.endOffset + 1;
    if (token.broken || (token.tokenType === EOF && this.report.endIsKnown)) return;
    if (this.#onLaterLine(start)) {
      const { startOffset } = this.LA(0);
      const message = `Expected ${expected}, found the end of the line.`;
      this.report.error(code, startOffset, this.behind(), message, more);
      return;
    }
    this.report.error(code, start, end, `Expected ${expected}, found ${this.shown(token)}.`, more);
  }

  /** Whether a line asks for more, and then its block ends: what is missing is missing on that line. */
  #onLaterLine(start: number): boolean {
    const last = this.LA(0) as Token | undefined;
    if (last === undefined || !(last.startOffset >= 0) || !isCloser(this.next) || isOpener(last))
      return false;
    return this.report.text.slice(this.behind(), start).includes("\n");
  }

  protected bail(): never {
    throw BAIL;
  }

  /** Reads; after a mistake skips to the next separator or closing bracket (and what `stop` names). */
  protected attempt<T>(read: () => T, fallback: (start: number) => T, stop?: Table): T {
    if (this.RECORDING_PHASE) return read();
    const { depth } = this;
    const start = this.here();
    try {
      return read();
    } catch (error) {
      if (error !== BAIL) throw error;
      this.depth = depth;
      this.report.lose(this.here());
      this.skip(stop);
      return fallback(start);
    }
  }

  /** Goes to the next separator or closing bracket at this depth, or to what `stop` names. */
  protected skip(stop?: Table): void {
    // Bound: each turn reads a token.
    while (!this.atEnd() && !isIn(SEPARATORS, this.next) && !(stop !== undefined && isIn(stop, this.next))) {
      this.skipOne();
    }
  }

  /** Reads one token, or a bracketed group whole. */
  protected skipOne(): void {
    const token = this.next;
    this.consume(0, token.tokenType);
    if (!isOpener(token) || token.partner === undefined) return;
    // Bound: the partner is in the input.
    while (this.LA(0) !== token.partner) this.consume(0, this.LA(1).tokenType);
  }

  /** At a closing bracket or the end of the text. */
  protected atEnd(): boolean {
    const token = this.next;
    return isCloser(token) || token.tokenType === EOF;
  }

  /** One level down; more than the limit is an error, once a text. Pair with `this.depth--`. */
  protected enter(): void {
    if (++this.depth <= DEPTH_MAX || this.RECORDING_PHASE) return;
    this.tooDeep(this.here());
    throw BAIL;
  }

  protected tooDeep(start: number): void {
    if (this.depthReported) return;
    this.depthReported = true;
    this.report.error("VB1023", start, start + 1, `This is nested more than ${DEPTH_MAX} levels deep.`, {
      hint: "Give the inner parts names with `let`.",
    });
  }

  /** `[ element { sep element } ]`, up to the closing bracket. A broken element does not harm the others. */
  protected separated(separator: TokenType, what: string, element: () => void, starts: Table): void {
    if (this.RECORDING_PHASE) {
      this.MANY_SEP({ SEP: separator, DEF: element });
      return;
    }
    let commas: Edit[] | undefined;
    let complained = false;
    // Bound: each turn reads a token.
    while (!this.atEnd()) {
      const before = this.LA(1);
      if (isIn(SEPARATORS, before)) this.emptyElement(what);
      else this.attempt(element, () => undefined);
      if (this.atEnd()) return;
      if (isIn(SEPARATORS, this.next)) {
        const comma = this.consume(0, Separator);
        if (this.atEnd() && comma.tokenType === Comma) this.emptyElement(what);
        continue;
      }
      const joined = isIn(starts, this.next) && this.LA(1) !== before && this.startsElement(what);
      const at = this.behind();
      const comma = { span: this.report.span(at, at), text: "," };
      // The first missing comma is the error; its fix adds them all.
      if (joined && commas !== undefined) commas.push(comma);
      else if (!complained) this.missingSeparator(what, joined ? (commas = [comma]) : undefined);
      complained = true;
      if (joined) continue;
      this.report.lose(this.here());
      this.skip();
      if (!this.atEnd()) this.consume(0, Separator);
    }
  }

  // After a comma or before one there is nothing: `[,]`, `[1,,]`.
  protected emptyElement(what: string): void {
    const token = this.next.tokenType === Comma ? this.next : (this.LA(0) as Token);
    if (token.broken || token.tokenType !== Comma) return;
    const start = token.startOffset;
    this.report.error("VB1034", start, start + 1, `${what} is missing beside this comma.`, {
      fix: this.report.replace("Remove the comma", start, start + 1, ""),
    });
  }

  /** Whether what comes looks like an element of its own, and not like the rest of the one before. */
  protected startsElement(what: string): boolean {
    if (Object.hasOwn(HABITS, this.next.image)) return false;
    return !NEEDS_TWO.has(what) || isIn(SECOND_OF_ITEM, this.second);
  }

  protected missingSeparator(what: string, commas: readonly Edit[] | undefined): void {
    if (commas !== undefined) {
      const fix = { title: "Add commas", edits: commas };
      this.complain(`a comma or a newline after ${what.toLowerCase()}`, "VB1031", { fix });
      return;
    }
    const { image, startOffset: start, endOffset } = this.next;
    const meant = Object.hasOwn(HABITS, image) ? HABITS[image] : undefined;
    const fix =
      meant === undefined
        ? undefined
        : this.report.replace(`Write \`${meant}\``, start, endOffset + 1, meant);
    this.complain(
      `the end of ${what.toLowerCase()}`,
      "VB1031",
      fix === undefined ? {} : { fix, hint: `Did you mean \`${meant}\`?` },
    );
  }

  /** Reads `type`; where it is missing and `ahead` shows that only it is, goes on as if it stood there. */
  protected expect(index: number, type: TokenType, ahead?: () => boolean): IToken | undefined {
    if (this.RECORDING_PHASE || this.LA(1).tokenType === type) return this.consume(index, type);
    const sign = SIGNS.has(type.LABEL?.slice(1, -1) ?? "") ? (type.LABEL?.slice(1, -1) ?? "") : "";
    const label = type.LABEL ?? type.name;
    const at = this.behind();
    if (ahead?.() === true) {
      const fix = this.report.replace(`Add ${label}`, at, at, sign === "=" ? " =" : sign);
      this.complain(label, "VB1032", { fix });
      return undefined;
    }
    if (this.second.tokenType === type && !isIn(SEPARATORS, this.next) && !this.atEnd()) {
      const { startOffset, endOffset } = this.next;
      const fix = this.report.replace("Remove it", startOffset, endOffset + 1, "");
      this.complain(label, "VB1032", { fix });
      this.consume(0, this.next.tokenType);
      return this.consume(index, type);
    }
    return this.unexpected(label);
  }

  // chevrotain calls these two where its own checks fail; the originals build slow, general messages.
  protected consumeInternalError(type: TokenType): never {
    return this.unexpected(type.LABEL ?? type.name);
  }

  protected raiseNoAltException(): never {
    return this.unexpected("something else");
  }

  /** Reads a string without interpolation. */
  protected plainText(index: number, what: string): Expr {
    if (!this.RECORDING_PHASE && this.next.tokenType !== Text) {
      this.unexpected(what, "VB1046", { hint: "It is a string in double quotes, without `${`." });
    }
    const start = this.here();
    const token = this.consume(index, Text) as Token;
    return {
      node: "string",
      parts: token.value === "" ? [] : [token.value],
      block: token.block,
      span: this.from(start),
    };
  }
}

const SEPARATORS = table(Separator);
const SECOND_OF_ITEM = table(Equals, Colon, LeftBrace, NameWord, RefWord, Text, Start);
