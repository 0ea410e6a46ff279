// `a.b`, `a?.b` and `a[b]`: members of things, records and addresses, children by name, elements by key.

import { nearest } from "../resolve/nearest.ts";
import type { Expr, Name, Span } from "../syntax/ast.ts";
import { whilePresent } from "./check-call.ts";
import { bareVariant, slotCode } from "./check-reference.ts";
import { check, checkAs } from "./check-expression.ts";
import { entryTypes } from "./check-collection.ts";
import { broken, suggestion, tellDeprecated, type Checked, type Context } from "./context.ts";
import type { ComponentInfo, EnumInfo, LiveMember, Member } from "./declared.ts";
import { pathOf } from "./facts.ts";
import type { Scope } from "./scope.ts";
import { CIDR, ERROR, INT, IP, optionalOf, settledType, showType, type Type } from "./type.ts";

/** A member that was found: its type; `live` where it is a fact of the running lab. */
export interface FoundMember {
  readonly type: Type;
  readonly live?: LiveMember;
  readonly member?: Member;
}

export function checkMember(
  expr: Expr & { node: "member" },
  context: Context,
  _expected: Type | undefined,
): Checked {
  const direct = checkNamespace(expr, context);
  if (direct) return direct;
  const of = check(expr.of, context);
  const { name } = expr;
  let type = settledType(of.type);
  if (type.is === "error") return broken(expr.span);
  const optional = type.is === "optional";
  if (type.is === "optional") {
    if (!expr.optional) {
      context.reporter.error(
        "VB2016",
        name.span,
        `\`${showType(type)}\` may be absent, so it has no \`${name.text}\` yet.`,
        {
          hint: "Read it with `?.`, give another value with `??`, or ask `!= none` before.",
        },
      );
      return broken(expr.span);
    }
    type = type.of;
  }
  const found = memberOf(type, name.text);
  if (!found) return unknownMember(type, name, expr.span, context);
  if (found.member) tellDeprecated(found.member, name.span, context.reporter);
  if (found.live && !mayReadLive(found.live, name.span, context)) return broken(expr.span);
  const path = pathOf(expr, context);
  const present = found.type.is === "optional" && path !== undefined && context.present.has(path);
  const inner = present && found.type.is === "optional" ? found.type.of : settledType(found.type);
  if (found.live?.parameters) {
    context.reporter.error("VB2014", name.span, `\`${name.text}\` takes arguments.`);
    return broken(expr.span);
  }
  if (found.live && optional) {
    return whilePresent(expr.span, { code: of.code, type }, context, (value) => ({
      code: { op: "live", of: value.code, name: name.text, arguments: [], span: expr.span },
      type: inner,
    }));
  }
  return {
    code: found.live
      ? { op: "live", of: of.code, name: name.text, arguments: [], span: expr.span }
      : {
          op: "member",
          of: of.code,
          name: name.text,
          optional: expr.optional,
          nameSpan: name.span,
          span: expr.span,
        },
    type: optional ? optionalOf(inner) : inner,
  };
}

export function mayReadLive(live: LiveMember, span: Span, context: Context): boolean {
  if (context.live) return true;
  context.reporter.error("VB2020", span, `\`${live.name}\` is a fact of the running lab.`, {
    hint: "Read it in a test: `expect`, `always`, or a test's `let`.",
  });
  return false;
}

/** The enum that `Role` or `net.Role` names, where no value hides it. */
export function enumNamed(expr: Expr, context: Context): EnumInfo | undefined {
  if (expr.node === "reference") {
    const type = context.scope.find(expr.name) ? undefined : context.scope.findType(expr.name);
    return type?.is === "enum" ? type.info() : undefined;
  }
  if (expr.node !== "member" || expr.of.node !== "reference") return undefined;
  const { text } = expr.name;
  const module = context.scope.find(expr.of.name)?.binding;
  if (module?.is !== "module" || text.startsWith("_") || module.module.values.has(text)) return undefined;
  const type = module.module.types.get(text);
  return type?.is === "enum" ? type.info() : undefined;
}

/** `Role.source`, `net.Role.source` and `net.NAME`: the left side is no value. */
function checkNamespace(expr: Expr & { node: "member" }, context: Context): Checked | undefined {
  const { name } = expr;
  const info = enumNamed(expr.of, context);
  if (info) return checkEnumMember(info, name, expr.span, context);
  if (expr.of.node !== "reference") return undefined;
  const value = context.scope.find(expr.of.name);
  if (value?.binding.is === "module") {
    const member = moduleMember(value.binding.module, name, context);
    if (!member) return broken(expr.span);
    if (member.binding.is !== "value") {
      context.reporter.error("VB2008", name.span, `\`${name.text}\` is a ${member.binding.is}, no value.`);
      return broken(expr.span);
    }
    return { code: slotCode(member, name.text, expr.span), type: settledType(member.binding.type()) };
  }
  return undefined;
}

function checkEnumMember(info: EnumInfo, name: Name, span: Span, context: Context): Checked {
  const variant = info.variants.get(name.text);
  if (variant) return bareVariant(info, variant, span, context);
  context.reporter.error(
    "VB2023",
    name.span,
    `\`${info.name}\` has no member \`${name.text}\`.`,
    suggestion(name.span, nearest(name.text, info.variants.keys())),
  );
  return broken(span);
}

/** What `net.NAME` is; tells the mistake where it is nothing. */
export function moduleMember(module: Scope, name: Name, context: Context): ReturnType<Scope["find"]> {
  const binding = module.values.get(name.text);
  if (binding && !name.text.startsWith("_")) return { binding, hops: 0, scope: module };
  if (binding) {
    context.reporter.error("VB2021", name.span, `\`${name.text}\` is private to its module.`);
    return undefined;
  }
  context.reporter.error(
    "VB2001",
    name.span,
    `The module has no \`${name.text}\`.`,
    suggestion(name.span, nearest(name.text, module.values.keys())),
  );
  return undefined;
}

const CIDR_MEMBERS: ReadonlyMap<string, Type> = new Map([
  ["size", INT],
  ["bits", INT],
  ["first", IP],
  ["last", IP],
]);

/** The member `name` of values of `type`, or undefined. */
export function memberOf(type: Type, name: string): FoundMember | undefined {
  switch (type.is) {
    case "thing": {
      const child = type.shape?.child(name);
      if (child) return { type: child };
      const table = type.class?.table ?? type.kind.table;
      const member =
        type.kind.is === "component" && !componentMember(type, name) ? undefined : table.members.get(name);
      if (member) return { type: member.type, member };
      const live = table.live.get(name);
      if (live) return { type: live.type, live };
      return type.shape?.partial === true ? { type: ERROR } : undefined;
    }
    case "record": {
      const member = type.info.members.get(name);
      return member && { type: member.type, member };
    }
    case "shape": {
      const field = type.fields.get(name);
      return field && { type: field.optional ? optionalOf(field.type) : field.type };
    }
    case "simple":
      if (type === CIDR || type.name === "cidr") {
        const member = CIDR_MEMBERS.get(name);
        return member && { type: member };
      }
      return type.name === "data" ? { type } : undefined;
    case "error":
      return { type: ERROR };
    default:
      return undefined;
  }
}

/** From outside a component's parameters are not seen, only what every resource has. */
function componentMember(type: Type & { is: "thing" }, name: string): boolean {
  return type.kind.is === "component" && type.kind.resourceMembers.has(name);
}

function memberNames(type: Type): string[] {
  switch (type.is) {
    case "thing": {
      const table = type.class?.table ?? type.kind.table;
      const own =
        type.kind.is === "component"
          ? [...type.kind.resourceMembers]
          : [...table.members.keys(), ...table.live.keys()];
      return [...(type.shape?.childNames ?? []), ...own];
    }
    case "record":
      return [...type.info.members.keys()];
    case "shape":
      return [...type.fields.keys()];
    case "simple":
      return type.name === "cidr" ? [...CIDR_MEMBERS.keys()] : [];
    default:
      return [];
  }
}

const isInside = (component: ComponentInfo, name: string): boolean =>
  component.syntax.body.some((item) => "name" in item && "text" in item.name && item.name.text === name) ||
  component.syntax.parameters.some((parameter) => parameter.name.text === name);

function unknownMember(type: Type, name: Name, span: Span, context: Context): Checked {
  const action = type.is === "thing" && (type.class?.table ?? type.kind.table).actions.has(name.text);
  const isFunction = context.scope.findFunction(name.text) !== undefined;
  const family = type.is === "family" && memberOf(type.of, name.text) !== undefined;
  const hint = action
    ? "It is an action: call it in a test's `do { }`."
    : isFunction
      ? `Call it: \`.${name.text}(...)\`.`
      : family
        ? "It is a family: read one by its key, as in `web[1]`, or all with `.values()`."
        : type.is === "thing" && type.kind.is === "component" && isInside(type.kind, name.text)
          ? `Of a component only outputs are seen from outside: \`output ${name.text} = ...\`.`
          : undefined;
  const more = hint ? { hint } : suggestion(name.span, nearest(name.text, memberNames(type)));
  context.reporter.error("VB2004", name.span, `\`${showType(type)}\` has no member \`${name.text}\`.`, more);
  return broken(span);
}

export function checkIndex(expr: Expr & { node: "index" }, context: Context): Checked {
  const of = check(expr.of, context);
  const type = settledType(of.type);
  const { span } = expr;
  if (type.is === "error") {
    check(expr.index, context);
    return broken(span);
  }
  if (type.is === "list") {
    const index = checkAs(expr.index, context, INT, "The place in a list");
    return { code: { op: "index", of: of.code, index, span }, type: settledType(type.of) };
  }
  const entries = entryTypes(type);
  if (entries) {
    const [key, value] = entries;
    const index = checkAs(expr.index, context, key, "The key");
    return { code: { op: "index", of: of.code, index, span }, type: settledType(value) };
  }
  if (type.is === "simple" && type.name === "data") {
    return { code: { op: "index", of: of.code, index: check(expr.index, context).code, span }, type };
  }
  context.reporter.error(
    "VB2008",
    expr.of.span,
    `\`${showType(type)}\` has no elements: lists, maps and families have.`,
    type.is === "optional"
      ? { hint: "It may be absent: give another value with `??`, or ask `!= none` before." }
      : {},
  );
  check(expr.index, context);
  return broken(span);
}
