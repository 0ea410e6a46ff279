// Values of the model from computed ones: things become addresses, texts lose nothing, secrets keep their
// mark.

import type { Value } from "../model.ts";
import type { Datum } from "./datum.ts";
import type { Machine } from "./machine.ts";

/** The same value as plain data. Families and lambdas are never stored; the checker refuses them. */
export function plainValue(datum: Datum, machine: Machine): Value {
  switch (datum.is) {
    case "thing":
      return datum.thing.ref;
    case "list":
      return { is: "list", items: datum.items.map((item) => plainValue(item, machine)) };
    case "map":
      return {
        is: "map",
        entries: datum.entries.map(([key, value]) => [plainValue(key, machine), plainValue(value, machine)]),
      };
    case "family":
      return {
        is: "map",
        entries: datum.family.keys.map((key) => {
          const thing = datum.family.get(key);
          return [plainValue(key, machine), thing ? plainValue(thing.datum, machine) : { is: "none" }];
        }),
      };
    case "record":
      return { is: "record", fields: plainFields(datum.fields, machine) };
    case "variant":
      return {
        is: "variant",
        enum: datum.enum,
        name: datum.name,
        fields: plainFields(datum.fields, machine),
      };
    case "range":
      return { is: "range", from: plainValue(datum.from, machine), to: plainValue(datum.to, machine) };
    case "lambda":
    case "auto":
      return { is: "none" };
    default:
      return datum;
  }
}

function plainFields(fields: Readonly<Record<string, Datum>>, machine: Machine): Record<string, Value> {
  const plain: Record<string, Value> = {};
  for (const [name, value] of Object.entries(fields)) plain[name] = plainValue(value, machine);
  return plain;
}
