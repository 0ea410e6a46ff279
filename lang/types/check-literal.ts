// Numbers with their units, and addresses: literals whose text is checked here and becomes a constant.

import { nearest } from "../resolve/nearest.ts";
import type { Expr } from "../syntax/ast.ts";
import { cidrText, ipText, parseCidr, parseIp, parseMac } from "../values/address.ts";
import { baseUnits, UNITS, WHOLE_MAX } from "../values/quantity.ts";
import { broken, suggestion, type Checked, type Context } from "./context.ts";
import { CIDR, FLOAT, INT, IP, MAC, QUANTITIES } from "./type.ts";

export function checkNumber(expr: Expr & { node: "number" }, context: Context): Checked {
  const { span, unit } = expr;
  if (unit !== "" && !expr.hex) return checkQuantity(expr, context);
  const digits = expr.text.replaceAll("_", "");
  const whole = !digits.includes(".") || expr.hex;
  const value = Number(digits);
  if (Number.isNaN(value)) {
    context.reporter.error("VB2024", span, `\`${expr.text}\` is no number.`);
    return broken(span);
  }
  if (whole && value > WHOLE_MAX) {
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
  if (!unit) {
    const digits = expr.text.endsWith(expr.unit) ? expr.text.length - expr.unit.length : expr.text.length;
    const unitSpan = { ...span, start: Math.min(span.start + digits, span.end - expr.unit.length) };
    const more = suggestion(unitSpan, nearest(expr.unit, UNITS.keys()));
    context.reporter.error("VB2006", unitSpan, `There is no unit \`${expr.unit}\`.`, more);
    return broken(span);
  }
  const digits = expr.text.endsWith(expr.unit) ? expr.text.slice(0, -expr.unit.length) : expr.text;
  const value = baseUnits(digits, unit.factor);
  if (value === undefined) {
    context.reporter.error("VB3003", span, `\`${digits}${expr.unit}\` is no whole number of base units up to 2^53.`);
    return broken(span);
  }
  const { dimension } = unit;
  return { code: { op: "constant", value: { is: "quantity", dimension, value }, span }, type: QUANTITIES[dimension] };
}

export function checkIp(expr: Expr & { node: "ip" }, context: Context): Checked {
  const address = parseIp(expr.text);
  if (!address) {
    context.reporter.error("VB2024", expr.span, `\`${expr.text}\` is no address: each part lies in 0..255, without leading zeros.`);
    return broken(expr.span);
  }
  return { code: { op: "constant", value: { is: "ip", text: ipText(address) }, span: expr.span }, type: IP };
}

export function checkCidr(expr: Expr & { node: "cidr" }, context: Context): Checked {
  const subnet = parseCidr(expr.text);
  if (!subnet) {
    context.reporter.error("VB2024", expr.span, `\`${expr.text}\` is no subnet: four parts in 0..255, and a prefix in 0..32.`);
    return broken(expr.span);
  }
  return { code: { op: "constant", value: { is: "cidr", text: cidrText(subnet) }, span: expr.span }, type: CIDR };
}

export function checkMac(expr: Expr & { node: "mac" }): Checked {
  const text = parseMac(expr.text) ?? expr.text.toLowerCase();
  return { code: { op: "constant", value: { is: "mac", text }, span: expr.span }, type: MAC };
}
