// Items, steps and the module (grammar.md §4): the top of the parser. One rule serves every body;
// which items may stand where is judged later. One instance for the process, made when first needed.

import type { Act, Declaration, Expr, Item, Module, Name, Step } from "./ast.ts";
import { MemberParser } from "./member-parser.ts";
import { isIn, table } from "./recovering-parser.ts";
import type { Report } from "./report.ts";
import * as t from "./tokens.ts";

const ITEM_STARTS = table(t.NameWord);
const RECORD_WORDS = table(t.RecordWord);
const NAMES = table(t.NameWord);
const HEAD_STOP = table(t.LeftBrace, t.Colon, t.word("when"));
const BODY_STOP = table(t.LeftBrace);
const VALUE_STOP = table(t.Equals, t.word("where"));

type Alternatives<T> = { ALT: () => T }[];
type Of<Node extends Item["node"]> = Item & { node: Node };

/** Where in the alternatives of an item the item words stand. */
const ITEM_NUMBERS: Readonly<Record<string, number>> = Object.fromEntries(
  "let param output fn enum type kind class component import test assert at external"
    .split(" ")
    .map((word, index) => [word, word === "external" ? 6 : index + 3]),
);
const STEP_WORDS = ["param", "let", "expect", "always", "do"];

class Parser extends MemberParser {
  #items: Alternatives<Item> | undefined;
  #steps: Alternatives<Step> | undefined;

  constructor() {
    super();
    this.performSelfAnalysis();
  }

  /** Reads one text. */
  parse(tokens: t.Token[], report: Report): Module {
    this.input = tokens;
    this.report = report;
    this.depth = 0;
    this.depthReported = false;
    return this.module();
  }

  module = this.RULE("module", (): Module => {
    const items: Item[] = [];
    this.separated(t.Separator, "An item", () => items.push(this.SUBRULE(this.item)), ITEM_STARTS);
    const { file = "", text = "" } = this.report ?? {};
    return { file, items, span: { file, start: 0, end: text.length } };
  });

  block = this.RULE("block", (): Item[] => {
    const items: Item[] = [];
    this.enter();
    this.CONSUME(t.LeftBrace);
    this.separated(t.Separator, "An item", () => items.push(this.SUBRULE(this.item)), ITEM_STARTS);
    this.close(t.RightBrace);
    this.depth--;
    return items;
  });

  item = this.RULE("item", (): Item => {
    const alternatives = (this.#items ??= this.#itemAlternatives());
    if (this.RECORDING_PHASE) return this.OR(alternatives);
    this.#checkItem();
    return (alternatives[this.#choice()] as { ALT: () => Item }).ALT();
  });

  // The number of the alternative that the next two tokens ask for. The grammar is LL(2) here; choosing by hand
  // leaves it to the chosen rule to say what is missing.
  #choice(): number {
    const { tokenType, image } = this.next;
    const second = this.second;
    if (second.tokenType === t.Equals || second.tokenType === t.Colon || second.image === "==") return 0;
    if (tokenType === t.Ident) return second.tokenType === t.LeftBrace ? 2 : 1;
    return ITEM_NUMBERS[image] ?? 2;
  }

  #itemAlternatives(): Alternatives<Item> {
    return [
      { ALT: () => this.SUBRULE(this.attribute) },
      { ALT: () => this.SUBRULE(this.declaration) },
      { ALT: () => this.SUBRULE(this.record) },
      { ALT: () => this.SUBRULE(this.let) },
      { ALT: () => this.SUBRULE(this.param) },
      { ALT: () => this.SUBRULE(this.output) },
      { ALT: () => this.SUBRULE(this.fn) },
      { ALT: () => this.SUBRULE(this.enum) },
      { ALT: () => this.SUBRULE(this.typeDeclaration) },
      { ALT: () => this.SUBRULE(this.kind) },
      { ALT: () => this.SUBRULE(this.class) },
      { ALT: () => this.SUBRULE(this.component) },
      { ALT: () => this.SUBRULE(this.import) },
      { ALT: () => this.SUBRULE(this.test) },
      { ALT: () => this.SUBRULE(this.assert) },
      { ALT: () => this.SUBRULE(this.timedBlock) },
    ];
  }

  // Says what is wrong with an item that begins like none, before the choice is made.
  #checkItem(): void {
    const { next, second } = this;
    if (!isIn(NAMES, next)) {
      const isLiteral = t.isWord(next);
      if (isLiteral) this.noName("an item");
      this.unexpected("an item", "VB1035", { hint: "Such as `name = value` or `guest web { }`." });
    }
    if (next.tokenType !== t.Ident && t.ITEM_WORDS.has(next.image)) return;
    if (next.tokenType === t.Ident && (isIn(NAMES, second) || second.tokenType === t.Dot)) return;
    const type = second.tokenType;
    if (type === t.Equals || (type === t.LeftBrace && isIn(RECORD_WORDS, next))) return;
    if (type === t.Colon || second.image === "==") return;
    if (next.tokenType === t.Ident && type === t.Text && this.LA(3).tokenType === t.LeftBrace) return;
    this.#noItem(next, second);
  }

  #noItem(next: t.Token, second: t.Token): never {
    const { image, startOffset: start } = next;
    if (second.broken || next.broken) this.bail();
    if (next.tokenType !== t.Ident && isIn(NAMES, second) && isIn(RECORD_WORDS, next)) {
      this.report.error("VB1036", start, start + image.length, `\`${image}\` can't begin an item here.`);
      return this.bail();
    }
    const near = t.isWord(next) ? this.shown(next) : "This";
    this.report.error("VB1043", start, start + image.length, `${near} begins no item.`, {
      hint: `An item sets something (\`${image} = value\`) or declares it (\`${image} name { }\`).`,
    });
    return this.bail();
  }

  attribute = this.RULE("attribute", (): Of<"attribute"> => {
    const { start, doc } = this.#begin();
    const name = this.name(1, "a name");
    this.assign(1, "An attribute");
    const value = this.value(1);
    return { node: "attribute", name, value, doc, span: this.from(start) };
  });

  record = this.RULE("record", (): Of<"record"> => {
    const { start, doc } = this.#begin();
    const name = this.nameOf(this.CONSUME(t.RecordWord));
    const body = this.SUBRULE(this.block);
    return { node: "record", name, body, doc, span: this.from(start) };
  });

  #begin(): { start: number; doc: string } {
    return { start: this.here(), doc: this.docAhead() };
  }

  declaration = this.RULE("declaration", (): Declaration => {
    const { start, doc } = this.#begin();
    const first = this.nameOf(this.CONSUME(t.Ident));
    const kind = this.OPTION1(() => {
      this.CONSUME(t.Dot);
      return this.name(1, "the name of a component");
    });
    const name = this.#declaredName();
    const loop = this.OPTION2(() => this.SUBRULE(this.headLoop));
    const condition = this.OPTION3(() => {
      this.CONSUME(t.word("when"));
      return this.value(2, HEAD_STOP);
    });
    const cls = this.OPTION4(() => {
      this.CONSUME(t.Colon);
      return this.attempt(
        () => this.SUBRULE(this.className),
        () => undefined,
        BODY_STOP,
      );
    });
    const head = this.from(start);
    const body = this.#body(1, name.text);
    const module = kind === undefined ? {} : { module: first };
    const parts = { ...(loop && { loop }), ...(condition && { condition }), ...(cls && { class: cls }) };
    return {
      node: "declaration",
      ...module,
      kind: kind ?? first,
      name,
      ...parts,
      body,
      head,
      doc,
      span: this.from(start),
    };
  });

  // A name in quotes (`guest "web" { }`) is taken as it is meant, with an error.
  #declaredName(): Name {
    const token = this.next;
    if (this.RECORDING_PHASE || token.tokenType !== t.Text) return this.name(2, "a name");
    const end = token.endOffset + 1;
    const isName = /^[A-Za-z_]\w*$/.test(token.value);
    this.report.error("VB1044", token.startOffset, end, "A name stands without quotes.", {
      ...(isName
        ? { fix: this.report.replace("Remove the quotes", token.startOffset, end, token.value) }
        : {}),
    });
    this.consume(0, t.Text);
    return { text: token.value, span: this.report.span(token.startOffset, end) };
  }

  headLoop = this.RULE("headLoop", (): NonNullable<Declaration["loop"]> => {
    const variables: Name[] = [];
    this.CONSUME(t.word("for"));
    return this.attempt(
      () => {
        variables.push(this.reference(1));
        this.OPTION(() => {
          this.CONSUME(t.Comma);
          variables.push(this.reference(2));
        });
        this.expect(1, t.word("in"));
        return { variables, over: this.value(1, HEAD_STOP) };
      },
      (start) => ({ variables, over: this.errorNode(start) }),
      HEAD_STOP,
    );
  });

  className = this.RULE("className", (): NonNullable<Declaration["class"]> => {
    const first = this.name(1, "the name of a class");
    const second = this.OPTION(() => {
      this.CONSUME(t.Dot);
      return this.name(2, "the name of a class");
    });
    return second === undefined ? { name: first } : { module: first, name: second };
  });

  // The body of a head; where its `{` is missing, what stands on the next line, or an empty one.
  #body(index: number, owner: string): Item[] {
    return this.#opens(owner) ? this.subrule(index, this.block) : [];
  }

  #opens(owner: string): boolean {
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
    this.complain("`{`", "VB1048");
    this.skip(BODY_STOP);
    return (this.next as t.Token).tokenType === t.LeftBrace;
  }

  import = this.RULE("import", (): Of<"import"> => {
    const { start, doc } = this.#begin();
    this.CONSUME(t.word("import"));
    const path = this.plainText(1, "the path of a module");
    this.expect(1, t.word("as"), () => isIn(NAMES, this.next));
    const as = this.reference(1);
    return { node: "import", path, as, doc, span: this.from(start) };
  });

  param = this.RULE("param", (): Of<"param"> => {
    const { start, doc } = this.#begin();
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
    const { start, doc } = this.#begin();
    this.CONSUME(t.word("let"));
    const name = this.reference(1);
    const type = this.typeOption();
    const value = this.#initial("A `let`");
    return { node: "let", name, ...(type && { type }), value, doc, span: this.from(start) };
  });

  output = this.RULE("output", (): Of<"output"> => {
    const { start, doc } = this.#begin();
    this.CONSUME(t.word("output"));
    const name = this.name(1, "the name of an output");
    const type = this.typeOption();
    const value = this.#initial("An `output`");
    return { node: "output", name, ...(type && { type }), value, doc, span: this.from(start) };
  });

  // `= value`, where the name is already known and stays declared.
  #initial(what: string): Expr {
    return this.attempt(
      () => {
        this.assign(1, what);
        return this.value(1);
      },
      (start) => this.errorNode(start),
    );
  }

  fn = this.RULE("fn", (): Of<"fn"> => {
    const { start, doc } = this.#begin();
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
    const { start, doc } = this.#begin();
    this.CONSUME(t.word("enum"));
    const name = this.name(1, "the name of an enum");
    const variants = this.#opens(name.text) ? this.SUBRULE(this.variants) : [];
    return { node: "enum", name, variants, doc, span: this.from(start) };
  });

  typeDeclaration = this.RULE("typeDeclaration", (): Of<"type"> => {
    const { start, doc } = this.#begin();
    this.CONSUME(t.word("type"));
    const name = this.name(1, "the name of a type");
    const members = this.#opens(name.text) ? this.SUBRULE(this.members) : [];
    return { node: "type", name, members, doc, span: this.from(start) };
  });

  kind = this.RULE("kind", (): Of<"kind"> => {
    const { start, doc } = this.#begin();
    this.CONSUME(t.word("kind"));
    const name = this.#plainName(1, "the name of a kind");
    const members = this.#opens(name.text) ? this.SUBRULE(this.members) : [];
    return { node: "kind", name, members, doc, span: this.from(start) };
  });

  // The names of kinds and components begin items, so they are no keyword of any sort.
  #plainName(index: number, expected: string): Name {
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
    const { start, doc } = this.#begin();
    this.CONSUME(t.word("class"));
    const kind = this.#plainName(1, "the name of a kind");
    const name = this.name(1, "the name of a class");
    const members = this.#opens(name.text) ? this.SUBRULE(this.members) : [];
    return { node: "class", kind, name, members, doc, span: this.from(start) };
  });

  component = this.RULE("component", (): Of<"component"> => {
    const { start, doc } = this.#begin();
    this.CONSUME(t.word("component"));
    const name = this.#plainName(1, "the name of a component");
    const parameters = this.attempt(
      () => this.SUBRULE(this.parameters),
      () => [],
      BODY_STOP,
    );
    const body = this.#body(1, name.text);
    return { node: "component", name, parameters, body, doc, span: this.from(start) };
  });

  assert = this.RULE("assert", (): Of<"assert"> => {
    const { start, doc } = this.#begin();
    this.CONSUME(t.word("assert"));
    const condition = this.value(1);
    const message = this.message();
    return { node: "assert", condition, ...(message && { message }), doc, span: this.from(start) };
  });

  timedBlock = this.RULE("timedBlock", (): Of<"timed"> => {
    const { start, doc } = this.#begin();
    this.CONSUME(t.word("at"));
    const at = this.value(1, table(t.word("for")));
    this.expect(1, t.word("for"));
    const duration = this.value(2, BODY_STOP);
    const body = this.#body(1, "at");
    return { node: "timed", at, duration, body, doc, span: this.from(start) };
  });

  test = this.RULE("test", (): Of<"test"> => {
    const { start, doc } = this.#begin();
    this.CONSUME(t.word("test"));
    const name = this.attempt(
      () => this.plainText(1, "the name of the test"),
      (at) => this.errorNode(at),
      BODY_STOP,
    );
    const steps = this.#opens("test") ? this.SUBRULE(this.steps) : [];
    return { node: "test", name, steps, doc, span: this.from(start) };
  });

  steps = this.RULE("steps", (): Step[] => {
    const found: Step[] = [];
    this.CONSUME(t.LeftBrace);
    this.separated(t.Separator, "A step", () => found.push(this.SUBRULE(this.step)), ITEM_STARTS);
    this.close(t.RightBrace);
    return found;
  });

  step = this.RULE("step", (): Step => {
    const alternatives = (this.#steps ??= this.#stepAlternatives());
    if (this.RECORDING_PHASE) return this.OR(alternatives);
    this.#checkStep();
    const { second } = this;
    const sets = second.tokenType === t.Equals || second.tokenType === t.Colon || second.image === "==";
    const choice = sets ? 0 : STEP_WORDS.indexOf(this.next.image) + 1;
    return (alternatives[choice] as { ALT: () => Step }).ALT();
  });

  #checkStep(): void {
    const { next, second } = this;
    const isStep = STEP_WORDS.includes(next.image) && t.isWord(next);
    if (isStep || (isIn(NAMES, next) && [t.Equals, t.Colon].includes(second.tokenType))) return;
    if (second.image === "==" && isIn(NAMES, next)) return;
    this.unexpected("a step", "VB1043", {
      hint: "A test holds `expect`, `always`, `do`, `let`, `param`, and sets `timeout` and `seed`.",
    });
  }

  #stepAlternatives(): Alternatives<Step> {
    return [
      { ALT: () => this.SUBRULE(this.attribute) },
      { ALT: () => this.SUBRULE(this.param) },
      { ALT: () => this.SUBRULE(this.let) },
      {
        ALT: () => {
          const start = this.CONSUME(t.word("expect")).startOffset;
          const condition = this.value(1, table(t.word("within")));
          const within = this.OPTION1(() => {
            this.CONSUME(t.word("within"));
            return this.value(2);
          });
          const message = this.message();
          const parts = { ...(within && { within }), ...(message && { message }) };
          return { node: "expect", condition, ...parts, span: this.from(start) };
        },
      },
      { ALT: () => this.SUBRULE(this.always) },
      {
        ALT: () => {
          const start = this.CONSUME(t.word("do")).startOffset;
          const acts = this.#opens("do") ? this.SUBRULE(this.acts) : [];
          return { node: "do", acts, span: this.from(start) };
        },
      },
    ];
  }

  always = this.RULE("always", (): Step => {
    const start = this.CONSUME(t.word("always")).startOffset;
    const condition = this.value(1, table(t.word("for")));
    this.expect(1, t.word("for"));
    const duration = this.value(2);
    const message = this.message();
    return { node: "always", condition, duration, ...(message && { message }), span: this.from(start) };
  });

  acts = this.RULE("acts", (): Act[] => {
    const found: Act[] = [];
    this.CONSUME(t.LeftBrace);
    this.separated(t.Separator, "An act", () => found.push(this.SUBRULE(this.act)), table(t.RefWord));
    this.close(t.RightBrace);
    return found;
  });

  act = this.RULE("act", (): Act => {
    const start = this.here();
    const alternatives: Alternatives<Act> = [
      {
        ALT: (): Act => {
          this.CONSUME(t.word("set"));
          const place = this.SUBRULE1(this.place);
          this.assign(1, "A place");
          return { node: "set", place, value: this.value(1), span: this.from(start) };
        },
      },
      {
        ALT: (): Act => {
          const call = this.SUBRULE2(this.place);
          if (!this.RECORDING_PHASE && call.node !== "call") this.#noAct(start);
          return { node: "action", call, span: this.from(start) };
        },
      },
    ];
    if (this.RECORDING_PHASE) return this.OR(alternatives);
    const sets = this.next.image === "set" && isIn(PLACES, this.second);
    return (alternatives[sets ? 0 : 1] as { ALT: () => Act }).ALT();
  });

  #noAct(start: number): void {
    if (this.next.tokenType === t.Equals) {
      this.report.error("VB1049", start, this.behind(), "Inside `do` a change begins with `set`.", {
        fix: this.report.replace("Add `set`", start, start, "set "),
      });
      this.bail();
    }
    this.report.error(
      "VB1049",
      start,
      this.behind(),
      "This does nothing: an act is `set PLACE = VALUE` or a call.",
      {
        hint: "An action is called with parentheses, as in `server.restart()`.",
      },
    );
  }

  /** A name and its suffixes: what is set or called. */
  place = this.RULE("place", (): Expr => {
    if (!this.RECORDING_PHASE && !isIn(PLACES, this.next)) this.noName("a place such as `server.eth0.link`");
    return this.SUBRULE(this.operand);
  });
}

const SEPARATORS = table(t.Separator);
const PLACES = table(t.RefWord);
let instance: Parser | undefined;

/** Parses what the newline pass wrote. Mistakes go to `report`; never throws for a text. */
export function parseTokens(tokens: t.Token[], report: Report): Module {
  instance ??= new Parser();
  return instance.parse(tokens, report);
}
