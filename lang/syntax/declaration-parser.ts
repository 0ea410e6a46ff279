// Items that hold no items (grammar.md §4): attributes, imports, parameters, functions, types, kinds,
// assertions.

import type { Expr, Item, Name } from "./ast.ts";
import { MemberParser } from "./member-parser.ts";
import { isIn, table } from "./recovering-parser.ts";
import * as t from "./tokens.ts";

const NAMES = table(t.NameWord);
const BODY_STOP = table(t.LeftBrace);
const VALUE_STOP = table(t.Equals, t.word("where"));
const SEPARATORS = table(t.Separator);

/** An item of one sort. */
export type Of<Node extends Item["node"]> = Item & { node: Node };

export class DeclarationParser extends MemberParser {
  attribute = this.RULE("attribute", (): Of<"attribute"> => {
    const { start, doc } = this.begin();
    const name = this.name(1, "a name");
    this.assign(1, "An attribute");
    const value = this.value(1);
    return { node: "attribute", name, value, doc, span: this.from(start) };
  });

  protected begin(): { start: number; doc: string } {
    return { start: this.here(), doc: this.docAhead() };
  }

  protected opens(owner: string): boolean {
    if (this.RECORDING_PHASE || this.next.tokenType === t.LeftBrace) return true;
    const at = this.behind();
    if (this.next.tokenType === t.Newline && this.second.tokenType === t.LeftBrace) {
      const brace = this.second.startOffset;
      this.report.error("VB1047", brace, brace + 1, "A `{` stands on the line of its head.", {
        fix: this.report.replace("Move it up", at, brace, " "),
      });
      this.consume(0, t.Newline);
      return true;
    }
    if (isIn(SEPARATORS, this.next) || this.atEnd()) {
      if (this.next.broken) return false;
      const behind = (this.LA(0) as t.Token).startOffset;
      this.report.error("VB1048", behind, at, `\`${owner}\` has no body.`, {
        hint: "Where there is nothing to say, `{ }` says it.",
        fix: this.report.replace("Add an empty body", at, at, " { }"),
      });
      return false;
    }
    const found = this.next;
    const start = this.here();
    this.report.lose(start);
    this.skip(BODY_STOP);
    const next = this.next as t.Token;
    // One that was put in is told already.
    if (!found.broken && !(next.tokenType === t.LeftBrace && next.broken)) {
      const message = `Expected \`{\`, found ${this.shown(found)}.`;
      this.report.error("VB1048", start, found.endOffset + 1, message);
    }
    return next.tokenType === t.LeftBrace;
  }

  import = this.RULE("import", (): Of<"import"> => {
    const { start, doc } = this.begin();
    this.CONSUME(t.word("import"));
    const path = this.plainText(1, "the path of a module");
    this.expect(1, t.word("as"), () => isIn(NAMES, this.next));
    const as = this.reference(1);
    return { node: "import", path, as, doc, span: this.from(start) };
  });

  param = this.RULE("param", (): Of<"param"> => {
    const { start, doc } = this.begin();
    this.CONSUME(t.word("param"));
    const name = this.reference(1);
    const type = this.typeOption();
    const value = this.OPTION1(() => {
      this.CONSUME(t.Equals);
      return this.value(1, VALUE_STOP);
    });
    const where = this.OPTION2(() => this.SUBRULE(this.where));
    const parts = { ...(type && { type }), ...(value && { value }), ...(where && { where }) };
    return { node: "param", name, ...parts, doc, span: this.from(start) };
  });

  let = this.RULE("let", (): Of<"let"> => {
    const { start, doc } = this.begin();
    this.CONSUME(t.word("let"));
    const name = this.reference(1);
    const type = this.typeOption();
    const value = this.initial("A `let`");
    return { node: "let", name, ...(type && { type }), value, doc, span: this.from(start) };
  });

  output = this.RULE("output", (): Of<"output"> => {
    const { start, doc } = this.begin();
    this.CONSUME(t.word("output"));
    const name = this.name(1, "the name of an output");
    const type = this.typeOption();
    const value = this.initial("An `output`");
    return { node: "output", name, ...(type && { type }), value, doc, span: this.from(start) };
  });

  // `= value`, where the name is already known and stays declared.
  protected initial(what: string): Expr {
    return this.attempt(
      () => {
        this.assign(1, what);
        const { lostCount } = this.report ?? {};
        const value = this.value(1);
        // The type of a value that was only half read would be a wrong one.
        if (this.report?.lostCount === lostCount) return value;
        return { node: "error", read: value, span: value.span };
      },
      (start) => this.errorNode(start),
    );
  }

  fn = this.RULE("fn", (): Of<"fn"> => {
    const { start, doc } = this.begin();
    const external = this.OPTION1(() => this.CONSUME(t.word("external"))) !== undefined;
    this.CONSUME(t.word("fn"));
    const name = this.reference(1);
    const rest = this.attempt(
      () => {
        const parameters = this.SUBRULE(this.parameters);
        this.#resultColon();
        const result = this.typeOrError(1, VALUE_STOP);
        const body = this.OPTION2(() => {
          this.CONSUME(t.Equals);
          return this.value(1);
        });
        return { parameters, result, ...(body && { body }) };
      },
      (at) => ({ parameters: [], result: { node: "error-type", span: this.from(at) } as const }),
    );
    return { node: "fn", external, name, ...rest, doc, span: this.from(start) };
  });

  // `->` before the result is a habit from elsewhere.
  #resultColon(): void {
    const { next, second } = this;
    const isArrow =
      !this.RECORDING_PHASE && (next.image === "=>" || (next.image === "-" && second.image === ">"));
    if (!isArrow) {
      this.expect(1, t.Colon, () => isIn(NAMES, this.next));
      return;
    }
    const start = next.startOffset;
    const end = start + 2;
    this.report.error("VB1040", start, end, "The type of a result follows a `:`.", {
      fix: this.report.replace("Write `:`", this.behind(), end, ":"),
    });
    this.consume(0, next.tokenType);
    if (next.image === "-") this.consume(0, second.tokenType);
  }

  enum = this.RULE("enum", (): Of<"enum"> => {
    const { start, doc } = this.begin();
    this.CONSUME(t.word("enum"));
    const name = this.name(1, "the name of an enum");
    const variants = this.opens(name.text) ? this.SUBRULE(this.variants) : [];
    return { node: "enum", name, variants, doc, span: this.from(start) };
  });

  typeDeclaration = this.RULE("typeDeclaration", (): Of<"type"> => {
    const { start, doc } = this.begin();
    this.CONSUME(t.word("type"));
    const name = this.name(1, "the name of a type");
    const members = this.opens(name.text) ? this.SUBRULE(this.members) : [];
    return { node: "type", name, members, doc, span: this.from(start) };
  });

  kind = this.RULE("kind", (): Of<"kind"> => {
    const { start, doc } = this.begin();
    this.CONSUME(t.word("kind"));
    const name = this.plainName(1, "the name of a kind");
    const members = this.opens(name.text) ? this.SUBRULE(this.members) : [];
    return { node: "kind", name, members, doc, span: this.from(start) };
  });

  // The names of kinds and components begin items, so they are no keyword of any sort.
  protected plainName(index: number, expected: string): Name {
    if (!this.RECORDING_PHASE && this.next.tokenType !== t.Ident) {
      const { image, startOffset: start } = this.next;
      if (t.isWord(this.next)) {
        this.report.error(
          "VB1036",
          start,
          start + image.length,
          `\`${image}\` can't be ${expected}: it is a keyword.`,
        );
        this.bail();
      }
      this.unexpected(expected, "VB1035");
    }
    return this.nameOf(this.consume(index, t.Ident));
  }

  class = this.RULE("class", (): Of<"class"> => {
    const { start, doc } = this.begin();
    this.CONSUME(t.word("class"));
    const kind = this.plainName(1, "the name of a kind");
    const name = this.name(1, "the name of a class");
    const members = this.opens(name.text) ? this.SUBRULE(this.members) : [];
    return { node: "class", kind, name, members, doc, span: this.from(start) };
  });

  assert = this.RULE("assert", (): Of<"assert"> => {
    const { start, doc } = this.begin();
    this.CONSUME(t.word("assert"));
    const condition = this.value(1);
    const message = this.message();
    return { node: "assert", condition, ...(message && { message }), doc, span: this.from(start) };
  });
}
