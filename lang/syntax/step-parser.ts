// What a `test` holds (grammar.md §4, `step` to `place`).

import type { Act, Expr, Step } from "./ast.ts";
import { DeclarationParser } from "./declaration-parser.ts";
import { isIn, table } from "./recovering-parser.ts";
import * as t from "./tokens.ts";

const STEP_WORDS = ["param", "let", "expect", "always", "do"];
const ITEM_STARTS = table(t.NameWord);
const NAMES = table(t.NameWord);
const PLACES = table(t.RefWord);

type Alternatives<T> = { ALT: () => T }[];

export class StepParser extends DeclarationParser {
  #steps: Alternatives<Step> | undefined;

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
          const acts = this.opens("do") ? this.SUBRULE(this.acts) : [];
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
    if (this.RECORDING_PHASE) return this.OR({ DEF: alternatives, IGNORE_AMBIGUITIES: true });
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
