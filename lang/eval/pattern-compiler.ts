// Reads a regular expression into a program of small steps. Refuses look-around and back-references.

/** Positions in the program. */
export type Instruction =
  | { readonly op: "char"; readonly test: (point: number) => boolean }
  | { readonly op: "split"; first: number; second: number }
  | { readonly op: "jump"; to: number }
  | { readonly op: "save"; readonly slot: number }
  | { readonly op: "assert"; readonly what: "start" | "end" | "word" | "inside" }
  | { readonly op: "match" };

const PROGRAM_MAX = 20_000;
const REPEAT_MAX = 1000;

/** Why a text is no pattern; thrown by the compiler alone, and caught by who made it. */
export class Problem {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Test = (point: number) => boolean;
const between =
  (low: string, high: string): Test =>
  (point) =>
    point >= low.charCodeAt(0) && point <= high.charCodeAt(0);
const isDigit = between("0", "9");
export const isWord: Test = (point) =>
  isDigit(point) || between("a", "z")(point) || between("A", "Z")(point) || point === 95;
const isSpace: Test = (point) => point === 32 || (point >= 9 && point <= 13) || point === 0xa0;
const not =
  (test: Test): Test =>
  (point) =>
    !test(point);
const CLASSES: ReadonlyMap<string, Test> = new Map([
  ["d", isDigit],
  ["D", not(isDigit)],
  ["w", isWord],
  ["W", not(isWord)],
  ["s", isSpace],
  ["S", not(isSpace)],
]);
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
]);

/** One use reads one pattern. `groups` counts them, the whole match included. */
export class Compiler {
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
    for (let point = this.peek(); point !== undefined && point !== "|" && point !== ")"; point = this.peek())
      this.repeated(depth);
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
    if (bounds.max === Infinity && bounds.min > 0) {
      // Back to the last copy: writing it once more would double each level of nesting.
      const split = this.emit({ op: "split", first: 0, second: 0 });
      this.setSplit(split, split - body.length, split + 1, lazy);
    } else if (bounds.max === Infinity) {
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
      else if (instruction.op === "split")
        this.emit({ op: "split", first: instruction.first + by, second: instruction.second + by });
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
    if (min > REPEAT_MAX || (max !== Infinity && (max > REPEAT_MAX || max < min)))
      throw new Problem("a repetition is out of bounds");
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
    // Bound: each round takes a character.
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
