// VB5005: conditions that are true, or false, whatever anything is.

import type { Diagnostic, Fix } from "../diagnostics.ts";
import type * as ast from "../syntax/ast.ts";
import { sameTree } from "../format/same-tree.ts";
import { walk, type Met } from "./walk.ts";
import { warn } from "./warn.ts";

export function constantConditions(module: ast.Module, text: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  walk(module.items, (node) => {
    for (const { condition, what, fixFor } of conditionsOf(node, text)) {
      const value = constant(condition);
      if (value === undefined) continue;
      const fix = fixFor?.(value);
      const message = `This ${what} is always ${value}.`;
      found.push(warn("VB5005", condition.span, message, fix ? { fix } : {}));
    }
  });
  return found;
}

interface Condition {
  readonly condition: ast.Expr;
  readonly what: string;
  readonly fixFor?: (value: boolean) => Fix | undefined;
}

function conditionsOf(node: Met, text: string): Condition[] {
  const { condition } = node as { condition?: ast.Expr };
  if (node.node === "ternary") {
    const ternary = node as Extract<ast.Expr, { readonly node: "ternary" }>;
    return [
      {
        condition: ternary.condition,
        what: "condition",
        fixFor: (value) => keepBranch(ternary, value, text),
      },
    ];
  }
  if (condition === undefined) return [];
  if (node.node === "declaration") {
    const { loop, name } = node as ast.Declaration;
    const from = loop?.over.span.end ?? name.span.end;
    const span = { file: condition.span.file, start: from, end: condition.span.end };
    const fix = { title: "Remove the `when`", edits: [{ span, text: "" }] };
    return [{ condition, what: "`when`", fixFor: (value) => (value ? fix : undefined) }];
  }
  const words: Readonly<Record<string, string>> = {
    assert: "assertion",
    expect: "expectation",
    always: "expectation",
  };
  return [{ condition, what: words[node.node ?? ""] ?? "condition" }];
}

function keepBranch(
  ternary: Extract<ast.Expr, { readonly node: "ternary" }>,
  value: boolean,
  text: string,
): Fix {
  const { span } = value ? ternary.then : ternary.else;
  const kept = text.slice(span.start, span.end);
  return { title: `Keep only \`${kept}\``, edits: [{ span: ternary.span, text: kept }] };
}

/** What a condition is, where that follows from its text alone. */
function constant(expr: ast.Expr): boolean | undefined {
  switch (expr.node) {
    case "bool":
      return expr.value;
    case "parenthesised":
      return constant(expr.inner);
    case "unary": {
      const inner = expr.operator === "!" ? constant(expr.operand) : undefined;
      return inner === undefined ? undefined : !inner;
    }
    case "binary":
      return constantBinary(expr);
    default:
      return undefined;
  }
}

/** What comparisons of a value with itself are. */
const EQUAL_HOLDS: ReadonlyMap<string, boolean> = new Map([
  ["==", true],
  ["<=", true],
  [">=", true],
  ["!=", false],
  ["<", false],
  [">", false],
]);

function constantBinary(expr: Extract<ast.Expr, { readonly node: "binary" }>): boolean | undefined {
  const { operator, left, right } = expr;
  if (operator === "&&" || operator === "||") {
    const [a, b] = [constant(left), constant(right)];
    const decides = operator === "||";
    if (a === decides || b === decides) return decides;
    return a !== undefined && b !== undefined ? !decides : undefined;
  }
  if (operator === "in")
    return right.node === "list" && !right.loop && right.items.length === 0 ? false : undefined;
  const holds = EQUAL_HOLDS.get(operator);
  if (holds === undefined) return undefined;
  if (sameTree(left, right)) return holds;
  const [a, b] = [plainNumber(left), plainNumber(right)];
  if (a === undefined || b === undefined) return undefined;
  if (operator === "==" || operator === "!=") return (a === b) === holds;
  const isLess = operator.startsWith("<") ? a < b : a > b;
  return isLess || (a === b && holds);
}

/** Of a number without a unit. */
function plainNumber(expr: ast.Expr): number | undefined {
  return expr.node === "number" && expr.unit === "" ? Number(expr.text.replaceAll("_", "")) : undefined;
}
