// One-token mutations of a text, drawn by a seed, and whether the errors of a mutant stay near its mistake.

import type { Diagnostic } from "./diagnostics.ts";
import { lex } from "./syntax/lexer.ts";
import { Report } from "./syntax/report.ts";
import { Newline } from "./syntax/tokens.ts";

/** What is done to a token. */
export const MUTATIONS = ["delete", "duplicate", "swap", "replace-own", "replace-listed"] as const;
type Mutation = (typeof MUTATIONS)[number];

/** Whole numbers from 0 up to, but not with, `below`; the same ones for the same seed. */
type Draw = (below: number) => number;

export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    // The steps of mulberry32.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** What takes a token's place: words and signs of the language, a misspelt word, wrong units, literals. */
const LISTED = [
  "let param guest network device image volume bus test expect for in when where within output",
  "assert component enum fn import true false none gest netwrok imgae subnett x",
  "= == => + - * / % .. . , : ? ?? && || ! < >= ( ) [ ] { }",
  '5parsecs 10mb 3sec 7kbs 0 42 1.5 "text" 10ms 64KiB 10% 10.0.0.1 10.0.0.0/24 0xff 1..3',
]
  .flatMap((row) => row.split(" "))
  .concat("10 ms");

/** Where a token stands. */
interface Place {
  readonly start: number;
  readonly end: number;
}

/** The tokens of a text; line ends are none here, because they stand on no line of their own. */
export function tokensOf(text: string): readonly Place[] {
  return lex(new Report("f", text))
    .tokens.filter((token) => token.tokenType !== Newline)
    .map(({ startOffset: start, endOffset }) => ({ start, end: endOffset + 1 }));
}

export interface Mutant {
  readonly mutation: Mutation;
  readonly text: string;
  /** The lines of the mistake, from 1, both ends in. */
  readonly first: number;
  readonly last: number;
  /** What was done, for people. */
  readonly what: string;
}

const lineAt = (text: string, at: number): number => text.slice(0, at).split("\n").length;

/** One mutant of a text, drawn; undefined where the draw changes nothing. */
export function mutantOf(text: string, tokens: readonly Place[], draw: Draw): Mutant | undefined {
  const mutation = MUTATIONS[draw(MUTATIONS.length)] as Mutation;
  const index = draw(tokens.length);
  const place = tokens[index] as Place;
  const token = imageOf(text, place);
  const neighbour = tokens[index + 1];
  switch (mutation) {
    case "delete":
      return deletion(text, place);
    case "duplicate":
      return replacement(text, place, `${token} ${token}`, mutation);
    case "swap": {
      if (neighbour === undefined || imageOf(text, neighbour) === token) return undefined;
      const between = text.slice(place.end, neighbour.start);
      const swapped = `${imageOf(text, neighbour)}${between === "" ? " " : between}${token}`;
      return replacement(text, { start: place.start, end: neighbour.end }, swapped, mutation);
    }
    case "replace-own": {
      const other = imageOf(text, tokens[draw(tokens.length)] as Place);
      return other === token ? undefined : replacement(text, place, other, mutation);
    }
    case "replace-listed": {
      const other = LISTED[draw(LISTED.length)] as string;
      return other === token ? undefined : replacement(text, place, other, mutation);
    }
  }
}

const imageOf = (text: string, { start, end }: Place): string => text.slice(start, end);

/** Whether two characters side by side may be read as one token. */
const fuses = (before: string, after: string): boolean =>
  /\w/.test(before) ? /[\w%.:]/.test(after) : !/[\s\w"]/.test(before) && !/[\s"]/.test(after);

function replacement(text: string, { start, end }: Place, by: string, mutation: Mutation): Mutant {
  const before = fuses(text[start - 1] ?? " ", by[0] ?? " ") ? " " : "";
  const after = fuses(by.at(-1) ?? " ", text[end] ?? " ") ? " " : "";
  const mutated = `${text.slice(0, start)}${before}${by}${after}${text.slice(end)}`;
  const what = `${JSON.stringify(text.slice(start, end))} became ${JSON.stringify(by)}`;
  const at = start + before.length;
  return {
    mutation,
    text: mutated,
    first: lineAt(mutated, at),
    last: lineAt(mutated, at + by.length),
    what,
  };
}

// Where the first token of a line is gone, the line before may be the one that reads on.
function deletion(text: string, { start, end }: Place): Mutant {
  const gap = fuses(text[start - 1] ?? " ", text[end] ?? " ") ? " " : "";
  const mutated = `${text.slice(0, start)}${gap}${text.slice(end)}`;
  const line = lineAt(mutated, start);
  const isFirst = text.slice(text.lastIndexOf("\n", start - 1) + 1, start).trim() === "";
  const what = `${JSON.stringify(text.slice(start, end))} is gone`;
  return { mutation: "delete", text: mutated, first: isFirst ? line - 1 : line, last: line, what };
}

/** How far the errors of a mutant are from what a user hopes for. */
type Verdict = "good" | "many" | "elsewhere";

/** At most three errors, and one whose main span touches a line of the mistake in this file. */
export function judge(mutant: Mutant, errors: readonly Diagnostic[], file: string): Verdict {
  if (errors.length > 3) return "many";
  const lines = mutant.text.split("\n");
  const starts: number[] = [];
  let at = 0;
  for (const line of lines) {
    starts.push(at);
    at += line.length + 1;
  }
  const from = starts[mutant.first - 1] ?? 0;
  const to = (starts[mutant.last - 1] ?? 0) + (lines[mutant.last - 1]?.length ?? 0);
  const touches = errors.some(
    ({ span }) => span.file === file && span.start <= to && (span.end > from || span.start >= from),
  );
  return touches ? "good" : "elsewhere";
}
