// The state of one evaluation: limits, cells and who asks whom, mistakes. Knows nothing of what is computed.

import type { Diagnostic } from "../diagnostics.ts";
import type { Span } from "../syntax/ast.ts";
import type { Code } from "../types/code.ts";
import type { World } from "../world.ts";
import type { Datum } from "./datum.ts";
import { withItem, withItems } from "./distinct.ts";
import type { Lab } from "./lab.ts";
import type { Blueprint } from "../types/declared.ts";
import type { Sample } from "./sample.ts";
import { MemberCell, type Cell, type Env, type Thing } from "./thing.ts";

/** What one evaluation may use (language.md §14). Each is an error with a place. */
export const LIMITS = {
  steps: 10_000_000,
  elements: 1_000_000,
  textBytes: 2 ** 20,
  /** Nested calls of functions, and values that ask for values. */
  levels: 128,
  cellLevels: 400,
} as const;

/** Ends the computation of a value; its mistake is already told. Caught where the value is asked for last. */
export class Failure {
  readonly reason = "failed";
}

/** Ends the whole evaluation: a limit. */
export class Exhausted {
  readonly reason = "exhausted";
}

const failure = new Failure();

export class Machine {
  readonly world: World;
  readonly diagnostics: Diagnostic[] = [];
  readonly globals = new Map<string, Env>();
  /** Files that were read by `file()`. */
  readonly inputs = new Set<string>();
  /** The file that paths from outside (parameters) are resolved against. */
  readonly root: string;
  steps = 0;
  elements = 0;
  /** Of both, what the cells took that the running one has asked. */
  private innerSteps = 0;
  private innerElements = 0;
  depth = 0;
  readonly running: Cell[] = [];
  /** What is asked of the whole lab. Set before anything runs. */
  lab!: Lab;
  /** While a failed expression is explained nothing is told. */
  quiet = 0;
  /** Attributes whose missing file was told. */
  readonly missing = new Set<string>();
  /** Ways between guests that `reachable` found while a failed assertion is explained. */
  ways: string[] | undefined = undefined;
  /** Answers facts of the running lab; only while a test asks. */
  live: ((code: Code & { op: "live" }, env: Env) => Datum) | undefined = undefined;
  /** What a test has set by now: the declaration of a thing with other values. */
  changed: ((address: string, blueprint: Blueprint) => Blueprint) | undefined = undefined;
  /** In place of the lab's own, where a test says one. */
  seed: (() => number | undefined) | undefined = undefined;
  /** Where only some members of large families are made. */
  sample: Sample | undefined = undefined;

  constructor(world: World, root: string) {
    this.world = world;
    this.root = root;
  }

  /** Begins an evaluation of a lab of which a part was computed before: the root module has a new frame. */
  begin(root: string, frame: Env): void {
    this.globals.set(root, frame);
    this.diagnostics.length = 0;
    this.missing.clear();
    this.running.length = 0;
    this.depth = 0;
    this.quiet = 0;
    this.ways = undefined;
  }

  /** Tells a mistake and ends the computation. */
  fail(
    code: string,
    span: Span,
    message: string,
    more: Omit<Partial<Diagnostic>, "code" | "span" | "message"> = {},
  ): never {
    this.tell(code, span, message, more);
    throw failure;
  }

  tell(
    code: string,
    span: Span,
    message: string,
    more: Omit<Partial<Diagnostic>, "code" | "span" | "message"> = {},
  ): void {
    if (this.quiet === 0) this.diagnostics.push({ code, severity: "error", span, message, ...more });
  }

  /** The mistake was told before. */
  failQuietly(): never {
    throw failure;
  }

  step(span: Span): void {
    if (++this.steps > LIMITS.steps) this.exhaust(span, "steps", LIMITS.steps);
  }

  countElements(count: number, span: Span): void {
    this.elements += count;
    if (this.elements > LIMITS.elements) this.exhaust(span, "elements", LIMITS.elements);
  }

  checkText(length: number, span: Span): void {
    if (length > LIMITS.textBytes) this.exhaust(span, "characters in one text", LIMITS.textBytes);
  }

  exhaust(span: Span, what: string, limit: number): never {
    this.tell("VB3008", span, `This needs more than ${limit.toLocaleString("en-US")} ${what}.`, {
      hint: "Everything in a file is computed within fixed limits, so that no file can hang.",
    });
    throw new Exhausted();
  }

  /** The file that a span's paths are read from: of values from outside it is the root. */
  fileOf(span: Span): string {
    return span.file.startsWith("/") || span.file.startsWith("std:") ? span.file : this.root;
  }

  /** The value of a cell, computed now if it is new. A cell that asks for itself is a circle, told as one. */
  ask(cell: Cell): Datum {
    const asker = this.running.at(-1);
    if (cell.state === "new") this.compute(cell);
    else if (cell.state === "running") this.tellCircle(cell);
    if (asker) noteReads(asker, cell);
    if (cell.state !== "done" || cell.value === undefined) throw failure;
    return cell.value;
  }

  private compute(cell: Cell): void {
    if (this.running.length >= LIMITS.cellLevels)
      this.exhaust(cell.span, "values that ask for each other in a row", LIMITS.cellLevels);
    cell.state = "running";
    this.running.push(cell);
    const { depth, steps, elements, innerSteps, innerElements } = this;
    this.innerSteps = 0;
    this.innerElements = 0;
    try {
      cell.value = cell.compute(this);
      cell.state = "done";
      cell.check(this);
      cell.spent(this.steps - steps - this.innerSteps, this.elements - elements - this.innerElements);
    } catch (caught) {
      cell.state = "failed";
      this.depth = depth;
      if (!(caught instanceof Failure)) throw caught;
    } finally {
      this.running.pop();
      this.innerSteps = innerSteps + this.steps - steps;
      this.innerElements = innerElements + this.elements - elements;
    }
  }

  /** The value of a settled cell of another thing's, for `thing`, which has the same. */
  askAlike(cell: MemberCell, thing: Thing): Datum {
    const asker = this.running.at(-1);
    if (asker) noteReads(asker, cell, thing);
    return cell.value ?? this.failQuietly();
  }

  /** Counts what computing a value, or several, again would take; false where that is too much. */
  charge({ steps, elements }: { readonly steps: number; readonly elements: number }): boolean {
    if (this.steps + steps > LIMITS.steps || this.elements + elements > LIMITS.elements) return false;
    this.steps += steps;
    this.elements += elements;
    return true;
  }

  private tellCircle(cell: Cell): never {
    const at = this.running.indexOf(cell);
    const circle = this.running.slice(at);
    const names = [...circle.map((entry) => entry.name()), cell.name()];
    const related = circle
      .slice(1)
      .map((entry) => ({ span: entry.span, message: `\`${entry.name()}\` is computed here` }));
    this.tell(
      "VB3001",
      cell.span,
      `A value needs itself: ${names.join(" → ")}.`,
      related.length > 0 ? { related } : {},
    );
    // Each of the circle fails when its computation comes back; none of them tells it again.
    throw failure;
  }
}

function noteReads(asker: Cell, cell: Cell, of = cell.of): void {
  if (cell.reads && !cell.opaque) asker.reads = withItems(asker.reads, cell.reads);
  if (of !== asker.of) {
    if (of) asker.reads = withItem(asker.reads, of);
  } else if (cell instanceof MemberCell && cell.readsItself && asker instanceof MemberCell)
    asker.readsItself = true;
}
