// External functions on texts. Patterns run in linear time.

import { bool, float, int, list, NONE, scalarText, text, type Datum } from "./datum.ts";
import { argumentSpan, type Call, type External } from "./functions.ts";
import type { Machine } from "./machine.ts";
import { compilePattern, type Pattern } from "./pattern.ts";
import { sha256Hex } from "./sha256.ts";
import { itemsOf } from "./run.ts";

/** Of a text, or of a `Log`, which carries one. */
function textOf(datum: Datum | undefined): string {
  if (datum?.is === "record") return textOf(datum.fields["text"]);
  return datum ? (scalarText(datum) ?? "") : "";
}

function made(value: string, call: Call, machine: Machine): Datum {
  machine.checkText(value.length, call.span);
  return text(value);
}

function pattern(datum: Datum | undefined, call: Call, machine: Machine): Pattern {
  const compiled = compilePattern(textOf(datum));
  if ("problem" in compiled)
    return machine.fail("VB3011", argumentSpan(call, 1), `This pattern can't be read: ${compiled.problem}.`);
  return compiled;
}

/** The first group of the match, or all of it. */
const captured = (match: readonly (string | undefined)[]): string => match[1] ?? match[0] ?? "";

/**
 * The number that a text is, or begins with: `(.*) ms` takes all it can, as in `p50 = 3 ms, p99 = 4 ms`. Part
 * of a word, or of something with more points, is none.
 */
function numberAt(value: string): number {
  const whole = value.trim();
  if (whole === "") return Number.NaN;
  const leading = /^[-+]?(?:[0-9]+(?:[.][0-9]+)?|[.][0-9]+)(?:[eE][-+]?[0-9]+)?(?![\w.])/.exec(whole);
  return Number.isFinite(Number(whole)) || !leading ? Number(whole) : Number(leading[0]);
}

const repeated = (unit: string, count: number): string => {
  let value = "";
  const points = [...unit];
  for (let i = 0; i < count && points.length > 0; i++) value += points[i % points.length] ?? "";
  return value;
};

export const TEXT_FUNCTIONS: Readonly<Record<string, External>> = {
  string: ([x]) => text(textOf(x)),
  concat: ([a, b], call, machine) => made(textOf(a) + textOf(b), call, machine),
  join: ([xs = NONE, between], call, machine) =>
    made(itemsOf(xs, call.span, machine).map(textOf).join(textOf(between)), call, machine),
  split: ([x, at], call, machine) => {
    const parts = textOf(at) === "" ? [...textOf(x)] : textOf(x).split(textOf(at));
    machine.countElements(parts.length, call.span);
    return list(parts.map(text));
  },
  replace: ([x, from, to], call, machine) =>
    made(
      textOf(from) === "" ? textOf(x) : textOf(x).replaceAll(textOf(from), () => textOf(to)),
      call,
      machine,
    ),
  upper: ([x]) => text(textOf(x).toUpperCase()),
  lower: ([x]) => text(textOf(x).toLowerCase()),
  trim: ([x]) => text(textOf(x).trim()),
  pad: ([x, width, unit], call, machine) => {
    const value = textOf(x);
    const wanted = width?.is === "int" ? width.value : 0;
    machine.checkText(wanted, call.span);
    return made(value + repeated(textOf(unit), wanted - [...value].length), call, machine);
  },
  starts_with: ([x, start]) => bool(textOf(x).startsWith(textOf(start))),
  ends_with: ([x, end]) => bool(textOf(x).endsWith(textOf(end))),
  matches: ([x, p], call, machine) => bool(pattern(p, call, machine).first(textOf(x)) !== undefined),
  capture: ([x, p], call, machine) => {
    const match = pattern(p, call, machine).first(textOf(x));
    return match ? text(captured(match)) : NONE;
  },
  number: ([x, p], call, machine) => {
    const match = pattern(p, call, machine).all(textOf(x)).at(-1);
    const value = match ? numberAt(captured(match)) : Number.NaN;
    return Number.isFinite(value) ? float(value) : NONE;
  },
  count: ([x, p], call, machine) => int(pattern(p, call, machine).all(textOf(x)).length),
  hash: ([x]) => text(sha256Hex(textOf(x))),
};
