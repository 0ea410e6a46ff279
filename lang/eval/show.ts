// Values as a reader of the source would write them; secrets stay hidden.

import type { Value } from "../model.ts";
import { scalarText, type Datum } from "./datum.ts";

const WORD = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Source-like text of any value, `<secret>` for secrets. Long lists are cut after `itemsMax`. */
export function showDatum(datum: Datum | Value, itemsMax = Infinity): string {
  if ("secret" in datum && datum.secret) return "<secret>";
  const inner = (value: Datum | Value): string => showDatum(value, itemsMax);
  switch (datum.is) {
    case "none":
    case "auto":
      return datum.is;
    case "string":
      return quote(datum.value);
    case "path":
      return quote(datum.text);
    case "list":
      return `[${cut(datum.items.map(inner), itemsMax)}]`;
    case "map":
      return braces(
        datum.entries.map(([key, value]) => `${showKey(key)} = ${inner(value)}`),
        itemsMax,
      );
    case "record":
      return braces(
        Object.entries(datum.fields).map(([name, value]) => `${name} = ${inner(value)}`),
        itemsMax,
      );
    case "variant": {
      const fields = Object.entries(datum.fields).map(([name, value]) => `${name} = ${inner(value)}`);
      return fields.length === 0 ? datum.name : `${datum.name}(${fields.join(", ")})`;
    }
    case "range":
      return `${inner(datum.from)}..${inner(datum.to)}`;
    case "ref":
      return datum.address;
    case "thing":
      return datum.thing.address;
    case "family":
      return datum.family.address;
    case "lambda":
      return "a function";
    default:
      return scalarText(datum) ?? "";
  }
}

const cut = (items: readonly string[], max: number): string =>
  items.length > max
    ? [...items.slice(0, max), `... ${items.length - max} more`].join(", ")
    : items.join(", ");
const braces = (entries: readonly string[], max: number): string =>
  entries.length === 0 ? "{}" : `{ ${cut(entries, max)} }`;

function showKey(key: Datum | Value): string {
  if (key.is === "string" && !("secret" in key && key.secret))
    return WORD.test(key.value) ? key.value : quote(key.value);
  return showDatum(key);
}

/** A text as a literal of the language. */
function quote(value: string): string {
  let escaped = "";
  for (const point of value) escaped += ESCAPES.get(point) ?? (isControl(point) ? codeEscape(point) : point);
  return `"${escaped.replaceAll("${", "\\${")}"`;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\\", "\\\\"],
  ['"', '\\"'],
  ["\n", "\\n"],
  ["\t", "\\t"],
  ["\r", "\\r"],
]);
const isControl = (point: string): boolean => point < " " || point === "\u007f";
const codeEscape = (point: string): string => `\\u{${point.charCodeAt(0).toString(16).toUpperCase()}}`;

/** How a key stands in an address: string keys quoted, others as their text. */
export function keyText(key: Datum): string {
  return key.is === "string" ? quote(key.value) : (scalarText(key) ?? "?");
}
