// Values of the model for those who only read them: canonical text, equality, and how they look in source.

import { identity, scalarText } from "./eval/datum.ts";
import { showDatum } from "./eval/show.ts";
import type { Value } from "./model.ts";

/**
 * Canonical text of a scalar, as in strings and `args` (`100Mbps`, `10.0.0.1`, `4.0`). Throws for what has
 * none.
 */
export function textOf(value: Value): string {
  const text = scalarText(value);
  if (text === undefined) throw new TypeError(`A value that is a ${value.is} has no text.`);
  return text;
}

/** Equal by content; things by address. An int equals a float of the same number. */
export function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.is === "ref" || b.is === "ref") return a.is === "ref" && b.is === "ref" && a.address === b.address;
  return isPlainlySame(a, b) || valueIdentity(a) === valueIdentity(b);
}

/** Most values are plain and the same, and need no text made of them to be seen so. */
function isPlainlySame(a: Value, b: Value): boolean {
  if (a.is === "none") return b.is === "none";
  if (a.is === "bool") return b.is === "bool" && a.value === b.value;
  if (a.is === "int") return b.is === "int" && a.value === b.value;
  if (a.is === "string") return b.is === "string" && a.value === b.value;
  if (a.is === "quantity") return b.is === "quantity" && a.value === b.value && a.dimension === b.dimension;
  if (a.is === "ip" || a.is === "mac") return b.is === a.is && a.text === b.text;
  if (a.is === "list") return b.is === "list" && a.items.length + b.items.length === 0;
  return a.is === "map" && b.is === "map" && a.entries.length + b.entries.length === 0;
}

function valueIdentity(value: Value): string {
  switch (value.is) {
    case "ref":
      return `@${value.address}`;
    case "list":
      return `[${value.items.map(valueIdentity).join(",")}]`;
    case "map":
      return `{${value.entries
        .map(([key, item]) => `${valueIdentity(key)}=>${valueIdentity(item)}`)
        .sort()
        .join(",")}}`;
    case "record":
      return `{${fieldsIdentity(value.fields)}}`;
    case "variant":
      return Object.keys(value.fields).length === 0
        ? `s${value.name}`
        : `${value.name}(${fieldsIdentity(value.fields)})`;
    case "range":
      return `${valueIdentity(value.from)}..${valueIdentity(value.to)}`;
    default:
      return identity(value);
  }
}

const fieldsIdentity = (fields: Readonly<Record<string, Value>>): string =>
  Object.keys(fields)
    .sort()
    .flatMap((name) => {
      const field = fields[name];
      return field && field.is !== "none" ? [`${name}=${valueIdentity(field)}`] : [];
    })
    .join(",");

/** Source-like text of any value; secrets show as `<secret>`. */
export function showValue(value: Value): string {
  return showDatum(value);
}

/** Whether the value itself was computed from a secret; what stands in a list or a record says so itself. */
export const isSecretValue = (value: Value): boolean => "secret" in value && value.secret === true;

/**
 * As JSON: numbers, texts, lists and objects; quantities and addresses by their text, things by their
 * address, a variant with fields as an object under its name. Secrets are `<secret>`.
 */
export function valueJson(value: Value): unknown {
  if (isSecretValue(value)) return "<secret>";
  switch (value.is) {
    case "none":
      return null;
    case "bool":
    case "int":
    case "float":
      return value.value;
    case "list":
      return value.items.map(valueJson);
    case "map":
      return Object.fromEntries(
        value.entries.map(([key, item]) => [String(valueJson(key)), valueJson(item)]),
      );
    case "record":
      return fieldsJson(value.fields);
    case "variant":
      return Object.keys(value.fields).length === 0 ? value.name : { [value.name]: fieldsJson(value.fields) };
    case "ref":
      return value.address;
    case "range":
      return { from: valueJson(value.from), to: valueJson(value.to) };
    default:
      return scalarText(value) ?? "";
  }
}

const fieldsJson = (fields: Readonly<Record<string, Value>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, valueJson(field)]));
