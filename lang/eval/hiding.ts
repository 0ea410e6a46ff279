// Calls of external functions with secrets: the result is one, and no mistake quotes what was given.

import type { Span } from "../syntax/ast.ts";
import { isSecret, isTainted, taint, type Datum } from "./datum.ts";
import { Failure, type Machine } from "./machine.ts";

/** What the lambda answers decides which items the result has, and in which order. */
const DECIDING = new Set(["filter", "find", "sort", "group"]);

export function callHiding(
  name: string,
  items: readonly Datum[],
  span: Span,
  machine: Machine,
  call: (items: readonly Datum[]) => Datum,
): Datum {
  const secret = items.some(isSecret);
  let decided = false;
  const watch = (item: Datum): Datum => {
    if (item.is !== "lambda") return item;
    const apply = (given: readonly Datum[]): Datum => {
      const answer = item.apply(given);
      decided ||= DECIDING.has(name) ? isSecret(answer) : name === "flat_map" && isTainted(answer);
      return answer;
    };
    return { is: "lambda", apply };
  };
  const watched = items.some((item) => item.is === "lambda") ? items.map(watch) : items;
  const result = secret ? unquoted(name, span, machine, () => call(watched)) : call(watched);
  return secret || decided ? taint(result) : result;
}

/** Parsers and patterns quote what they can't read: of a secret only the function's name is told. */
function unquoted(name: string, span: Span, machine: Machine, compute: () => Datum): Datum {
  const before = machine.diagnostics.length;
  try {
    return compute();
  } catch (caught) {
    if (!(caught instanceof Failure)) throw caught;
    for (const told of machine.diagnostics.splice(before)) {
      const ofThisCall =
        told.span.file === span.file && told.span.start >= span.start && told.span.end <= span.end;
      const message = `\`${name}\` does not take this value, which is a secret.`;
      machine.diagnostics.push(
        ofThisCall ? { code: told.code, severity: told.severity, span: told.span, message } : told,
      );
    }
    throw caught;
  }
}
