// Everything that is known of a set of modules while they are checked, and the checked whole.

import type { Drivers } from "../world.ts";
import type { Expr, Span } from "../syntax/ast.ts";
import type { CompiledTest } from "../testing/compiled.ts";
import type { Code } from "./code.ts";
import { Reporter, type Context } from "./context.ts";
import type { Body, Constraint, KindInfo } from "./declared.ts";
import type { Notes } from "./notes.ts";
import { Scope } from "./scope.ts";
import type { Type } from "./type.ts";

export interface CheckedParam {
  readonly name: string;
  readonly slot: number;
  readonly span: Span;
  readonly doc: string;
  type(): Type;
  value?: Code;
  constraint?: Constraint;
}

export interface CheckedOutput {
  readonly name: string;
  readonly code: Code;
  readonly type: Type;
  readonly span: Span;
}

/** A module with its names, types and code. */
export interface CheckedModule {
  readonly key: string;
  readonly scope: Scope;
  readonly params: CheckedParam[];
  readonly body: Body;
  readonly outputs: CheckedOutput[];
  readonly tests: CompiledTest[];
}

const NOTHING_PRESENT: ReadonlySet<string> = new Set();

/** Names whose types are inferred one through the other; more would end the stack of the machine. */
const LEVELS_MAX = 400;

/** State of one check. Made by `checkProgram`, read by the evaluator afterwards. */
export class Program {
  readonly reporter = new Reporter();
  readonly expressionTypes = new WeakMap<Expr, Type>();
  readonly modules: Map<string, CheckedModule>;
  readonly prelude: Scope;
  readonly drivers: Drivers;
  readonly notes: Notes | undefined;
  /** Work that waits until every name is known: bodies, defaults, constraints. */
  readonly pending: (() => void)[] = [];
  /** Who uses whom, of functions and of components: circles are refused. */
  readonly uses: Map<object, { readonly callee: object; readonly span: Span }[]>;
  /** Names whose types are being inferred now, outermost first. */
  readonly inferring: { readonly name: string; readonly span: Span }[] = [];

  /** What nobody uses of the standard library stays undone. */
  readonly sparing: boolean;

  /**
   * `before` is a checked program, parts of which are checked again: the rest is taken over. `sparing` is for
   * a program that nobody checks on, nor asks about things that it doesn't use.
   */
  constructor(drivers: Drivers, before?: Program, notes?: Notes, sparing = false) {
    this.drivers = drivers;
    this.sparing = sparing;
    this.notes = notes ?? before?.notes;
    this.prelude = before?.prelude ?? new Scope(undefined, "std:prelude");
    this.modules = new Map(before?.modules);
    this.uses = new Map(before?.uses);
  }

  context(scope: Scope, more: Partial<Context> = {}): Context {
    return {
      reporter: this.reporter,
      scope,
      live: false,
      present: NOTHING_PRESENT,
      expressionTypes: this.expressionTypes,
      notes: this.notes,
      called: (caller, callee, span) => this.addUse(caller, callee, span),
      ...more,
    };
  }

  addUse(user: object, used: object, span: Span): void {
    const uses = this.uses.get(user) ?? [];
    uses.push({ callee: used, span });
    this.uses.set(user, uses);
  }

  /** Runs `infer` once, when first asked; a name that needs its own type is told as a circle. */
  lazy<T>(name: string, span: Span, infer: () => T, failed: T): () => T {
    let state: "new" | "running" | "done" = "new";
    let result = failed;
    return () => {
      if (state === "done") return result;
      if (state === "running") {
        const circle = this.inferring.slice(this.inferring.findIndex((entry) => entry.span === span));
        const names = [...circle.map((entry) => entry.name), name];
        this.reporter.error("VB2017", span, `\`${name}\` needs itself: ${names.join(" → ")}.`, {
          ...(circle.length > 1 && {
            related: circle
              .slice(1)
              .map((entry) => ({ span: entry.span, message: `through \`${entry.name}\`` })),
          }),
        });
        return failed;
      }
      if (this.inferring.length >= LEVELS_MAX) {
        state = "done";
        const message = `This needs more than ${LEVELS_MAX} names whose types follow from each other.`;
        this.reporter.error("VB3008", span, message, { hint: "Say a type: `let x: int = ...`." });
        return failed;
      }
      state = "running";
      this.inferring.push({ name, span });
      result = infer();
      this.inferring.pop();
      state = "done";
      return result;
    };
  }

  /** Does what waits; what that adds is done, too. */
  settle(): void {
    // Not taken from the front one by one: there are several for each declaration.
    for (let at = 0; at < this.pending.length; at++) this.pending[at]?.();
    this.pending.length = 0;
  }

  private readonly heldBy = new Map<string, readonly string[]>();

  /** The kinds whose blocks hold things of this kind, in backticks. Asked when every kind is declared. */
  holdersOf(kind: string): readonly string[] {
    const known = this.heldBy.get(kind);
    if (known) return known;
    const holders = [...this.prelude.types.values()].flatMap((type) =>
      type.is === "kind" && type.info.table.holds.has(kind) ? [`\`${type.info.name}\``] : [],
    );
    this.heldBy.set(kind, holders);
    return holders;
  }

  kind(name: string): KindInfo | undefined {
    const binding = this.prelude.types.get(name);
    return binding?.is === "kind" ? binding.info : undefined;
  }
}
