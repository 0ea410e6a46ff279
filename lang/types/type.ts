// The types of the language as data, and how they are written. Knows nothing of scopes or values.

import type { Dimension } from "../model.ts";
import type { ClassInfo, ComponentInfo, EnumInfo, KindInfo, RecordInfo, Shape } from "./declared.ts";

/** Types whose values are one piece, besides quantities: what `scalar` takes, and what it is. */
export type SimpleName =
  | "bool"
  | "int"
  | "float"
  | "string"
  | "ip"
  | "cidr"
  | "mac"
  | "path"
  | "target"
  | "address"
  | "scalar"
  | "data";

export interface Field {
  readonly type: Type;
  readonly optional: boolean;
}

export type Type =
  /** Agrees with everything: what a mistake has, so that it gives one message. */
  | { readonly is: "error" }
  /** Of `[]` and of `none`'s inside: fits into every type. */
  | { readonly is: "never" }
  | { readonly is: "none" }
  | { readonly is: "simple"; readonly name: SimpleName }
  | { readonly is: "quantity"; readonly dimension: Dimension }
  | { readonly is: "list"; readonly of: Type }
  | { readonly is: "map"; readonly key: Type; readonly value: Type }
  /** Without a declared type: compared by shape. */
  | { readonly is: "shape"; readonly fields: ReadonlyMap<string, Field> }
  | { readonly is: "record"; readonly info: RecordInfo }
  | { readonly is: "enum"; readonly info: EnumInfo }
  | { readonly is: "literal"; readonly text: string }
  | { readonly is: "union"; readonly members: readonly Type[] }
  | { readonly is: "optional"; readonly of: Type }
  /** A member whose default is `auto` takes the word `auto`. */
  | { readonly is: "auto"; readonly of: Type }
  | { readonly is: "secret"; readonly of: Type }
  | { readonly is: "range"; readonly of: Type }
  | { readonly is: "function"; readonly parameters: readonly Type[]; readonly result: Type }
  | ThingType
  /** `web for name in [...]`: read by key. */
  | { readonly is: "family"; readonly key: Type; readonly of: ThingType }
  /** Only in external functions: a type of one capital letter. */
  | { readonly is: "variable"; readonly name: string };

/**
 * `class` where it is known, `shape` (its children and outputs) where the declaration is. `kind` absent:
 * `resource`.
 */
export interface ThingType {
  readonly is: "thing";
  readonly kind: KindInfo | ComponentInfo;
  readonly class?: ClassInfo;
  readonly shape?: Shape;
}

export const ERROR: Type = { is: "error" };
export const NEVER: Type = { is: "never" };
export const NONE: Type = { is: "none" };
const simple = (name: SimpleName): Type => ({ is: "simple", name });
export const BOOL: Type = simple("bool");
export const INT: Type = simple("int");
export const FLOAT: Type = simple("float");
export const STRING: Type = simple("string");
export const SCALAR: Type = simple("scalar");
export const IP: Type = simple("ip");
export const CIDR: Type = simple("cidr");
export const MAC: Type = simple("mac");

const quantityType = (dimension: Dimension): Type => ({ is: "quantity", dimension });
export const QUANTITIES: Readonly<Record<Dimension, Type>> = {
  size: quantityType("size"),
  duration: quantityType("duration"),
  rate: quantityType("rate"),
  pps: quantityType("pps"),
  freq: quantityType("freq"),
  percent: quantityType("percent"),
};

/** Every type name that needs no declaration. */
export const BUILT_IN_TYPES: ReadonlyMap<string, Type> = new Map<string, Type>([
  ...(
    [
      "bool",
      "int",
      "float",
      "string",
      "ip",
      "cidr",
      "mac",
      "path",
      "target",
      "address",
      "scalar",
      "data",
    ] as const
  ).map((name): [string, Type] => [name, simple(name)]),
  ...Object.entries(QUANTITIES),
]);

export const listOf = (of: Type): Type => ({ is: "list", of });
export const mapOf = (key: Type, value: Type): Type => ({ is: "map", key, value });
export const rangeOf = (of: Type): Type => ({ is: "range", of });
/** `T?`; an optional of an optional is the same optional. */
export function optionalOf(of: Type): Type {
  return of.is === "optional" || of.is === "none" || of.is === "error" ? of : { is: "optional", of };
}

/**
 * What is computed from a secret, as a type: what may be absent stays so, and the elements of lists and
 * maps are secrets themselves.
 */
export function secretOf(type: Type): Type {
  switch (type.is) {
    case "optional":
      return { is: "optional", of: secretOf(type.of) };
    case "list":
      return { is: "list", of: secretOf(type.of) };
    case "map":
      return { is: "map", key: type.key, value: secretOf(type.value) };
    case "secret":
    case "error":
    case "never":
    case "none":
    case "function":
      return type;
    default:
      return { is: "secret", of: type };
  }
}

/** Whether a value of the type is a secret, or has one in it. */
export function hasSecret(type: Type): boolean {
  switch (type.is) {
    case "secret":
      return true;
    case "optional":
    case "auto":
    case "list":
      return hasSecret(type.of);
    case "map":
      return hasSecret(type.value);
    default:
      return false;
  }
}

/** The type without `?`, `auto` and `secret` around it: what a bare word or an object is looked up in. */
export function peel(type: Type): Type {
  let inner = type;
  while (inner.is === "optional" || inner.is === "auto" || inner.is === "secret") inner = inner.of;
  return inner;
}

/** The type of a value that was read: an `auto` member is settled by then. */
export function settledType(type: Type): Type {
  return type.is === "auto" ? type.of : type;
}

export const isNumber = (type: Type): boolean =>
  type.is === "simple" && (type.name === "int" || type.name === "float");

const showField = ([name, field]: readonly [string, Field]): string =>
  `${name}${field.optional ? "?" : ""}: ${showType(field.type)}`;

/** As it would be written in a file. */
export function showType(type: Type): string {
  switch (type.is) {
    case "error":
      return "?";
    case "never":
      return "nothing";
    case "none":
      return "none";
    case "simple":
      return type.name;
    case "quantity":
      return type.dimension;
    case "list":
      return `[${showType(type.of)}]`;
    case "map":
      return `{[${showType(type.key)}]: ${showType(type.value)}}`;
    case "shape":
      return `{ ${[...type.fields].map(showField).join(", ")} }`;
    case "record":
    case "enum":
      return type.info.name;
    case "literal":
      return JSON.stringify(type.text);
    case "union":
      return type.members.map(showType).join(" | ");
    case "optional":
      return type.of.is === "union" || type.of.is === "function"
        ? `(${showType(type.of)})?`
        : `${showType(type.of)}?`;
    case "auto":
      return showType(type.of);
    case "secret":
      return `secret ${showType(type.of)}`;
    case "range":
      return `range ${showType(type.of)}`;
    case "function":
      return `(${type.parameters.map(showType).join(", ")}) => ${showType(type.result)}`;
    case "thing":
      return type.class ? `${type.kind.name} of class ${type.class.name}` : type.kind.name;
    case "family":
      return `family of ${showType(type.of)}`;
    case "variable":
      return type.name;
  }
}
