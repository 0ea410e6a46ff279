// What people probably meant: hints for words of other languages, and for values beside the type that is
// wanted. Says nothing where nothing is likely.

import type { Dimension } from "../model.ts";
import { fits } from "./relate.ts";
import { isNumber, peel, type Type } from "./type.ts";

const EXAMPLES: Readonly<Record<Dimension, string>> = {
  size: "`1500B` or `64MiB`",
  duration: "`20ms` or `5s`",
  rate: "`100Mbps`: bits per second",
  pps: "`10kpps`: packets per second",
  freq: "`50Hz`",
  percent: "`0.5%`",
};

/**
 * For a value of `given` where `wanted` stands. `written`: what stands in quotes, where it is such a text.
 */
export function mismatchHint(given: Type, wanted: Type, written: string | undefined): string | undefined {
  const to = peel(wanted);
  if (to.is === "quantity" && (isNumber(given) || given.is === "quantity"))
    return `A ${to.dimension} is written as ${EXAMPLES[to.dimension]}.`;
  if (written !== undefined && isUnquoted(to, written))
    return "What stands in quotes is a text: write it without them.";
  if (given.is === "family" && to.is === "thing")
    return "It is a family: read one by its key, as in `web[1]`, or all with `...web.values()`.";
  if (to.is === "list" && fits(given, to.of)) return "Put it into a list: `[ ]`.";
  if (to.is === "simple" && to.name === "cidr" && isNamed(given, "ip"))
    return "A subnet says how long its prefix is, as in `10.0.0.0/24`.";
  if (to.is === "simple" && to.name === "ip" && isNamed(given, "cidr"))
    return "An address stands without the length of a prefix.";
  if (to.is === "thing" && given.is === "thing" && given.kind.table.holds.has(to.kind.name))
    return `It holds things of kind \`${to.kind.name}\`: name one of them, as in \`thing.name\`.`;
  if (to.is === "record" && given.is !== "optional")
    return `Write it as \`{ ${[...to.info.members.keys()].slice(0, 1).join()} = ... }\`.`;
  if (to.is === "simple" && to.name === "scalar" && given.is === "thing")
    return "A thing has no text: name one of its attributes.";
  if (to.is === "enum" && to.info.variants.size <= VARIANTS_SHOWN)
    return `It is ${[...to.info.variants.keys()].map((name) => `\`${name}\``).join(" or ")}.`;
  return undefined;
}

/** An enum of more says none of them. */
const VARIANTS_SHOWN = 6;

const isNamed = (type: Type, name: string): boolean => type.is === "simple" && type.name === name;

function isUnquoted(type: Type, text: string): boolean {
  if (type.is === "enum") return type.info.variants.has(text);
  if (type.is === "thing") return /^[A-Za-z_][\w.]*$/.test(text);
  if (isNumber(type) || type.is === "quantity") return /^[0-9]/.test(text);
  return type.is === "simple" && type.name === "bool" && ["true", "false"].includes(text);
}

/** For two sides of an operator that don't go together. */
export function sidesHint(operator: string, left: Type, right: Type): string | undefined {
  const [a, b] = [peel(left), peel(right)];
  if (operator === "+" && a.is === "list" && b.is === "list")
    return "Lists are put together in a list: `[...a, ...b]`.";
  const quantity = a.is === "quantity" ? a : b.is === "quantity" ? b : undefined;
  if (quantity && (isNumber(a) || isNumber(b)) && !["*", "/"].includes(operator))
    return `Both sides have a unit: a ${quantity.dimension} is written as ${EXAMPLES[quantity.dimension]}.`;
  return undefined;
}

const VALUES: Readonly<Record<string, string>> = {
  yes: "Did you mean `true`?",
  on: "Did you mean `true`?",
  True: "Did you mean `true`?",
  no: "Did you mean `false`?",
  off: "Did you mean `false`?",
  False: "Did you mean `false`?",
  null: "Did you mean `none`?",
  nil: "Did you mean `none`?",
  None: "Did you mean `none`?",
  undefined: "Did you mean `none`?",
  not: "`!` turns a bool round: `!x`.",
  if: "A choice is written `condition ? a : b`.",
  return: "A function is one expression: leave `return` out.",
  var: "What is declared is read by its name alone.",
  local: "What is declared is read by its name alone.",
  self: "What is declared is read by its name alone.",
  this: "What is declared is read by its name alone.",
};

/** For a word that is read as a value and names nothing. */
export const valueHint = (name: string): string | undefined => ownOf(VALUES, name);

const ATTRIBUTES: Readonly<Record<string, string>> = {
  count: "Several things are made in the head: `for i in 1..3`.",
  replicas: "Several things are made in the head: `for i in 1..3`.",
  for_each: "Several things are made in the head: `for x in xs`.",
  enabled: "A condition stands in the head: `when x`.",
  name: "A thing's name stands in its head, after the kind.",
  type: "A class stands in the head, after a `:`.",
  class: "A class stands in the head, after a `:`.",
  cmd: "Did you mean `args`?",
  command: "Did you mean `args`?",
  environment: "Did you mean `env`?",
  ram: "Did you mean `memory`?",
};

/** For an attribute that is not there; `known` are those that are. */
export function attributeHint(name: string, known: Iterable<string>): string | undefined {
  const hint = ownOf(ATTRIBUTES, name);
  const meant = /^Did you mean `(\w+)`/.exec(hint ?? "")?.[1];
  return meant === undefined || [...known].includes(meant) ? hint : undefined;
}

const ITEMS: Readonly<Record<string, string>> = {
  variable: "A parameter is declared with `param racks: int = 4`.",
  locals: "A value is named with `let racks = 4`.",
  const: "A value is named with `let racks = 4`.",
  var: "A value is named with `let racks = 4`.",
  int: "A value is named with `let racks: int = 4`.",
  string: 'A value is named with `let name: string = "a"`.',
  module: 'A module is read with `import "sites.vbus" as sites`, a shape of one\'s own is a `component`.',
  function: "A function is declared with `fn double(x: int): int = x * 2`.",
  def: "A function is declared with `fn double(x: int): int = x * 2`.",
};

/** For a kind that is not there. */
export const kindHint = (name: string): string | undefined => ownOf(ITEMS, name);

const TYPES: Readonly<Record<string, string>> = {
  integer: "int",
  number: "int` or `float",
  double: "float",
  str: "string",
  text: "string",
  boolean: "bool",
  list: "[T]",
  array: "[T]",
  map: "{[string]: T}",
  dict: "{[string]: T}",
  object: "{ name: T }",
  any: "scalar",
  subnet: "cidr",
  bytes: "size",
  time: "duration",
  bandwidth: "rate",
};

/** For a type that is not there. */
export function typeHint(name: string): string | undefined {
  const known = ownOf(TYPES, name.toLowerCase());
  return known && `Did you mean \`${known}\`?`;
}

const FUNCTIONS: Readonly<Record<string, string>> = {
  length: "Did you mean `len`?",
  size: "Did you mean `len`?",
  lenght: "Did you mean `len`?",
  push: "A list is never changed: `[...xs, x]` is one with an element more.",
  append: "A list is never changed: `[...xs, x]` is one with an element more.",
  contains: "`x in xs` asks whether it is there.",
  includes: "`x in xs` asks whether it is there.",
  has: "`x in xs` asks whether it is there.",
  toString: "Did you mean `string`? Or put it into a text: `${x}`.",
  str: "Did you mean `string`? Or put it into a text: `${x}`.",
  format: 'Values are put into a text: "${x}".',
  range: "A range is written `1..8`.",
  fold: "Did you mean `reduce`?",
  forEach: "A list is made with `[for x in xs: ...]` or `map`.",
  toUpperCase: "Did you mean `upper`?",
  toLowerCase: "Did you mean `lower`?",
  strip: "Did you mean `trim`?",
  cidrsubnet: "Did you mean `subnets`?",
};

const ON_LISTS: Readonly<Record<string, string>> = {
  any: "It takes bools: `xs.map(x => ...).any()`.",
  all: "It takes bools: `xs.map(x => ...).all()`.",
  max: "It takes a list: `[a, b].max()`.",
  min: "It takes a list: `[a, b].min()`.",
  sum: "It takes a list: `[a, b].sum()`.",
};

/** For a function that was given too much. */
export const surplusHint = (name: string): string | undefined => ownOf(ON_LISTS, name);

/** For a function that is not there. */
export const functionHint = (name: string): string | undefined => ownOf(FUNCTIONS, name);

const ownOf = (table: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
