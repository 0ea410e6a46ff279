// Chevrotain finds out what to look ahead for by recording every rule of the grammar, in each process: half
// of what a small text takes to parse. Here its findings become a table, and a table the functions that it
// would have made. A table belongs to the grammar that it was made of: the build makes both.

import { EOF } from "chevrotain";
import type { IToken } from "chevrotain";
import type { LateLookahead } from "./late-lookahead.ts";
import { VOCABULARY } from "./tokens.ts";

/** One way to begin: names of token types, of one token or two. */
type Way = readonly string[];

/** A place of the grammar where the next tokens decide. */
export interface Place {
  /** For each alternative the ways it may begin; an optional part is a single one. */
  readonly ways: readonly (readonly Way[])[];
  /** Whether to go in at all, and not where. */
  readonly optional: boolean;
  /** An alternative may have a condition of its own. */
  readonly gated: boolean;
}

/** By the name of the rule, then by chevrotain's number of the place in it. */
export type LookaheadTable = Readonly<Record<string, Readonly<Record<number, Place>>>>;

/** What chevrotain keeps in a parser. Its version is fixed, and tests parse by both ways. */
interface Inside {
  readonly fullRuleNameToShort: Readonly<Record<string, number>>;
  readonly lookAheadFuncsCache: Decide[][];
  selfAnalysisDone: boolean;
}

interface Ahead {
  LA_FAST(howMuch: number): IToken;
}
type Gates = readonly { readonly GATE?: () => boolean }[];
type Decide = (this: Ahead, alternatives: Gates) => number | boolean | undefined;

/** The table of a parser that has analysed itself. */
export function tableOf(parser: object, strategy: LateLookahead): LookaheadTable {
  const { fullRuleNameToShort, lookAheadFuncsCache } = parser as Inside;
  const table: Record<string, Record<number, Place>> = {};
  for (const [rule, index] of Object.entries(fullRuleNameToShort)) {
    const places: Record<number, Place> = {};
    // Chevrotain numbers places with holes between: `forEach` passes over them.
    lookAheadFuncsCache[index]?.forEach((decide, number) => {
      const place = strategy.placeOf(decide);
      if (place !== undefined) places[number] = place;
    });
    table[rule] = places;
  }
  return table;
}

/** Spares the parser its own analysis. Call it in place of that, when all rules are defined. */
export function giveTable(parser: object, table: LookaheadTable): void {
  const inside = parser as Inside;
  for (const [rule, index] of Object.entries(inside.fullRuleNameToShort)) {
    const decisions: Decide[] = [];
    for (const [number, place] of Object.entries(table[rule] ?? {})) decisions[Number(number)] = later(place);
    inside.lookAheadFuncsCache[index] = decisions;
  }
  inside.selfAnalysisDone = true;
  // A prototype has fast properties. An object with as many as a parser has them only then.
  Object.setPrototypeOf({}, parser);
}

/** Made when the place is first come to: a lab comes to half of them. */
function later(place: Place): Decide {
  let made: Decide | undefined;
  return function (alternatives) {
    return (made ??= make(place)).call(this, alternatives);
  };
}

function make({ ways, optional, gated }: Place): Decide {
  if (!gated && ways.every((some) => some.every((way) => way.length === 1))) {
    const first = firstTokens(ways.map((some) => some.flat()));
    if (!optional) return byFirst(first);
    return function () {
      return first[this.LA_FAST(1).tokenTypeIdx] === 0;
    };
  }
  const tables = ways.map((some) => some.map((way) => way.map(matches)));
  if (optional)
    return function () {
      return begins(this, tables[0] ?? []);
    };
  return function (alternatives) {
    for (let i = 0; i < tables.length; i++) {
      if (gated && alternatives[i]?.GATE?.call(this) === false) continue;
      if (begins(this, tables[i] ?? [])) return i;
    }
    return undefined;
  };
}

const byFirst = (first: readonly number[]): Decide =>
  function () {
    return first[this.LA_FAST(1).tokenTypeIdx];
  };

/** By the number of a token type, the first alternative that may begin with it. */
function firstTokens(alternatives: readonly (readonly string[])[]): number[] {
  const first: number[] = [];
  alternatives.forEach((names, index) => {
    for (const name of names) for (const number of numbersOf(name)) first[number] ??= index;
  });
  return first;
}

function matches(name: string): boolean[] {
  const table: boolean[] = [];
  for (const number of numbersOf(name)) table[number] = true;
  return table;
}

function begins(parser: Ahead, ways: readonly (readonly (readonly boolean[])[])[]): boolean {
  return ways.some((way) => way.every((table, i) => table[parser.LA_FAST(i + 1).tokenTypeIdx] === true));
}

/** The numbers of a token type and of those that belong to it. */
function numbersOf(name: string): number[] {
  const type = TYPES.get(name);
  if (type === undefined)
    throw new Error(`the lookahead table knows a token type ${name}, the parser doesn't`);
  return [type.tokenTypeIdx as number, ...(type.categoryMatches ?? [])];
}

const TYPES = new Map([...VOCABULARY, EOF].map((type) => [type.name, type]));
