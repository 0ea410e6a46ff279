// Totality: functions don't call themselves, components don't contain themselves, types neither.

import type { Span } from "../syntax/ast.ts";
import type { EnumInfo, RecordInfo } from "./declared.ts";
import type { Program } from "./program.ts";
import type { Type } from "./type.ts";

interface Named {
  readonly name: string;
  readonly span: Span;
}

/** Tells each circle of functions, of components and of record types once. */
export function checkCircles(program: Program): void {
  const edges = (node: object): { to: object; span: Span }[] =>
    (program.uses.get(node) ?? []).map((use) => ({ to: use.callee, span: use.span }));
  findCircles([...program.uses.keys()], edges, program, (node) =>
    "parameters" in node ? "calls itself" : "contains itself",
  );
  const types: (RecordInfo | EnumInfo)[] = [];
  for (const module of program.modules.values()) {
    for (const type of module.scope.types.values()) {
      if (type.is === "record" || type.is === "enum") types.push(type.info());
    }
  }
  findCircles(
    types,
    (node) => partsOf(node as RecordInfo | EnumInfo),
    program,
    () => "contains itself",
  );
}

/** The declared types inside a record's members or an enum's fields. */
function partsOf(info: RecordInfo | EnumInfo): { to: object; span: Span }[] {
  const members =
    "members" in info
      ? [...info.members.values()]
      : [...info.variants.values()].flatMap((variant) => variant.parameters ?? []);
  return members.flatMap((member) => declaredIn(member.type).map((to) => ({ to, span: member.span })));
}

function declaredIn(type: Type): object[] {
  switch (type.is) {
    case "record":
    case "enum":
      return [type.info];
    case "list":
    case "optional":
    case "auto":
    case "secret":
      return declaredIn(type.of);
    case "map":
      return declaredIn(type.value);
    case "shape":
      return [...type.fields.values()].flatMap((field) => declaredIn(field.type));
    default:
      return [];
  }
}

function findCircles(
  roots: readonly object[],
  edges: (node: object) => readonly { readonly to: object; readonly span: Span }[],
  program: Program,
  verb: (node: object) => string,
): void {
  const done = new Set<object>();
  const path: object[] = [];
  const told = new Set<object>();
  const visit = (node: object, span: Span): void => {
    const at = path.indexOf(node);
    if (at >= 0) {
      const names = [...path.slice(at), node].map((entry) => (entry as Named).name).join(" → ");
      if (told.has(node)) return;
      told.add(node);
      const { name } = node as Named;
      program.reporter.error("VB2017", span, `\`${name}\` ${verb(node)}: ${names}.`);
      return;
    }
    if (done.has(node)) return;
    path.push(node);
    for (const edge of edges(node)) visit(edge.to, edge.span);
    path.pop();
    done.add(node);
  };
  for (const root of roots) visit(root, (root as Named).span);
}
