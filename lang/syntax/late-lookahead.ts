// Where the parser looks ahead, what it looks for is computed when it first does: a lab comes to half of
// these places, and a process most often reads a single lab.

import { LLkLookaheadStrategy } from "chevrotain";
import type { ILookaheadStrategy } from "chevrotain";

type Alternation = ReturnType<ILookaheadStrategy["buildLookaheadForAlternation"]>;
type Optional = ReturnType<ILookaheadStrategy["buildLookaheadForOptional"]>;

/** Chevrotain's own lookahead, later. It calls what is built here with the parser as `this`. */
export class LateLookahead extends LLkLookaheadStrategy {
  override buildLookaheadForAlternation(
    options: Parameters<ILookaheadStrategy["buildLookaheadForAlternation"]>[0],
  ): Alternation {
    let built: Alternation | undefined;
    const build = (): Alternation => super.buildLookaheadForAlternation(options);
    return function (this: unknown, alternatives) {
      return (built ??= build()).call(this, alternatives);
    };
  }

  override buildLookaheadForOptional(
    options: Parameters<ILookaheadStrategy["buildLookaheadForOptional"]>[0],
  ): Optional {
    let built: Optional | undefined;
    const build = (): Optional => super.buildLookaheadForOptional(options);
    return function (this: unknown) {
      return (built ??= build()).call(this);
    };
  }
}
