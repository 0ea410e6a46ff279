// What a condition says about things that may be absent: after `x != none &&` the path `x` is there.

import type { Expr } from "../syntax/ast.ts";
import type { Context } from "./context.ts";

export interface Facts {
  readonly whenTrue: Context;
  readonly whenFalse: Context;
}

/** The context that follows `condition` where it holds, and where it doesn't. */
export function factsOf(condition: Expr, context: Context): Facts {
  return {
    whenTrue: extended(context, presentPaths(condition, true, context)),
    whenFalse: extended(context, presentPaths(condition, false, context)),
  };
}

function extended(context: Context, paths: readonly string[]): Context {
  return paths.length === 0 ? context : { ...context, present: new Set([...context.present, ...paths]) };
}

function presentPaths(condition: Expr, holds: boolean, context: Context): string[] {
  if (condition.node === "parenthesised") return presentPaths(condition.inner, holds, context);
  if (condition.node === "unary" && condition.operator === "!")
    return presentPaths(condition.operand, !holds, context);
  if (condition.node !== "binary") return [];
  const { operator, left, right } = condition;
  if ((operator === "&&" && holds) || (operator === "||" && !holds)) {
    return [...presentPaths(left, holds, context), ...presentPaths(right, holds, context)];
  }
  if (operator !== (holds ? "!=" : "==")) return [];
  const subject = right.node === "none" ? left : left.node === "none" ? right : undefined;
  const path = subject && pathOf(subject, context);
  return path === undefined ? [] : [path];
}

/** A text that is the same for the same name or path in the same scopes; undefined for other expressions. */
export function pathOf(expr: Expr, context: Context): string | undefined {
  if (expr.node === "parenthesised") return pathOf(expr.inner, context);
  if (expr.node === "reference") {
    const found = context.scope.find(expr.name);
    // The place of its declaration tells a name from others that it shadows.
    return found && `${expr.name}@${found.binding.span.file}:${found.binding.span.start}`;
  }
  if (expr.node !== "member") return undefined;
  const of = pathOf(expr.of, context);
  return of === undefined ? undefined : `${of}.${expr.name.text}`;
}
