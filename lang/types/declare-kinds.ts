// Kinds and classes of the standard library: their members, live facts, actions, and what they hold.

import type * as ast from "../syntax/ast.ts";
import {
  bindMember,
  compileAssert,
  compileFields,
  declareParameters,
  emptyTable,
  memberOfField,
} from "./declare-members.ts";
import type { KindInfo, Member, MemberTable } from "./declared.ts";
import type { Program } from "./program.ts";
import { resolveType } from "./resolve-type.ts";
import { Scope } from "./scope.ts";

const RESOURCE = "resource";

/** An empty kind, so that types can name it; `declareKinds` fills it. */
export function announceKind(syntax: ast.Kind): KindInfo {
  return {
    is: "kind",
    name: syntax.name.text,
    doc: syntax.doc,
    span: syntax.name.span,
    table: emptyTable(),
    classes: new Map(),
  };
}

/** Fills the announced kinds with their members and classes. `resource` is what every kind starts from. */
export function declareKinds(
  kinds: readonly ast.Kind[],
  classes: readonly ast.Class[],
  scope: Scope,
  program: Program,
): void {
  const infoOf = (name: string): KindInfo | undefined => program.kind(name);
  const resource = kinds.find((kind) => kind.name.text === RESOURCE);
  for (const kind of [...(resource ? [resource] : []), ...kinds.filter((other) => other !== resource)]) {
    const info = infoOf(kind.name.text);
    if (!info) continue;
    const base = kind === resource ? undefined : infoOf(RESOURCE)?.table;
    fillTable(kind, info.table, base, scope, program);
  }
  for (const syntax of classes) {
    const kind = infoOf(syntax.kind.text);
    if (!kind) {
      program.reporter.error("VB2002", syntax.kind.span, `There is no kind \`${syntax.kind.text}\`.`);
      continue;
    }
    const name = syntax.name.text;
    const filled = (): MemberTable => {
      const table = emptyTable();
      fillTable(syntax, table, kind.table, scope, program);
      return table;
    };
    let table = program.sparing ? undefined : filled();
    kind.classes.set(name, {
      name,
      kind,
      doc: syntax.doc,
      span: syntax.name.span,
      // Classes are of the standard library alone.
      get table() {
        return (table ??= filled());
      },
    });
  }
}

function fillTable(
  syntax: ast.Kind | ast.Class,
  table: MemberTable,
  base: MemberTable | undefined,
  scope: Scope,
  program: Program,
): void {
  for (const [name, member] of base?.members ?? []) table.members.set(name, member);
  for (const [name, live] of base?.live ?? []) table.live.set(name, live);
  for (const [name, action] of base?.actions ?? []) table.actions.set(name, action);
  for (const kind of base?.holds ?? []) table.holds.add(kind);
  const fields: { field: ast.Field; member: Member }[] = [];
  const asserts: ast.Assert[] = [];
  for (const member of syntax.members) addMember(member, table, fields, asserts, scope, program);
  const frame = new Scope(scope);
  program.pending.push(() => {
    table.asserts.push(...(base?.asserts ?? []));
    for (const member of base?.members.values() ?? [])
      bindMember(frame, member.name, member.span, member.slot, member.type);
    compileFields(fields, frame, program);
    for (const assert of asserts) table.asserts.push(compileAssert(assert, program.context(frame)));
  });
}

function addMember(
  member: ast.Member,
  table: MemberTable,
  fields: { field: ast.Field; member: Member }[],
  asserts: ast.Assert[],
  scope: Scope,
  program: Program,
): void {
  switch (member.node) {
    case "field": {
      // A class may declare a member of its kind again: it keeps its slot, so what the kind compiled still
      // reads it.
      const slot = table.members.get(member.name.text)?.slot ?? table.members.size;
      const made = memberOfField(member, slot, scope, program);
      table.members.set(made.name, made);
      fields.push({ field: member, member: made });
      return;
    }
    case "live": {
      const parameters = member.parameters && declareParameters(member.parameters, scope, program).parameters;
      const type = resolveType(member.type, scope, program);
      const { text, span } = member.name;
      table.live.set(text, { name: text, type, doc: member.doc, span, ...(parameters && { parameters }) });
      return;
    }
    case "action": {
      const { parameters } = declareParameters(member.parameters, scope, program);
      table.actions.set(member.name.text, {
        name: member.name.text,
        parameters,
        doc: member.doc,
        span: member.name.span,
      });
      return;
    }
    case "holds":
      table.holds.add(member.kind.text);
      return;
    case "assert":
      asserts.push(member);
      return;
    case "let":
    case "timed-mark":
    case "takes-over":
      program.reporter.error("VB2010", member.span, "This can't stand in a kind or class.");
  }
}
