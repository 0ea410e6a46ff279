// Tests: names and types are checked as everywhere, with live facts in sight, and the code is kept for those
// who run them. Nothing is run here.

import { nearest } from "../resolve/nearest.ts";
import type * as ast from "../syntax/ast.ts";
import { bindArguments } from "../types/check-call.ts";
import { check, checkAs } from "../types/check-expression.ts";
import { suggestion, type Context } from "../types/context.ts";
import type { CheckedModule, Program } from "../types/program.ts";
import { resolveType } from "../types/resolve-type.ts";
import { Scope } from "../types/scope.ts";
import { BOOL, INT, peel, QUANTITIES, settledType, showType, STRING, type Type } from "../types/type.ts";
import type { CompiledAct, CompiledStep, CompiledTest, GivenParam, TestLet } from "./compiled.ts";

/** The only attributes of a test. */
const SETTINGS = { timeout: QUANTITIES.duration, seed: INT } as const;
type Setting = keyof typeof SETTINGS;
const isSetting = (name: string): name is Setting => Object.hasOwn(SETTINGS, name);

/** Checks the tests of a module and adds them, compiled, to it. */
export function compileTests(tests: readonly ast.Test[], module: CheckedModule, program: Program): void {
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
    module.tests.push(new TestCompiler(module, program).compile(test));
  }
}

class TestCompiler {
  readonly #module: CheckedModule;
  readonly #program: Program;
  readonly #scope: Scope;
  /** Facts of the running lab may be read: conditions and lets. */
  readonly #live: Context;
  /** They may not: what is known before anything runs, and what is done. */
  readonly #still: Context;
  readonly #params: GivenParam[] = [];
  readonly #lets: TestLet[] = [];
  readonly #settings: { timeout?: CompiledTest["name"]; seed?: CompiledTest["name"] } = {};

  constructor(module: CheckedModule, program: Program) {
    this.#module = module;
    this.#program = program;
    this.#scope = new Scope(module.scope);
    this.#live = program.context(this.#scope, { live: true });
    this.#still = program.context(this.#scope);
  }

  compile(test: ast.Test): CompiledTest {
    const name = checkAs(test.name, this.#still, STRING, "The name of a test");
    const steps = test.steps.flatMap((step) => this.#step(step) ?? []);
    const { timeout, seed } = this.#settings;
    return {
      name,
      span: test.name.span,
      ...(timeout && { timeout }),
      ...(seed && { seed }),
      params: this.#params,
      lets: this.#lets,
      steps,
    };
  }

  #step(step: ast.Step): CompiledStep | undefined {
    switch (step.node) {
      case "attribute":
        return this.#setting(step);
      case "param":
        return this.#param(step);
      case "let":
        return this.#let(step);
      case "expect":
        return {
          is: "expect",
          span: step.span,
          condition: checkAs(step.condition, this.#live, BOOL, "What is expected"),
          ...(step.within && { within: this.#duration(step.within) }),
          ...(step.message && { message: this.#message(step.message) }),
        };
      case "always":
        return {
          is: "always",
          span: step.span,
          condition: checkAs(step.condition, this.#live, BOOL, "What always holds"),
          within: this.#duration(step.duration),
          ...(step.message && { message: this.#message(step.message) }),
        };
      case "do":
        return { is: "do", span: step.span, acts: step.acts.flatMap((act) => this.#act(act) ?? []) };
    }
  }

  #duration(expr: ast.Expr) {
    return checkAs(expr, this.#still, QUANTITIES.duration, "The time");
  }

  #message(expr: ast.Expr) {
    return checkAs(expr, this.#live, STRING, "A message");
  }

  #setting(step: ast.AttributeItem): undefined {
    const { text, span } = step.name;
    if (!isSetting(text)) {
      const more = suggestion(span, nearest(text, Object.keys(SETTINGS)));
      this.#program.reporter.error("VB2004", span, `A test has no attribute \`${text}\`.`, more);
      return;
    }
    if (this.#settings[text]) {
      this.#program.reporter.error("VB2005", span, `\`${text}\` is said twice.`);
    }
    this.#settings[text] = checkAs(step.value, this.#still, SETTINGS[text], `\`${text}\``);
  }

  #param(step: ast.Param): undefined {
    const { text, span } = step.name;
    const { params } = this.#module;
    const param = params.find((other) => other.name === text);
    if (!param) {
      const names = params.map((other) => other.name);
      const more = suggestion(span, nearest(text, names));
      this.#program.reporter.error("VB2001", span, `There is no parameter \`${text}\`.`, more);
      return;
    }
    const first = this.#params.find((other) => other.name === text);
    if (first) {
      this.#program.reporter.error("VB2005", span, `\`${text}\` is given twice.`, {
        related: [{ span: first.span, message: "first given here" }],
      });
    }
    if (!step.value) return;
    const code = checkAs(step.value, this.#still, param.type(), `\`${text}\``);
    this.#params.push({ name: text, code, span: step.value.span });
  }

  #let(step: ast.Let): undefined {
    const { text, span } = step.name;
    const first = this.#scope.values.get(text);
    if (first) {
      this.#program.reporter.error("VB2005", span, `The name \`${text}\` is used twice.`, {
        related: [{ span: first.span, message: "first declared here" }],
      });
      return;
    }
    const declared = step.type && resolveType(step.type, this.#scope, this.#program);
    const { code, type } = declared
      ? { code: checkAs(step.value, this.#live, declared, `\`${text}\``), type: declared }
      : check(step.value, this.#live);
    const slot = this.#scope.addValue(text, span, "let", () => settledType(type));
    this.#lets.push({ name: text, slot, code, span });
  }

  #act(act: ast.Act): CompiledAct | undefined {
    return act.node === "set" ? this.#set(act) : this.#action(act);
  }

  #set({ place, value, span }: ast.Act & { node: "set" }): CompiledAct | undefined {
    const { reporter } = this.#program;
    if (place.node !== "member") {
      if (place.node !== "error") {
        const message = "What is set is an attribute of a thing, as `server.eth0.link`.";
        reporter.error("VB2010", place.span, message);
      }
      return undefined;
    }
    const of = check(place.of, this.#still);
    const type = settledType(of.type);
    if (type.is === "error") return undefined;
    const table = type.is === "thing" ? (type.class?.table ?? type.kind.table) : undefined;
    const member = table?.members.get(place.name.text);
    if (!member || member.out) {
      const names = [...(table?.members.values() ?? [])].filter((m) => !m.out).map((m) => m.name);
      const { text, span: at } = place.name;
      const message = `\`${showType(type)}\` has no attribute \`${text}\` to set.`;
      reporter.error("VB2004", at, message, suggestion(at, nearest(text, names)));
      return undefined;
    }
    const code = checkAs(value, this.#still, member.type, `\`${member.name}\``);
    return { is: "set", of: of.code, member: member.name, value: code, span };
  }

  #action({ call, span }: ast.Act & { node: "action" }): CompiledAct | undefined {
    const { reporter } = this.#program;
    if (call.node !== "call" || call.callee.node !== "member") {
      if (call.node !== "error")
        reporter.error("VB2010", call.span, "An action is called on a thing, as `server.restart()`.");
      return undefined;
    }
    const { name } = call.callee;
    const of = check(call.callee.of, this.#still);
    const type: Type = peel(of.type);
    if (type.is === "error") return undefined;
    const actions = type.is === "thing" ? (type.class?.table ?? type.kind.table).actions : undefined;
    const action = actions?.get(name.text);
    if (!action) {
      const more = suggestion(name.span, nearest(name.text, actions?.keys() ?? []));
      const message = `\`${showType(type)}\` has no action \`${name.text}\`.`;
      reporter.error("VB2004", name.span, message, more);
      return undefined;
    }
    const given = call.arguments.map((argument) => ({
      ...(argument.name && { name: argument.name }),
      span: argument.span,
      value: argument.value,
    }));
    const bound = bindArguments(action.parameters, given, call.span, name.text, this.#still);
    return { is: "action", of: of.code, name: name.text, arguments: bound, span };
  }
}
