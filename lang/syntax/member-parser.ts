// What a `type`, `kind` or `class` holds (grammar.md §4, `members` to `field`), and variants of an `enum`.

import type { Mark, Member, Parameter, Type, Variant } from "./ast.ts";
import { isIn, table } from "./recovering-parser.ts";
import * as t from "./tokens.ts";
import { TypeParser } from "./type-parser.ts";

const NAMES = table(t.NameWord, t.Spread);
const DEFAULT_STOP = table(t.Mark, t.word("where"));
const FIELD_STOP = table(t.Equals, t.Mark, t.word("where"));
/** What begins each alternative of a member; a field begins with its name. */
const MEMBER_WORDS = ["", "live", "action", "holds", "timed", "...", "assert", "let"];
type Alternatives = { ALT: () => Member }[];

export class MemberParser extends TypeParser {
  #alternatives: Alternatives | undefined;

  variants = this.RULE("variants", (): Variant[] => {
    const found: Variant[] = [];
    this.CONSUME(t.LeftBrace);
    this.separated(t.Separator, "A variant", () => found.push(this.SUBRULE(this.variant)), NAMES);
    this.close(t.RightBrace);
    return found;
  });

  variant = this.RULE("variant", (): Variant => {
    const start = this.here();
    const doc = this.docAhead();
    const name = this.name(1, "the name of a variant");
    const parameters = this.OPTION(() => this.SUBRULE(this.parameters));
    return { name, ...(parameters && { parameters }), doc, span: this.from(start) };
  });

  /** The documentation of what begins with the next token. */
  protected docAhead(): string {
    return this.RECORDING_PHASE ? "" : (this.next.doc ?? "");
  }

  members = this.RULE("members", (): Member[] => {
    const found: Member[] = [];
    this.CONSUME(t.LeftBrace);
    this.separated(t.Separator, "A member", () => found.push(this.SUBRULE(this.member)), NAMES);
    this.close(t.RightBrace);
    return found;
  });

  member = this.RULE("member", (): Member => {
    if (!this.RECORDING_PHASE && !isIn(NAMES, this.next)) {
      this.unexpected("a member", "VB1035", { hint: "Such as `name: type = default`." });
    }
    if (!this.RECORDING_PHASE && this.second.tokenType === t.Equals && this.next.image !== "let") {
      this.#missingType();
    }
    const alternatives = (this.#alternatives ??= this.#all());
    if (this.RECORDING_PHASE) return this.OR(alternatives);
    const isField = this.second.tokenType === t.Colon;
    const choice = isField ? 0 : Math.max(0, MEMBER_WORDS.indexOf(this.next.image));
    return (alternatives[choice] as { ALT: () => Member }).ALT();
  });

  // `name = value` where a type has to be said.
  #missingType(): never {
    const { image, startOffset: start } = this.next;
    this.report.error(
      "VB1042",
      start,
      start + image.length,
      `\`${image}\` needs a type: \`${image}: TYPE = ...\`.`,
      {
        hint: "A member says what it takes; only `let` leaves the type out.",
      },
    );
    return this.bail();
  }

  #all(): Alternatives {
    return [
      { ALT: () => this.SUBRULE(this.field) },
      {
        ALT: () => {
          const { start, doc } = this.#begin(t.word("live"));
          const name = this.name(1, "the name of a live fact");
          const parameters = this.OPTION(() => this.SUBRULE1(this.parameters));
          this.expect(1, t.Colon);
          const type = this.typeOrError(1);
          return { node: "live", name, ...(parameters && { parameters }), type, doc, span: this.from(start) };
        },
      },
      {
        ALT: () => {
          const { start, doc } = this.#begin(t.word("action"));
          const name = this.name(2, "the name of an action");
          const parameters = this.SUBRULE2(this.parameters) as Parameter[];
          return { node: "action", name, parameters, doc, span: this.from(start) };
        },
      },
      {
        ALT: () => {
          const { start, doc } = this.#begin(t.word("holds"));
          const kind = this.name(3, "the name of a kind");
          return { node: "holds", kind, doc, span: this.from(start) };
        },
      },
      {
        ALT: () => {
          const { start, doc } = this.#begin(t.word("timed"));
          return { node: "timed-mark", doc, span: this.from(start) };
        },
      },
      {
        ALT: () => {
          const { start, doc } = this.#begin(t.Spread);
          const type = this.name(4, "the name of a type");
          return { node: "takes-over", type, doc, span: this.from(start) };
        },
      },
      {
        ALT: () => {
          const { start, doc } = this.#begin(t.word("assert"));
          const condition = this.value(1);
          const message = this.message();
          return { node: "assert", condition, ...(message && { message }), doc, span: this.from(start) };
        },
      },
      {
        ALT: () => {
          const { start, doc } = this.#begin(t.word("let"));
          const name = this.reference(1);
          const type = this.typeOption();
          this.assign(2, "A `let`");
          const value = this.value(2);
          return { node: "let", name, ...(type && { type }), value, doc, span: this.from(start) };
        },
      },
    ];
  }

  #begin(type: t.Token["tokenType"]): { start: number; doc: string } {
    const doc = this.docAhead();
    return { start: this.CONSUME(type).startOffset, doc };
  }

  /** `: type`, where it stands. Once a rule. */
  protected typeOption(): Type | undefined {
    return this.OPTION9(() => {
      this.CONSUME9(t.Colon);
      return this.typeOrError(9, FIELD_STOP);
    });
  }

  field = this.RULE("field", (): Member => {
    const start = this.here();
    const doc = this.docAhead();
    const out =
      this.OPTION1({
        GATE: () => this.RECORDING_PHASE || this.second.tokenType !== t.Colon,
        DEF: () => this.CONSUME(t.word("out")),
      }) !== undefined;
    const name = this.name(1, "the name of a field");
    this.expect(1, t.Colon, () => isIn(NAMES, this.next));
    const type = this.typeOrError(1, FIELD_STOP);
    const value = this.OPTION2(() => {
      this.CONSUME(t.Equals);
      return this.value(1, DEFAULT_STOP);
    });
    const where = this.OPTION3(() => this.SUBRULE(this.where));
    const marks: Mark[] = [];
    this.MANY(() => marks.push(this.SUBRULE(this.mark)));
    const parts = { ...(value && { value }), ...(where && { where }) };
    return { node: "field", out, name, type, ...parts, marks, doc, span: this.from(start) };
  });

  mark = this.RULE("mark", (): Mark => {
    const token = this.CONSUME(t.Mark);
    const start = token.startOffset;
    const name = { text: token.image, span: this.from(start) };
    const argument = this.OPTION(() => {
      this.CONSUME(t.LeftParen);
      const text = this.attempt(
        () => this.plainText(1, "a string"),
        (at) => this.errorNode(at),
      );
      this.close(t.RightParen);
      return text;
    });
    return { name, ...(argument && { argument }), span: this.from(start) };
  });
}
