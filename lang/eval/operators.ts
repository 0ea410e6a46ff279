// What operators do with values: whole numbers stay exact up to 2^53, quantities keep their base units.

import type { Dimension } from "../model.ts";
import type { Span } from "../syntax/ast.ts";
import type { Code } from "../types/code.ts";
import { textIn, parseCidr, parseIp, subnetIn } from "../values/address.ts";
import { roundHalfEven, WHOLE_MAX } from "../values/quantity.ts";
import { bool, float, identity, int, isSecret, mapGet, quantity, same, taint, type Datum } from "./datum.ts";
import type { Machine } from "./machine.ts";
import { run } from "./run.ts";
import type { Env } from "./thing.ts";

type Binary = Code & { op: "binary" };

export function binary(code: Binary, env: Env, machine: Machine): Datum {
  const left = run(code.left, env, machine);
  switch (code.operator) {
    case "&&":
      return left.is === "bool" && !left.value ? left : decidedBy(left, run(code.right, env, machine));
    case "||":
      return left.is === "bool" && left.value ? left : decidedBy(left, run(code.right, env, machine));
    case "??":
      return left.is === "none" ? run(code.right, env, machine) : left;
    default: {
      const right = run(code.right, env, machine);
      const result = apply(code, left, right, machine);
      return isSecret(left) || isSecret(right) ? taint(result) : result;
    }
  }
}

/** What is only looked at because of a secret tells of it. */
const decidedBy = (left: Datum, right: Datum): Datum => (isSecret(left) ? taint(right) : right);

function apply(code: Binary, left: Datum, right: Datum, machine: Machine): Datum {
  switch (code.operator) {
    case "==":
      return bool(same(left, right));
    case "!=":
      return bool(!same(left, right));
    case "in":
      return bool(isIn(left, right));
    case "..":
      return { is: "range", from: left, to: right };
    case "<":
      return bool(compare(left, right) < 0);
    case "<=":
      return bool(compare(left, right) <= 0);
    case ">":
      return bool(compare(left, right) > 0);
    case ">=":
      return bool(compare(left, right) >= 0);
    default:
      return arithmetic(code, left, right, machine);
  }
}

/** Order of numbers, quantities of one dimension, addresses, and texts by code point. */
export function compare(left: Datum, right: Datum): number {
  if (
    "value" in left &&
    "value" in right &&
    typeof left.value === "number" &&
    typeof right.value === "number"
  ) {
    return left.value - right.value;
  }
  if (left.is === "ip" && right.is === "ip") {
    const [a, b] = [parseIp(left.text)?.value ?? 0n, parseIp(right.text)?.value ?? 0n];
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (left.is === "bool" && right.is === "bool") return Number(left.value) - Number(right.value);
  return compareText(identity(left), identity(right));
}

/** By code point, which UTF-16 order is not. */
function compareText(left: string, right: string): number {
  const [a, b] = [[...left], [...right]];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i]?.codePointAt(0) ?? 0) - (b[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Membership in a list, a range, the keys of a map or family, a subnet, or a text. */
function isIn(item: Datum, over: Datum): boolean {
  switch (over.is) {
    case "list":
      return over.items.some((other) => same(item, other));
    case "range":
      return compare(item, over.from) >= 0 && compare(item, over.to) <= 0;
    case "map":
      return mapGet(over, item) !== undefined;
    case "family":
      return over.family.get(item) !== undefined;
    case "record":
      return item.is === "string" && Object.hasOwn(over.fields, item.value);
    case "cidr":
      return inSubnet(item, over.text);
    case "string":
      return (
        (item.is === "string" || item.is === "variant") &&
        over.value.includes(item.is === "string" ? item.value : item.name)
      );
    default:
      return false;
  }
}

function inSubnet(item: Datum, text: string): boolean {
  const subnet = parseCidr(text);
  if (!subnet) return false;
  if (item.is === "ip") return textIn(item.text, subnet);
  const inner = item.is === "cidr" ? parseCidr(item.text) : undefined;
  return inner !== undefined && subnetIn(inner, subnet);
}

export function negate(datum: Datum, span: Span, machine: Machine): Datum {
  const result =
    datum.is === "int"
      ? int(-datum.value || 0)
      : datum.is === "float"
        ? float(-datum.value)
        : datum.is === "quantity"
          ? quantity(datum.dimension, -datum.value || 0)
          : machine.fail("VB2013", span, "`-` does not apply here.");
  return isSecret(datum) ? taint(result) : result;
}

const PERCENT = 1e9;
const SECOND = 1e9;

/** Whole numbers round half to even, and stay within 2^53. */
function whole(value: number, code: Binary, machine: Machine): number {
  const rounded = roundHalfEven(value);
  if (!(Math.abs(rounded) <= WHOLE_MAX)) {
    machine.fail("VB3003", code.span, "The result is larger than 2^53.", {
      hint: "Ints and quantities are exact whole numbers up to 2^53 base units.",
    });
  }
  return rounded === 0 ? 0 : rounded;
}

/** Infinite where it lies beyond 2^53, so that rounding does not bring it back. */
const bounded = (exact: bigint): number =>
  (exact < 0n ? -exact : exact) > BigInt(WHOLE_MAX) ? Infinity : Number(exact);

/** Sum, difference or product of whole numbers. */
function exactly(operator: string, a: number, b: number): number {
  const value = operator === "+" ? a + b : operator === "-" ? a - b : a * b;
  if (Math.abs(value) !== WHOLE_MAX) return value;
  const [x, y] = [BigInt(a), BigInt(b)];
  return bounded(operator === "+" ? x + y : operator === "-" ? x - y : x * y);
}

/** a × b ÷ c without losing digits on the way. */
function scaled(a: number, b: number, c: number, code: Binary, machine: Machine): number {
  const product = a * b;
  if (
    Number.isSafeInteger(a) &&
    Number.isSafeInteger(b) &&
    Number.isSafeInteger(c) &&
    !Number.isSafeInteger(product)
  ) {
    const [n, d] = [BigInt(a) * BigInt(b), BigInt(c)];
    const [q, r] = [n / d, n % d];
    // Half to even, on exact numbers.
    const twice = (r < 0n ? -r : r) * 2n;
    const size = d < 0n ? -d : d;
    const up = twice > size || (twice === size && q % 2n !== 0n);
    return whole(bounded(up ? q + (n < 0n === d < 0n ? 1n : -1n) : q), code, machine);
  }
  return whole(product / c, code, machine);
}

function nonZero(value: number, code: Binary, machine: Machine): number {
  if (value === 0) machine.fail("VB3003", code.right.span, "Division by zero.");
  return value;
}

/** Rounds down, so the result has the sign of the divisor. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  return (rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest) || 0;
}

function arithmetic(code: Binary, left: Datum, right: Datum, machine: Machine): Datum {
  if (left.is === "quantity" && right.is === "quantity") return quantities(code, left, right, machine);
  if (left.is === "quantity" && (right.is === "int" || right.is === "float")) {
    if (code.operator === "*")
      return quantity(left.dimension, scaled(left.value, right.value, 1, code, machine));
    return quantity(
      left.dimension,
      scaled(left.value, 1, nonZero(right.value, code, machine), code, machine),
    );
  }
  if ((left.is === "int" || left.is === "float") && right.is === "quantity") {
    if (right.dimension === "percent") return float((left.value * right.value) / PERCENT);
    return quantity(right.dimension, scaled(left.value, right.value, 1, code, machine));
  }
  if ((left.is !== "int" && left.is !== "float") || (right.is !== "int" && right.is !== "float"))
    return machine.failQuietly();
  const exact = left.is === "int" && right.is === "int";
  if (exact && ["+", "-", "*"].includes(code.operator))
    return int(whole(exactly(code.operator, left.value, right.value), code, machine));
  const value = numbers(code, left.value, right.value, machine);
  return exact && code.operator !== "/" ? int(whole(value, code, machine)) : finite(value, code, machine);
}

function finite(value: number, code: Binary, machine: Machine): Datum {
  return Number.isFinite(value)
    ? float(value)
    : machine.fail("VB3003", code.span, "The result is too large for a float.");
}

function numbers(code: Binary, a: number, b: number, machine: Machine): number {
  switch (code.operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / nonZero(b, code, machine);
    default:
      return modulo(a, nonZero(b, code, machine));
  }
}

type Quantity = Datum & { is: "quantity" };

function quantities(code: Binary, left: Quantity, right: Quantity, machine: Machine): Datum {
  const { dimension } = left;
  switch (code.operator) {
    case "+":
    case "-":
      return quantity(dimension, whole(exactly(code.operator, left.value, right.value), code, machine));
    case "%":
      return quantity(dimension, modulo(left.value, nonZero(right.value, code, machine)));
    case "/":
      return quotient(code, left, right, machine);
    default:
      return product(code, left, right, machine);
  }
}

function quotient(code: Binary, left: Quantity, right: Quantity, machine: Machine): Datum {
  const divisor = nonZero(right.value, code, machine);
  if (left.dimension === right.dimension) return float(left.value / divisor);
  // Bytes in bits per second, both ways.
  const made: Dimension = right.dimension === "duration" ? "rate" : "duration";
  return quantity(made, scaled(left.value * 8, SECOND, divisor, code, machine));
}

function product(code: Binary, left: Quantity, right: Quantity, machine: Machine): Datum {
  if (right.dimension === "percent")
    return quantity(left.dimension, scaled(left.value, right.value, PERCENT, code, machine));
  if (left.dimension === "percent")
    return quantity(right.dimension, scaled(left.value, right.value, PERCENT, code, machine));
  const [duration, other] = left.dimension === "duration" ? [left, right] : [right, left];
  if (other.dimension === "rate")
    return quantity("size", scaled(other.value, duration.value, 8 * SECOND, code, machine));
  const perSecond = other.dimension === "freq" ? other.value / 1e3 : other.value;
  return float((perSecond * duration.value) / SECOND);
}
