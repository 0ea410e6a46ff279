// Calls: functions by name and in method style, constructors of variants, live facts with arguments, lambdas.

import { functionHint, surplusHint } from "./hints.ts";
import { nearest } from "../resolve/nearest.ts";
import type { Argument, Expr, Span } from "../syntax/ast.ts";
import { check, checkAs, convert, count } from "./check-expression.ts";
import { enumNamed, mayReadLive, memberOf, moduleMember } from "./check-member.ts";
import { slotCode } from "./check-reference.ts";
import type { BoundArgument, Code } from "./code.ts";
import { broken, suggestion, within, type Checked, type Context, hinted, suggestionOr } from "./context.ts";
import type { EnumInfo, FunctionInfo, Parameter } from "./declared.ts";
import { Scope } from "./scope.ts";
import {
  ERROR,
  hasSecret,
  NEVER,
  optionalOf,
  peel,
  secretOf,
  settledType,
  showType,
  type Type,
} from "./type.ts";
import { hasVariables, substitute, unify, type Substitution } from "./unify.ts";

type Call = Expr & { node: "call" };

/** An argument: written in the parentheses, or already checked (the first one in method style). */
type Given = { readonly name?: { text: string; span: Span }; readonly span: Span } & (
  | { readonly value: Expr; readonly checked?: undefined }
  | { readonly checked: Checked; readonly value?: undefined }
);

const asGiven = (arguments_: readonly Argument[]): Given[] =>
  arguments_.map((argument) => ({
    ...(argument.name && { name: argument.name }),
    span: argument.span,
    value: argument.value,
  }));

export function checkCall(expr: Call, context: Context, expected: Type | undefined): Checked {
  let callee = expr.callee;
  while (callee.node === "parenthesised") callee = callee.inner;
  if (callee.node === "reference") return callByName(expr, callee, context, expected);
  if (callee.node === "member") return callMember(expr, callee, context);
  return applyValue(expr, check(callee, context), context);
}

function callByName(
  expr: Call,
  callee: Expr & { node: "reference" },
  context: Context,
  expected: Type | undefined,
): Checked {
  const { name, span } = callee;
  const wanted = expected && peel(expected);
  if (wanted?.is === "enum" && wanted.info.variants.has(name))
    return construct(wanted.info, name, expr, context);
  const found = context.scope.find(name);
  if (found?.binding.is === "function")
    return callFunction(found.binding.info(), asGiven(expr.arguments), expr.span, context);
  if (found?.binding.is === "value") {
    const type = settledType(found.binding.type());
    if (type.is === "function" || type.is === "error")
      return applyValue(expr, { code: slotCode(found, name, span), type }, context);
    const fn = context.scope.findFunction(name);
    if (fn) return callFunction(fn, asGiven(expr.arguments), expr.span, context);
  }
  checkRest(expr.arguments, context);
  if (found) {
    const what =
      found.binding.is === "value" ? `\`${showType(found.binding.type())}\`` : `a ${found.binding.is}`;
    context.reporter.error("VB2015", span, `\`${name}\` is ${what}, no function.`);
  } else {
    const functions = context.scope.names().filter((other) => context.scope.findFunction(other));
    context.reporter.unknownName(
      "VB2015",
      name,
      span,
      `There is no function \`${name}\`.`,
      suggestionOr(functionHint(name), span, nearest(name, functions)),
    );
  }
  return broken(expr.span);
}

/** After a mistake the arguments are still looked at, for mistakes of their own. */
function checkRest(arguments_: readonly Argument[], context: Context): void {
  for (const argument of arguments_) check(argument.value, context, ERROR);
}

function construct(info: EnumInfo, name: string, expr: Call, context: Context): Checked {
  const variant = info.variants.get(name);
  if (!variant) return broken(expr.span);
  const fields = bindArguments(variant.parameters ?? [], asGiven(expr.arguments), expr.span, name, context);
  return {
    code: {
      op: "variant",
      enum: info.name,
      name,
      fields,
      slots: variant.parameters?.length ?? 0,
      span: expr.span,
    },
    type: { is: "enum", info },
  };
}

function callMember(expr: Call, callee: Expr & { node: "member" }, context: Context): Checked {
  const { name, of } = callee;
  if (of.node === "reference") {
    const found = context.scope.find(of.name);
    if (found?.binding.is === "module") {
      const member = moduleMember(found.binding.module, name, context);
      if (member?.binding.is === "function")
        return callFunction(member.binding.info(), asGiven(expr.arguments), expr.span, context);
      if (member) context.reporter.error("VB2015", name.span, `\`${name.text}\` is no function.`);
      checkRest(expr.arguments, context);
      return broken(expr.span);
    }
  }
  const info = enumNamed(of, context);
  if (info) {
    if (info.variants.has(name.text)) return construct(info, name.text, expr, context);
    context.reporter.error(
      "VB2023",
      name.span,
      `\`${info.name}\` has no member \`${name.text}\`.`,
      suggestion(name.span, nearest(name.text, info.variants.keys())),
    );
    return broken(expr.span);
  }
  const subject = check(of, context);
  return callMethod(expr, callee, subject, context);
}

function callMethod(
  expr: Call,
  callee: Expr & { node: "member" },
  subject: Checked,
  context: Context,
): Checked {
  const { name } = callee;
  const type = settledType(subject.type);
  if (type.is === "error") {
    checkRest(expr.arguments, context);
    return broken(expr.span);
  }
  if (callee.optional && type.is === "optional") {
    return whilePresent(expr.span, { code: subject.code, type: type.of }, context, (value, inner) =>
      callMethod(expr, callee, value, inner),
    );
  }
  const live = type.is === "thing" ? memberOf(type, name.text)?.live : undefined;
  if (live?.parameters) {
    if (!mayReadLive(live, name.span, context)) return broken(expr.span);
    const bound = bindArguments(live.parameters, asGiven(expr.arguments), expr.span, name.text, context);
    return {
      code: { op: "live", of: subject.code, name: name.text, arguments: bound, span: expr.span },
      type: live.type,
    };
  }
  const fn = context.scope.findFunction(name.text);
  if (!fn) {
    checkRest(expr.arguments, context);
    const action = type.is === "thing" && (type.class?.table ?? type.kind.table).actions.has(name.text);
    const functions = context.scope.names().filter((other) => context.scope.findFunction(other));
    const more = action
      ? { hint: "It is an action: it stands in a test's `do { }`." }
      : suggestionOr(functionHint(name.text), name.span, nearest(name.text, functions));
    const message = `There is no function \`${name.text}\`.`;
    context.reporter.unknownName("VB2015", name.text, name.span, message, more);
    return broken(expr.span);
  }
  const first: Given = { span: callee.of.span, checked: subject };
  return callFunction(fn, [first, ...asGiven(expr.arguments)], expr.span, context);
}

/** `x?.` and what follows: checked for a value that is there, in a frame of its own; none where it isn't. */
export function whilePresent(
  span: Span,
  subject: Checked,
  context: Context,
  follow: (value: Checked, inner: Context) => Checked,
): Checked {
  const scope = new Scope(context.scope);
  scope.slots = 1;
  const slot: Code = { op: "slot", hops: 0, slot: 0, name: "it", span: subject.code.span };
  const { code, type } = follow({ code: slot, type: subject.type }, within(context, scope));
  if (type.is === "error") return broken(span);
  return { code: { op: "present", of: subject.code, body: code, span }, type: optionalOf(settledType(type)) };
}

function applyValue(expr: Call, callee: Checked, context: Context): Checked {
  const { type } = callee;
  if (type.is !== "function") {
    if (type.is !== "error")
      context.reporter.error("VB2015", expr.callee.span, `\`${showType(type)}\` can't be called.`);
    checkRest(expr.arguments, context);
    return broken(expr.span);
  }
  if (expr.arguments.length !== type.parameters.length) {
    context.reporter.error(
      "VB2014",
      expr.span,
      `This takes ${count(type.parameters.length, "argument")}, not ${expr.arguments.length}.`,
    );
    return broken(expr.span);
  }
  const codes = expr.arguments.map((argument, i) =>
    checkAs(argument.value, context, type.parameters[i] ?? ERROR),
  );
  return { code: { op: "apply", callee: callee.code, arguments: codes, span: expr.span }, type: type.result };
}

function callFunction(info: FunctionInfo, given: readonly Given[], span: Span, context: Context): Checked {
  if (context.caller && !info.external) context.called?.(context.caller, info, span);
  if (info.external && info.name === "env" && !context.paramDefault) {
    context.reporter.error("VB2010", span, "`env` is asked only in the default of a `param`.");
  }
  const found: Substitution = new Map();
  const before = context.reporter.diagnostics.length;
  const secret = { seen: false };
  const bound = bindArguments(info.parameters, given, span, info.name, context, found, secret);
  const code: Code = {
    op: "call",
    callee: info,
    arguments: bound,
    hops: context.scope.depth - info.depth,
    span,
  };
  if (context.reporter.diagnostics.length > before)
    return { code, type: hasVariables(info.result) ? ERROR : info.result };
  const result = substitute(info.result, found, NEVER);
  return { code, type: secret.seen ? secretOf(result) : result };
}

/** Gives each parameter its argument or default; tells what is missing, too many or of the wrong type. */
export function bindArguments(
  parameters: readonly Parameter[],
  given: readonly Given[],
  span: Span,
  name: string,
  context: Context,
  found: Substitution = new Map(),
  secret: { seen: boolean } = { seen: false },
): BoundArgument[] {
  const before = context.reporter.diagnostics.length;
  const matched = matchArguments(parameters, given, name, context);
  if (context.reporter.diagnostics.length > before) {
    // One mistake: what stands at the wrong parameter is looked at for mistakes of its own only.
    for (const { value } of given) if (value) check(value, context, ERROR);
    return [];
  }
  const codes = new Map<Parameter, Code>();
  // Lambdas last: the other arguments say what their parameters are.
  const late = [...matched].filter(([, argument]) => isLambda(argument));
  for (const [parameter, argument] of [...matched].filter(([, a]) => !isLambda(a)).concat(late)) {
    const { code, type } = checkArgument(parameter, argument, context, found);
    if (hasSecret(type)) secret.seen = true;
    codes.set(parameter, code);
  }
  const bound: BoundArgument[] = [];
  for (const parameter of parameters) {
    const code = codes.get(parameter);
    if (!code && parameter.required) {
      context.reporter.error(
        "VB2014",
        span,
        `\`${name}\` needs \`${parameter.name}\`: \`${showType(parameter.type)}\`.`,
      );
    }
    bound.push(boundArgument(parameter, code, span));
  }
  return bound;
}

/** Default and constraint are read when it is asked: functions may be declared after their use. */
function boundArgument(parameter: Parameter, code: Code | undefined, span: Span): BoundArgument {
  return {
    name: parameter.name,
    slot: parameter.slot,
    isDefault: code === undefined,
    get code(): Code {
      return code ?? parameter.value ?? { op: "constant", value: { is: "none" }, span };
    },
    get constraint() {
      return parameter.constraint;
    },
  } as BoundArgument;
}

function isLambda(argument: Given): boolean {
  let value = argument.value;
  while (value?.node === "parenthesised") value = value.inner;
  return value?.node === "lambda";
}

function matchArguments(
  parameters: readonly Parameter[],
  given: readonly Given[],
  name: string,
  context: Context,
): Map<Parameter, Given> {
  const matched = new Map<Parameter, Given>();
  let position = 0;
  for (const argument of given) {
    const wanted = argument.name;
    const parameter = wanted ? parameters.find((p) => p.name === wanted.text) : parameters[position++];
    if (!parameter) {
      if (wanted) {
        const more = suggestion(
          wanted.span,
          nearest(
            wanted.text,
            parameters.map((p) => p.name),
          ),
        );
        context.reporter.error(
          "VB2014",
          wanted.span,
          `\`${name}\` has no parameter \`${wanted.text}\`.`,
          more,
        );
      } else {
        context.reporter.error(
          "VB2014",
          argument.span,
          `\`${name}\` takes ${count(parameters.length, "argument")}, not ${given.length}.`,
          hinted(surplusHint(name)),
        );
        break;
      }
    } else if (matched.has(parameter)) {
      context.reporter.error("VB2014", argument.span, `\`${parameter.name}\` is given twice.`);
    } else {
      matched.set(parameter, argument);
    }
  }
  return matched;
}

function checkArgument(
  parameter: Parameter,
  argument: Given,
  context: Context,
  found: Substitution,
): Checked {
  const expected = substitute(parameter.type, found);
  const open = hasVariables(expected);
  const wanted = open && !isLambda(argument) ? undefined : expected;
  const checked = argument.checked ?? check(argument.value, context, wanted);
  if (!open)
    return {
      code: convert(checked, expected, context, argument.span, `The argument \`${parameter.name}\``),
      type: checked.type,
    };
  if (!unify(parameter.type, checked.type, found)) {
    const absent = checked.type.is === "optional" && unify(parameter.type, checked.type.of, new Map(found));
    context.reporter.error(
      absent ? "VB2016" : "VB2008",
      argument.span,
      `The argument \`${parameter.name}\` is \`${showType(substitute(parameter.type, found))}\`, not ` +
        `\`${showType(checked.type)}\`.`,
      absent ? { hint: "It may be absent: give another value with `??`." } : {},
    );
    return broken(argument.span);
  }
  const bound = substitute(parameter.type, found);
  const code =
    bound.is === "union"
      ? checked.code
      : convert(checked, substitute(bound, found, ERROR), context, argument.span);
  return { code, type: checked.type };
}
