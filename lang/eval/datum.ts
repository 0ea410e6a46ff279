// Values while they are computed: those of the model, and things, families, lambdas and `auto` beside them.

import type { Dimension, Value } from "../model.ts";
import { quantityText } from "../values/quantity.ts";
import type { Family, Thing } from "./thing.ts";

interface Tainted {
  /** Computed from a `secret`. */
  readonly secret?: true;
}

type Scalar = Extract<
  Value,
  { is: "none" | "bool" | "int" | "float" | "string" | "quantity" | "ip" | "cidr" | "mac" | "path" }
>;

export type Datum =
  | (Scalar & Tainted)
  | ({ readonly is: "list"; readonly items: readonly Datum[] } & Tainted)
  | ({ readonly is: "map"; readonly entries: readonly (readonly [Datum, Datum])[] } & Tainted)
  | ({ readonly is: "record"; readonly fields: Readonly<Record<string, Datum>> } & Tainted)
  | ({
      readonly is: "variant";
      readonly enum: string;
      readonly name: string;
      readonly fields: Readonly<Record<string, Datum>>;
    } & Tainted)
  | ({ readonly is: "range"; readonly from: Datum; readonly to: Datum } & Tainted)
  | { readonly is: "thing"; readonly thing: Thing }
  | { readonly is: "family"; readonly family: Family }
  | { readonly is: "lambda"; readonly apply: (items: readonly Datum[]) => Datum }
  /** To be filled in: never read by an expression. */
  | { readonly is: "auto" };

export const NONE: Datum = { is: "none" };
const TRUE: Datum = { is: "bool", value: true };
const FALSE: Datum = { is: "bool", value: false };
export const bool = (value: boolean): Datum => (value ? TRUE : FALSE);
export const int = (value: number): Datum => ({ is: "int", value });
export const float = (value: number): Datum => ({ is: "float", value });
export const text = (value: string): Datum => ({ is: "string", value });
export const list = (items: readonly Datum[]): Datum => ({ is: "list", items });
export const quantity = (dimension: Dimension, value: number): Datum => ({
  is: "quantity",
  dimension,
  value,
});

/** Whether it, or anything in it, was computed from a secret. */
export function isSecret(datum: Datum): boolean {
  if (isTainted(datum)) return true;
  switch (datum.is) {
    case "list":
      return datum.items.some(isSecret);
    case "map":
      return datum.entries.some(([key, value]) => isSecret(key) || isSecret(value));
    case "record":
    case "variant":
      return Object.values(datum.fields).some(isSecret);
    case "range":
      return isSecret(datum.from) || isSecret(datum.to);
    default:
      return false;
  }
}

/** Whether the value as a whole was computed from a secret: of a list also how long it is. */
export const isTainted = (datum: Datum): boolean => "secret" in datum && datum.secret === true;

/** The same, known to be computed from a secret, with everything in it. */
export function taint(datum: Datum): Datum {
  if (isTainted(datum)) return datum;
  switch (datum.is) {
    case "thing":
    case "family":
    case "lambda":
    case "auto":
      return datum;
    case "list":
      return { is: "list", items: datum.items.map(taint), secret: true };
    case "map":
      return {
        is: "map",
        entries: datum.entries.map(([key, value]) => [taint(key), taint(value)]),
        secret: true,
      };
    case "record":
    case "variant": {
      const fields = Object.entries(datum.fields).map(([name, value]) => [name, taint(value)] as const);
      return { ...datum, fields: Object.fromEntries(fields), secret: true };
    }
    case "range":
      return { is: "range", from: taint(datum.from), to: taint(datum.to), secret: true };
    default:
      return { ...datum, secret: true };
  }
}

/** Canonical text of a scalar (language.md §5); undefined for what has none. */
export function scalarText(datum: Datum | Value): string | undefined {
  switch (datum.is) {
    case "bool":
      return String(datum.value);
    case "int":
      return wholeText(datum.value);
    case "float":
      return floatText(datum.value);
    case "string":
      return datum.value;
    case "quantity":
      return quantityText(datum.dimension, datum.value);
    case "ip":
    case "cidr":
    case "mac":
      return datum.text;
    case "path":
      return datum.text;
    case "variant":
      return datum.name;
    default:
      return undefined;
  }
}

/** Of ints up to 2^53: never with an exponent. */
const wholeText = (value: number): string => String(value);

/** The shortest decimal digits that read back as the same float, never with an exponent. */
function floatText(value: number): string {
  const shortest = String(value);
  if (!shortest.includes("e"))
    return shortest.includes(".") || !Number.isFinite(value) ? shortest : `${shortest}.0`;
  const [mantissa = "", exponentText = "0"] = shortest.split("e");
  const exponent = Number(exponentText);
  const negative = mantissa.startsWith("-");
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const digits = whole + fraction;
  const point = whole.length + exponent;
  const body =
    point <= 0
      ? `0.${"0".repeat(-point)}${digits}`
      : point >= digits.length
        ? `${digits}${"0".repeat(point - digits.length)}.0`
        : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return negative ? `-${body}` : body;
}

/** Equal texts for equal values of any type: the identity of keys and of members of sets. */
export function identity(datum: Datum): string {
  switch (datum.is) {
    case "int":
    case "float":
      return `n${datum.value}`;
    case "quantity":
      return `${datum.dimension}${datum.value}`;
    case "list":
      return `[${datum.items.map(identity).join(",")}]`;
    case "map":
      return `{${datum.entries
        .map(([key, value]) => `${identity(key)}=>${identity(value)}`)
        .sort()
        .join(",")}}`;
    case "record":
      return `{${fieldIdentities(datum.fields)}}`;
    case "variant":
      return Object.keys(datum.fields).length === 0
        ? `s${datum.name}`
        : `${datum.name}(${fieldIdentities(datum.fields)})`;
    case "range":
      return `${identity(datum.from)}..${identity(datum.to)}`;
    case "thing":
      return `@${datum.thing.address}`;
    case "family":
      return `@@${datum.family.address}`;
    case "none":
    case "auto":
    case "lambda":
      return datum.is;
    case "string":
      return `s${JSON.stringify(datum.value).slice(1, -1)}`;
    case "path":
      return `p${datum.path}`;
    default:
      return `${datum.is}:${scalarText(datum) ?? ""}`;
  }
}

function fieldIdentities(fields: Readonly<Record<string, Datum>>): string {
  return Object.keys(fields)
    .filter((name) => fields[name]?.is !== "none")
    .sort()
    .map((name) => `${name}=${identity(fields[name] ?? NONE)}`)
    .join(",");
}

export const same = (a: Datum, b: Datum): boolean => {
  if (a === b) return true;
  if ((a.is === "int" || a.is === "float") && (b.is === "int" || b.is === "float"))
    return a.value === b.value;
  if (a.is === "string" && b.is === "string") return a.value === b.value;
  if (a.is === "thing" && b.is === "thing") return a.thing === b.thing;
  return identity(a) === identity(b);
};

const indexes = new WeakMap<object, Map<string, Datum>>();

/** The value at `key` of a map, found in constant time after the first question. */
export function mapGet(map: Datum & { is: "map" }, key: Datum): Datum | undefined {
  let index = indexes.get(map);
  if (!index) {
    index = new Map(map.entries.map(([entryKey, value]) => [identity(entryKey), value]));
    indexes.set(map, index);
  }
  return index.get(identity(key));
}
