// Lists, objects and comprehensions.

import { nearest } from "../resolve/nearest.ts";
import type { Expr, Loop, ObjectEntry, Span } from "../syntax/ast.ts";
import { check, checkAs, convert } from "./check-expression.ts";
import { checkTimed } from "./check-timed.ts";
import type { Code, CodeClause, ObjectCode } from "./code.ts";
import { broken, suggestion, tellDeprecated, within, type Checked, type Context } from "./context.ts";
import { fits, isRequired, isScalar, join } from "./relate.ts";
import { Scope } from "./scope.ts";
import {
  BOOL,
  ERROR,
  INT,
  listOf,
  mapOf,
  NEVER,
  peel,
  settledType,
  showType,
  STRING,
  type Field,
  type Type,
} from "./type.ts";

export function checkList(
  expr: Expr & { node: "list" },
  context: Context,
  expected: Type | undefined,
): Checked {
  const wanted = expected && peel(expected);
  const item = wanted?.is === "list" ? wanted.of : undefined;
  const { span } = expr;
  if (expr.loop) {
    const loop = checkLoop(expr.loop, context);
    const [only] = expr.items;
    if (!only) return broken(span);
    const body = check(only.value, loop.context, item);
    const { code, type } = settleItem(body, item, loop.context, only.value.span);
    const condition = loop.condition ? { condition: loop.condition } : {};
    return {
      code: { op: "collect", clauses: loop.clauses, ...condition, item: code, span },
      type: listOf(type),
    };
  }
  const items = expr.items.map((entry) => {
    if (!entry.spread) return { spread: false, span: entry.span, checked: check(entry.value, context, item) };
    const checked = check(entry.value, context, expected);
    const of = settledType(checked.type);
    const inner =
      of.is === "list" ? of.of : of.is === "range" ? of.of : of.is === "error" ? ERROR : undefined;
    if (!inner)
      context.reporter.error(
        "VB2008",
        entry.span,
        `Only a list can be spread here, not \`${showType(of)}\`.`,
      );
    return { spread: true, span: entry.span, checked: { code: checked.code, type: inner ?? ERROR } };
  });
  const joined =
    item && items.every((entry) => fits(entry.checked.type, item)) ? item : joinItems(items, context);
  const codes = items.map(({ spread, span: at, checked }) => ({
    spread,
    code: spread
      ? convert({ ...checked, type: listOf(checked.type) }, listOf(joined), context, at)
      : convert(checked, joined, context, at),
  }));
  return { code: { op: "list", items: codes, span }, type: listOf(joined) };
}

function settleItem(body: Checked, item: Type | undefined, context: Context, span: Span): Checked {
  return item && fits(body.type, item) ? { code: convert(body, item, context, span), type: item } : body;
}

function joinItems(
  items: readonly { readonly span: Span; readonly checked: Checked }[],
  context: Context,
): Type {
  let type: Type = NEVER;
  for (const { span, checked } of items) {
    const joined = join(type, checked.type);
    if (!joined) {
      context.reporter.error(
        "VB2008",
        span,
        `The items of a list have one type: \`${showType(checked.type)}\` stands beside ` +
          `\`${showType(type)}\`.`,
      );
      return ERROR;
    }
    type = joined;
  }
  return type;
}

/** What a loop's variables are, going through a value of `over`. */
function loopTypes(over: Type, two: boolean): readonly Type[] | string {
  const type = settledType(over);
  if (type.is === "error") return two ? [ERROR, ERROR] : [ERROR];
  if (type.is === "range" && fits(type.of, INT)) return two ? [INT, INT] : [INT];
  if (type.is === "list") return two ? [INT, type.of] : [type.of];
  const entries = entryTypes(type);
  if (!entries)
    return `\`${showType(type)}\` can't be gone through: lists, maps, families and ranges of ints can.`;
  return two ? entries : "A map is gone through with two variables: `for key, value in m`.";
}

/** Key and value of what is a map, also a record whose fields share one type. */
export function entryTypes(type: Type): readonly [Type, Type] | undefined {
  if (type.is === "map") return [type.key, type.value];
  if (type.is === "family") return [type.key, type.of];
  if (type.is !== "shape") return undefined;
  let value: Type | undefined = NEVER;
  for (const field of type.fields.values()) value = value && join(value, field.type);
  return value && [STRING, value];
}

function checkLoop(
  loop: Loop,
  outer: Context,
): { readonly clauses: CodeClause[]; readonly condition?: Code; readonly context: Context } {
  let context = outer;
  const clauses: CodeClause[] = [];
  for (const clause of loop.clauses) {
    const over = check(clause.over, context);
    const types = loopTypes(over.type, clause.variables.length > 1);
    if (typeof types === "string") context.reporter.error("VB2008", clause.over.span, types);
    const scope = new Scope(context.scope);
    clause.variables.forEach((name, i) => {
      if (scope.values.has(name.text))
        context.reporter.error("VB2005", name.span, `\`${name.text}\` stands twice in one clause.`);
      else
        scope.addValue(name.text, name.span, "variable", () =>
          typeof types === "string" ? ERROR : (types[i] ?? ERROR),
        );
    });
    clauses.push({ slots: clause.variables.length, over: over.code, span: clause.over.span });
    context = within(context, scope);
  }
  if (!loop.condition) return { clauses, context };
  return {
    clauses,
    context,
    condition: checkAs(loop.condition, context, BOOL, "The condition after `when`"),
  };
}

export function checkObject(
  expr: Expr & { node: "object" },
  context: Context,
  expected: Type | undefined,
): Checked {
  const wanted = expected && peel(expected);
  if (expr.loop && expr.mapped) return checkMapLoop(expr.loop, expr.mapped, expr.span, context, wanted);
  const timed = checkTimed(expr, wanted?.is === "record" ? wanted.info : undefined, context);
  if (wanted?.is === "record") {
    const { code, type } = checkRecord(expr.entries, expr.span, context, wanted);
    return code.op === "object" && timed.length > 0 ? { code: { ...code, timed }, type } : { code, type };
  }
  if (wanted?.is === "map") return checkMap(expr, context, wanted);
  const entries: ObjectCode[] = [];
  const fields = new Map<string, Field>();
  const shape = wanted?.is === "shape" ? wanted.fields : undefined;
  for (const entry of expr.entries) {
    if (entry.node === "spread") {
      const { code, type } = check(entry.value, context);
      const spread = fieldsOf(type);
      if (!spread)
        context.reporter.error(
          "VB2008",
          entry.span,
          `Only a record can be spread here, not \`${showType(type)}\`.`,
        );
      for (const [name, field] of spread ?? []) fields.set(name, field);
      entries.push({ spread: code, span: entry.span });
      continue;
    }
    const { name, span, value } = named(entry);
    if (fields.has(name) && !expr.entries.some((other) => other.node === "spread"))
      duplicateEntry(name, span, context);
    const field = shape?.get(name);
    const checked = check(value, context, field?.type);
    const type = field && fits(checked.type, field.type) ? field.type : checked.type;
    fields.set(name, { type, optional: false });
    entries.push({
      key: keyCode(name, span),
      name,
      value: convert(checked, type, context, value.span),
      span,
    });
  }
  return { code: { op: "object", as: "record", entries, span: expr.span }, type: { is: "shape", fields } };
}

const keyCode = (name: string, span: Span): Code => ({
  op: "constant",
  value: { is: "string", value: name },
  span,
});

function duplicateEntry(name: string, span: Span, context: Context): void {
  context.reporter.error("VB2005", span, `\`${name}\` stands twice in this object.`);
}

/** Name and value of an entry; `{ rack }` is short for `{ rack = rack }`. */
function named(entry: Exclude<ObjectEntry, { node: "spread" }>): {
  name: string;
  span: Span;
  value: Expr;
} {
  if (entry.node === "entry") return { name: entry.key.text, span: entry.key.span, value: entry.value };
  return {
    name: entry.name.text,
    span: entry.name.span,
    value: { node: "reference", name: entry.name.text, span: entry.name.span },
  };
}

function fieldsOf(type: Type): ReadonlyMap<string, Field> | undefined {
  const inner = settledType(type);
  if (inner.is === "shape") return inner.fields;
  if (inner.is === "error") return new Map();
  if (inner.is !== "record") return undefined;
  return new Map(
    [...inner.info.members].map(([name, member]) => [
      name,
      { type: settledType(member.type), optional: false },
    ]),
  );
}

/** Entries that fill a declared record; defaults are asked when it is made. */
function checkRecord(
  entries: readonly ObjectEntry[],
  span: Span,
  context: Context,
  wanted: Type & { is: "record" },
): Checked {
  const { info } = wanted;
  const given = new Set<string>();
  const spreads = entries.some((entry) => entry.node === "spread");
  let complete = true;
  const codes = entries.flatMap((entry): ObjectCode[] => {
    if (entry.node === "spread") {
      const { code, type } = check(entry.value, context, wanted);
      checkSpread(entry.span, type, wanted, given, context);
      complete &&= type.is !== "error";
      return [{ spread: code, span: entry.span }];
    }
    const { name, span: at, value } = named(entry);
    const member = info.members.get(name);
    if (!member) {
      const set = new Set(entries.flatMap((other) => (other.node === "spread" ? [] : [named(other).name])));
      const close = nearest(
        name,
        [...info.members.keys()].filter((other) => !set.has(other)),
      );
      // The one mistake is told here: what was meant is not missing, too.
      if (close !== undefined) given.add(close);
      const more = suggestion(at, close);
      context.reporter.error("VB2004", at, `\`${info.name}\` has no member \`${name}\`.`, more);
      check(value, context, ERROR);
      return [];
    }
    if (given.has(name) && !spreads) duplicateEntry(name, at, context);
    given.add(name);
    tellDeprecated(member, at, context.reporter);
    const code = checkAs(value, context, member.type, `\`${name}\``);
    return [{ key: keyCode(name, at), name, value: code, span: value.span }];
  });
  for (const member of complete ? info.members.values() : []) {
    if (!isRequired(member) || given.has(member.name)) continue;
    context.reporter.error("VB2009", span, `\`${info.name}\` needs \`${member.name}\`.`, {
      related: [{ span: member.span, message: "declared here" }],
    });
  }
  return { code: { op: "object", as: "record", type: info, entries: codes, span }, type: wanted };
}

/** What is spread into a declared record has only members of it, of their types. */
function checkSpread(
  span: Span,
  type: Type,
  wanted: Type & { is: "record" },
  given: Set<string>,
  context: Context,
): void {
  const { info } = wanted;
  const fields = fieldsOf(type);
  if (!fields) {
    context.reporter.error("VB2008", span, `Only a record can be spread here, not \`${showType(type)}\`.`);
  }
  for (const [name, field] of fields ?? []) {
    const member = info.members.get(name);
    if (member && fits(field.type, member.type)) given.add(name);
    else {
      const message = `\`${name}\` of what is spread does not fit into \`${info.name}\`.`;
      context.reporter.error("VB2008", span, message);
    }
  }
}

function checkMap(expr: Expr & { node: "object" }, context: Context, wanted: Type & { is: "map" }): Checked {
  const codes: ObjectCode[] = [];
  const names = new Set<string>();
  for (const entry of expr.entries) {
    if (entry.node === "spread") {
      codes.push({ spread: checkAs(entry.value, context, wanted, "What is spread here"), span: entry.span });
      continue;
    }
    const { name, span, value } = named(entry);
    if (names.has(name)) duplicateEntry(name, span, context);
    names.add(name);
    const key =
      entry.node === "entry" && !entry.key.quoted && entry.key.number !== undefined
        ? check({ node: "number", text: entry.key.text, unit: "", hex: false, span }, context)
        : check({ node: "string", parts: [name], block: false, span }, context, wanted.key);
    const bare =
      peel(wanted.key).is === "enum" ? check({ node: "reference", name, span }, context, wanted.key) : key;
    const keyAs = convert(bare, wanted.key, context, span, "The key");
    codes.push({ key: keyAs, value: checkAs(value, context, wanted.value, `\`${name}\``), span });
  }
  return { code: { op: "object", as: "map", entries: codes, span: expr.span }, type: wanted };
}

function checkMapLoop(
  loop: Loop,
  mapped: { readonly key: Expr; readonly value: Expr },
  span: Span,
  outer: Context,
  wanted: Type | undefined,
): Checked {
  const { clauses, condition, context } = checkLoop(loop, outer);
  const key = check(mapped.key, context, wanted?.is === "map" ? wanted.key : undefined);
  const value = check(mapped.value, context, wanted?.is === "map" ? wanted.value : undefined);
  const keyType = settledType(key.type);
  if (!isKey(keyType))
    context.reporter.error(
      "VB2008",
      mapped.key.span,
      `A key is an int, a string, a bool, an enum member or an address, not \`${showType(keyType)}\`.`,
    );
  const settledKey = settleItem(key, wanted?.is === "map" ? wanted.key : undefined, context, mapped.key.span);
  const item = settleItem(value, wanted?.is === "map" ? wanted.value : undefined, context, mapped.value.span);
  return {
    code: {
      op: "collect",
      clauses,
      ...(condition && { condition }),
      key: settledKey.code,
      item: item.code,
      span,
    },
    type: mapOf(settledType(settledKey.type), item.type),
  };
}

/** Ints, strings, bools, enum members and addresses name the members of maps and families. */
export function isKey(type: Type): boolean {
  if (type.is === "simple")
    return type.name !== "float" && type.name !== "data" && type.name !== "path" && isScalar(type);
  return (
    type.is === "error" ||
    type.is === "never" ||
    type.is === "enum" ||
    type.is === "literal" ||
    (type.is === "union" && type.members.every(isKey))
  );
}
