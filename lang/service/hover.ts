// What is told of the name or literal under the pointer.

import type * as ast from "../syntax/ast.ts";
import { printExpression } from "../syntax/print-expression.ts";
import { peel, showType } from "../types/type.ts";
import { baseUnits, UNITS } from "../values/quantity.ts";
import { changeLine, documentation, headline, markdownOf, typeOfMeaning, unitsLine } from "./describe.ts";
import { declaredAt, type Meaning, type Occurrence } from "./meaning.ts";
import { pathTo, type Located } from "./path.ts";
import { valueText, type Known, type Values } from "./values.ts";
import type { View } from "./view.ts";

export interface Hover {
  readonly span: ast.Span;
  readonly markdown: string;
}

/** Instances of a family of which values are shown. */
const SHOWN_MAX = 3;

export function hoverAt(view: View, file: string, offset: number, values?: Values): Hover | undefined {
  const [found] = view.at(file, offset);
  if (!found) return literalAt(view, file, offset);
  const { meaning, text, span } = found;
  const path = pathTo(view, file, offset);
  const parts = [
    `\`\`\`vbus\n${declarationLine(view, meaning) ?? headline(meaning, text)}\n\`\`\``,
    ownerLine(meaning),
    markdownOf(documentation(meaning) || docOf(view, declaredAt(meaning))),
    unitsLine(typeOfMeaning(meaning)),
    changeLine(meaning),
    values ? valueLines(found, path, values) : "",
  ];
  return { span: view.now(span), markdown: parts.filter((part) => part !== "").join("\n\n") };
}

const ownerLine = (meaning: Meaning): string =>
  meaning.is === "member" || meaning.is === "live" || meaning.is === "action"
    ? `of \`${meaning.owner}\``
    : "";

/** A member as its declaration has it, with default and constraint. */
function declarationLine(view: View, meaning: Meaning): string | undefined {
  if (meaning.is !== "member") return undefined;
  const field = fieldAt(view, meaning.member.span);
  if (!field) return undefined;
  const text = view.text(field.span.file).slice(field.span.start, field.span.end);
  return text.includes("\n") ? undefined : text.trim();
}

function fieldAt(view: View, { file, start }: ast.Span): ast.Field | undefined {
  const item = view.items(file).find((one) => one.span.start <= start && start < one.span.end);
  if (item?.node !== "kind" && item?.node !== "class" && item?.node !== "type") return undefined;
  for (const member of item.members)
    if (member.node === "field" && member.name.span.start === start) return member;
  return undefined;
}

/** The `///` lines of the item that declares a name. */
function docOf(view: View, declared: ast.Span | undefined): string {
  if (!declared) return "";
  const find = (items: readonly ast.Item[]): string | undefined => {
    for (const item of items) {
      if (item.span.file !== declared.file || item.span.start > declared.start) continue;
      if (item.span.end < declared.end) continue;
      const name = "name" in item && "span" in item.name ? item.name.span : undefined;
      if (name?.start === declared.start) return "doc" in item ? item.doc : "";
      const inner = item.node === "declaration" || item.node === "component" ? find(item.body) : undefined;
      if (inner !== undefined) return inner;
    }
    return undefined;
  };
  return find(view.items(view.now(declared).file)) ?? "";
}

function valueLines(found: Occurrence, path: readonly Located[], values: Values): string {
  const { meaning } = found;
  if (meaning.is === "value") {
    const things = values.things(meaning.declared);
    if (things.length > 0) return `Address: ${list(things.map(({ address }) => `\`${address}\``))}`;
    const value = meaning.global && values.global(meaning.global);
    return value ? `Value: \`${valueText(value)}\`` : "";
  }
  if (meaning.is !== "member") return "";
  const known = ownersOf(found, path, values).flatMap(
    (thing) => values.attributes(thing).get(meaning.member.name) ?? [],
  );
  if (known.length === 0) return "";
  return known.length === 1
    ? `Value: ${known.map(knownText).join("")}`
    : `Values: ${list(known.map((one) => `\`${one.address}\` ${knownText(one)}`))}`;
}

const list = (texts: readonly string[]): string =>
  texts.length > SHOWN_MAX
    ? `${texts.slice(0, SHOWN_MAX).join(", ")} and ${texts.length - SHOWN_MAX} more`
    : texts.join(", ");

const knownText = ({ value, origin }: Known): string =>
  `\`${valueText(value)}\`${origin === "set" ? "" : origin === "default" ? " (default)" : " (filled in)"}`;

/** Whose attribute it is: of the block around what is set, of what stands before the dot. */
function ownersOf(
  { role, span }: Occurrence,
  path: readonly Located[],
  values: Values,
): ReturnType<Values["things"]> {
  if (role === "sets") {
    const block = path.findLast((one) => one.node === "declaration") as ast.Declaration | undefined;
    const direct = block?.body.some((item) => "name" in item && item.name.span === span);
    return block && direct ? values.thingsOf(block) : [];
  }
  const member = path.findLast((one) => one.node === "member") as (ast.Expr & { node: "member" }) | undefined;
  // What is read through names of things is written as their address is.
  return member ? values.byAddress(printExpression(member.of)) : [];
}

/** A number with its unit, in base units. */
function literalAt(view: View, file: string, offset: number): Hover | undefined {
  const expr = pathTo(view, file, offset).at(-1) as ast.Expr | undefined;
  if (expr?.node !== "number") return undefined;
  const type = view.notes.expression(expr)?.type;
  if (!type) return undefined;
  const unit = UNITS.get(expr.unit);
  const digits = expr.text.slice(0, expr.text.length - expr.unit.length);
  const base = unit && baseUnits(digits, unit.factor);
  const inner = peel(type);
  const word = inner.is === "quantity" ? BASES[inner.dimension] : undefined;
  const parts = [
    `\`${expr.text}\`: \`${showType(type)}\``,
    base !== undefined && word !== undefined ? `${base.toLocaleString("en-GB")} ${word}` : "",
    unitsLine(type),
  ];
  return { span: view.now(expr.span), markdown: parts.filter((part) => part !== "").join("\n\n") };
}

const BASES = {
  size: "bytes",
  duration: "nanoseconds",
  rate: "bits per second",
  pps: "packets per second",
  freq: "millihertz",
  percent: "billionths",
} as const;
