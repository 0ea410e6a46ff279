// Expressions to layouts: what stays together, and where a long one breaks.

import type { Argument, BinaryOperator, Expr, Loop, ObjectEntry, Parameter, Where } from "../syntax/ast.ts";
import { blockString } from "./as-written.ts";
import { ARGUMENTS, LIST, makeBox, OBJECT, type Made } from "./boxes.ts";
import { flatText, flatWidth, group, indent, LINE, SOFT } from "./doc.ts";
import type { Doc } from "./doc.ts";
import { rangeOf, type Range, type Source } from "./source.ts";
import { typeDoc } from "./types.ts";

type Of<N extends Expr["node"]> = Extract<Expr, { readonly node: N }>;

export function exprDoc(expr: Expr, source: Source): Doc {
  const { span } = expr;
  switch (expr.node) {
    case "string":
      return stringDoc(expr, source);
    case "reference":
      return expr.name;
    case "list":
      return listDoc(expr, source);
    case "object":
      return objectDoc(expr, source);
    case "unary":
      return [expr.operator, exprDoc(expr.operand, source)];
    case "binary":
      return binaryDoc(expr, source);
    case "ternary": {
      const branches = [LINE, "? ", exprDoc(expr.then, source), LINE, ": ", exprDoc(expr.else, source)];
      const kept = source.isOneLine(span.start, span.end);
      return group([exprDoc(expr.condition, source), indent(branches)], kept);
    }
    case "lambda": {
      const names = expr.parameters.map((name) => name.text).join(", ");
      return [expr.parameters.length === 1 ? names : `(${names})`, " => ", exprDoc(expr.body, source)];
    }
    case "member":
    case "index":
    case "call":
      return suffixDoc(expr, source);
    case "parenthesised":
      return ["(", exprDoc(expr.inner, source), ")"];
    case "number":
    case "cidr":
    case "ip":
    case "mac":
    case "bool":
    case "none":
    case "error":
      return source.slice(span);
  }
}

function stringDoc({ parts, block, span }: Of<"string">, source: Source): Doc {
  const commented = source.commentsIn(span.start, span.end).length > 0;
  if (block) return commented ? source.slice(span) : blockString(rangeOf(span), source);
  let text = "";
  let at = span.start;
  for (const part of parts) {
    if (typeof part === "string") continue;
    const before = source.text.slice(at, part.span.start).trimEnd();
    const doc = exprDoc(part, source);
    // A part that can't be on the string's one line, or has a comment, is left as it is.
    if (commented || !before.endsWith("${") || flatWidth(doc) === Infinity) return source.slice(span);
    text += before + flatText(doc);
    at = part.span.end;
    while (source.text[at] === " " || source.text[at] === "\t") at++;
  }
  return text + source.text.slice(at, span.end);
}

function listDoc(expr: Of<"list">, source: Source): Doc {
  const { start, end } = expr.span;
  if (expr.loop) return loopDoc(expr, expr.loop, expr.items[0]?.value, source);
  const parts = expr.items.map(({ span, spread, value }) => ({
    ...rangeOf(span),
    make: (): Made => ({ doc: [spread ? "..." : "", exprDoc(value, source)] }),
  }));
  return makeBox(start, end - 1, parts, LIST, source);
}

function objectDoc(expr: Of<"object">, source: Source): Doc {
  const { start, end } = expr.span;
  if (expr.loop) return loopDoc(expr, expr.loop, expr.mapped, source);
  const parts = expr.entries.map((entry) => ({
    ...rangeOf(entry.span),
    make: (): Made => entryMade(entry, source),
  }));
  return makeBox(start, end - 1, parts, OBJECT, source);
}

function entryMade(entry: ObjectEntry, source: Source): Made {
  if (entry.node === "spread") return { doc: ["...", exprDoc(entry.value, source)] };
  if (entry.node === "shorthand") return { doc: entry.name.text };
  const name = source.slice(entry.key.span);
  const value = exprDoc(entry.value, source);
  return { doc: [name, " = ", value], aligned: { name, value } };
}

/** `[for x in xs when c: e]` and `{for x in xs: k => v}`. */
function loopDoc(
  expr: Of<"list" | "object">,
  loop: Loop,
  result: Expr | Of<"object">["mapped"] | undefined,
  source: Source,
): Doc {
  const { start, end } = expr.span;
  const clauses = loop.clauses.flatMap(({ variables, over }, i) => [
    i === 0 ? "for " : [",", LINE],
    variables.map((name) => name.text).join(", "),
    " in ",
    exprDoc(over, source),
  ]);
  const when = loop.condition ? [LINE, "when ", exprDoc(loop.condition, source)] : [];
  const made = !result
    ? ""
    : "key" in result
      ? [exprDoc(result.key, source), " => ", exprDoc(result.value, source)]
      : exprDoc(result, source);
  const head = group(indent([...clauses, ...when]), source.isOneLine(loop.span.start, loop.span.end));
  const forced = !source.isOneLine(start, loop.span.start);
  const inner = indent([SOFT, head, ":", indent([LINE, made])]);
  const [open, close] = expr.node === "list" ? ["[", "]"] : ["{", "}"];
  return group([open, inner, SOFT, close], source.isOneLine(start, end), forced);
}

/** Operators that bind alike, loosest first: a chain of them breaks as one. */
const LEVELS: readonly (readonly BinaryOperator[])[] = [
  ["||"],
  ["&&"],
  ["==", "!=", "<", "<=", ">", ">=", "in"],
  ["??"],
  [".."],
  ["+", "-"],
  ["*", "/", "%"],
];
const levelOf = (operator: BinaryOperator): number =>
  LEVELS.findIndex((operators) => operators.includes(operator));

function binaryDoc(expr: Of<"binary">, source: Source): Doc {
  const level = levelOf(expr.operator);
  if (expr.operator === "..") return [exprDoc(expr.left, source), "..", exprDoc(expr.right, source)];
  const rest: { readonly operator: string; readonly operand: Expr }[] = [];
  let first: Expr = expr;
  if (expr.operator === "??") {
    first = expr.left;
    let right: Expr = expr.right;
    while (right.node === "binary" && right.operator === "??") {
      rest.push({ operator: "??", operand: right.left });
      right = right.right;
    }
    rest.push({ operator: "??", operand: right });
  } else {
    while (first.node === "binary" && levelOf(first.operator) === level) {
      rest.unshift({ operator: first.operator, operand: first.right });
      first = first.left;
    }
  }
  // A line can't begin with a minus: such a chain has its operators at the ends of its lines.
  const trailing = rest.some(({ operator }) => operator === "-");
  const links = rest.map(({ operator, operand }) => {
    const doc = exprDoc(operand, source);
    return trailing ? [` ${operator}`, LINE, doc] : [LINE, `${operator} `, doc];
  });
  return group([exprDoc(first, source), indent(links)], source.isOneLine(expr.span.start, expr.span.end));
}

/** Calls in a row from which on a chain breaks before its dots. */
const CHAIN_CALLS = 3;

function suffixDoc(expr: Of<"member" | "index" | "call">, source: Source): Doc {
  const links: { readonly doc: Doc; readonly breaks: boolean }[] = [];
  let at: Expr = expr;
  let called = false;
  while (at.node === "member" || at.node === "index" || at.node === "call") {
    if (at.node === "member") {
      links.unshift({ doc: `${at.optional ? "?." : "."}${at.name.text}`, breaks: called });
    } else {
      const doc = at.node === "call" ? argumentsDoc(at, source) : ["[", exprDoc(at.index, source), "]"];
      links.unshift({ doc, breaks: false });
    }
    called = at.node === "call";
    at = at.node === "call" ? at.callee : at.of;
  }
  const base = exprDoc(at, source);
  const chain = links.filter(({ breaks }) => breaks).length >= CHAIN_CALLS;
  if (!chain) return [base, ...links.map(({ doc }) => doc)];
  const broken = links.map(({ doc, breaks }) => (breaks ? [SOFT, doc] : doc));
  return group([base, indent(broken)], source.isOneLine(expr.span.start, expr.span.end));
}

function argumentsDoc(call: Of<"call">, source: Source): Doc {
  const close = call.span.end - 1;
  const open = source.openerOf(close);
  const [only, second] = call.arguments;
  if (only && !second && hugs(only.value)) {
    const { start, end } = only.span;
    const around = source.commentsIn(open, start).length + source.commentsIn(end, close).length;
    if (around === 0) return ["(", argumentDoc(only, source), ")"];
  }
  const parts = call.arguments.map((argument) => ({
    ...rangeOf(argument.span),
    make: (): Made => ({ doc: argumentDoc(argument, source) }),
  }));
  return makeBox(open, close, parts, ARGUMENTS, source);
}

/** Whether a sole argument's own lines stand for those of its call. */
const hugs = (value: Expr): boolean =>
  (value.node === "string" && value.block) ||
  value.node === "list" ||
  value.node === "object" ||
  (value.node === "lambda" && hugs(value.body));

const argumentDoc = ({ name, value }: Argument, source: Source): Doc =>
  name === undefined ? exprDoc(value, source) : [`${name.text} = `, exprDoc(value, source)];

/** A doc and `, "message"`, which has a line of its own where the two don't fit on one. `span` is both. */
export function messageDoc(doc: Doc, message: Expr | undefined, span: Range, source: Source): Doc {
  if (message === undefined) return doc;
  const kept = source.isOneLine(span.start, span.end);
  return group([doc, indent([",", LINE, exprDoc(message, source)])], kept);
}

/** A space, a word and an expression, or the same on a line of its own; nothing where there is none. */
export function clauseDoc(word: string, expr: Expr | undefined, from: number, source: Source): Doc {
  if (expr === undefined) return "";
  return group(indent([LINE, `${word} `, exprDoc(expr, source)]), source.isOneLine(from, expr.span.end));
}

/** ` = value where condition, "message"`, of what ends at `from` before it. */
export function defaultDoc(
  value: Expr | undefined,
  where: Where | undefined,
  from: number,
  source: Source,
): Doc {
  const set = value === undefined ? "" : [" = ", exprDoc(value, source)];
  if (where === undefined) return set;
  const { condition, message, span } = where;
  const clause = messageDoc(exprDoc(condition, source), message, span, source);
  return [set, group(indent([LINE, "where ", clause]), source.isOneLine(value?.span.end ?? from, span.end))];
}

/** `(a: int = 1, b: string)`; `from` is at or before its opening bracket. */
export function parametersDoc(parameters: readonly Parameter[], from: number, source: Source): Doc {
  const { open, close } = source.bracketsFrom(from);
  const parts = parameters.map(({ name, type, value, where, span }) => ({
    ...rangeOf(span),
    make: (): Made => ({
      doc: [name.text, ": ", typeDoc(type, source), defaultDoc(value, where, type.span.end, source)],
    }),
  }));
  return makeBox(open, close, parts, ARGUMENTS, source);
}
