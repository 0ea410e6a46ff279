// The head of a lambda: read as an expression, and judged here when `=>` turns out to follow.

import type { Expr, Name } from "./ast.ts";
import type { Report } from "./report.ts";

/** `(a, b)` before a `=>`: no expression by itself. */
export interface Cover {
  readonly cover: readonly Expr[];
}
/** What stands between the parentheses, where they hold not exactly one value. */
export const coverOf = (expr: Expr): readonly Expr[] | undefined => (expr as Partial<Cover>).cover;

/** The parameters that `head` names; what is no parameter is reported. */
export function parametersOf(head: Expr, report: Report): Name[] {
  const { start, end } = head.span;
  const cover = coverOf(head);
  if (head.node === "reference") return [{ text: head.name, span: head.span }];
  if (head.node === "error" && cover === undefined) return [];
  if (head.node === "parenthesised" && head.inner.node === "reference") {
    const { name, span } = head.inner;
    report.error("VB1039", start, end, "A lambda of one parameter has no parentheses.", {
      fix: report.replace(`Write \`${name} =>\``, start, end, name),
    });
    return [{ text: name, span }];
  }
  if (cover?.length === 0) {
    report.error("VB1039", start, end, "A lambda has at least one parameter.", {
      hint: "What needs no parameter is a value: give it a name with `let`.",
    });
  }
  const names: Name[] = [];
  for (const part of cover ?? [head]) {
    if (part.node === "reference") names.push({ text: part.name, span: part.span });
    else if (part.node !== "error") {
      report.error("VB1039", part.span.start, part.span.end, "A parameter of a lambda is a plain name.", {
        hint: "As in `x => x + 1` or `(a, b) => a + b`.",
      });
    }
  }
  return names;
}
