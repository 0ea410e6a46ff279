// Where an expression is checked: its scope, what is known of it, and where mistakes go.

import type { Diagnostic, Related } from "../diagnostics.ts";
import type { Expr, Module, Span, Unread } from "../syntax/ast.ts";
import type { Code } from "./code.ts";
import type { Notes } from "./notes.ts";
import type { Scope } from "./scope.ts";
import { ERROR, type Type } from "./type.ts";

const ALSO_MAX = 2;

/** Collects mistakes; made once for a whole check. */
export class Reporter {
  readonly diagnostics: Diagnostic[] = [];
  /** Those that say nothing where the text they stand in could not be read: what is missing may be there. */
  readonly ifReadable = new Map<Diagnostic, Span>();
  readonly #unknown = new Map<string, Related[]>();
  readonly #unread = new Map<string, readonly Unread[]>();

  /** Notes which lines of a file could not be read. */
  addFile({ file, unread }: Module): void {
    if (unread !== undefined) this.#unread.set(file, unread);
  }

  /** Whether a part of what stands here could not be read: it may have declared more than is known. */
  isUnread({ file, start, end }: Span): boolean {
    return this.#unread.get(file)?.some((lines) => lines.start <= end && lines.end >= start) === true;
  }

  // Whether another line, which could not be read, may have declared this name.
  #mayBeUnread(name: string, { file, start: at }: Span): boolean {
    const lines = this.#unread.get(file);
    return lines?.some(({ words, start, end }) => words.has(name) && (at < start || at > end)) === true;
  }

  /**
   * Takes back what was told of the rest of a line behind a syntax error: it most likely follows from that.
   * What stands before the error may be its cause.
   */
  dropUnread(): void {
    if (this.#unread.size === 0) return;
    const kept = this.diagnostics.filter(
      ({ span: { file, start } }) =>
        this.#unread.get(file)?.some((lines) => start >= lines.from && start <= lines.end) !== true,
    );
    this.diagnostics.splice(0, this.diagnostics.length, ...kept);
  }

  error(
    code: string,
    span: Span,
    message: string,
    more: Omit<Partial<Diagnostic>, "code" | "span" | "message"> = {},
  ): void {
    this.diagnostics.push({ code, severity: "error", span, message, ...more });
  }

  /** A name that means nothing: told once in a file, with the other places beside it. */
  unknownName(code: string, name: string, span: Span, message: string, more: Partial<Diagnostic>): void {
    if (this.#mayBeUnread(name, span)) return;
    const key = `${code} ${span.file} ${name}`;
    const also = this.#unknown.get(key);
    if (also) {
      if (also.length < ALSO_MAX) also.push({ span, message: "and here" });
      return;
    }
    const related: Related[] = [];
    this.#unknown.set(key, related);
    this.diagnostics.push({ code, severity: "error", span, message, ...more, related });
  }
}

export interface Context {
  readonly reporter: Reporter;
  readonly scope: Scope;
  /** Live facts may be read: `expect`, `always` and a test's `let`. */
  readonly live: boolean;
  /** `env(...)` may be asked: the default of a `param`. */
  readonly paramDefault?: boolean;
  /** Names and paths that are known not to be `none` here. */
  readonly present: ReadonlySet<string>;
  readonly expressionTypes: WeakMap<Expr, Type>;
  /** Where somebody will ask about places. */
  readonly notes?: Notes | undefined;
  /** Tells that a function's body calls another, for the circle check. */
  readonly caller?: object;
  called?(caller: object, callee: object, span: Span): void;
}

/** A checked expression. */
export interface Checked {
  readonly code: Code;
  readonly type: Type;
}

export const broken = (span: Span): Checked => ({ code: { op: "broken", span }, type: ERROR });

export const within = (context: Context, scope: Scope): Context => ({ ...context, scope });

/** Warns where a deprecated member is used; the standard library's own texts are its own business. */
export function tellDeprecated(
  member: { readonly name: string; readonly deprecated?: string | undefined },
  span: Span,
  reporter: Reporter,
): void {
  if (member.deprecated === undefined || span.file.startsWith("std:")) return;
  const why = member.deprecated === "" ? "" : `: ${member.deprecated}`;
  const message = `\`${member.name}\` is deprecated${why}.`;
  reporter.diagnostics.push({ code: "VB2025", severity: "warning", span, message });
}

/** A hint, where there is one. */
export const hinted = (hint: string | undefined): Partial<Diagnostic> => (hint === undefined ? {} : { hint });

/** The hint where there is one, else "did you mean". */
export const suggestionOr = (hint: string | undefined, span: Span, nearest: string | undefined) =>
  hint === undefined ? suggestion(span, nearest) : { hint };

/** "did you mean" as the end of a message and a fix, or nothing. */
export function suggestion(span: Span, nearest: string | undefined): Partial<Diagnostic> {
  if (nearest === undefined) return {};
  return {
    hint: `Did you mean \`${nearest}\`?`,
    fix: { title: `Change to \`${nearest}\``, edits: [{ span, text: nearest }] },
  };
}
