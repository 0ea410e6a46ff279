// Operators: what they take, and what they make of it (language.md §5).

import { sidesHint } from "./hints.ts";
import type { BinaryOperator, Expr } from "../syntax/ast.ts";
import type { Dimension } from "../model.ts";
import { entryTypes } from "./check-collection.ts";
import { check, checkAs, convert } from "./check-expression.ts";
import { broken, type Checked, type Context, hinted } from "./context.ts";
import { factsOf } from "./facts.ts";
import { comparable, fits, join } from "./relate.ts";
import {
  BOOL,
  CIDR,
  ERROR,
  FLOAT,
  INT,
  IP,
  isNumber,
  listOf,
  peel,
  QUANTITIES,
  rangeOf,
  settledType,
  showType,
  STRING,
  type Type,
} from "./type.ts";

type Binary = Expr & { node: "binary" };

export function checkBinary(expr: Binary, context: Context, expected: Type | undefined): Checked {
  switch (expr.operator) {
    case "&&":
    case "||":
      return checkLogic(expr, context);
    case "==":
    case "!=":
      return checkEquality(expr, context);
    case "in":
      return checkIn(expr, context);
    case "??":
      return checkCoalesce(expr, context, expected);
    case "..":
      return checkRange(expr, context, expected);
    default:
      return checkArithmetic(expr, context);
  }
}

const made = (expr: Binary, left: Checked["code"], right: Checked["code"], type: Type): Checked => ({
  code: {
    op: "binary",
    operator: expr.operator,
    left,
    right,
    operatorSpan: expr.operatorSpan,
    span: expr.span,
  },
  type,
});

function checkLogic(expr: Binary, context: Context): Checked {
  const left = checkAs(expr.left, context, BOOL, `What \`${expr.operator}\` joins`);
  const facts = factsOf(expr.left, context);
  const after = expr.operator === "&&" ? facts.whenTrue : facts.whenFalse;
  const right = checkAs(expr.right, after, BOOL, `What \`${expr.operator}\` joins`);
  return made(expr, left, right, BOOL);
}

/** Whether the other side should say what this one is: a bare word may be a member of an enum. */
function leansOnOther(expr: Expr): boolean {
  switch (expr.node) {
    case "reference":
    case "string":
      return true;
    case "call":
      return expr.callee.node === "reference";
    case "parenthesised":
      return leansOnOther(expr.inner);
    case "ternary":
      return leansOnOther(expr.then) && leansOnOther(expr.else);
    case "list":
      return expr.items.every((item) => leansOnOther(item.value));
    case "object":
      return true;
    default:
      return false;
  }
}

/** Checks both sides, the one that knows its type first. */
function checkSides(
  expr: Binary,
  context: Context,
  toOther: (type: Type) => Type | undefined,
): [Checked, Checked] {
  if (leansOnOther(expr.left) && !leansOnOther(expr.right)) {
    const right = check(expr.right, context);
    return [check(expr.left, context, toOther(settledType(right.type))), right];
  }
  const bare = expr.left.node === "reference" && !context.scope.find(expr.left.name);
  if (bare && expr.right.node === "reference") {
    const right = check(expr.right, context);
    return [check(expr.left, context, toOther(settledType(right.type))), right];
  }
  const left = check(expr.left, context);
  return [left, check(expr.right, context, toOther(settledType(left.type)))];
}

function mismatch(expr: Binary, left: Type, right: Type, context: Context, hint?: string): Checked {
  if (left.is !== "error" && right.is !== "error") {
    context.reporter.error(
      "VB2013",
      expr.span,
      `\`${expr.operator}\` does not apply to \`${showType(left)}\` and \`${showType(right)}\`.`,
      hinted(hint ?? sidesHint(expr.operator, left, right)),
    );
  }
  return broken(expr.span);
}

/** `seed == auto`: whether a member of a record is still to be filled in. */
function autoSide(side: Expr, other: Expr, context: Context): boolean {
  if (side.node !== "reference" || side.name !== "auto" || other.node !== "reference") return false;
  const binding = context.scope.find(other.name)?.binding;
  return binding?.is === "value" && binding.auto === true;
}

function checkEquality(expr: Binary, context: Context): Checked {
  if (autoSide(expr.right, expr.left, context)) {
    const { code } = check(expr.left, context);
    return made(expr, code, { op: "auto", span: expr.right.span }, BOOL);
  }
  const [left, right] = checkSides(expr, context, (type) => type);
  if (!comparable(left.type, right.type)) return mismatch(expr, left.type, right.type, context);
  // A text beside an address is read as one; other sides are compared as they are.
  const [a, b] = [peel(left.type), peel(right.type)];
  const leftCode = isText(a) && isAddress(b) ? convert(left, b, context, expr.left.span) : left.code;
  const rightCode = isText(b) && isAddress(a) ? convert(right, a, context, expr.right.span) : right.code;
  return made(expr, leftCode, rightCode, BOOL);
}

const isText = (type: Type): boolean => type.is === "simple" && type.name === "string";
const isAddress = (type: Type): boolean => type.is === "simple" && ["ip", "cidr", "mac"].includes(type.name);

function checkIn(expr: Binary, context: Context): Checked {
  const left = check(expr.left, context);
  const right = check(expr.right, context, listOf(settledType(left.type)));
  const [item, over] = [present(left.type, context), settledType(right.type)];
  if (item.is === "error" || over.is === "error") return made(expr, left.code, right.code, BOOL);
  const takes = elementsOf(over);
  if (item.is === "optional" || !takes.some((type) => comparable(item, type) || fits(item, type))) {
    return mismatch(
      expr,
      item,
      over,
      context,
      item.is === "optional" ? "It may be absent: ask `!= none &&` before." : undefined,
    );
  }
  // A text beside addresses is read as one, and addresses beside texts read those.
  const address = isText(item) ? takes.find(isAddress) : undefined;
  const written = left.code.op === "constant" && left.code.value.is === "string" ? left.code.value.value : "";
  const wanted = address && written.includes("/") ? CIDR : address;
  const leftCode = wanted ? convert({ ...left, type: item }, wanted, context, expr.left.span) : left.code;
  const texts = isAddress(item) && over.is === "list" && isText(over.of);
  const rightCode = texts ? convert(right, listOf(item), context, expr.right.span) : right.code;
  return made(expr, leftCode, rightCode, BOOL);
}

/** A live fact that isn't there yet is not met, so it need not be tested against `none` before. */
function present(type: Type, context: Context): Type {
  const settled = settledType(type);
  return context.live && settled.is === "optional" ? settled.of : settled;
}

function elementsOf(type: Type): readonly Type[] {
  if (type.is === "list" || type.is === "range") return [type.of];
  if (type === CIDR || (type.is === "simple" && type.name === "cidr")) return [IP, CIDR];
  if (isText(type)) return [STRING];
  const entries = entryTypes(type);
  return entries ? [entries[0]] : [];
}

function checkCoalesce(expr: Binary, context: Context, expected: Type | undefined): Checked {
  const left = check(expr.left, context, expected);
  const type = settledType(left.type);
  const inner = type.is === "optional" ? type.of : type;
  const right = check(expr.right, context, inner.is === "none" ? expected : inner);
  const result = inner.is === "none" ? right.type : join(inner, settledType(right.type));
  if (!result) return mismatch(expr, type, right.type, context);
  return made(
    expr,
    convert(left, type.is === "optional" ? { is: "optional", of: result } : type, context, expr.left.span),
    convert(right, result, context, expr.right.span),
    result,
  );
}

function checkRange(expr: Binary, context: Context, expected: Type | undefined): Checked {
  const wanted = expected && peel(expected);
  const of = wanted?.is === "range" ? wanted.of : undefined;
  const left = check(expr.left, context, of);
  const right = check(expr.right, context, of);
  const [a, b] = [settledType(left.type), settledType(right.type)];
  if (a.is === "error" || b.is === "error") return { ...broken(expr.span) };
  const type = isOrdered(a) && isOrdered(b) ? join(a, b) : undefined;
  if (!type || !isOrdered(type)) return mismatch(expr, a, b, context);
  return made(
    expr,
    convert(left, type, context, expr.left.span),
    convert(right, type, context, expr.right.span),
    rangeOf(type),
  );
}

const isOrdered = (type: Type): boolean =>
  isNumber(type) ||
  type.is === "quantity" ||
  (type.is === "simple" && (type.name === "string" || type.name === "ip"));

function checkArithmetic(expr: Binary, context: Context): Checked {
  const left = check(expr.left, context);
  const right = check(expr.right, context);
  const [a, b] = [present(left.type, context), present(right.type, context)];
  if (a.is === "error" || b.is === "error") return { code: broken(expr.span).code, type: ERROR };
  const secret = a.is === "secret" || b.is === "secret";
  const type = resultOf(expr.operator, a.is === "secret" ? a.of : a, b.is === "secret" ? b.of : b);
  if (!type) return mismatch(expr, a, b, context, arithmeticHint(expr, a, b));
  return made(expr, left.code, right.code, secret ? { is: "secret", of: type } : type);
}

function arithmeticHint(expr: Binary, left: Type, right: Type): string | undefined {
  if (left.is === "optional" || right.is === "optional")
    return "It may be absent: give another value with `??`.";
  if (expr.operator === "+" && (isText(left) || isText(right)))
    return 'Texts are put together inside a string: "${a}${b}".';
  return undefined;
}

const isInt = (type: Type): boolean => type.is === "simple" && type.name === "int";

/** The type of `left OPERATOR right`, undefined where it makes no sense. */
function resultOf(operator: BinaryOperator, left: Type, right: Type): Type | undefined {
  if (["<", "<=", ">", ">="].includes(operator)) {
    const joined = isOrdered(left) && isOrdered(right) ? join(left, right) : undefined;
    return joined && isOrdered(joined) ? BOOL : undefined;
  }
  if (isNumber(left) && isNumber(right)) return operator !== "/" && isInt(left) && isInt(right) ? INT : FLOAT;
  if (left.is === "quantity" && right.is === "quantity")
    return ofQuantities(operator, left.dimension, right.dimension);
  if (left.is === "quantity" && isNumber(right))
    return operator === "*" || operator === "/" ? left : undefined;
  if (isNumber(left) && right.is === "quantity" && operator === "*")
    return right.dimension === "percent" ? FLOAT : right;
  return undefined;
}

function ofQuantities(operator: BinaryOperator, left: Dimension, right: Dimension): Type | undefined {
  const same = left === right;
  if (operator === "+" || operator === "-" || operator === "%") return same ? QUANTITIES[left] : undefined;
  if (operator === "/") {
    if (same) return FLOAT;
    if (left === "size" && right === "duration") return QUANTITIES.rate;
    return left === "size" && right === "rate" ? QUANTITIES.duration : undefined;
  }
  if (operator !== "*") return undefined;
  const pair = new Set([left, right]);
  if (pair.has("percent")) return QUANTITIES[left === "percent" ? right : left];
  if (!pair.has("duration")) return undefined;
  if (pair.has("rate")) return QUANTITIES.size;
  return pair.has("pps") || pair.has("freq") ? FLOAT : undefined;
}
