// An expression that was written outside of any file: behind `-p`, in a variable, on the command line.

import type { Diagnostic } from "../diagnostics.ts";
import type { Parse } from "../resolve/load.ts";
import type { Expr, Span } from "../syntax/ast.ts";

const PREFIX = "let value = ";

/** The tree of `raw`, its spans fitting that text under the name `file`; or what is wrong with it. */
export function parseWritten(
  raw: string,
  file: string,
  parse: Parse,
): { readonly expr: Expr } | { readonly diagnostics: readonly Diagnostic[] } {
  const { module, diagnostics } = parse(file, PREFIX + raw);
  const [item, more] = module.items;
  if (diagnostics.length > 0) return { diagnostics: diagnostics.map((told) => fitted(told, raw.length)) };
  if (item?.node === "let" && !more) return { expr: shifted(item.value, -PREFIX.length) };
  const span = { file, start: 0, end: raw.length };
  const message = "This is no single expression.";
  return { diagnostics: [{ code: "VB3007", severity: "error", span, message }] };
}

/** A diagnostic of the prefixed text, on the text alone. Its fix would not fit. */
function fitted({ fix: _fix, ...told }: Diagnostic, length: number): Diagnostic {
  const clamp = (at: number): number => Math.max(0, Math.min(length, at - PREFIX.length));
  const moved = <T extends { readonly span: Span }>(part: T): T => {
    const { span } = part;
    return { ...part, span: { ...span, start: clamp(span.start), end: clamp(span.end) } };
  };
  return { ...moved(told), ...(told.related && { related: told.related.map(moved) }) };
}

/** The tree with its spans moved. */
function shifted<T>(node: T, by: number): T {
  if (Array.isArray(node)) return node.map((item) => shifted(item, by) as unknown) as T;
  if (typeof node !== "object" || node === null) return node;
  const moved: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(node)) {
    const offset = (name === "start" || name === "end") && typeof value === "number";
    moved[name] = offset ? value + by : shifted(value, by);
  }
  return moved as T;
}
