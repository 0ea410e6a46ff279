// Types and parameters (grammar.md §4, `type` to `parameter`). Says nothing about which types exist.

import type { Expr, Parameter, RecordTypeField, Type, Where } from "./ast.ts";
import { ExpressionParser } from "./expression-parser.ts";
import { isIn, table } from "./recovering-parser.ts";
import * as t from "./tokens.ts";

const TYPE_STARTS = table(
  t.TypeWord,
  t.word("secret"),
  t.word("range"),
  t.Text,
  t.LeftBracket,
  t.LeftParen,
  t.LeftBrace,
);
const TYPE_STOP = table(t.Equals, t.Mark, t.word("where"));
const PARAMETER_STARTS = table(t.RefWord);

type Alternatives = { ALT: () => Type }[];

export class TypeParser extends ExpressionParser {
  #simples: Alternatives | undefined;

  type = this.RULE("type", (): Type => {
    const start = this.here();
    const members: Type[] = [];
    this.enter();
    members.push(this.SUBRULE1(this.optional));
    this.MANY(() => {
      this.CONSUME(t.Bar);
      members.push(this.SUBRULE2(this.optional));
    });
    this.depth--;
    const [only] = members;
    if (only !== undefined && members.length === 1) return only;
    return { node: "union-type", members, span: this.from(start) };
  });

  optional = this.RULE("optional", (): Type => {
    const start = this.here();
    const of = this.SUBRULE(this.simple);
    const isOptional = this.OPTION(() => this.CONSUME(t.Question)) !== undefined;
    return isOptional ? { node: "optional-type", of, span: this.from(start) } : of;
  });

  simple = this.RULE("simple", (): Type => {
    if (!this.RECORDING_PHASE && !isIn(TYPE_STARTS, this.next)) {
      this.unexpected("a type", "VB1041", {
        hint: "Such as `int`, `[string]`, `{[string]: T}`, `T?`, `(T) => U`, or the name of a kind.",
      });
    }
    return this.OR((this.#simples ??= this.#alternatives()));
  });

  #alternatives(): Alternatives {
    return [
      { ALT: () => this.SUBRULE(this.namedType) },
      {
        ALT: () => {
          const token = this.CONSUME(t.Text) as t.Token;
          return { node: "literal-type", text: token.value, span: this.from(token.startOffset) };
        },
      },
      { ALT: () => this.#wrapped(t.word("secret"), "secret-type", 1) },
      { ALT: () => this.#wrapped(t.word("range"), "range-type", 2) },
      {
        ALT: () => {
          const start = this.CONSUME(t.LeftBracket).startOffset;
          const of = this.typeOrError(3, TYPE_STOP);
          this.close(t.RightBracket);
          return { node: "list-type", of, span: this.from(start) };
        },
      },
      { ALT: () => this.SUBRULE(this.functionType) },
      { ALT: () => this.SUBRULE(this.bracedType) },
    ];
  }

  #wrapped(word: t.Token["tokenType"], node: "secret-type" | "range-type", index: number): Type {
    const start = this.CONSUME(word).startOffset;
    this.enter();
    const of = this.subrule(index, this.simple);
    this.depth--;
    return { node, of, span: this.from(start) };
  }

  namedType = this.RULE("namedType", (): Type => {
    const first = this.nameOf(this.CONSUME(t.TypeWord));
    const second = this.OPTION(() => {
      this.CONSUME(t.Dot);
      return this.name(1, "the name of a type");
    });
    const span = this.from(first.span.start);
    if (second === undefined) return { node: "named-type", name: first, span };
    return { node: "named-type", module: first, name: second, span };
  });

  /** `(T, U) => V`, or one type in parentheses. */
  functionType = this.RULE("functionType", (): Type => {
    const start = this.here();
    const parameters: Type[] = [];
    this.CONSUME(t.LeftParen);
    this.separated(t.Comma, "A type", () => parameters.push(this.SUBRULE1(this.type)), TYPE_STARTS);
    this.close(t.RightParen);
    const result = this.OPTION(() => {
      this.CONSUME(t.Arrow);
      return this.SUBRULE2(this.type);
    });
    const span = this.from(start);
    if (result !== undefined) return { node: "function-type", parameters, result, span };
    const [only] = parameters;
    if (only !== undefined && parameters.length === 1) return only;
    if (this.RECORDING_PHASE || this.next.broken) return { node: "error-type", span };
    return this.unexpected("`=>` and the type of the result", "VB1041");
  });

  /** A map or a record. */
  bracedType = this.RULE("bracedType", (): Type => {
    const start = this.here();
    const fields: RecordTypeField[] = [];
    this.CONSUME(t.LeftBrace);
    const map = this.OR([
      {
        ALT: () => {
          this.CONSUME(t.LeftBracket);
          const key = this.typeOrError(1);
          this.close(t.RightBracket);
          this.expect(1, t.Colon, () => isIn(TYPE_STARTS, this.next));
          return { key, value: this.typeOrError(2) };
        },
      },
      {
        ALT: () => {
          this.separated(
            t.Separator,
            "A field",
            () => fields.push(this.SUBRULE(this.recordField)),
            PARAMETER_STARTS,
          );
          return undefined;
        },
      },
    ]);
    this.close(t.RightBrace);
    const span = this.from(start);
    if (map !== undefined && fields.length === 0) return { node: "map-type", ...map, span };
    return { node: "record-type", fields, span };
  });

  recordField = this.RULE("recordField", (): RecordTypeField => {
    const start = this.here();
    const name = this.name(1, "the name of a field");
    const optional = this.OPTION(() => this.CONSUME(t.Question)) !== undefined;
    this.expect(1, t.Colon, () => isIn(TYPE_STARTS, this.next));
    const type = this.typeOrError(1);
    return { name, optional, type, span: this.from(start) };
  });

  /** A type, or an error type after a mistake. */
  protected typeOrError(index: number, stop?: readonly boolean[]): Type {
    return this.attempt(
      () => this.subrule(index, this.type),
      (start) => ({ node: "error-type", span: this.from(start) }),
      stop,
    );
  }

  /** Reads what is declared or set: any word but a literal. */
  protected name(index: number, expected: string): ReturnType<TypeParser["reference"]> {
    if (!this.RECORDING_PHASE && !isIn(NAMES, this.next)) this.noName(expected);
    return this.nameOf(this.consume(index, t.NameWord));
  }

  parameters = this.RULE("parameters", (): Parameter[] => {
    const found: Parameter[] = [];
    if (!this.RECORDING_PHASE && this.next.tokenType !== t.LeftParen) this.unexpected("`(`");
    this.CONSUME(t.LeftParen);
    this.separated(t.Comma, "A parameter", () => found.push(this.SUBRULE(this.parameter)), PARAMETER_STARTS);
    this.close(t.RightParen);
    return found;
  });

  parameter = this.RULE("parameter", (): Parameter => {
    const start = this.here();
    const name = this.reference(1);
    this.expect(1, t.Colon, () => isIn(TYPE_STARTS, this.next));
    const type = this.typeOrError(1, TYPE_STOP);
    const value = this.OPTION1(() => {
      this.CONSUME(t.Equals);
      return this.value(1, TYPE_STOP);
    });
    const where = this.OPTION2(() => this.SUBRULE(this.where));
    return { name, type, ...(value && { value }), ...(where && { where }), span: this.from(start) };
  });

  where = this.RULE("where", (): Where => {
    const start = this.CONSUME(t.word("where")).startOffset;
    const condition = this.value(1, table(t.Mark));
    const message = this.message();
    return { condition, ...(message && { message }), span: this.from(start) };
  });

  /** `, "message"`: a comma is a separator too, so only the string behind it tells. Once a rule. */
  protected message(): Expr | undefined {
    return this.OPTION8({
      GATE: () => this.isMessage(),
      DEF: () => {
        this.CONSUME8(t.Comma);
        return this.SUBRULE8(this.messageText);
      },
    });
  }

  messageText = this.RULE("messageText", (): Expr => {
    return this.OR([
      {
        ALT: () => {
          const token = this.CONSUME(t.Text) as t.Token;
          const parts = token.value === "" ? [] : [token.value];
          return { node: "string" as const, parts, block: token.block, span: this.from(token.startOffset) };
        },
      },
      { ALT: () => this.SUBRULE(this.interpolated) },
    ]);
  });
}

const NAMES = table(t.NameWord);
