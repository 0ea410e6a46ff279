// The attributes that a declaration sets, checked against the members of its kind, class or component.

import { nearest } from "../resolve/nearest.ts";
import type * as ast from "../syntax/ast.ts";
import { check, checkAs } from "./check-expression.ts";
import { noteTimed } from "./check-timed.ts";
import { suggestionOr, tellDeprecated } from "./context.ts";
import type { Member, SetAttribute } from "./declared.ts";
import type { Place } from "./declare-items.ts";
import type { Program } from "./program.ts";
import { attributeHint } from "./hints.ts";
import { isRequired } from "./relate.ts";
import type { Scope } from "./scope.ts";
import { ERROR, peel, type ThingType, type Type } from "./type.ts";

type Setting = ast.AttributeItem | ast.RecordItem;

export function compileAttributes(
  syntax: ast.Declaration,
  thing: ThingType,
  scope: Scope,
  _place: Place,
  program: Program,
): Map<string, SetAttribute> {
  const set = new Map<string, SetAttribute>();
  const seen = new Map<string, ast.Name>();
  let meant: Set<string> | undefined;
  const { members } = thing.class?.table ?? thing.kind.table;
  // Where the kind or class is not known, its members aren't, either.
  const unknown =
    thing.kind.name === "?" || (thing.kind.is === "kind" && thing.kind.classes.size > 0 && !thing.class);
  for (const item of syntax.body) {
    if (item.node !== "attribute" && item.node !== "record") continue;
    const { name } = item;
    const first = seen.get(name.text);
    if (first) {
      program.reporter.error("VB2005", name.span, `\`${name.text}\` is set twice.`, {
        related: [{ span: first.span, message: "first set here" }],
      });
      continue;
    }
    seen.set(name.text, name);
    const member = members.get(name.text);
    if (!member) {
      if (!unknown) {
        const close = unknownAttribute(item, thing, settableNames(syntax, members), program);
        if (close !== undefined) (meant ??= new Set()).add(close);
      }
      if (item.node === "attribute") check(item.value, program.context(scope), ERROR);
      continue;
    }
    if (!maySet(member, name, program)) continue;
    set.set(name.text, compileSetting(item, member.type, scope, program));
  }
  if (!unknown)
    tellMissing(syntax, members, (name) => seen.has(name) || meant?.has(name) === true, thing, program);
  return set;
}

/** What may still be set: what is set already was not meant by a misspelt name. */
function settableNames(syntax: ast.Declaration, members: ReadonlyMap<string, Member>): string[] {
  const names = new Set(
    syntax.body.flatMap((item) =>
      item.node === "attribute" || item.node === "record" ? [item.name.text] : [],
    ),
  );
  return [...members.values()].flatMap((member) =>
    member.out || names.has(member.name) ? [] : [member.name],
  );
}

function maySet(member: Member, name: ast.Name, program: Program): boolean {
  tellDeprecated(member, name.span, program.reporter);
  if (!member.out) return true;
  program.reporter.error("VB2010", name.span, `\`${name.text}\` can only be read.`, {
    related: [{ span: member.span, message: "declared with `out` here" }],
  });
  return false;
}

/** Tells it; gives the name that was probably meant. */
function unknownAttribute(
  item: Setting,
  thing: ThingType,
  settable: readonly string[],
  program: Program,
): string | undefined {
  const { name } = item;
  const table = thing.class?.table ?? thing.kind.table;
  const what = thing.class
    ? `\`${thing.kind.name}\` of class \`${thing.class.name}\``
    : `\`${thing.kind.name}\``;
  if (table.live.has(name.text)) {
    program.reporter.error(
      "VB2010",
      name.span,
      `\`${name.text}\` is a fact of the running lab: it can't be set.`,
    );
    return undefined;
  }
  const close = nearest(name.text, settable);
  const what2 = thing.kind.is === "component" ? "parameter" : "attribute";
  program.reporter.error(
    "VB2004",
    name.span,
    `${what} has no ${what2} \`${name.text}\`.`,
    suggestionOr(attributeHint(name.text, settable), name.span, close),
  );
  return close;
}

function tellMissing(
  syntax: ast.Declaration,
  members: ReadonlyMap<string, Member>,
  given: (name: string) => boolean,
  thing: ThingType,
  program: Program,
): void {
  for (const member of members.values()) {
    if (member.out || given(member.name) || !isRequired(member)) continue;
    const what = thing.kind.is === "component" ? `\`${thing.kind.name}\`` : `\`${syntax.name.text}\``;
    program.reporter.error("VB2009", syntax.head, `${what} needs \`${member.name}\`.`, {
      related: [{ span: member.span, message: "declared here, without a default" }],
    });
    const told = program.reporter.diagnostics.at(-1);
    if (told) program.reporter.ifReadable.set(told, syntax.span);
  }
}

/** `name = value`, or `name { }` for a member whose type is a record. */
function compileSetting(item: Setting, type: Type, scope: Scope, program: Program): SetAttribute {
  const context = program.context(scope);
  const { name } = item;
  if (item.node === "attribute") {
    const code = checkAs(item.value, context, type, `\`${name.text}\``);
    return { code, span: item.value.span, nameSpan: name.span };
  }
  const inner = peel(type);
  if (inner.is !== "record" && inner.is !== "shape" && inner.is !== "error") {
    program.reporter.error(
      "VB2010",
      item.span,
      `\`${name.text}\` is no record: write \`${name.text} = ...\`.`,
    );
    return { code: { op: "broken", span: item.span }, span: item.span, nameSpan: name.span };
  }
  const code = checkAs(recordExpression(item, program), context, type, `\`${name.text}\``);
  return { code, span: item.span, nameSpan: name.span };
}

/** `{ a = 1, b { } }` as the object that it means. */
function recordExpression(item: ast.RecordItem, program: Program): ast.Expr {
  const entries: ast.ObjectEntry[] = [];
  const timed: ast.TimedBlock[] = [];
  for (const inner of item.body) {
    if (inner.node === "attribute" || inner.node === "record") {
      const value = inner.node === "attribute" ? inner.value : recordExpression(inner, program);
      const key = { text: inner.name.text, quoted: false, span: inner.name.span };
      entries.push({ node: "entry", key, value, span: inner.span });
    } else if (inner.node === "timed") {
      timed.push(inner);
    } else {
      program.reporter.error("VB2010", inner.span, "This can't stand in a record.");
    }
  }
  const object: ast.Expr = { node: "object", entries, span: item.span };
  noteTimed(object, timed);
  return object;
}
