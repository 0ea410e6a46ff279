// Totality: functions don't call themselves, components don't contain themselves, types neither.

import type { Span } from "../syntax/ast.ts";
import type { RecordInfo } from "./declared.ts";
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
  const records: RecordInfo[] = [];
  for (const module of program.modules.values()) {
    for (const type of module.scope.types.values()) if (type.is === "record") records.push(type.info());
  }
  const parts = (node: object): { to: object; span: Span }[] =>
    [...(node as RecordInfo).members.values()].flatMap((member) =>
      recordsIn(member.type).map((to) => ({ to, span: member.span })),
    );
  findCircles(records, parts, program, () => "contains itself");
}

/** Also those inside variants; `seen` are the enums on the way. */
function recordsIn(type: Type, seen: readonly object[] = []): RecordInfo[] {
  if (type.is === "enum" && seen.includes(type.info)) return [];
  switch (type.is) {
    case "record":
      return [type.info];
    case "enum":
      return [...type.info.variants.values()].flatMap((variant) =>
        (variant.parameters ?? []).flatMap((parameter) => recordsIn(parameter.type, [...seen, type.info])),
      );
    case "list":
    case "optional":
    case "auto":
    case "secret":
      return recordsIn(type.of, seen);
    case "map":
      return recordsIn(type.value, seen);
    case "shape":
      return [...type.fields.values()].flatMap((field) => recordsIn(field.type, seen));
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
  const visit = (node: object, span: Span): void => {
    const at = path.indexOf(node);
    if (at >= 0) {
      const names = [...path.slice(at), node].map((entry) => (entry as Named).name).join(" → ");
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
