// Components: parameters, a body of their own scope, and outputs that are all the outside sees.

import type * as ast from "../syntax/ast.ts";
import { check, checkAs, convert } from "./check-expression.ts";
import { broken, type Checked } from "./context.ts";
import { bindMember, compileWhere } from "./declare-members.ts";
import { declareItems, type Place } from "./declare-items.ts";
import { itemWord } from "./declare-thing.ts";
import type { Body, ComponentInfo, Member, MemberTable } from "./declared.ts";
import type { Program } from "./program.ts";
import { resolveType } from "./resolve-type.ts";
import { Scope } from "./scope.ts";
import { settledType, type Type } from "./type.ts";

const ALLOWED = new Set(["let", "fn", "enum", "type", "component", "declaration", "assert", "output"]);

export function declareComponent(syntax: ast.Component, scope: Scope, place: Place, program: Program): void {
  const parameterScope = new Scope(scope);
  const bodyScope = new Scope(parameterScope);
  const outputs = new Map<string, () => Checked>();
  const info = makeInfo(syntax, scope, parameterScope, outputs, place, program);
  const inner: Place = {
    what: "component",
    module: place.module,
    prelude: false,
    root: false,
    component: info,
  };
  let body: Body | undefined;
  const bodyOf = (): Body => {
    // The parameters have their slots as soon as the table is asked for.
    void info.table;
    return (body ??= declareItems(allowedItems(syntax, program), bodyScope, inner, program));
  };
  for (const item of syntax.body) {
    if (item.node !== "output") continue;
    if (outputs.has(item.name.text)) {
      program.reporter.error("VB2005", item.name.span, `There are two outputs \`${item.name.text}\`.`);
      continue;
    }
    outputs.set(item.name.text, lazyOutput(item, bodyScope, bodyOf, program));
  }
  scope.values.set(info.name, { is: "component", span: info.span, info });
  scope.types.set(info.name, { is: "component", span: info.span, info });
  program.pending.push(() => {
    fillParameters(syntax, info, scope, program);
    const compiled = new Map<string, { code: Checked["code"]; span: ast.Span }>();
    info.blueprint = { body: bodyOf(), frame: bodyScope, outputs: compiled };
    for (const [name, output] of outputs) {
      const { code } = output();
      compiled.set(name, { code, span: code.span });
    }
  });
}

function makeInfo(
  syntax: ast.Component,
  scope: Scope,
  parameterScope: Scope,
  outputs: ReadonlyMap<string, () => Checked>,
  place: Place,
  program: Program,
): ComponentInfo {
  const outputSpans = new Map(
    syntax.body.flatMap((item) => (item.node === "output" ? [[item.name.text, item.name.span]] : [])),
  );
  const child = (name: string): Type | undefined => {
    const output = outputs.get(name);
    return output && settledType(output().type);
  };
  const resource = (): ReadonlyMap<string, Member> =>
    program.kind("resource")?.table.members ?? new Map<string, Member>();
  let table: MemberTable | undefined;
  return {
    is: "component",
    name: syntax.name.text,
    doc: syntax.doc,
    span: syntax.name.span,
    syntax,
    shape: {
      name: syntax.name.text,
      childNames: [...outputSpans.keys()],
      child,
      placeOf: (name) => outputSpans.get(name),
      partial: program.reporter.isUnread(syntax.span),
    },
    get resourceMembers() {
      return new Set(resource().keys());
    },
    module: place.module,
    get table() {
      if (table) return table;
      table = {
        members: new Map(resource()),
        live: new Map(),
        actions: new Map(),
        holds: new Set(),
        asserts: [],
      };
      announceParameters(syntax, table, scope, parameterScope, program);
      return table;
    },
  };
}

function allowedItems(syntax: ast.Component, program: Program): ast.Item[] {
  return syntax.body.filter((item) => {
    if (!ALLOWED.has(item.node))
      program.reporter.error("VB2010", item.span, `${itemWord(item)} can't stand in a component.`);
    return ALLOWED.has(item.node);
  });
}

function lazyOutput(item: ast.Output, scope: Scope, body: () => Body, program: Program): () => Checked {
  return program.lazy<Checked>(
    item.name.text,
    item.name.span,
    () => {
      body();
      const context = program.context(scope);
      if (!item.type) return check(item.value, context);
      const type = resolveType(item.type, scope, program);
      return {
        code: convert(
          check(item.value, context, type),
          type,
          context,
          item.value.span,
          `\`${item.name.text}\``,
        ),
        type,
      };
    },
    broken(item.name.span),
  );
}

/** Parameters are members of the instance, after those that every resource has. */
function announceParameters(
  syntax: ast.Component,
  table: MemberTable,
  scope: Scope,
  parameterScope: Scope,
  program: Program,
): void {
  const seen = new Set<string>();
  for (const parameter of syntax.parameters) {
    const { text: name, span } = parameter.name;
    if (seen.has(name)) program.reporter.error("VB2005", span, `There are two parameters \`${name}\`.`);
    seen.add(name);
    const member: Member = {
      name,
      type: resolveType(parameter.type, scope, program),
      out: false,
      disruption: "live",
      doc: "",
      span,
      auto: false,
      hasDefault: parameter.value !== undefined,
      slot: table.members.get(name)?.slot ?? table.members.size,
    };
    table.members.set(name, member);
    bindMember(parameterScope, name, span, member.slot, member.type);
  }
}

/** Defaults see the parameters before them, constraints their own, too. */
function fillParameters(syntax: ast.Component, info: ComponentInfo, scope: Scope, program: Program): void {
  const frame = new Scope(scope);
  for (const parameter of syntax.parameters) {
    const member = info.table.members.get(parameter.name.text);
    if (!member) continue;
    if (parameter.value) {
      member.value = checkAs(
        parameter.value,
        program.context(frame),
        member.type,
        `The default of \`${member.name}\``,
      );
    }
    bindMember(frame, member.name, member.span, member.slot, member.type);
    if (parameter.where)
      member.constraint = compileWhere(parameter.where, member.name, member.span, program.context(frame));
  }
}
