// Which meaning a name has in its scope, by the same rules as the checker's. Tells no mistakes: what means
// nothing has no answer.

import type { Expr, Name } from "../syntax/ast.ts";
import { enumNamed, memberOf } from "../types/check-member.ts";
import type { ExpressionNote } from "../types/notes.ts";
import type { Binding, Scope, TypeBinding } from "../types/scope.ts";
import { BUILT_IN_TYPES, peel, settledType, showType, type Type } from "../types/type.ts";
import type { Meaning } from "./meaning.ts";

export function bindingMeaning(binding: Binding, scope: Scope): Meaning {
  switch (binding.is) {
    case "value":
      return {
        is: "value",
        what: binding.what,
        declared: binding.span,
        type: () => settledType(binding.type()),
        ...(scope.module !== undefined && { global: { module: scope.module, slot: binding.slot } }),
      };
    case "function":
      return { is: "function", info: binding.info() };
    case "component":
      return { is: "component", info: binding.info };
    case "module":
      return { is: "module", declared: binding.span, scope: binding.module };
  }
}

export function typeMeaning(binding: TypeBinding): Meaning {
  switch (binding.is) {
    case "kind":
      return { is: "kind", info: binding.info };
    case "component":
      return { is: "component", info: binding.info };
    case "enum":
      return { is: "enum", info: binding.info() };
    case "record":
      return { is: "record", info: binding.info() };
  }
}

/** A bare name: a member of the enum that is expected, else what the scopes say. */
export function nameMeaning(name: string, scope: Scope, expected: Type | undefined): Meaning | undefined {
  const wanted = expected && peel(expected);
  const variant = wanted?.is === "enum" ? wanted.info.variants.get(name) : undefined;
  if (wanted?.is === "enum" && variant) return { is: "variant", of: wanted.info, info: variant };
  const found = scope.find(name);
  return found && bindingMeaning(found.binding, found.scope);
}

export function namedTypeMeaning(module: Name | undefined, name: string, scope: Scope): Meaning | undefined {
  if (module) {
    const binding = scope.find(module.text)?.binding;
    const type = binding?.is === "module" ? binding.module.types.get(name) : undefined;
    return type && typeMeaning(type);
  }
  if (BUILT_IN_TYPES.has(name)) return { is: "built-in", name };
  const found = scope.findType(name);
  return found && typeMeaning(found);
}

/** The right side of a dot. `of` has its type where it is a value; modules and enums are no values. */
export function memberMeaning(
  expr: Expr & { node: "member" },
  { context }: ExpressionNote,
  of: Type | undefined,
): Meaning | undefined {
  const { text } = expr.name;
  const info = enumNamed(expr.of, context);
  if (info) {
    const variant = info.variants.get(text);
    return variant && { is: "variant", of: info, info: variant };
  }
  const found = expr.of.node === "reference" ? context.scope.find(expr.of.name)?.binding : undefined;
  if (found?.is === "module") {
    const binding = found.module.values.get(text);
    return binding && bindingMeaning(binding, found.module);
  }
  return of && propertyMeaning(of, text);
}

/** What values of a type are read by under this name. */
export function propertyMeaning(of: Type, name: string): Meaning | undefined {
  const type = of.is === "optional" ? settledType(of.of) : settledType(of);
  const child = type.is === "thing" ? type.shape?.child(name) : undefined;
  if (child && type.is === "thing") {
    const declared = type.shape?.placeOf(name);
    return declared && { is: "value", what: "child", declared, type: () => settledType(child) };
  }
  const found = memberOf(type, name);
  if (!found) return undefined;
  if (found.member) return { is: "member", owner: showType(type), member: found.member };
  if (found.live) return { is: "live", owner: showType(type), info: found.live };
  return { is: "field", type: found.type };
}

export function actionMeaning(of: Type, name: string): Meaning | undefined {
  const type = peel(of);
  const table = type.is === "thing" ? (type.class?.table ?? type.kind.table) : undefined;
  const info = table?.actions.get(name);
  return info && { is: "action", owner: showType(type), info };
}
