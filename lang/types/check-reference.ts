// Bare words: members of an expected enum first, then the scopes from the innermost.

import { valueHint } from "./hints.ts";
import { nearest } from "../resolve/nearest.ts";
import type { Expr, Span } from "../syntax/ast.ts";
import { literalMember } from "./check-expression.ts";
import { bindArguments } from "./check-call.ts";
import { broken, suggestion, type Checked, type Context } from "./context.ts";
import type { EnumInfo, VariantInfo } from "./declared.ts";
import { pathOf } from "./facts.ts";
import type { Scope } from "./scope.ts";
import { ERROR, peel, type Type } from "./type.ts";

export function checkReference(
  expr: Expr & { node: "reference" },
  context: Context,
  expected: Type | undefined,
): Checked {
  const { name, span } = expr;
  const bare = expected && bareMember(name, span, expected, context);
  if (bare) return bare;
  const found = context.scope.find(name);
  if (!found) return unknownName(expr, context, expected);
  const { binding } = found;
  if (binding.is === "module") {
    context.reporter.error("VB2008", span, `\`${name}\` is an imported module, no value.`, {
      hint: `Read what it declares: \`${name}.NAME\`.`,
    });
    return broken(span);
  }
  if (binding.is !== "value") {
    context.reporter.error("VB2008", span, `\`${name}\` is a ${binding.is}, no value.`, {
      hint:
        binding.is === "function"
          ? `Call it: \`${name}(...)\`, or say \`x => ${name}(x)\`.`
          : `Declare one: \`${name} NAME { }\`.`,
    });
    return broken(span);
  }
  const declared = binding.type();
  const type =
    declared.is === "optional" && context.present.has(pathOf(expr, context) ?? "") ? declared.of : declared;
  return { code: slotCode(found, name, span), type: type.is === "auto" ? type.of : type };
}

export function slotCode(
  found: { readonly binding: { readonly is: string }; readonly hops: number; readonly scope: Scope },
  name: string,
  span: Span,
): Checked["code"] {
  const slot = (found.binding as unknown as { slot: number }).slot;
  const { module } = found.scope;
  return module === undefined
    ? { op: "slot", hops: found.hops, slot, name, span }
    : { op: "global", module, slot, name, span };
}

/** A member of the enum or union that is expected here, or `auto`; undefined where `name` is none. */
function bareMember(name: string, span: Span, expected: Type, context: Context): Checked | undefined {
  if (name === "auto" && takesAuto(expected)) return { code: { op: "auto", span }, type: expected };
  const inner = peel(expected);
  if (inner.is === "enum") {
    const variant = inner.info.variants.get(name);
    return variant && bareVariant(inner.info, variant, span, context);
  }
  const literal = literalMember(inner, name);
  return (
    literal && {
      code: { op: "constant", value: { is: "variant", enum: "", name, fields: {} }, span },
      type: literal,
    }
  );
}

function takesAuto(type: Type): boolean {
  if (type.is === "auto") return true;
  return (type.is === "optional" || type.is === "secret") && takesAuto(type.of);
}

/** A variant without parentheses: all its fields have their defaults. */
export function bareVariant(info: EnumInfo, variant: VariantInfo, span: Span, context: Context): Checked {
  const type: Type = { is: "enum", info };
  const required = variant.parameters?.filter((parameter) => parameter.required) ?? [];
  if (required.length > 0) {
    const names = required.map((parameter) => `${parameter.name} = ...`).join(", ");
    context.reporter.error(
      "VB2014",
      span,
      `\`${variant.name}\` takes fields: \`${variant.name}(${names})\`.`,
    );
    return broken(span);
  }
  const fields = bindArguments(variant.parameters ?? [], [], span, variant.name, context);
  return {
    code: {
      op: "variant",
      enum: info.name,
      name: variant.name,
      fields,
      slots: variant.parameters?.length ?? 0,
      span,
    },
    type,
  };
}

function unknownName(
  expr: Expr & { node: "reference" },
  context: Context,
  expected: Type | undefined,
): Checked {
  const { name, span } = expr;
  const inner = expected && peel(expected);
  // Where it is not known what is expected, any bare word may be a member of it.
  if (inner?.is === "error") return broken(span);
  const members =
    inner?.is === "enum"
      ? [...inner.info.variants.keys()]
      : inner?.is === "union"
        ? inner.members.flatMap((member) => (member.is === "literal" ? [member.text] : []))
        : [];
  if (name === "auto") {
    context.reporter.error("VB2001", span, "`auto` stands only where a member's default is `auto`.");
  } else if (members.length > 0) {
    const more = suggestion(span, nearest(name, [...members, ...context.scope.names()]));
    context.reporter.error(
      "VB2001",
      span,
      `There is no \`${name}\` here: expected one of ${members.map((m) => `\`${m}\``).join(", ")}.`,
      more,
    );
  } else {
    const hint =
      context.scope.findType(name)?.is === "kind"
        ? `\`${name}\` is a kind: write the name of a thing alone.`
        : valueHint(name);
    const words = inner?.is === "simple" && inner.name === "bool" ? ["true", "false"] : [];
    const near = nearest(name, [...words, ...context.scope.names()]);
    const more = hint ? { hint } : suggestion(span, near);
    context.reporter.unknownName("VB2001", name, span, `There is nothing called \`${name}\` here.`, more);
  }
  return { code: broken(span).code, type: ERROR };
}
