// Lists, objects and comprehensions (grammar.md §4, `loop` to `entry`). A broken element harms no other.

import type { Clause, EntryKey, Expr, ListItem, Loop, Name, ObjectEntry } from "./ast.ts";
import { coverOf } from "./lambda.ts";
import { ELEMENT_STARTS, EXPRESSION_STARTS, OperandParser } from "./operand-parser.ts";
import { isIn, table } from "./recovering-parser.ts";
import * as t from "./tokens.ts";

export { EXPRESSION_STARTS } from "./operand-parser.ts";

const ENTRY_STARTS = table(t.NameWord, t.Text, t.NumberToken, t.Spread);
const ENTRY_END = table(t.Separator, t.RightBrace);
const HEAD_STOP = table(t.Colon, t.word("when"));

export class ExpressionParser extends OperandParser {
  loop = this.RULE("loop", (): Loop => {
    const start = this.here();
    const clauses: Clause[] = [];
    this.CONSUME(t.word("for"));
    clauses.push(this.SUBRULE1(this.clause));
    this.MANY(() => {
      this.CONSUME(t.Comma);
      clauses.push(this.SUBRULE2(this.clause));
    });
    const condition = this.OPTION(() => {
      this.CONSUME(t.word("when"));
      return this.attempt(
        () => this.SUBRULE(this.expr),
        (at) => this.errorNode(at),
        HEAD_STOP,
      );
    });
    this.expect(1, t.Colon, () => isIn(EXPRESSION_STARTS, this.next));
    return { clauses, ...(condition === undefined ? {} : { condition }), span: this.from(start) };
  });

  clause = this.RULE("clause", (): Clause => {
    const start = this.here();
    const variables: Name[] = [];
    variables.push(this.reference(1));
    this.OPTION(() => {
      this.CONSUME(t.Comma);
      variables.push(this.reference(2));
    });
    this.expect(1, t.word("in"));
    const over = this.attempt(
      () => this.SUBRULE(this.expr),
      (at) => this.errorNode(at),
      HEAD_STOP,
    );
    return { variables, over, span: this.from(start) };
  });

  list = this.RULE("list", (): Expr => {
    const start = this.here();
    const items: ListItem[] = [];
    let height = 0;
    let loop: Loop | undefined;
    this.CONSUME(t.LeftBracket);
    this.OR([
      {
        ALT: () => {
          loop = this.attempt(
            () => this.SUBRULE(this.loop),
            () => undefined,
            table(t.Colon),
          );
          if (loop === undefined && !this.RECORDING_PHASE) return this.abandon();
          const value = this.value(1);
          items.push({ spread: false, value, span: value.span });
          height = this.height;
        },
      },
      {
        ALT: () =>
          this.separated(
            t.Separator,
            "An element",
            () => {
              items.push(this.SUBRULE(this.listItem));
              height = Math.max(height, this.height);
            },
            ELEMENT_STARTS,
          ),
      },
    ]);
    this.close(t.RightBracket);
    this.height = height + 1;
    return { node: "list", ...(loop === undefined ? {} : { loop }), items, span: this.from(start) };
  });

  listItem = this.RULE("listItem", (): ListItem => {
    const start = this.here();
    const spread = this.OPTION(() => this.CONSUME(t.Spread)) !== undefined;
    const value = this.value(1);
    return { spread, value, span: this.from(start) };
  });

  object = this.RULE("object", (): Expr => {
    const start = this.here();
    const entries: ObjectEntry[] = [];
    let loop: Loop | undefined;
    let mapped: { key: Expr; value: Expr } | undefined;
    let height = 0;
    this.CONSUME(t.LeftBrace);
    this.OR([
      {
        ALT: () => {
          loop = this.attempt(
            () => this.SUBRULE(this.loop),
            () => undefined,
            table(t.Colon),
          );
          if (loop === undefined && !this.RECORDING_PHASE) return this.abandon();
          mapped = this.#mapped();
          height = this.height;
        },
        GATE: () => this.RECORDING_PHASE || this.second.tokenType !== t.Equals,
      },
      {
        ALT: () =>
          this.separated(
            t.Separator,
            "An entry",
            () => {
              entries.push(this.SUBRULE(this.entry));
              height = Math.max(height, this.height);
            },
            ENTRY_STARTS,
          ),
      },
    ]);
    this.close(t.RightBrace);
    this.height = height + 1;
    const span = this.from(start);
    return {
      node: "object",
      ...(loop === undefined ? {} : { loop }),
      entries,
      ...(mapped && { mapped }),
      span,
    };
  });

  // `key => value` of a map comprehension.
  #mapped(): { key: Expr; value: Expr } {
    const key = this.attempt(
      () => this.SUBRULE(this.operators),
      (at) => this.errorNode(at),
      table(t.Arrow),
    );
    if (coverOf(key) !== undefined) this.noGroup(key.span.start, coverOf(key)?.length ?? 0);
    const height = this.height;
    this.expect(1, t.Arrow);
    const value = this.value(1);
    this.height = Math.max(height, this.height);
    return { key, value };
  }

  entry = this.RULE("entry", (): ObjectEntry => {
    const start = this.here();
    const alternatives = this.#entryAlternatives(start);
    if (this.RECORDING_PHASE) return this.OR(alternatives);
    this.#checkEntry();
    const { tokenType } = this.next;
    const short = isIn(ENTRY_END, this.second) && tokenType !== t.Text && tokenType !== t.NumberToken;
    return (alternatives[tokenType === t.Spread ? 2 : short ? 1 : 0] as { ALT: () => ObjectEntry }).ALT();
  });

  #entryAlternatives(start: number): { ALT: () => ObjectEntry }[] {
    return [
      {
        ALT: (): ObjectEntry => {
          const key = this.#entryKey();
          this.assign(1, "An entry");
          const value = this.value(1);
          return { node: "entry", key, value, span: this.from(start) };
        },
      },
      {
        ALT: (): ObjectEntry => {
          this.height = 1;
          return { node: "shorthand", name: this.reference(2), span: this.from(start) };
        },
      },
      {
        ALT: (): ObjectEntry => {
          this.CONSUME(t.Spread);
          const value = this.value(2);
          return { node: "spread", value, span: this.from(start) };
        },
      },
    ];
  }

  // Keys that are none.
  #checkEntry(): void {
    const { next } = this;
    if (next.tokenType === t.Start) {
      this.unexpected("a plain key", "VB1045", { hint: "A key is a name, a string without `${` or an int." });
    }
    if (!isIn(ENTRY_STARTS, next)) this.unexpected("an entry such as `name = value`", "VB1030");
  }

  #entryKey(): EntryKey {
    const token = this.OR2([
      { ALT: () => this.CONSUME(t.NameWord) },
      { ALT: () => this.CONSUME(t.Text) },
      { ALT: () => this.CONSUME(t.NumberToken) },
    ]) as t.Token;
    const span = this.from(token.startOffset);
    if (token.tokenType === t.Text) return { text: token.value, quoted: true, span };
    if (token.tokenType !== t.NumberToken) return { text: token.image, quoted: false, span };
    if (token.value !== "" || token.image.includes(".")) {
      this.report.error("VB1045", span.start, span.end, `\`${token.image}\` can't be a key.`, {
        hint: "A key is a name, a string or an int.",
      });
    }
    const number = Number(token.image.replaceAll("_", ""));
    return { text: token.image, quoted: false, ...(Number.isNaN(number) ? {} : { number }), span };
  }
}
