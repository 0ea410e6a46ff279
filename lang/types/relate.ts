// Which types fit where, and what two of them have in common. Pure functions over types.

import {
  ERROR,
  FLOAT,
  INT,
  isNumber,
  listOf,
  mapOf,
  NEVER,
  NONE,
  optionalOf,
  SCALAR,
  STRING,
  type Type,
} from "./type.ts";

const TEXT_TAKEN = new Set(["ip", "cidr", "mac", "path", "target", "address"]);

/** Whether a value of `from` may stand where `to` is expected, conversions of language.md §4 included. */
export function fits(from: Type, to: Type): boolean {
  if (from === to || from.is === "error" || to.is === "error" || from.is === "never") return true;
  if (to.is === "optional") return from.is === "none" || fits(from.is === "optional" ? from.of : from, to.of);
  if (to.is === "auto") return fits(from, to.of);
  if (from.is === "auto") return fits(from.of, to);
  if (to.is === "secret") return fits(from.is === "secret" ? from.of : from, to.of);
  if (from.is === "secret") return fits(from.of, to);
  if (from.is === "union" && to.is !== "simple") return from.members.every((member) => fits(member, to));
  switch (to.is) {
    case "simple":
      return fitsSimple(from, to.name);
    case "quantity":
      return (from.is === "quantity" && from.dimension === to.dimension) || isData(from);
    case "list":
      if (from.is === "range") return fits(from.of, INT) && fits(from.of, to.of);
      return (from.is === "list" && fits(from.of, to.of)) || isData(from);
    case "map":
      return fitsMap(from, to.key, to.value);
    case "shape":
      return fitsShape(from, to);
    case "record":
      return fitsRecord(from, to);
    case "enum":
      return (from.is === "enum" && from.info === to.info) || isData(from);
    case "literal":
      return from.is === "literal" && from.text === to.text;
    case "union":
      return to.members.some((member) => fits(from, member)) || isData(from);
    case "range":
      return (from.is === "range" && fits(from.of, to.of)) || isData(from);
    case "function":
      return (
        from.is === "function" &&
        from.parameters.length === to.parameters.length &&
        from.parameters.every((parameter, i) => fits(to.parameters[i] ?? ERROR, parameter)) &&
        fits(from.result, to.result)
      );
    case "thing":
      if (from.is !== "thing") return false;
      if (to.kind.name === "resource" && to.kind.is === "kind") return true;
      return (
        from.kind === to.kind &&
        (!to.class || from.class === to.class) &&
        (!to.shape || from.shape === to.shape)
      );
    case "family":
      return from.is === "family" && from.of.shape === to.of.shape && fits(from.key, to.key);
    case "variable":
      return from.is === "variable" && from.name === to.name;
    default:
      return from.is === to.is;
  }
}

const isData = (type: Type): boolean => type.is === "simple" && type.name === "data";

/** Members of enums, literals, quantities and simple values: what can become text. */
export function isScalar(type: Type): boolean {
  switch (type.is) {
    case "error":
    case "never":
    case "quantity":
    case "literal":
    case "enum":
      return true;
    case "secret":
    case "auto":
      return isScalar(type.of);
    case "simple":
      return true;
    case "union":
      return type.members.every(isScalar);
    case "variable":
      return false;
    default:
      return false;
  }
}

function fitsSimple(from: Type, name: string): boolean {
  if (name === "scalar") return isScalar(from);
  if (name === "data") return from.is !== "function" && from.is !== "thing" && from.is !== "family";
  if (
    name === "string" &&
    (from.is === "literal" || (from.is === "union" && from.members.every((m) => m.is === "literal")))
  ) {
    return true;
  }
  if (from.is === "literal") return TEXT_TAKEN.has(name);
  if (from.is !== "simple") return false;
  if (from.name === name || from.name === "data") return true;
  if (name === "float") return from.name === "int";
  return from.name === "string" && TEXT_TAKEN.has(name);
}

function fitsMap(from: Type, key: Type, value: Type): boolean {
  if (isData(from)) return true;
  if (from.is === "map") return fits(from.key, key) && fits(from.value, value);
  if (from.is === "family") return fits(from.key, key) && fits(from.of, value);
  if (from.is === "shape") {
    return fits(STRING, key) && [...from.fields.values()].every((field) => fits(field.type, value));
  }
  return false;
}

function fitsShape(from: Type, to: Type & { is: "shape" }): boolean {
  if (isData(from)) return true;
  const fields =
    from.is === "shape"
      ? from.fields
      : from.is === "record"
        ? new Map([...from.info.members].map(([n, m]) => [n, { type: m.type, optional: false }]))
        : undefined;
  if (!fields) return false;
  for (const [name, field] of to.fields) {
    const given = fields.get(name);
    if (!given ? !field.optional : !fits(given.type, field.type)) return false;
  }
  return [...fields.keys()].every((name) => to.fields.has(name));
}

function fitsRecord(from: Type, to: Type & { is: "record" }): boolean {
  if (isData(from)) return true;
  if (from.is === "record") return from.info === to.info;
  if (from.is !== "shape") return false;
  for (const [name, member] of to.info.members) {
    const given = from.fields.get(name);
    if (given ? !fits(given.type, member.type) : isRequired(member)) return false;
  }
  return [...from.fields.keys()].every((name) => to.info.members.has(name));
}

/** Whether a member must be given: it has no default and its type is no `T?`. */
export function isRequired(member: { readonly type: Type; readonly hasDefault: boolean }): boolean {
  return !member.hasDefault && member.type.is !== "optional";
}

/**
 * The type that both fit into, as the branches of a ternary or the items of a list; undefined where none is.
 */
export function join(a: Type, b: Type): Type | undefined {
  if (a.is === "error" || b.is === "error") return a.is === "error" ? b : a;
  if (a.is === "auto") return join(a.of, b);
  if (b.is === "auto") return join(a, b.of);
  if (a.is === "never") return b;
  if (b.is === "never") return a;
  if (a.is === "none") return optionalOf(b);
  if (b.is === "none") return optionalOf(a);
  if (a.is === "optional" || b.is === "optional") {
    const inner = join(a.is === "optional" ? a.of : a, b.is === "optional" ? b.of : b);
    return inner && optionalOf(inner);
  }
  if (a.is === "secret" || b.is === "secret") {
    const inner = join(a.is === "secret" ? a.of : a, b.is === "secret" ? b.of : b);
    return inner && { is: "secret", of: inner };
  }
  if (isNumber(a) && isNumber(b)) return a === INT && b === INT ? INT : fits(b, a) && fits(a, b) ? a : FLOAT;
  if (a.is === "list" && b.is === "list") {
    const of = join(a.of, b.of);
    return of && listOf(of);
  }
  if (a.is === "map" && b.is === "map") {
    const key = join(a.key, b.key);
    const value = join(a.value, b.value);
    return key && value && mapOf(key, value);
  }
  if (a.is === "thing" && b.is === "thing") return joinThings(a, b);
  if (a.is === "shape" && b.is === "shape") return joinShapes(a, b);
  if (fits(a, b)) return b;
  if (fits(b, a)) return a;
  const literals = [...(a.is === "union" ? a.members : [a]), ...(b.is === "union" ? b.members : [b])];
  if (literals.every((member) => member.is === "literal")) return { is: "union", members: literals };
  return isScalar(a) && isScalar(b) && a.is !== "enum" && b.is !== "enum" ? SCALAR : undefined;
}

function joinThings(a: Type & { is: "thing" }, b: Type & { is: "thing" }): Type | undefined {
  if (a.kind !== b.kind) return undefined;
  return {
    is: "thing",
    kind: a.kind,
    ...(a.class && a.class === b.class && { class: a.class }),
    ...(a.shape && a.shape === b.shape && { shape: a.shape }),
  };
}

function joinShapes(a: Type & { is: "shape" }, b: Type & { is: "shape" }): Type | undefined {
  const fields = new Map<string, { type: Type; optional: boolean }>();
  for (const name of new Set([...a.fields.keys(), ...b.fields.keys()])) {
    const [x, y] = [a.fields.get(name), b.fields.get(name)];
    const type = x && y ? join(x.type, y.type) : (x ?? y)?.type;
    if (!type) return undefined;
    fields.set(name, { type, optional: !x || !y || x.optional || y.optional });
  }
  return { is: "shape", fields };
}

/** Whether `==` makes sense between the two. */
export function comparable(a: Type, b: Type): boolean {
  const [x, y] = [stripped(a), stripped(b)];
  if (x === NONE || y === NONE || x.is === "none" || y.is === "none" || x === NEVER) return true;
  const joined = join(x, y);
  if (!joined) return fits(x, y) || fits(y, x);
  return !(joined === SCALAR && x !== SCALAR && y !== SCALAR);
}

function stripped(type: Type): Type {
  let inner = type;
  while (inner.is === "optional" || inner.is === "auto" || inner.is === "secret") inner = inner.of;
  return inner;
}
