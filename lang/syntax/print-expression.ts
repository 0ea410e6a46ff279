// Expressions and types to canonical text, on one line but for `"""` strings. Knows nothing of comments.

import type { Argument, EntryKey, Expr, Loop, ObjectEntry, Parameter, Type, Where } from "./ast.ts";

const quote = (text: string): string =>
  `"${text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("${", "\\${")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")}"`;

// A `"""` string, every line with `indentation`, which parsing takes off again.
function printBlock(parts: readonly (string | Expr)[], indentation: string): string {
  const escaped = parts.map((part) =>
    typeof part === "string"
      ? part
          .replaceAll("\\", "\\\\")
          .replaceAll('"""', '\\"\\"\\"')
          .replaceAll("${", "\\${")
          .replaceAll("\r", "\\r")
          .replaceAll("\n", `\n${indentation}`)
      : `\${${printExpression(part, indentation)}}`,
  );
  return `"""\n${indentation}${escaped.join("")}\n${indentation}"""`;
}

function printKey(key: EntryKey): string {
  return key.quoted ? quote(key.text) : key.text;
}

function printEntry(entry: ObjectEntry, indentation: string): string {
  if (entry.node === "spread") return `...${printExpression(entry.value, indentation)}`;
  if (entry.node === "shorthand") return entry.name.text;
  return `${printKey(entry.key)} = ${printExpression(entry.value, indentation)}`;
}

function printLoop(loop: Loop, indentation: string): string {
  const clauses = loop.clauses.map(({ variables, over }) => {
    const names = variables.map((name) => name.text).join(", ");
    return `${names} in ${printExpression(over, indentation)}`;
  });
  const when = loop.condition === undefined ? "" : ` when ${printExpression(loop.condition, indentation)}`;
  return `for ${clauses.join(", ")}${when}: `;
}

function printArgument({ name, value }: Argument, indentation: string): string {
  const text = printExpression(value, indentation);
  return name === undefined ? text : `${name.text} = ${text}`;
}

function printList(expr: Expr & { node: "list" }, indentation: string): string {
  const loop = expr.loop === undefined ? "" : printLoop(expr.loop, indentation);
  const items = expr.items.map(
    ({ spread, value }) => `${spread ? "..." : ""}${printExpression(value, indentation)}`,
  );
  return `[${loop}${items.join(", ")}]`;
}

function printObject(expr: Expr & { node: "object" }, indentation: string): string {
  if (expr.loop !== undefined && expr.mapped !== undefined) {
    const { key, value } = expr.mapped;
    const entry = `${printExpression(key, indentation)} => ${printExpression(value, indentation)}`;
    return `{ ${printLoop(expr.loop, indentation)}${entry} }`;
  }
  const entries = expr.entries.map((entry) => printEntry(entry, indentation));
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

function printString(expr: Expr & { node: "string" }, indentation: string): string {
  if (expr.block) return printBlock(expr.parts, indentation);
  const inner = expr.parts.map((part) =>
    typeof part === "string" ? quote(part).slice(1, -1) : `\${${printExpression(part, indentation)}}`,
  );
  return `"${inner.join("")}"`;
}

/**
 * The canonical text of an expression. The tree says where parentheses stand (`parenthesised`), so none are
 * added. An `error` node prints as `<error>`, which is no expression: print only what parsed without
 * mistakes.
 */
export function printExpression(expr: Expr, indentation = ""): string {
  const print = (inner: Expr): string => printExpression(inner, indentation);
  switch (expr.node) {
    case "number":
    case "cidr":
    case "ip":
    case "mac":
      return expr.text;
    case "bool":
      return String(expr.value);
    case "none":
      return "none";
    case "string":
      return printString(expr, indentation);
    case "reference":
      return expr.name;
    case "list":
      return printList(expr, indentation);
    case "object":
      return printObject(expr, indentation);
    case "unary":
      return `${expr.operator}${print(expr.operand)}`;
    case "binary": {
      const between = expr.operator === ".." ? ".." : ` ${expr.operator} `;
      return `${print(expr.left)}${between}${print(expr.right)}`;
    }
    case "ternary":
      return `${print(expr.condition)} ? ${print(expr.then)} : ${print(expr.else)}`;
    case "lambda": {
      const names = expr.parameters.map((name) => name.text).join(", ");
      return `${expr.parameters.length === 1 ? names : `(${names})`} => ${print(expr.body)}`;
    }
    case "member":
      return `${print(expr.of)}${expr.optional ? "?." : "."}${expr.name.text}`;
    case "index":
      return `${print(expr.of)}[${print(expr.index)}]`;
    case "call":
      return `${print(expr.callee)}(${expr.arguments.map((one) => printArgument(one, indentation)).join(", ")})`;
    case "parenthesised":
      return `(${print(expr.inner)})`;
    case "error":
      return "<error>";
  }
}

/** The canonical text of a type. */
export function printType(type: Type): string {
  switch (type.node) {
    case "named-type":
      return type.module === undefined ? type.name.text : `${type.module.text}.${type.name.text}`;
    case "literal-type":
      return quote(type.text);
    case "optional-type":
      return `${printInner(type.of)}?`;
    case "union-type":
      return type.members.map(printInner).join(" | ");
    case "secret-type":
      return `secret ${printInner(type.of)}`;
    case "range-type":
      return `range ${printInner(type.of)}`;
    case "list-type":
      return `[${printType(type.of)}]`;
    case "map-type":
      return `{[${printType(type.key)}]: ${printType(type.value)}}`;
    case "record-type": {
      const fields = type.fields.map(
        ({ name, optional, type: of }) => `${name.text}${optional ? "?" : ""}: ${printType(of)}`,
      );
      return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
    }
    case "function-type":
      return `(${type.parameters.map(printType).join(", ")}) => ${printType(type.result)}`;
    case "error-type":
      return "<error>";
  }
}

// Types keep no parentheses, so they are added where the grammar needs them.
function printInner(type: Type): string {
  const bare = ["named-type", "literal-type", "list-type", "map-type", "record-type"].includes(type.node);
  return bare
    ? printType(type)
    : type.node === "optional-type"
      ? printOptional(type)
      : `(${printType(type)})`;
}

const printOptional = (type: Type): string => `(${printType(type)})`;

/** `where ...` and what comes before it in a parameter, field or `param`. */
export function printDefault(value: Expr | undefined, where: Where | undefined, indentation: string): string {
  const set = value === undefined ? "" : ` = ${printExpression(value, indentation)}`;
  if (where === undefined) return set;
  return `${set} where ${printExpression(where.condition, indentation)}${printMessage(where.message, indentation)}`;
}

export const printMessage = (message: Expr | undefined, indentation: string): string =>
  message === undefined ? "" : `, ${printExpression(message, indentation)}`;

/** `(a: int = 1, b: string)`. */
export function printParameters(parameters: readonly Parameter[], indentation: string): string {
  const texts = parameters.map(
    ({ name, type, value, where }) =>
      `${name.text}: ${printType(type)}${printDefault(value, where, indentation)}`,
  );
  return `(${texts.join(", ")})`;
}
