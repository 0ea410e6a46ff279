// Tests: names and types are checked as everywhere, with live facts in sight. Nothing is run.

import { nearest } from "../resolve/nearest.ts";
import type * as ast from "../syntax/ast.ts";
import { bindArguments } from "./check-call.ts";
import { check, checkAs } from "./check-expression.ts";
import { suggestion, type Context } from "./context.ts";
import type { CheckedModule, Program } from "./program.ts";
import { Scope } from "./scope.ts";
import { BOOL, INT, peel, QUANTITIES, settledType, showType, STRING, type Type } from "./type.ts";

/** The only attributes of a test. */
const SETTINGS: ReadonlyMap<string, Type> = new Map([
  ["timeout", QUANTITIES.duration],
  ["seed", INT],
]);

export function checkTests(tests: readonly ast.Test[], module: CheckedModule, program: Program): void {
  const seen = new Map<string, ast.Span>();
  for (const test of tests) {
    const [name] = test.name.node === "string" ? test.name.parts : [];
    if (typeof name === "string") {
      const first = seen.get(name);
      if (first) {
        program.reporter.error("VB2005", test.name.span, "There are two tests of this name.", {
          related: [{ span: first, message: "first declared here" }],
        });
      }
      seen.set(name, test.name.span);
    }
    checkTest(test, module, program);
  }
}

function checkTest(test: ast.Test, module: CheckedModule, program: Program): void {
  const scope = new Scope(module.scope);
  const context = program.context(scope, { live: true });
  for (const step of test.steps) checkStep(step, context, module, program);
}

function checkStep(step: ast.Step, context: Context, module: CheckedModule, program: Program): void {
  switch (step.node) {
    case "attribute": {
      const type = SETTINGS.get(step.name.text);
      if (!type) {
        const more = suggestion(step.name.span, nearest(step.name.text, SETTINGS.keys()));
        program.reporter.error(
          "VB2004",
          step.name.span,
          `A test has no attribute \`${step.name.text}\`.`,
          more,
        );
        return;
      }
      checkAs(step.value, context, type, `\`${step.name.text}\``);
      return;
    }
    case "param":
      checkTestParam(step, context, module, program);
      return;
    case "let": {
      const { type } = check(step.value, context);
      context.scope.addValue(step.name.text, step.name.span, "let", () => settledType(type));
      return;
    }
    case "expect":
      checkAs(step.condition, context, BOOL, "What is expected");
      if (step.within) checkAs(step.within, context, QUANTITIES.duration, "The time");
      if (step.message) checkAs(step.message, context, STRING, "A message");
      return;
    case "always":
      checkAs(step.condition, context, BOOL, "What always holds");
      checkAs(step.duration, context, QUANTITIES.duration, "The time");
      if (step.message) checkAs(step.message, context, STRING, "A message");
      return;
    case "do":
      for (const act of step.acts) {
        if (act.node === "set") checkSet(act.place, act.value, context, program);
        else checkAction(act.call, context, program);
      }
  }
}

function checkTestParam(step: ast.Param, context: Context, module: CheckedModule, program: Program): void {
  const param = module.params.find((other) => other.name === step.name.text);
  if (!param) {
    const more = suggestion(
      step.name.span,
      nearest(
        step.name.text,
        module.params.map((p) => p.name),
      ),
    );
    program.reporter.error("VB2001", step.name.span, `There is no parameter \`${step.name.text}\`.`, more);
    return;
  }
  if (step.value) checkAs(step.value, context, param.type(), `\`${step.name.text}\``);
}

function checkSet(place: ast.Expr, value: ast.Expr, context: Context, program: Program): void {
  if (place.node !== "member") {
    if (place.node !== "error")
      program.reporter.error(
        "VB2010",
        place.span,
        "What is set is an attribute of a thing, as `server.eth0.link`.",
      );
    return;
  }
  const of = check(place.of, context);
  const type = settledType(of.type);
  if (type.is === "error") return;
  const table = type.is === "thing" ? (type.class?.table ?? type.kind.table) : undefined;
  const member = table?.members.get(place.name.text);
  if (!member || member.out) {
    const names = [...(table?.members.values() ?? [])].filter((m) => !m.out).map((m) => m.name);
    program.reporter.error(
      "VB2004",
      place.name.span,
      `\`${showType(type)}\` has no attribute \`${place.name.text}\` to set.`,
      suggestion(place.name.span, nearest(place.name.text, names)),
    );
    return;
  }
  checkAs(value, context, member.type, `\`${member.name}\``);
}

function checkAction(call: ast.Expr, context: Context, program: Program): void {
  if (call.node !== "call" || call.callee.node !== "member") {
    if (call.node !== "error")
      program.reporter.error("VB2010", call.span, "An action is called on a thing, as `server.restart()`.");
    return;
  }
  const { name, of } = call.callee;
  const type = peel(check(of, context).type);
  if (type.is === "error") return;
  const actions = type.is === "thing" ? (type.class?.table ?? type.kind.table).actions : undefined;
  const action = actions?.get(name.text);
  if (!action) {
    const more = suggestion(name.span, nearest(name.text, actions?.keys() ?? []));
    program.reporter.error(
      "VB2004",
      name.span,
      `\`${showType(type)}\` has no action \`${name.text}\`.`,
      more,
    );
    return;
  }
  const given = call.arguments.map((argument) => ({
    ...(argument.name && { name: argument.name }),
    span: argument.span,
    value: argument.value,
  }));
  bindArguments(action.parameters, given, call.span, name.text, context);
}
