// Regular expressions without look-around and back-references, matched in linear time by going through all
// states at once. Unanchored; a leftmost match, and the alternatives in order.

/** Positions in the program. */
type Instruction =
  | { readonly op: "char"; readonly test: (point: number) => boolean }
  | { readonly op: "split"; first: number; second: number }
  | { readonly op: "jump"; to: number }
  | { readonly op: "save"; readonly slot: number }
  | { readonly op: "assert"; readonly what: "start" | "end" | "word" | "inside" }
  | { readonly op: "match" };

/** The whole match and its groups. */
export type Match = readonly (string | undefined)[];

export interface Pattern {
  first(text: string): Match | undefined;
  all(text: string): Match[];
}

const PROGRAM_MAX = 20_000;
const REPEAT_MAX = 1000;

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

class Problem {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
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

type Test = (point: number) => boolean;
const between = (low: string, high: string): Test => (point) => point >= low.charCodeAt(0) && point <= high.charCodeAt(0);
const isDigit = between("0", "9");
const isWord: Test = (point) => isDigit(point) || between("a", "z")(point) || between("A", "Z")(point) || point === 95;
const isSpace: Test = (point) => point === 32 || (point >= 9 && point <= 13) || point === 0xa0;
const not = (test: Test): Test => (point) => !test(point);
const CLASSES: ReadonlyMap<string, Test> = new Map([
  ["d", isDigit], ["D", not(isDigit)], ["w", isWord], ["W", not(isWord)], ["s", isSpace], ["S", not(isSpace)],
]);
const ESCAPES: ReadonlyMap<string, string> = new Map([["n", "\n"], ["t", "\t"], ["r", "\r"]]);

class Compiler {
  readonly points: readonly string[];
  at = 0;
  groups = 1;
  readonly program: Instruction[] = [];

  constructor(points: readonly string[]) {
    this.points = points;
  }

  compile(): Instruction[] {
    this.emit({ op: "save", slot: 0 });
    this.alternatives(0);
    if (this.at < this.points.length) throw new Problem("a `)` too many");
    this.emit({ op: "save", slot: 1 });
    this.emit({ op: "match" });
    return this.program;
  }

  private emit(instruction: Instruction): number {
    if (this.program.length >= PROGRAM_MAX) throw new Problem("it is too long");
    return this.program.push(instruction) - 1;
  }

  private peek(): string | undefined {
    return this.points[this.at];
  }

  private take(point: string): boolean {
    if (this.peek() !== point) return false;
    this.at++;
    return true;
  }

  private alternatives(depth: number): void {
    if (depth > 100) throw new Problem("it is nested too deeply");
    const start = this.program.length;
    const ends: number[] = [];
    this.sequence(depth);
    while (this.take("|")) {
      this.insert(start, { op: "split", first: start + 1, second: 0 });
      const end = this.emit({ op: "jump", to: 0 });
      ends.push(end);
      const split = this.program[start];
      if (split?.op === "split") split.second = this.program.length;
      this.nestedAlternative(depth);
      break;
    }
    for (const end of ends) {
      const jump = this.program[end];
      if (jump?.op === "jump") jump.to = this.program.length;
    }
  }

  /** What follows a `|` is again alternatives. */
  private nestedAlternative(depth: number): void {
    this.alternatives(depth + 1);
  }

  /** Puts an instruction before those from `at` on, which all move by one. */
  private insert(at: number, instruction: Instruction): void {
    this.emit({ op: "match" });
    for (let i = this.program.length - 1; i > at; i--) {
      const moved = this.program[i - 1];
      if (moved) this.program[i] = moved;
    }
    for (const moved of this.program.slice(at + 1)) {
      if (moved.op === "jump" && moved.to >= at) moved.to++;
      if (moved.op !== "split") continue;
      if (moved.first >= at) moved.first++;
      if (moved.second >= at) moved.second++;
    }
    this.program[at] = instruction;
  }

  private sequence(depth: number): void {
    for (let point = this.peek(); point !== undefined && point !== "|" && point !== ")"; point = this.peek()) this.repeated(depth);
  }

  private repeated(depth: number): void {
    const start = this.program.length;
    this.atom(depth);
    const bounds = this.quantifier();
    if (!bounds) return;
    const lazy = this.take("?");
    const body = this.program.splice(start);
    const once = (): void => this.copy(body, this.program.length - start);
    for (let i = 0; i < bounds.min; i++) once();
    if (bounds.max === Infinity) {
      const split = this.emit({ op: "split", first: 0, second: 0 });
      once();
      this.emit({ op: "jump", to: split });
      this.setSplit(split, split + 1, this.program.length, lazy);
    } else {
      const splits: number[] = [];
      for (let i = bounds.min; i < bounds.max; i++) {
        splits.push(this.emit({ op: "split", first: 0, second: 0 }));
        once();
      }
      for (const split of splits) this.setSplit(split, split + 1, this.program.length, lazy);
    }
  }

  /** Writes instructions again, `by` places further on. */
  private copy(body: readonly Instruction[], by: number): void {
    for (const instruction of body) {
      if (instruction.op === "jump") this.emit({ op: "jump", to: instruction.to + by });
      else if (instruction.op === "split") this.emit({ op: "split", first: instruction.first + by, second: instruction.second + by });
      else this.emit(instruction);
    }
  }

  private setSplit(at: number, into: number, past: number, lazy: boolean): void {
    const split = this.program[at];
    if (split?.op !== "split") return;
    split.first = lazy ? past : into;
    split.second = lazy ? into : past;
  }

  private quantifier(): { min: number; max: number } | undefined {
    if (this.take("*")) return { min: 0, max: Infinity };
    if (this.take("+")) return { min: 1, max: Infinity };
    if (this.take("?")) return { min: 0, max: 1 };
    if (this.peek() !== "{") return undefined;
    const match = /^\{(\d+)(,?)(\d*)\}/.exec(this.points.slice(this.at, this.at + 20).join(""));
    if (!match) return undefined;
    this.at += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === "" ? min : match[3] === "" ? Infinity : Number(match[3]);
    if (min > REPEAT_MAX || (max !== Infinity && (max > REPEAT_MAX || max < min))) throw new Problem("a repetition is out of bounds");
    return { min, max };
  }

  private atom(depth: number): void {
    const point = this.points[this.at++];
    switch (point) {
      case "(":
        this.group(depth);
        return;
      case "[":
        this.emit({ op: "char", test: this.set() });
        return;
      case ".":
        this.emit({ op: "char", test: (found) => found !== 10 });
        return;
      case "^":
      case "$":
        this.emit({ op: "assert", what: point === "^" ? "start" : "end" });
        return;
      case "*":
      case "+":
      case "?":
        throw new Problem(`nothing stands before \`${point}\``);
      case "\\":
        this.escape();
        return;
      default:
        this.emit({ op: "char", test: equals(point ?? "") });
    }
  }

  private group(depth: number): void {
    if (this.take("?")) {
      if (!this.take(":")) throw new Problem("look-around and named groups are not known");
      this.alternatives(depth + 1);
    } else {
      const group = this.groups++;
      this.emit({ op: "save", slot: 2 * group });
      this.alternatives(depth + 1);
      this.emit({ op: "save", slot: 2 * group + 1 });
    }
    if (!this.take(")")) throw new Problem("a `(` is not closed");
  }

  private escape(): void {
    const point = this.points[this.at++];
    if (point === undefined) throw new Problem("it ends with `\\`");
    if (point === "b" || point === "B") {
      this.emit({ op: "assert", what: point === "b" ? "word" : "inside" });
      return;
    }
    if (/[1-9]/.test(point)) throw new Problem("back-references are not known");
    this.emit({ op: "char", test: this.escaped(point) });
  }

  private escaped(point: string): Test {
    const known = CLASSES.get(point);
    if (known) return known;
    if (/[A-Za-z]/.test(point) && !ESCAPES.has(point)) throw new Problem(`\`\\${point}\` is not known`);
    return equals(ESCAPES.get(point) ?? point);
  }

  private set(): Test {
    const negative = this.take("^");
    const tests: Test[] = [];
    for (let first = true; ; first = false) {
      const point = this.points[this.at++];
      if (point === undefined) throw new Problem("a `[` is not closed");
      if (point === "]" && !first) break;
      tests.push(this.setMember(point));
    }
    const any: Test = (found) => tests.some((test) => test(found));
    return negative ? not(any) : any;
  }

  private setMember(point: string): Test {
    const escape = point === "\\" ? (this.points[this.at++] ?? "") : undefined;
    if (escape !== undefined && CLASSES.has(escape)) return this.escaped(escape);
    const low = escape === undefined ? point : (ESCAPES.get(escape) ?? escape);
    const next = this.points[this.at + 1];
    if (this.peek() !== "-" || next === undefined || next === "]") return equals(low);
    this.at++;
    const written = this.points[this.at++] ?? "";
    const high = written === "\\" ? (this.points[this.at++] ?? "") : written;
    const [from, to] = [low.codePointAt(0) ?? 0, high.codePointAt(0) ?? 0];
    if (from > to) throw new Problem(`the range \`${low}-${high}\` is upside down`);
    return (found) => found >= from && found <= to;
  }
}

const equals = (point: string): Test => {
  const wanted = point.codePointAt(0) ?? -1;
  return (found) => found === wanted;
};

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
  for (let at = from; ; ) {
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
      if (instruction?.op === "char" && point !== undefined && instruction.test(point)) threads.push({ at: thread.at + 1, saved: thread.saved });
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
      waiting.push({ at: instruction.second, saved: thread.saved }, { at: instruction.first, saved: thread.saved });
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
