// Where the parser looks ahead, what it looks for is computed when it first does: a lab comes to half of
// these places, and a process most often reads a single lab.

import { getLookaheadPaths, LLkLookaheadStrategy } from "chevrotain";
import type { ILookaheadStrategy, TokenType } from "chevrotain";
import type { Place } from "./kept-lookahead.ts";

type Alternation = ReturnType<ILookaheadStrategy["buildLookaheadForAlternation"]>;
type Optional = ReturnType<ILookaheadStrategy["buildLookaheadForOptional"]>;

/** Chevrotain's own lookahead, later. It calls what is built here with the parser as `this`. */
export class LateLookahead extends LLkLookaheadStrategy {
  readonly #places = new Map<unknown, () => Place>();

  /** What one of the functions that were built here decides by. */
  placeOf(decide: unknown): Place | undefined {
    return this.#places.get(decide)?.();
  }

  override buildLookaheadForAlternation(
    options: Parameters<ILookaheadStrategy["buildLookaheadForAlternation"]>[0],
  ): Alternation {
    let built: Alternation | undefined;
    const build = (): Alternation => super.buildLookaheadForAlternation(options);
    const decide: Alternation = function (this: unknown, alternatives) {
      return (built ??= build()).call(this, alternatives);
    };
    const { prodOccurrence: occurrence, rule, maxLookahead, hasPredicates } = options;
    this.#places.set(decide, () => {
      const paths = getLookaheadPaths({ occurrence, rule, prodType: "Alternation", maxLookahead });
      return { ways: paths.map(waysOf), optional: false, gated: hasPredicates };
    });
    return decide;
  }

  override buildLookaheadForOptional(
    options: Parameters<ILookaheadStrategy["buildLookaheadForOptional"]>[0],
  ): Optional {
    let built: Optional | undefined;
    const build = (): Optional => super.buildLookaheadForOptional(options);
    const decide: Optional = function (this: unknown) {
      return (built ??= build()).call(this);
    };
    const { prodOccurrence: occurrence, rule, maxLookahead, prodType } = options;
    this.#places.set(decide, () => {
      // The second are the ways to go on without it.
      const [inside = []] = getLookaheadPaths({ occurrence, rule, prodType, maxLookahead });
      return { ways: [waysOf(inside)], optional: true, gated: false };
    });
    return decide;
  }
}

const waysOf = (paths: readonly (readonly TokenType[])[]): string[][] =>
  paths.map((path) => path.map(({ name }) => name));
