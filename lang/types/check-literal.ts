// Numbers with their units, and addresses: literals whose text is checked here and becomes a constant.

import type { Expr } from "../syntax/ast.ts";
import { cidrText, ipText, parseCidr, parseIp, parseMac } from "../values/address.ts";
import { baseUnits, UNITS, WHOLE_MAX } from "../values/quantity.ts";
import { broken, type Checked, type Context } from "./context.ts";
import { CIDR, FLOAT, INT, IP, MAC, QUANTITIES } from "./type.ts";

export function checkNumber(expr: Expr & { node: "number" }, context: Context): Checked {
  const { span, unit } = expr;
  if (unit !== "" && !expr.hex) return checkQuantity(expr, context);
  const digits = expr.text.replaceAll("_", "");
  const whole = !digits.includes(".") || expr.hex;
  const value = Number(digits);
  if (Number.isNaN(value)) return broken(span);
  if (whole && BigInt(digits) > BigInt(WHOLE_MAX)) {
    context.reporter.error("VB3003", span, "This number is larger than 2^53.", {
      hint: "Whole numbers are exact up to 9_007_199_254_740_992.",
    });
    return broken(span);
  }
  return whole
    ? { code: { op: "constant", value: { is: "int", value }, span }, type: INT }
    : { code: { op: "constant", value: { is: "float", value }, span }, type: FLOAT };
}

function checkQuantity(expr: Expr & { node: "number" }, context: Context): Checked {
  const unit = UNITS.get(expr.unit);
  const { span } = expr;
  // The lexer has told an unknown unit, and addresses that are out of range below.
  if (!unit) return broken(span);
  const digits = expr.text.endsWith(expr.unit) ? expr.text.slice(0, -expr.unit.length) : expr.text;
  const value = baseUnits(digits, unit.factor);
  if (value === undefined) {
    context.reporter.error(
      "VB3003",
      span,
      `\`${digits}${expr.unit}\` is no whole number of base units up to 2^53.`,
    );
    return broken(span);
  }
  const { dimension } = unit;
  return {
    code: { op: "constant", value: { is: "quantity", dimension, value }, span },
    type: QUANTITIES[dimension],
  };
}

export function checkIp(expr: Expr & { node: "ip" }): Checked {
  const address = parseIp(expr.text);
  if (!address) return broken(expr.span);
  return { code: { op: "constant", value: { is: "ip", text: ipText(address) }, span: expr.span }, type: IP };
}

export function checkCidr(expr: Expr & { node: "cidr" }): Checked {
  const subnet = parseCidr(expr.text);
  if (!subnet) return broken(expr.span);
  return {
    code: { op: "constant", value: { is: "cidr", text: cidrText(subnet) }, span: expr.span },
    type: CIDR,
  };
}

export function checkMac(expr: Expr & { node: "mac" }): Checked {
  const text = parseMac(expr.text) ?? expr.text.toLowerCase();
  return { code: { op: "constant", value: { is: "mac", text }, span: expr.span }, type: MAC };
}
