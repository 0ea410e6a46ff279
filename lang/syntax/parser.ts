// Items with bodies and the module (grammar.md §4): the top of the parser. One rule serves every body;
// which items may stand where is judged later. One instance for the process, made when first needed.

import type { Declaration, Item, Module, Name } from "./ast.ts";
import type { Of } from "./declaration-parser.ts";
import type { LookaheadTable } from "./kept-lookahead.ts";
import { LOOKAHEAD_TABLE } from "./lookahead-table.ts";
import { isIn, table } from "./recovering-parser.ts";
import type { Report } from "./report.ts";
import { StepParser } from "./step-parser.ts";
import * as t from "./tokens.ts";

const ITEM_STARTS = table(t.NameWord);
const RECORD_WORDS = table(t.RecordWord);
const NAMES = table(t.NameWord);
const HEAD_STOP = table(t.LeftBrace, t.Colon, t.word("when"));
const BODY_STOP = table(t.LeftBrace);

type Alternatives<T> = { ALT: () => T }[];

/** Where in the alternatives of an item the item words stand. */
const ITEM_NUMBERS: Readonly<Record<string, number>> = Object.fromEntries(
  "let param output fn enum type kind class component import test assert at external"
    .split(" ")
    .map((word, index) => [word, word === "external" ? 6 : index + 3]),
);

class Parser extends StepParser {
  #items: Alternatives<Item> | undefined;

  constructor(validate: boolean, table: LookaheadTable | undefined) {
    super(validate);
    this.ready(table);
  }

  /** Reads one text. */
  parse(tokens: t.Token[], report: Report): Module {
    this.input = tokens;
    this.report = report;
    this.depth = 0;
    this.depthReported = false;
    const module = this.module();
    // The tokens of a large text are larger than its tree, and the parser lives on.
    this.input = [];
    return module;
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

  // The number of the alternative that the next two tokens ask for. The grammar is LL(2) here; choosing by
  // hand leaves it to the chosen rule to say what is missing.
  #choice(): number {
    const { tokenType, image } = this.next;
    const second = this.second;
    if (second.tokenType === t.Colon && (image === "param" || image === "let"))
      return ITEM_NUMBERS[image] ?? 0;
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
    if (type === t.Colon && isIn(NAMES, this.LA(3)) && this.LA(4).tokenType === t.LeftBrace) {
      this.unexpected("a kind and a name before the `:`", "VB1035", {
        hint: "Such as `image echo: wasm { }`.",
      });
    }
    if (type === t.Equals || (type === t.LeftBrace && isIn(RECORD_WORDS, next))) return;
    if (type === t.Colon || second.image === "==") return;
    if (next.tokenType === t.Ident && type === t.Text && this.LA(3).tokenType === t.LeftBrace) return;
    this.#noItem(next, second);
  }

  #noItem(next: t.Token, second: t.Token): never {
    const { image, startOffset: start } = next;
    if (second.broken || next.broken) this.bail();
    if (next.tokenType !== t.Ident && isIn(NAMES, second) && isIn(RECORD_WORDS, next)) {
      this.report.error("VB1036", start, start + image.length, `\`${image}\` can't begin an item here.`, {
        hint: "It stands in the head of what it is for: `guest web for x in xs { }`.",
      });
      return this.bail();
    }
    const near = t.isWord(next) ? this.shown(next) : "This";
    this.report.error("VB1043", start, start + image.length, `${near} begins no item.`, {
      hint:
        image === "if"
          ? "A condition stands in the head of what it is for: `guest web when c { }`."
          : `An item sets something (\`${image} = value\`) or declares it (\`${image} name { }\`).`,
    });
    return this.bail();
  }

  record = this.RULE("record", (): Of<"record"> => {
    const { start, doc } = this.begin();
    const name = this.nameOf(this.CONSUME(t.RecordWord));
    const body = this.SUBRULE(this.block);
    return { node: "record", name, body, doc, span: this.from(start) };
  });

  declaration = this.RULE("declaration", (): Declaration => {
    const { start, doc } = this.begin();
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
    this.report.error(
      "VB1044",
      token.startOffset,
      end,
      "A name stands without quotes.",
      isName ? { fix: this.report.replace("Remove the quotes", token.startOffset, end, token.value) } : {},
    );
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
    return this.opens(owner) ? this.subrule(index, this.block) : [];
  }

  component = this.RULE("component", (): Of<"component"> => {
    const { start, doc } = this.begin();
    this.CONSUME(t.word("component"));
    const name = this.plainName(1, "the name of a component");
    const parameters = this.attempt(
      () => this.SUBRULE(this.parameters),
      () => [],
      BODY_STOP,
    );
    const body = this.#body(1, name.text);
    return { node: "component", name, parameters, body, doc, span: this.from(start) };
  });

  timedBlock = this.RULE("timedBlock", (): Of<"timed"> => {
    const { start, doc } = this.begin();
    this.CONSUME(t.word("at"));
    const at = this.value(1, table(t.word("for")));
    this.expect(1, t.word("for"));
    const duration = this.value(2, BODY_STOP);
    const body = this.#body(1, "at");
    return { node: "timed", at, duration, body, doc, span: this.from(start) };
  });

  test = this.RULE("test", (): Of<"test"> => {
    const { start, doc } = this.begin();
    this.CONSUME(t.word("test"));
    const name = this.attempt(
      () => this.plainText(1, "the name of the test"),
      (at) => this.errorNode(at),
      BODY_STOP,
    );
    const steps = this.opens("test") ? this.SUBRULE(this.steps) : [];
    return { node: "test", name, steps, doc, span: this.from(start) };
  });
}

let instance: Parser | undefined;

/** Parses what the newline pass wrote. Mistakes go to `report`; never throws for a text. */
export function parseTokens(tokens: t.Token[], report: Report): Module {
  instance ??= new Parser(false, LOOKAHEAD_TABLE);
  return instance.parse(tokens, report);
}

/** Throws where the grammar is ambiguous beyond its two tokens of lookahead. For tests: takes long. */
export function checkGrammar(): void {
  new Parser(true, undefined);
}

/** What chevrotain finds out about the grammar. For the build, which keeps it. */
export function lookaheadTable(): LookaheadTable {
  return new Parser(false, undefined).lookaheadTable();
}

/** From here on a parser with this table parses; undefined: one that analyses itself. For tests. */
export function parseBy(table: LookaheadTable | undefined): void {
  instance = new Parser(false, table);
}
