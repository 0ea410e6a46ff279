// Expressions without their brackets (grammar.md §4, `expr` to `primary`). Operators in a row are read flat
// and made a tree by climb.ts; a lambda's head is read as an expression and judged when `=>` follows.

import type { IToken, ParserMethod } from "chevrotain";
import type { Argument, Expr, Name } from "./ast.ts";
import { climb } from "./climb.ts";
import { parametersOf } from "./lambda.ts";
import type { Cover } from "./lambda.ts";
import { HEIGHT_MAX, isIn, RecoveringParser, table } from "./recovering-parser.ts";
import * as t from "./tokens.ts";

const LITERALS = [t.NumberToken, t.Cidr, t.Ip, t.Mac, t.word("true"), t.word("false"), t.word("none")];
/** What an expression can begin with. */
export const EXPRESSION_STARTS = table(
  ...LITERALS,
  t.Text,
  t.Start,
  t.RefWord,
  t.LeftParen,
  t.LeftBracket,
  t.LeftBrace,
  t.UnarySign,
);
export const ELEMENT_STARTS = table(
  ...LITERALS,
  t.Text,
  t.Start,
  t.RefWord,
  t.LeftParen,
  t.LeftBrace,
  t.Spread,
);
const STRINGS = table(t.Text, t.Start);

type Alternatives = { ALT: () => Expr }[];

export abstract class OperandParser extends RecoveringParser {
  /** Lists and objects are read by expression-parser.ts. */
  protected abstract list: ParserMethod<[], Expr>;
  protected abstract object: ParserMethod<[], Expr>;

  /** Height of the tree that was read last. */
  protected height = 0;
  /** What the next suffix belongs to. */
  #of: Expr = { node: "none", span: { file: "", start: 0, end: 0 } };
  #primaries: Alternatives | undefined;
  #suffixes: Alternatives | undefined;

  expr = this.RULE("expr", (): Expr => {
    this.enter();
    const first = this.SUBRULE(this.operators);
    const height = this.height;
    const lambda = this.OPTION1(() => this.#lambda(first));
    const ternary = this.OPTION2(() => {
      this.CONSUME(t.Question);
      const then = this.SUBRULE1(this.expr);
      this.height = Math.max(this.height, height);
      this.expect(1, t.Colon, () => isIn(EXPRESSION_STARTS, this.next));
      const otherwise = this.SUBRULE2(this.expr);
      const span = this.from(first.span?.start);
      // The tree is no promise: `then` is a node, never a function.
      // oxlint-disable-next-line unicorn/no-thenable
      return { node: "ternary", condition: first, then, else: otherwise, span } as const;
    });
    const result = lambda ?? ternary;
    this.depth--;
    return result === undefined ? first : this.#grown(result, height);
  });

  /** The operators in a row, without ternary and lambda. */
  operators = this.RULE("operators", (): Expr => {
    const first = this.SUBRULE(this.operand);
    let operands: Expr[] | undefined;
    const operators: IToken[] = [];
    let height = this.height;
    this.MANY(() => {
      operators.push(this.CONSUME(t.BinarySign));
      const right = this.SUBRULE2(this.operand);
      (operands ??= [first]).push(right);
      height = Math.max(height, this.height) + 1;
    });
    if (operands === undefined || this.RECORDING_PHASE) return first;
    if (height > HEIGHT_MAX) return this.#tooTall(first.span.start);
    this.height = height;
    return climb(operands, operators, this.report);
  });

  operand = this.RULE("operand", (): Expr => {
    let prefixes: IToken[] | undefined;
    this.MANY1(() => {
      (prefixes ??= []).push(this.CONSUME(t.UnarySign));
    });
    if (!this.RECORDING_PHASE && !isIn(EXPRESSION_STARTS, this.next)) this.#noExpression();
    this.height = 1;
    this.#of = this.OR((this.#primaries ??= this.#primaryAlternatives()));
    this.MANY2(() => {
      const height = this.height;
      this.#of = this.OR2((this.#suffixes ??= this.#suffixAlternatives()));
      this.height = Math.max(this.height, height) + 1;
      if (height > HEIGHT_MAX && !this.RECORDING_PHASE) this.#of = this.#tooTall(this.#of.span.start);
    });
    const operand = this.#of;
    return prefixes === undefined || this.RECORDING_PHASE ? operand : this.#prefixed(prefixes, operand);
  });

  #prefixed(prefixes: readonly IToken[], operand: Expr): Expr {
    this.height += prefixes.length;
    if (this.height > HEIGHT_MAX) return this.#tooTall(prefixes[0]?.startOffset ?? 0);
    let result = operand;
    for (const { image, startOffset } of prefixes.toReversed()) {
      const span = this.report.span(startOffset, operand.span.end);
      result = { node: "unary", operator: image as "!" | "-", operand: result, span };
    }
    return result;
  }

  #grown(result: Expr, height: number): Expr {
    this.height = Math.max(this.height, height) + 1;
    return this.height > HEIGHT_MAX && !this.RECORDING_PHASE ? this.#tooTall(result.span.start) : result;
  }

  #tooTall(start: number): Expr {
    this.height = 1;
    this.tooDeep(start);
    return this.errorNode(start);
  }

  #noExpression(): never {
    const token = this.next;
    if (token.broken || !t.RESERVED_WORDS.has(token.image) || !t.isWord(token)) {
      return this.unexpected("a value", "VB1033");
    }
    const { image, startOffset: start } = token;
    this.report.error("VB1036", start, start + image.length, `\`${image}\` can't be read as a name here.`, {
      hint: `After a dot it can: \`thing.${image}\`.`,
    });
    return this.bail();
  }

  #primaryAlternatives(): Alternatives {
    const literal = (read: (token: IToken) => Expr, type: t.Token["tokenType"]): { ALT: () => Expr } => ({
      ALT: () => {
        const token = this.CONSUME(type);
        return (token as t.Token).broken === true ? this.errorNode(token.startOffset) : read(token);
      },
    });
    const span = (token: IToken): Expr["span"] => this.from(token.startOffset);
    return [
      literal((token) => ({ node: "reference", name: token.image, span: span(token) }), t.RefWord),
      literal((token) => this.#number(token as t.Token), t.NumberToken),
      literal((token) => this.#text(token as t.Token), t.Text),
      { ALT: () => this.SUBRULE(this.interpolated) },
      { ALT: () => this.SUBRULE(this.list) },
      { ALT: () => this.SUBRULE(this.object) },
      { ALT: () => this.SUBRULE(this.group) },
      literal((token) => ({ node: "ip", text: token.image, span: span(token) }), t.Ip),
      literal((token) => ({ node: "cidr", text: token.image, span: span(token) }), t.Cidr),
      literal((token) => ({ node: "mac", text: token.image, span: span(token) }), t.Mac),
      literal((token) => ({ node: "bool", value: true, span: span(token) }), t.word("true")),
      literal((token) => ({ node: "bool", value: false, span: span(token) }), t.word("false")),
      literal((token) => ({ node: "none", span: span(token) }), t.word("none")),
    ];
  }

  #number(token: t.Token): Expr {
    const { image: text, value: unit } = token;
    return { node: "number", text, unit, hex: text.startsWith("0x"), span: this.from(token.startOffset) };
  }

  #text(token: t.Token): Expr {
    const parts = token.value === "" ? [] : [token.value];
    return { node: "string", parts, block: token.block, span: this.from(token.startOffset) };
  }

  #suffixAlternatives(): Alternatives {
    const dotted = (optional: boolean): Expr => {
      const of = this.#of;
      const start = of.span?.start;
      this.CONSUME(optional ? t.OptionalDot : t.Dot);
      if (!this.RECORDING_PHASE && !isIn(WORDS, this.next)) this.unexpected("a name after the dot", "VB1035");
      const name = this.nameOf(optional ? this.CONSUME2(t.AnyWord) : this.CONSUME1(t.AnyWord));
      return { node: "member", of, name, optional, span: this.from(start) };
    };
    return [
      { ALT: () => dotted(false) },
      { ALT: () => dotted(true) },
      {
        ALT: () => {
          const of = this.#of;
          this.CONSUME(t.LeftBracket);
          const index = this.attempt(
            () => this.SUBRULE(this.expr),
            (start) => this.errorNode(start),
          );
          this.close(t.RightBracket);
          return { node: "index", of, index, span: this.from(of.span?.start) };
        },
      },
      {
        ALT: () => {
          const callee = this.#of;
          const list = this.SUBRULE(this.callArguments);
          return { node: "call", callee, arguments: list, span: this.from(callee.span?.start) };
        },
      },
    ];
  }

  /** Reads the closing bracket of the group, past what does not belong there (one error). */
  protected close(type: t.Token["tokenType"]): void {
    if (!this.RECORDING_PHASE && this.next.tokenType !== type) {
      const { next } = this;
      if (!next.broken) this.report.lose(next.startOffset);
      this.abandon();
      const end = next.endOffset + 1;
      const message = `Expected ${type.LABEL ?? type.name}, found ${this.shown(next)}.`;
      // A closing bracket that was put in is already reported.
      if (!next.broken && !this.next.broken) this.report.error("VB1032", next.startOffset, end, message);
    }
    this.CONSUME(type);
  }

  callArguments = this.RULE("callArguments", (): Argument[] => {
    const found: Argument[] = [];
    let height = 0;
    this.CONSUME(t.LeftParen);
    this.separated(
      t.Comma,
      "An argument",
      () => {
        const argument = this.SUBRULE(this.argument);
        height = Math.max(height, this.height);
        found.push(argument);
      },
      ELEMENT_STARTS,
    );
    this.close(t.RightParen);
    this.height = height;
    return found;
  });

  argument = this.RULE("argument", (): Argument => {
    const start = this.here();
    const first = this.SUBRULE(this.expr);
    const named = this.OPTION(() => {
      if (!this.RECORDING_PHASE && first.node !== "reference") this.unexpected("a comma or `)`");
      this.CONSUME(t.Equals);
      return this.SUBRULE2(this.expr);
    });
    if (named === undefined || first.node !== "reference") return { value: first, span: this.from(start) };
    return { name: { text: first.name, span: first.span }, value: named, span: this.from(start) };
  });

  /** `"a ${expr} b"`. */
  interpolated = this.RULE("interpolated", (): Expr => {
    const opening = this.CONSUME(t.Start) as t.Token;
    const parts: (string | Expr)[] = [];
    const add = (token: IToken): void => {
      const { value } = token as t.Token;
      if (value !== "" && value !== undefined) parts.push(value);
    };
    let height = 0;
    const piece = (index: number): void => {
      parts.push(this.value(index));
      height = Math.max(height, this.height);
      if (!this.RECORDING_PHASE && !this.atEnd()) {
        this.complain("`}`", "VB1032");
        this.abandon();
      }
    };
    add(opening);
    piece(1);
    this.MANY(() => {
      add(this.CONSUME(t.Middle));
      piece(2);
    });
    add(this.CONSUME(t.End));
    this.height = height + 1;
    return { node: "string", parts, block: opening.block, span: this.from(opening.startOffset) };
  });

  /** `( expr )`, or the parameters of a lambda. */
  group = this.RULE("group", (): Expr => {
    const start = this.here();
    const inner: Expr[] = [];
    let height = 0;
    this.CONSUME(t.LeftParen);
    this.separated(
      t.Comma,
      "A value",
      () => {
        inner.push(
          this.attempt(
            () => this.SUBRULE(this.expr),
            (at) => this.errorNode(at),
          ),
        );
        height = Math.max(height, this.height);
      },
      ELEMENT_STARTS,
    );
    this.close(t.RightParen);
    this.height = height + 1;
    const span = this.from(start);
    const [only] = inner;
    if (this.RECORDING_PHASE) return { node: "none", span };
    if (only !== undefined && inner.length === 1) return { node: "parenthesised", inner: only, span };
    if (this.next.tokenType !== t.Arrow) this.noGroup(start, inner.length);
    return Object.assign({ node: "error", span } as const, { cover: inner } satisfies Cover);
  });

  protected noGroup(start: number, count: number): void {
    const end = this.behind();
    if ((this.LA(0) as t.Token).broken) return;
    if (count === 0) this.report.error("VB1033", start, end, "Expected a value between `(` and `)`.");
    else {
      const list = `[${this.report.text.slice(start + 1, end - 1)}]`;
      this.report.error("VB1039", start, end, "Parentheses hold one value.", {
        hint: "Several values are a list, in `[ ]`; the parameters of a lambda are followed by `=>`.",
        fix: this.report.replace("Make it a list", start, end, list),
      });
    }
  }

  // Behind `head`, which turns out to be the parameters of a lambda.
  #lambda(head: Expr): Expr {
    const parameters = this.RECORDING_PHASE ? [] : parametersOf(head, this.report);
    this.CONSUME(t.Arrow);
    const body = this.SUBRULE(this.expr);
    return { node: "lambda", parameters, body, span: this.from(head.span?.start) };
  }

  /** Reads the name of a variable, parameter or value. */
  protected reference(index: number): Name {
    if (!this.RECORDING_PHASE && !isIn(REFERENCES, this.next)) this.noName("a name");
    return this.nameOf(this.consume(index, t.RefWord));
  }

  /** Reports why the next token is no name, and unwinds. */
  protected noName(expected: string): never {
    const { image, startOffset: start, broken } = this.next;
    if (!broken && t.isWord(this.next)) {
      this.report.error("VB1036", start, start + image.length, `\`${image}\` can't be a name here.`, {
        hint: "The words in, for, when, where, within, true, false and none keep their meaning.",
      });
      return this.bail();
    }
    return this.unexpected(expected, "VB1035");
  }

  // Skips to the closing bracket.
  protected abandon(): void {
    // Bound: the brackets are balanced, so the closing one comes.
    while (!this.atEnd()) this.skipOne();
  }

  /** Reads the `=` between a name and its value; `:` and `==` are taken for it, with an error. */
  protected assign(index: number, what: string): void {
    const { tokenType, startOffset: start, broken } = this.next;
    const walrus = tokenType === t.Colon && this.second.tokenType === t.Equals;
    const image = walrus ? ":=" : this.next.image;
    if (this.RECORDING_PHASE || tokenType === t.Equals || (tokenType !== t.Colon && image !== "==")) {
      this.expect(index, t.Equals, () => isIn(EXPRESSION_STARTS, this.next));
      return;
    }
    if (!broken) {
      const text = start > this.behind() ? "=" : " =";
      this.report.error(
        "VB1040",
        start,
        start + image.length,
        `${what} is set with \`=\`, not with \`${image}\`.`,
        {
          fix: this.report.replace("Write `=`", start, start + image.length, text),
        },
      );
    }
    this.consume(0, tokenType);
    if (walrus) this.consume(0, t.Equals);
  }

  /** An expression, or an error node after a mistake. */
  protected value(index: number, stop?: readonly boolean[]): Expr {
    return this.attempt(
      () => this.subrule(index, this.expr),
      (at) => this.errorNode(at),
      stop,
    );
  }

  /** True where a `,` and a string follow: the message of a constraint, assertion or step. */
  protected isMessage(): boolean {
    return this.RECORDING_PHASE || isIn(STRINGS, this.second);
  }
}

const WORDS = table(t.AnyWord);
const REFERENCES = table(t.RefWord);
