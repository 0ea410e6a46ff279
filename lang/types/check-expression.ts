// Checks one expression and turns it into code: dispatch by its form, and the conversions at its borders.

import { mismatchHint } from "./hints.ts";
import type { Expr, Span } from "../syntax/ast.ts";
import { checkBinary } from "./check-binary.ts";
import { checkCall } from "./check-call.ts";
import { checkIp, checkNumber, checkCidr, checkMac } from "./check-literal.ts";
import { checkList, checkObject } from "./check-collection.ts";
import { checkIndex, checkMember } from "./check-member.ts";
import { checkReference } from "./check-reference.ts";
import type { Code } from "./code.ts";
import { broken, within, type Checked, type Context, hinted } from "./context.ts";
import { factsOf } from "./facts.ts";
import { fits, isScalar, join } from "./relate.ts";
import { Scope } from "./scope.ts";
import { BOOL, ERROR, NONE, peel, settledType, showType, STRING, type Type } from "./type.ts";
import { hasVariables } from "./unify.ts";

/**
 * Checks `expr`. `expected` lets bare words, objects and lambdas know what they are; it is no promise about
 * the answer.
 */
export function check(expr: Expr, context: Context, expected?: Type): Checked {
  const checked = checkForm(expr, context, expected);
  context.expressionTypes.set(expr, checked.type);
  context.notes?.addExpression(expr, { context, expected, type: checked.type });
  return checked;
}

/**
 * Checks `expr` where only `expected` may stand; tells the mistake otherwise. The code gives a value of
 * `expected`.
 */
export function checkAs(expr: Expr, context: Context, expected: Type, what = ""): Code {
  const checked = check(expr, context, expected);
  if (checked.type.is === "error" || fits(checked.type, expected))
    return convert(checked, expected, context, expr.span, what);
  const part = culprit(expr, expected, context);
  return convert(
    { ...checked, type: part.type },
    part.expected,
    context,
    part.expr.span,
    part.expr === expr ? what : "",
  );
}

/** The innermost part that does not fit: one item of a list, one side of `? :`. */
function culprit(expr: Expr, expected: Type, context: Context): { expr: Expr; type: Type; expected: Type } {
  const wanted = peel(expected);
  const parts: (readonly [Expr, Type])[] =
    expr.node === "parenthesised"
      ? [[expr.inner, expected]]
      : expr.node === "ternary"
        ? [
            [expr.then, expected],
            [expr.else, expected],
          ]
        : expr.node === "list" && wanted.is === "list" && !expr.loop
          ? expr.items.filter((item) => !item.spread).map((item) => [item.value, wanted.of] as const)
          : [];
  for (const [part, type] of parts) {
    const found = context.expressionTypes.get(part);
    if (found && found.is !== "error" && !fits(found, type)) return culprit(part, type, context);
  }
  return { expr, type: context.expressionTypes.get(expr) ?? ERROR, expected };
}

/** Puts the conversion from what was checked to `expected` around it, or tells that there is none. */
export function convert(checked: Checked, expected: Type, context: Context, span: Span, what = ""): Code {
  const { type, code } = checked;
  if (type.is === "error" || expected.is === "error") return code;
  if (!fits(type, expected)) {
    const optional = type.is === "optional" && fits(type.of, expected);
    context.reporter.error(
      optional ? "VB2016" : "VB2008",
      span,
      `${what ? `${what} is` : "This should be"} ${article(showType(expected))}, not ` +
        `${article(showType(type))}.`,
      optional
        ? { hint: "It may be absent: give another value with `??`, or ask `!= none` before." }
        : hinted(
            mismatchHint(
              type,
              expected,
              code.op === "constant" && code.value.is === "string" ? code.value.value : undefined,
            ),
          ),
    );
    return broken(span).code;
  }
  return needsConversion(type, expected) ? { op: "convert", to: expected, of: code, span } : code;
}

const article = (type: string): string => `\`${type}\``;

/** Whether values of `from` look different when they are `to`. Both fit. */
function needsConversion(from: Type, to: Type): boolean {
  const [source, target] = [settledType(from), to];
  if (target.is === "secret") return true;
  if (source.is === "secret") return needsConversion(source.of, target);
  if (target.is === "optional" || target.is === "auto") {
    return source.is !== "none" && needsConversion(source.is === "optional" ? source.of : source, target.of);
  }
  if (source === target || source.is === "none" || source.is === "never" || source.is === "error")
    return false;
  if (source.is === "optional") return needsConversion(source.of, target);
  switch (target.is) {
    case "simple":
      return (
        target.name !== "scalar" &&
        target.name !== "data" &&
        !(source.is === "simple" && source.name === target.name)
      );
    case "list":
      return source.is !== "list" || needsConversion(source.of, target.of);
    case "map":
      return (
        source.is !== "map" ||
        needsConversion(source.key, target.key) ||
        needsConversion(source.value, target.value)
      );
    case "record":
      return source.is !== "record";
    case "shape":
      return (
        source.is !== "shape" ||
        [...target.fields].some(([name, field]) => {
          const given = source.fields.get(name);
          return given !== undefined && needsConversion(given.type, field.type);
        })
      );
    case "union":
      return source.is === "simple" || target.members.some((member) => member.is === "record");
    case "range":
      return source.is !== "range" || needsConversion(source.of, target.of);
    case "function":
    case "thing":
    case "family":
    case "variable":
      return false;
    default:
      return source.is !== target.is;
  }
}

function checkForm(expr: Expr, context: Context, expected: Type | undefined): Checked {
  switch (expr.node) {
    case "number":
      return checkNumber(expr, context);
    case "ip":
      return checkIp(expr);
    case "cidr":
      return checkCidr(expr);
    case "mac":
      return checkMac(expr);
    case "bool":
      return {
        code: { op: "constant", value: { is: "bool", value: expr.value }, span: expr.span },
        type: BOOL,
      };
    case "none":
      return { code: { op: "constant", value: { is: "none" }, span: expr.span }, type: NONE };
    case "string":
      return checkString(expr, context, expected);
    case "reference":
      return checkReference(expr, context, expected);
    case "list":
      return checkList(expr, context, expected);
    case "object":
      return checkObject(expr, context, expected);
    case "unary":
      return checkUnary(expr, context);
    case "binary":
      return checkBinary(expr, context, expected);
    case "ternary":
      return checkTernary(expr, context, expected);
    case "lambda":
      return checkLambda(expr, context, expected);
    case "member":
      return checkMember(expr, context, expected);
    case "index":
      return checkIndex(expr, context);
    case "call":
      return checkCall(expr, context, expected);
    case "parenthesised":
      return check(expr.inner, context, expected);
    case "error":
      if (expr.read) check(expr.read, context, expected);
      return broken(expr.span);
  }
}

function checkString(expr: Expr & { node: "string" }, context: Context, expected: Type | undefined): Checked {
  const [only] = expr.parts;
  if (expr.parts.length === 0 || (expr.parts.length === 1 && typeof only === "string")) {
    const value = typeof only === "string" ? only : "";
    const member = expected && literalMember(peel(expected), value);
    if (member) {
      return {
        code: {
          op: "constant",
          value: { is: "variant", enum: "", name: value, fields: {} },
          span: expr.span,
        },
        type: member,
      };
    }
    return { code: { op: "constant", value: { is: "string", value }, span: expr.span }, type: STRING };
  }
  const parts = expr.parts.map((part) => {
    if (typeof part === "string") return part;
    const checked = check(part, context);
    if (!isScalar(checked.type)) {
      const may =
        checked.type.is === "optional"
          ? "It may be absent: say what stands there then, with `??`."
          : undefined;
      context.reporter.error(
        "VB2008",
        part.span,
        `\`${showType(checked.type)}\` has no text.`,
        may ? { hint: may } : {},
      );
      return broken(part.span).code;
    }
    return checked.code;
  });
  return { code: { op: "text", parts, span: expr.span }, type: STRING };
}

/** The type itself, if it is a union of literals (or one) that has `text`. */
export function literalMember(type: Type, text: string): Type | undefined {
  const members = type.is === "union" ? type.members : [type];
  return members.some((member) => member.is === "literal" && member.text === text) ? type : undefined;
}

function checkUnary(expr: Expr & { node: "unary" }, context: Context): Checked {
  if (expr.operator === "!") {
    const of = checkAs(expr.operand, context, BOOL, "What `!` turns round");
    return { code: { op: "not", of, span: expr.span }, type: BOOL };
  }
  const { code, type } = check(expr.operand, context);
  const inner = settledType(type);
  const numeric =
    inner.is === "quantity" || (inner.is === "simple" && (inner.name === "int" || inner.name === "float"));
  if (inner.is !== "error" && !numeric) {
    context.reporter.error("VB2013", expr.span, `\`-\` does not apply to \`${showType(type)}\`.`);
    return broken(expr.span);
  }
  return { code: { op: "negate", of: code, span: expr.span }, type: inner };
}

function checkTernary(
  expr: Expr & { node: "ternary" },
  context: Context,
  expected: Type | undefined,
): Checked {
  const condition = checkAs(expr.condition, context, BOOL, "A condition");
  const facts = factsOf(expr.condition, context);
  const then = check(expr.then, facts.whenTrue, expected);
  const otherwise = check(expr.else, facts.whenFalse, expected ?? then.type);
  if (expected && expected.is !== "error" && fits(then.type, expected) && fits(otherwise.type, expected)) {
    const branches = {
      whenTrue: convert(then, expected, context, expr.then.span),
      whenFalse: convert(otherwise, expected, context, expr.else.span),
    };
    return { code: { op: "if", condition, ...branches, span: expr.span }, type: expected };
  }
  const type = join(then.type, otherwise.type);
  if (!type) {
    context.reporter.error(
      "VB2008",
      expr.span,
      `The two sides of \`? :\` don't agree: \`${showType(then.type)}\` and \`${showType(otherwise.type)}\`.`,
    );
    return broken(expr.span);
  }
  const branches = {
    whenTrue: convert(then, type, context, expr.then.span),
    whenFalse: convert(otherwise, type, context, expr.else.span),
  };
  return { code: { op: "if", condition, ...branches, span: expr.span }, type };
}

function checkLambda(expr: Expr & { node: "lambda" }, context: Context, expected: Type | undefined): Checked {
  const wanted = expected && peel(expected);
  if (wanted?.is !== "function") {
    if (wanted?.is !== "error")
      context.reporter.error("VB2010", expr.span, "A lambda stands only where a function takes one.");
    return broken(expr.span);
  }
  if (wanted.parameters.length !== expr.parameters.length) {
    context.reporter.error(
      "VB2014",
      expr.span,
      `This lambda should have ${count(wanted.parameters.length, "parameter")}, not ` +
        `${expr.parameters.length}.`,
    );
    return broken(expr.span);
  }
  const scope = new Scope(context.scope);
  expr.parameters.forEach((name, i) =>
    scope.addValue(name.text, name.span, "parameter", () => wanted.parameters[i] ?? ERROR),
  );
  const inner = within(context, scope);
  const open = hasVariables(wanted.result) || wanted.result.is === "error";
  const body = check(expr.body, inner, open ? undefined : wanted.result);
  const code = open ? body.code : convert(body, wanted.result, inner, expr.body.span, "The lambda's result");
  return {
    code: { op: "lambda", parameters: expr.parameters.length, body: code, span: expr.span },
    type: { is: "function", parameters: wanted.parameters, result: open ? body.type : wanted.result },
  };
}

export const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;
