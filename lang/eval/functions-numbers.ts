// External functions on numbers and quantities.

import { roundHalfEven, WHOLE_MAX } from "../values/quantity.ts";
import { float, int, NONE, quantity, scalarText, type Datum } from "./datum.ts";
import { argumentSpan, type Call, type External } from "./functions.ts";
import type { Machine } from "./machine.ts";
import { compare } from "./operators.ts";
import { itemsOf } from "./run.ts";
import { showDatum } from "./show.ts";

const number = (datum: Datum | undefined): number =>
  datum && "value" in datum && typeof datum.value === "number" ? datum.value : Number.NaN;

/** The same kind of number with another value. */
function like(datum: Datum, value: number, call: Call, machine: Machine): Datum {
  if (datum.is === "float") return float(value);
  if (Math.abs(value) > WHOLE_MAX) machine.fail("VB3003", call.span, "The result is larger than 2^53.");
  return datum.is === "quantity" ? quantity(datum.dimension, value) : int(value);
}

function whole(value: number, call: Call, machine: Machine): Datum {
  if (!(Math.abs(value) <= WHOLE_MAX)) machine.fail("VB3003", call.span, "The result is larger than 2^53.");
  return int(value === 0 ? 0 : value);
}

function extreme(better: (difference: number) => boolean): External {
  return ([xs = NONE], call, machine) => {
    const items = itemsOf(xs, call.span, machine);
    const [first] = items;
    if (!first) return machine.fail("VB3011", call.span, "An empty list has no smallest or largest element.");
    return items.reduce((best, item) => (better(compare(item, best)) ? item : best), first);
  };
}

function parseNumber(datum: Datum, call: Call, machine: Machine): number {
  if (datum.is === "bool") return datum.value ? 1 : 0;
  if ("value" in datum && typeof datum.value === "number" && datum.is !== "quantity") return datum.value;
  const text = scalarText(datum) ?? "";
  const value = /^[+-]?[0-9][0-9_]*(\.[0-9]+)?$/.test(text.trim())
    ? Number(text.replaceAll("_", ""))
    : Number.NaN;
  if (Number.isNaN(value)) machine.fail("VB3011", argumentSpan(call, 0), `${showDatum(datum)} is no number.`);
  return value;
}

export const NUMBER_FUNCTIONS: Readonly<Record<string, External>> = {
  abs: ([x = NONE], call, machine) => like(x, Math.abs(number(x)), call, machine),
  min: extreme((difference) => difference < 0),
  max: extreme((difference) => difference > 0),
  sum: ([xs = NONE], call, machine) => {
    const items = itemsOf(xs, call.span, machine);
    const [first] = items;
    // The sum of nothing: of which numbers, the type no longer says.
    if (!first) return int(0);
    const kind = items.find((item) => item.is === "float") ?? first;
    return like(
      kind,
      items.reduce((total, item) => total + number(item), 0),
      call,
      machine,
    );
  },
  clamp: ([x = NONE, low = NONE, high = NONE]) =>
    compare(x, low) < 0 ? low : compare(x, high) > 0 ? high : x,
  div: ([x, y], call, machine) => {
    if (number(y) === 0) machine.fail("VB3003", argumentSpan(call, 1), "Division by zero.");
    return whole(Math.floor(number(x) / number(y)), call, machine);
  },
  floor: ([x], call, machine) => whole(Math.floor(number(x)), call, machine),
  ceil: ([x], call, machine) => whole(Math.ceil(number(x)), call, machine),
  round: ([x], call, machine) => whole(roundHalfEven(number(x)), call, machine),
  int: ([x = NONE], call, machine) => {
    const value = parseNumber(x, call, machine);
    if (!Number.isInteger(value))
      machine.fail(
        "VB3011",
        argumentSpan(call, 0),
        `${showDatum(x)} is no whole number: use floor, ceil or round.`,
      );
    return whole(value, call, machine);
  },
  float: ([x = NONE], call, machine) => float(parseNumber(x, call, machine)),
};
