// Values of the model from computed ones: things become addresses, texts lose nothing, secrets keep their
// mark.

import type { Value } from "../model.ts";
import { isTainted, type Datum } from "./datum.ts";

/**
 * The same value as plain data. What stands in a secret is secret by itself. Families and lambdas are never
 * stored; the checker refuses them.
 */
export function plainValue(datum: Datum): Value {
  switch (datum.is) {
    case "thing":
      return datum.thing.ref;
    case "list":
      if (isTainted(datum)) return plainer(datum, false);
      if (datum.items.every(isPlain)) return datum as Value;
      return { is: "list", items: datum.items.map(plainValue) };
    case "map":
    case "family":
    case "record":
    case "variant":
    case "range":
    case "lambda":
    case "auto":
      return plainer(datum, false);
    default:
      return datum;
  }
}

/** Whether it is the same as plain data: a text, a number and the like. */
function isPlain({ is }: Datum): boolean {
  switch (is) {
    case "bool":
    case "int":
    case "float":
    case "string":
    case "quantity":
    case "ip":
      return true;
    default:
      return false;
  }
}

function plainer(datum: Datum, inSecret: boolean): Value {
  const secret = inSecret || ("secret" in datum && datum.secret === true);
  const inner = (item: Datum): Value => plainer(item, secret);
  switch (datum.is) {
    case "thing":
      return datum.thing.ref;
    case "list":
      return { is: "list", items: datum.items.map(inner) };
    case "map":
      return { is: "map", entries: datum.entries.map(([key, value]) => [inner(key), inner(value)]) };
    case "family":
      return {
        is: "map",
        entries: datum.family.keys.map((key) => {
          const thing = datum.family.get(key);
          return [inner(key), thing ? inner(thing.datum) : { is: "none" }];
        }),
      };
    case "record":
      return { is: "record", fields: plainFields(datum.fields, inner) };
    case "variant": {
      const { enum: of, name, fields } = datum;
      return { is: "variant", enum: of, name, fields: plainFields(fields, inner) };
    }
    case "range":
      return { is: "range", from: inner(datum.from), to: inner(datum.to) };
    case "lambda":
    case "auto":
      return { is: "none" };
    default:
      return inSecret ? ({ ...datum, secret: true } as Value) : datum;
  }
}

function plainFields(
  fields: Readonly<Record<string, Datum>>,
  inner: (item: Datum) => Value,
): Record<string, Value> {
  const plain: Record<string, Value> = {};
  for (const [name, value] of Object.entries(fields)) plain[name] = inner(value);
  return plain;
}
