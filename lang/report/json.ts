// Diagnostics as plain objects with lines and columns: what `--json` prints.

import type { Diagnostic } from "../diagnostics.ts";
import type { Span } from "../syntax/ast.ts";
import { LineIndex } from "./position.ts";

/** Lines and columns from 1; offsets from 0, in UTF-16 units; `end` is behind the last. */
export interface JsonPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly start: number;
  readonly end: number;
}

export interface JsonDiagnostic extends JsonPlace {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly hint?: string;
  readonly related: readonly (JsonPlace & { readonly message: string })[];
  readonly values: readonly (JsonPlace & { readonly text: string })[];
  readonly fix?: {
    readonly title: string;
    readonly edits: readonly (JsonPlace & { readonly text: string })[];
  };
}

/** How spans become places in these texts. */
export function placesIn(sources: ReadonlyMap<string, string>): (span: Span) => JsonPlace {
  const indexes = new Map<string, LineIndex>();
  return (span) => {
    const index = indexes.get(span.file) ?? new LineIndex(sources.get(span.file) ?? "");
    indexes.set(span.file, index);
    const [from, to] = [index.position(span.start), index.position(span.end)];
    return {
      file: span.file,
      line: from.line,
      column: from.column,
      endLine: to.line,
      endColumn: to.column,
      start: span.start,
      end: span.end,
    };
  };
}

export function diagnosticsJson(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
): JsonDiagnostic[] {
  const place = placesIn(sources);
  return diagnostics.map((diagnostic) => ({
    code: diagnostic.code,
    severity: diagnostic.severity,
    message: diagnostic.message,
    ...place(diagnostic.span),
    ...(diagnostic.hint !== undefined && { hint: diagnostic.hint }),
    related: (diagnostic.related ?? []).map(({ span, message }) => ({ ...place(span), message })),
    values: (diagnostic.values ?? []).map(({ span, text }) => ({ ...place(span), text })),
    ...(diagnostic.fix && {
      fix: {
        title: diagnostic.fix.title,
        edits: diagnostic.fix.edits.map(({ span, text }) => ({ ...place(span), text })),
      },
    }),
  }));
}
