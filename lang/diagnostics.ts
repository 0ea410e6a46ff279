// Diagnostics as data: what every stage of the language returns beside its result. Never thrown.

import type { Span } from "./syntax/ast.ts";

/** One edit that a fix makes. */
export interface Edit {
  readonly span: Span;
  readonly text: string;
}

/** A change that a machine can apply (`vbus check --fix`, the editor). */
export interface Fix {
  readonly title: string;
  readonly edits: readonly Edit[];
}

/** Another place that explains the first: "set here", "default here", "first declared here". */
export interface Related {
  readonly span: Span;
  readonly message: string;
}

/** A value to draw under the part of an expression that it came from. */
export interface ShownValue {
  readonly span: Span;
  readonly text: string;
}

/** One mistake. `code` is stable: VB1xxx text, VB2xxx names and types, VB3xxx values, VB4xxx the graph. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly span: Span;
  readonly message: string;
  /** What to do about it, one sentence. */
  readonly hint?: string;
  readonly related?: readonly Related[];
  readonly values?: readonly ShownValue[];
  readonly fix?: Fix;
}
