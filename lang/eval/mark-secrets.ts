// Secrets of values from outside, found by the type that is expected before anything is converted: what
// doesn't fit is told, and must not be quoted.

import type { Type } from "../types/type.ts";
import { taint, type Datum } from "./datum.ts";

/** Whether a value of the type is a secret, or has one in it; also inside of records. */
export function holdsSecret(type: Type): boolean {
  switch (type.is) {
    case "secret":
      return true;
    case "optional":
    case "auto":
    case "list":
    case "range":
      return holdsSecret(type.of);
    case "map":
      return holdsSecret(type.key) || holdsSecret(type.value);
    case "shape":
      return [...type.fields.values()].some((field) => holdsSecret(field.type));
    case "record":
      return [...type.info.members.values()].some((member) => holdsSecret(member.type));
    case "union":
      return type.members.some(holdsSecret);
    default:
      return false;
  }
}

/** The plain value with its secret parts marked. Where its form is not the expected one, all of it is. */
export function markSecrets(datum: Datum, type: Type): Datum {
  if (!holdsSecret(type)) return datum;
  switch (type.is) {
    case "optional":
    case "auto":
      return datum.is === "none" ? datum : markSecrets(datum, type.of);
    case "list":
      if (datum.is !== "list") return taint(datum);
      return { is: "list", items: datum.items.map((item) => markSecrets(item, type.of)) };
    case "map":
      return datum.is === "record" ? markFields(datum.fields, () => type.value) : taint(datum);
    case "shape":
      return datum.is === "record"
        ? markFields(datum.fields, (name) => type.fields.get(name)?.type)
        : taint(datum);
    case "record":
      return datum.is === "record"
        ? markFields(datum.fields, (name) => type.info.members.get(name)?.type)
        : taint(datum);
    default:
      return taint(datum);
  }
}

/** What is not expected may be a secret by a misspelt name. */
function markFields(
  fields: Readonly<Record<string, Datum>>,
  typeOf: (name: string) => Type | undefined,
): Datum {
  const marked = Object.entries(fields).map(([name, field]) => {
    const type = typeOf(name);
    return [name, type ? markSecrets(field, type) : taint(field)] as const;
  });
  return { is: "record", fields: Object.fromEntries(marked) };
}
