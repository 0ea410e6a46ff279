// From operands and operators in a row to a tree, by the table of grammar.md §4. Says what does not
// associate.

import type { IToken } from "chevrotain";
import type { BinaryOperator, Expr } from "./ast.ts";
import type { Report } from "./report.ts";

const LEVELS: Readonly<Record<string, number>> = {
  "||": 1,
  "&&": 2,
  "==": 3,
  "!=": 3,
  "<": 3,
  "<=": 3,
  ">": 3,
  ">=": 3,
  in: 3,
  "??": 4,
  "..": 5,
  "+": 6,
  "-": 6,
  "*": 7,
  "/": 7,
  "%": 7,
};
const COMPARE = 3;
const COALESCE = 4;
const SPAN = 5;

/** How tightly an operator binds, 1 to 7; 0 for what is none. */
const levelOf = (operator: string): number => (Object.hasOwn(LEVELS, operator) ? (LEVELS[operator] ?? 0) : 0);

/**
 * Builds the tree of `operands[0] operators[0] operands[1] ...`; there is one operand more.
 * Recursion is as deep as there are `??` in a row: the caller bounds the number of operators.
 */
export function climb(operands: readonly Expr[], operators: readonly IToken[], report: Report): Expr {
  let next = 0;

  const levelAhead = (): number => {
    const operator = operators[next];
    return operator === undefined ? 0 : levelOf(operator.image);
  };
  function grow(left: Expr, least: number): Expr {
    let tree = left;
    let brokenLevel = 0;
    // Bound: each turn takes an operator.
    while (levelAhead() >= least) {
      const operator = operators[next++] as IToken;
      const level = levelOf(operator.image);
      let right = operands[next] as Expr;
      if (levelAhead() > level) right = grow(right, level + 1);
      if (level === COALESCE && levelAhead() === level) right = grow(right, level);
      const span = report.span(tree.span.start, right.span.end);
      const single = level === COMPARE || level === SPAN;
      if (single && tree !== left && tree.node === "binary" && levelOf(tree.operator) === level) {
        reportChain(tree, operator, right, report);
        brokenLevel = level;
      }
      tree = brokenLevel === level ? { node: "error", span } : binary(tree, operator, right, report);
    }
    return tree;
  }
  return grow(operands[0] as Expr, 1);
}

function binary(left: Expr, operator: IToken, right: Expr, report: Report): Expr {
  const { image, startOffset: start } = operator;
  return {
    node: "binary",
    operator: image as BinaryOperator,
    left,
    right,
    operatorSpan: report.span(start, start + image.length),
    span: report.span(left.span.start, right.span.end),
  };
}

// `1 < a < 5` and `1..2..3` mean nothing.
function reportChain(left: Expr & { node: "binary" }, operator: IToken, right: Expr, report: Report): void {
  const { image, startOffset: start } = operator;
  const end = start + image.length;
  if (image === "..") {
    report.error("VB1038", start, end, "A range has two ends: `..` can't be chained.");
    return;
  }
  const text = (expr: Expr): string => report.text.slice(expr.span.start, expr.span.end);
  const isSpan = left.operator === "<=" && image === "<=";
  const instead = isSpan
    ? `${text(left.right)} in ${text(left.left)}..${text(right)}`
    : `${text(left)} && ${text(left.right)} ${image} ${text(right)}`;
  report.error(
    "VB1037",
    start,
    end,
    `Comparisons can't be chained: \`${left.operator}\` already gives a bool.`,
    {
      hint: `Write \`${instead.length > 70 ? "a < b && b < c" : instead}\`.`,
      fix: report.replace("Compare in two steps", left.span.start, right.span.end, instead),
    },
  );
}
