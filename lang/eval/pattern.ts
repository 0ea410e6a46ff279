// Regular expressions without look-around and back-references, matched in linear time by going through all
// states at once. Unanchored; a leftmost match, and the alternatives in order.

import { Compiler, isWord, Problem, type Instruction } from "./pattern-compiler.ts";

/** The whole match and its groups. */
export type Match = readonly (string | undefined)[];

export interface Pattern {
  first(text: string): Match | undefined;
  all(text: string): Match[];
}

const compiled = new Map<string, Pattern | { readonly problem: string }>();
const CACHE_MAX = 256;

export function compilePattern(source: string): Pattern | { readonly problem: string } {
  const known = compiled.get(source);
  if (known) return known;
  if (compiled.size >= CACHE_MAX) compiled.clear();
  const made = make(source);
  compiled.set(source, made);
  return made;
}

function make(source: string): Pattern | { readonly problem: string } {
  try {
    const compiler = new Compiler([...source]);
    const program = compiler.compile();
    return {
      first: (text) => matchFrom(program, compiler.groups, text, 0)?.match,
      all: (text) => allMatches(program, compiler.groups, text),
    };
  } catch (caught) {
    if (caught instanceof Problem) return { problem: caught.text };
    throw caught;
  }
}

interface Thread {
  readonly at: number;
  readonly saved: readonly number[];
}

function allMatches(program: readonly Instruction[], groups: number, text: string): Match[] {
  const found: Match[] = [];
  let from = 0;
  // Bound: each round starts behind the one before.
  while (from <= text.length) {
    const result = matchFrom(program, groups, text, from);
    if (!result) break;
    found.push(result.match);
    from = result.end > result.start ? result.end : result.end + 1;
  }
  return found;
}

/** Goes through the text once; the threads are in order of preference, each state at most once per place. */
function matchFrom(
  program: readonly Instruction[],
  groups: number,
  text: string,
  from: number,
): { readonly match: Match; readonly start: number; readonly end: number } | undefined {
  let threads: Thread[] = [];
  let best: readonly number[] | undefined;
  // Bound: each round goes one character on.
  for (let at = from; ;) {
    const point = text.codePointAt(at);
    const seen = new Set<number>();
    const now: Thread[] = [];
    for (const thread of threads) follow(program, thread.at, thread.saved, at, text, seen, now);
    if (!best) follow(program, 0, [], at, text, seen, now);
    threads = [];
    for (const thread of now) {
      const instruction = program[thread.at];
      if (instruction?.op === "match") {
        best = thread.saved;
        break;
      }
      if (instruction?.op === "char" && point !== undefined && instruction.test(point))
        threads.push({ at: thread.at + 1, saved: thread.saved });
    }
    if (point === undefined || (best && threads.length === 0)) break;
    at += point > 0xffff ? 2 : 1;
  }
  if (!best) return undefined;
  const [start = 0, end = 0] = best;
  const match = Array.from({ length: groups }, (_, i) => {
    const [low, high] = [best[2 * i], best[2 * i + 1]];
    return low === undefined || high === undefined ? undefined : text.slice(low, high);
  });
  return { match, start, end };
}

function follow(
  program: readonly Instruction[],
  start: number,
  saved: readonly number[],
  at: number,
  text: string,
  seen: Set<number>,
  into: Thread[],
): void {
  const waiting: Thread[] = [{ at: start, saved }];
  for (let thread = waiting.pop(); thread; thread = waiting.pop()) {
    if (seen.has(thread.at)) continue;
    seen.add(thread.at);
    const instruction = program[thread.at];
    if (instruction?.op === "jump") waiting.push({ at: instruction.to, saved: thread.saved });
    else if (instruction?.op === "split") {
      waiting.push(
        { at: instruction.second, saved: thread.saved },
        { at: instruction.first, saved: thread.saved },
      );
    } else if (instruction?.op === "save") {
      const marked = [...thread.saved];
      marked[instruction.slot] = at;
      waiting.push({ at: thread.at + 1, saved: marked });
    } else if (instruction?.op === "assert") {
      if (holds(instruction.what, at, text)) waiting.push({ at: thread.at + 1, saved: thread.saved });
    } else into.push(thread);
  }
}

function holds(what: "start" | "end" | "word" | "inside", at: number, text: string): boolean {
  if (what === "start") return at === 0;
  if (what === "end") return at === text.length;
  const border = isWord(text.charCodeAt(at - 1)) !== isWord(text.charCodeAt(at));
  return border === (what === "word");
}
