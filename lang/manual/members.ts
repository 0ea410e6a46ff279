// How the members of a kind, class, record, enum or component look in the manual.

import type {
  Action,
  Assert,
  Field,
  Holds,
  Live,
  Member,
  Parameter,
  Type,
  Variant,
  Where,
} from "../syntax/ast.ts";
import { printExpression, printParameters, printType } from "../syntax/print-expression.ts";
import { code, table } from "./markdown.ts";

/** Where the type of each name is described: `Impairment` → `types.md#impairment`. */
export type Places = ReadonlyMap<string, string>;

/** A type as code; the first name in it that has a place leads there. */
function typeCell(type: Type, places: Places): string {
  const text = code(printType(type));
  const known = text.match(/[A-Za-z_]\w*/g)?.find((word) => places.has(word));
  return known === undefined ? text : `[${text}](${places.get(known)})`;
}

/** The prose of a `///` text on one line, without its examples. */
export const prose = (doc: string): string =>
  doc
    .split("\n")
    .filter((line) => !line.startsWith(EXAMPLE))
    .join(" ")
    .trim();

const EXAMPLE = "Example: ";

/** Its examples. */
export const examples = (doc: string): string[] =>
  doc.split("\n").flatMap((line) => (line.startsWith(EXAMPLE) ? [line.slice(EXAMPLE.length)] : []));

const condition = (where: Where | undefined): string =>
  where === undefined ? "" : `Holds: ${code(printExpression(where.condition))}.`;

const sentence = (text: string): string => (text === "" || /[.!?`]$/.test(text) ? text : `${text}.`);

const joined = (...parts: string[]): string => parts.filter((part) => part !== "").join(" ");

function about(field: Field): string {
  const gone = field.marks.find(({ name }) => name.text === "deprecated")?.argument;
  const warning = gone === undefined ? "" : `Deprecated: ${printExpression(gone).slice(1, -1)}.`;
  return joined(sentence(prose(field.doc)), condition(field.where), warning);
}

function defaultCell(field: Field): string {
  if (field.value !== undefined) return code(printExpression(field.value));
  return field.type.node === "optional-type" ? "`none`" : "required";
}

const change = (field: Field): string =>
  field.marks
    .map(({ name }) => name.text)
    .filter((name) => name !== "deprecated")
    .join(" ");

/**
 * Attributes, what follows from them, what can be observed, and actions: a table each, where there are any.
 */
export function memberTables(members: readonly Member[], places: Places, fields = "Attributes"): string[] {
  const of = <N extends Member["node"]>(node: N): (Member & { node: N })[] =>
    members.filter((member): member is Member & { node: N } => member.node === node);
  const own = of("field").filter(({ out }) => !out);
  const outs = of("field").filter(({ out }) => out);
  return [
    ...titled(fields, attributeTable(own, places)),
    ...titled("Known when the plan is made", outTable(outs, places)),
    ...titled("Observed while it runs", liveTable(of("live"), places)),
    ...titled("Actions", actionTable(of("action"))),
    holds(of("holds")),
    asserts(of("assert")),
  ];
}

const titled = (title: string, body: string): string[] => (body === "" ? [] : [`**${title}**`, body]);

function attributeTable(fields: readonly Field[], places: Places): string {
  const marked = fields.some((field) => change(field) !== "");
  const rows = fields.map((field) => [
    code(field.name.text),
    typeCell(field.type, places),
    defaultCell(field),
    ...(marked ? [change(field)] : []),
    about(field),
  ]);
  return table(["name", "type", "default", ...(marked ? ["change"] : []), "meaning"], rows);
}

const outTable = (fields: readonly Field[], places: Places): string =>
  table(
    ["name", "type", "meaning"],
    fields.map((field) => [code(field.name.text), typeCell(field.type, places), about(field)]),
  );

const liveTable = (facts: readonly Live[], places: Places): string =>
  table(
    ["name", "type", "meaning"],
    facts.map(({ name, parameters, type, doc }) => [
      code(name.text + (parameters === undefined ? "" : printParameters(parameters, ""))),
      typeCell(type, places),
      sentence(prose(doc)),
    ]),
  );

const actionTable = (actions: readonly Action[]): string =>
  table(
    ["call", "meaning"],
    actions.map(({ name, parameters, doc }) => [
      code(name.text + printParameters(parameters, "")),
      sentence(prose(doc)),
    ]),
  );

const holds = (kinds: readonly Holds[]): string =>
  kinds.length === 0
    ? ""
    : `Blocks that stand inside: ${kinds.map(({ kind }) => code(kind.text)).join(", ")}.`;

const asserts = (list: readonly Assert[]): string =>
  list
    .map(({ condition: holdsAlways, message }) => {
      const why = message === undefined ? "" : ` (${printExpression(message).slice(1, -1)})`;
      return `- Always holds: ${code(printExpression(holdsAlways))}${why}.`;
    })
    .join("\n");

/** The parameters of a component. */
export const parameterTable = (parameters: readonly Parameter[], places: Places): string =>
  table(
    ["name", "type", "default", "meaning"],
    parameters.map(({ name, type, value, where }) => [
      code(name.text),
      typeCell(type, places),
      value === undefined
        ? type.node === "optional-type"
          ? "`none`"
          : "required"
        : code(printExpression(value)),
      condition(where),
    ]),
  );

/** The variants of an enum. */
export const variantTable = (variants: readonly Variant[]): string =>
  table(
    ["member", "meaning"],
    variants.map(({ name, parameters, doc }) => [
      code(name.text + (parameters === undefined ? "" : printParameters(parameters, ""))),
      sentence(prose(doc)),
    ]),
  );
