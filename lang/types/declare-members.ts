// Members of kinds, classes and records, parameters of functions and components: types at once, defaults and
// constraints when every name is known.

import { DISRUPTIONS, type Disruption } from "../model.ts";
import type * as ast from "../syntax/ast.ts";
import { checkAs } from "./check-expression.ts";
import type { Context } from "./context.ts";
import type { Constraint, Member, MemberTable, Parameter, RecordInfo } from "./declared.ts";
import type { Program } from "./program.ts";
import { resolveType } from "./resolve-type.ts";
import { Scope } from "./scope.ts";
import { BOOL, peel, settledType, STRING, type Type } from "./type.ts";

export const emptyTable = (): MemberTable => ({
  members: new Map(),
  live: new Map(),
  actions: new Map(),
  holds: new Set(),
  asserts: [],
});

const isDisruption = (text: string): text is Disruption =>
  DISRUPTIONS.some((disruption) => disruption === text);

const isAuto = (value: ast.Expr | undefined): boolean => value?.node === "reference" && value.name === "auto";

/** A field as a member with the next free slot, or that of the one it replaces. */
export function memberOfField(field: ast.Field, slot: number, scope: Scope, program: Program): Member {
  const declared = resolveType(field.type, scope, program);
  const auto = isAuto(field.value);
  let disruption: Disruption = "live";
  let deprecated: string | undefined;
  for (const mark of field.marks) {
    if (isDisruption(mark.name.text)) disruption = mark.name.text;
    else if (mark.name.text === "deprecated") deprecated = textOfMark(mark);
    else program.reporter.error("VB2010", mark.span, `There is no mark \`@${mark.name.text}\`.`);
  }
  return {
    name: field.name.text,
    type: auto ? { is: "auto", of: declared } : declared,
    out: field.out,
    disruption,
    ...(deprecated !== undefined && { deprecated }),
    doc: field.doc,
    span: field.name.span,
    auto,
    hasDefault: field.value !== undefined,
    slot,
  };
}

function textOfMark(mark: ast.Mark): string {
  const [text] = mark.argument?.node === "string" ? mark.argument.parts : [];
  return typeof text === "string" ? text : "";
}

/** Compiles `where` in a scope that holds the member itself; a `T?` is a `T` there. */
export function compileWhere(where: ast.Where, name: string, span: ast.Span, context: Context): Constraint {
  const present = new Set([...context.present, `${name}@${span.file}:${span.start}`]);
  const inner = { ...context, present };
  return {
    condition: checkAs(where.condition, inner, BOOL, "A constraint"),
    ...(where.message && { message: checkAs(where.message, inner, STRING, "A message") }),
    span: where.condition.span,
  };
}

export function compileAssert(assert: ast.Assert, context: Context): Constraint {
  return {
    condition: checkAs(assert.condition, context, BOOL, "What is asserted"),
    ...(assert.message && { message: checkAs(assert.message, context, STRING, "A message") }),
    span: assert.condition.span,
  };
}

/** Gives `name` the slot of its member in `scope`, over what it was there before. */
export function bindMember(scope: Scope, name: string, span: ast.Span, slot: number, type: Type): void {
  scope.values.set(name, { is: "value", slot, span, what: "member", type: () => settledType(type) });
  scope.slots = Math.max(scope.slots, slot + 1);
}

/**
 * Defaults and constraints of `fields`, in order: each sees the members before it, its constraint also
 * itself.
 */
export function compileFields(
  fields: readonly { readonly field: ast.Field; readonly member: Member }[],
  scope: Scope,
  program: Program,
): void {
  for (const { field, member } of fields) {
    if (field.value && !member.auto) {
      member.value = checkAs(
        field.value,
        program.context(scope),
        member.type,
        `The default of \`${member.name}\``,
      );
    }
    bindMember(scope, member.name, member.span, member.slot, member.type);
    if (field.where)
      member.constraint = compileWhere(field.where, member.name, member.span, program.context(scope));
  }
}

/** Parameters with their slots; what they are filled with is compiled when the program settles. */
export function declareParameters(
  parameters: readonly ast.Parameter[],
  outer: Scope,
  program: Program,
  options: { readonly variables?: boolean; readonly caller?: object } = {},
): { readonly parameters: Parameter[]; readonly scope: Scope } {
  const scope = new Scope(outer);
  const full = new Scope(outer);
  const declared = parameters.map((syntax, slot): Parameter & { syntax: ast.Parameter } => {
    const type = resolveType(syntax.type, outer, program, options.variables);
    if (full.values.has(syntax.name.text)) {
      program.reporter.error("VB2005", syntax.name.span, `There are two parameters \`${syntax.name.text}\`.`);
    }
    bindMember(full, syntax.name.text, syntax.name.span, slot, type);
    const required = syntax.value === undefined && type.is !== "optional";
    return { name: syntax.name.text, type, required, span: syntax.name.span, slot, syntax };
  });
  program.pending.push(() => {
    for (const parameter of declared) {
      const { value, where } = parameter.syntax;
      const context = program.context(scope, options.caller ? { caller: options.caller } : {});
      if (value && !(peel(parameter.type).is === "variable")) {
        parameter.value = checkAs(value, context, parameter.type, `The default of \`${parameter.name}\``);
      }
      bindMember(scope, parameter.name, parameter.span, parameter.slot, parameter.type);
      if (where)
        parameter.constraint = compileWhere(where, parameter.name, parameter.span, program.context(scope));
    }
  });
  return { parameters: declared, scope: full };
}

/** An empty record, so that types can name it; `declareRecord` fills it. */
export function announceRecord(syntax: ast.TypeDeclaration): RecordInfo {
  return {
    name: syntax.name.text,
    doc: syntax.doc,
    span: syntax.name.span,
    timed: syntax.members.some((member) => member.node === "timed-mark"),
    members: new Map(),
    asserts: [],
  };
}

/** Fills a record's members: its own fields, and those it takes over. */
export function declareRecord(
  syntax: ast.TypeDeclaration,
  info: RecordInfo,
  scope: Scope,
  program: Program,
): void {
  const { members } = info;
  const fields: { field: ast.Field; member: Member }[] = [];
  const asserts: ast.Assert[] = [];
  const taken: Member[] = [];
  for (const member of syntax.members) {
    if (member.node === "field") {
      if (members.has(member.name.text))
        program.reporter.error(
          "VB2005",
          member.name.span,
          `\`${info.name}\` has two members \`${member.name.text}\`.`,
        );
      const made = memberOfField(member, members.size, scope, program);
      members.set(made.name, made);
      fields.push({ field: member, member: made });
    } else if (member.node === "takes-over") {
      takeOver(member, info, taken, scope, program);
    } else if (member.node === "assert") {
      asserts.push(member);
    } else if (member.node !== "timed-mark") {
      program.reporter.error(
        "VB2010",
        member.span,
        "This can't stand in a type: fields, `...TYPE`, `timed` and `assert` can.",
      );
    }
  }
  program.pending.push(() => {
    const frame = new Scope(scope);
    for (const member of taken) bindMember(frame, member.name, member.span, member.slot, member.type);
    compileFields(fields, frame, program);
    for (const member of members.values()) allowAuto(frame, member);
    for (const assert of asserts) info.asserts.push(compileAssert(assert, program.context(frame)));
  });
}

/** In what a record asserts, `seed == auto` asks whether a member was left to be filled in. */
function allowAuto(scope: Scope, member: Member): void {
  const binding = scope.values.get(member.name);
  if (member.auto && binding?.is === "value") scope.values.set(member.name, { ...binding, auto: true });
}

/** The taken members keep their slots only if they come first, which `...TYPE` must. */
function takeOver(
  syntax: ast.TakesOver,
  info: RecordInfo,
  taken: Member[],
  scope: Scope,
  program: Program,
): void {
  const source = scope.findType(syntax.type.text);
  if (source?.is !== "record") {
    program.reporter.error("VB2007", syntax.type.span, `There is no record type \`${syntax.type.text}\`.`);
    return;
  }
  if (info.members.size > 0) {
    program.reporter.error("VB2010", syntax.span, `\`...${syntax.type.text}\` stands before the fields.`);
    return;
  }
  for (const [name, member] of source.info().members) {
    info.members.set(name, member);
    taken.push(member);
  }
}
