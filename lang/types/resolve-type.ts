// Written types become types: names are looked up, what can't be a type is told.

import { typeHint } from "./hints.ts";
import { nearest } from "../resolve/nearest.ts";
import type * as ast from "../syntax/ast.ts";
import { suggestionOr } from "./context.ts";
import type { Program } from "./program.ts";
import { isFailedImport, type Scope, type TypeBinding } from "./scope.ts";
import { BUILT_IN_TYPES, ERROR, listOf, mapOf, optionalOf, secretOf, type Field, type Type } from "./type.ts";

/** `variables`: a type of one capital letter stands for any type (external functions). */
export function resolveType(syntax: ast.Type, scope: Scope, program: Program, variables = false): Type {
  const inner = (part: ast.Type): Type => resolveType(part, scope, program, variables);
  switch (syntax.node) {
    case "named-type":
      return namedType(syntax, scope, program, variables);
    case "literal-type":
      return { is: "literal", text: syntax.text };
    case "optional-type":
      return optionalOf(inner(syntax.of));
    case "union-type":
      return { is: "union", members: unionMembers(syntax, inner, program, variables) };
    case "secret-type":
      return secretOf(inner(syntax.of));
    case "range-type":
      return { is: "range", of: inner(syntax.of) };
    case "list-type":
      return listOf(inner(syntax.of));
    case "map-type":
      return mapOf(inner(syntax.key), inner(syntax.value));
    case "record-type":
      return { is: "shape", fields: recordFields(syntax, inner, program) };
    case "function-type":
      return { is: "function", parameters: syntax.parameters.map(inner), result: inner(syntax.result) };
    case "error-type":
      return ERROR;
  }
}

function unionMembers(
  syntax: ast.Type & { node: "union-type" },
  inner: (part: ast.Type) => Type,
  program: Program,
  external: boolean,
): Type[] {
  const members = syntax.members.map(inner);
  const odd = members.findIndex((member) => member.is !== "literal" && member.is !== "error");
  const at = syntax.members[odd];
  if (at && !external) {
    program.reporter.error("VB2008", at.span, 'A union is made of literals, such as `"a" | "b"`.');
    return [ERROR];
  }
  return members;
}

function recordFields(
  syntax: ast.Type & { node: "record-type" },
  inner: (part: ast.Type) => Type,
  program: Program,
): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const field of syntax.fields) {
    if (fields.has(field.name.text))
      program.reporter.error("VB2005", field.name.span, `\`${field.name.text}\` stands twice in this type.`);
    fields.set(field.name.text, { type: inner(field.type), optional: field.optional });
  }
  return fields;
}

function namedType(
  syntax: ast.Type & { node: "named-type" },
  scope: Scope,
  program: Program,
  variables: boolean,
): Type {
  const { text, span } = syntax.name;
  program.notes?.addType(syntax, scope);
  let binding: TypeBinding | undefined;
  let names: Iterable<string> = [...BUILT_IN_TYPES.keys(), ...scope.typeNames()];
  if (syntax.module) {
    const module = scope.find(syntax.module.text)?.binding;
    if (module?.is !== "module") {
      if (!isFailedImport(module)) {
        const message = `There is no module \`${syntax.module.text}\` here.`;
        program.reporter.error("VB2001", syntax.module.span, message);
      }
      return ERROR;
    }
    if (text.startsWith("_") && module.module.types.has(text)) {
      program.reporter.error("VB2021", span, `\`${text}\` is private to its module.`);
      return ERROR;
    }
    binding = module.module.types.get(text);
    names = module.module.types.keys();
  } else {
    if (variables && /^[A-Z]$/.test(text)) return { is: "variable", name: text };
    const builtIn = BUILT_IN_TYPES.get(text);
    if (builtIn) return builtIn;
    binding = scope.findType(text);
  }
  if (!binding) {
    program.reporter.error(
      "VB2007",
      span,
      `There is no type \`${text}\`.`,
      suggestionOr(typeHint(text), span, nearest(text, names)),
    );
    return ERROR;
  }
  return typeOf(binding);
}

function typeOf(binding: TypeBinding): Type {
  switch (binding.is) {
    case "kind":
      return { is: "thing", kind: binding.info };
    case "component":
      return { is: "thing", kind: binding.info, shape: binding.info.shape };
    case "enum":
      return { is: "enum", info: binding.info() };
    case "record":
      return { is: "record", info: binding.info() };
  }
}
