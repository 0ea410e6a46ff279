// One test of an evaluated lab: its steps asked against live facts that the caller passes in. Runs nothing
// and waits for nothing; what a step does is answered as data.

import type { Diagnostic } from "../diagnostics.ts";
import { isSecret, scalarText, type Datum } from "../eval/datum.ts";
import type { Whole } from "../eval/evaluate.ts";
import { Exhausted, Failure } from "../eval/machine.ts";
import { plainValue } from "../eval/plain.ts";
import { bindFrame, run } from "../eval/run.ts";
import { showDatum } from "../eval/show.ts";
import { Cell, LazyCell, type Env } from "../eval/thing.ts";
import type { Model, Value } from "../model.ts";
import type { Span } from "../syntax/ast.ts";
import type { Code } from "../types/code.ts";
import type { SetInput } from "./change.ts";
import type { CompiledAct, CompiledStep, CompiledTest } from "./compiled.ts";
import { datumOf, thingsByAddress, type Live } from "./live.ts";
import { drawnValues } from "./shown.ts";

/** One step, for those who go through them. */
export interface TestStep {
  readonly is: CompiledStep["is"];
  /** `expect` with `within`. */
  readonly waits: boolean;
  /** Of a `do`: how many acts it has. */
  readonly acts: number;
  readonly span: Span;
}

/** `broken`: it can't be asked, and asking again doesn't help. */
export type Asked = "met" | "unmet" | { readonly broken: Diagnostic };

export type TestAct =
  | ({ readonly is: "set" } & SetInput)
  | {
      readonly is: "action";
      readonly address: string;
      readonly kind: string;
      readonly name: string;
      readonly args: readonly Value[];
      readonly span: Span;
    }
  | { readonly is: "broken"; readonly broken: Diagnostic };

const NS_PER_MS = 1e6;

/** A test over one evaluation of its lab. Another evaluation (after a `set`) is another one of these. */
export class StagedTest {
  readonly model: Model;
  readonly name: string;
  /** Of the name in the text. */
  readonly span: Span;
  readonly timeoutMs: number | undefined;
  readonly steps: readonly TestStep[];
  readonly #whole: Whole;
  readonly #compiled: CompiledTest;
  /** What was said about a step that could not be computed, and what wasn't there yet. */
  #reason: string | undefined;

  constructor(whole: Whole, compiled: CompiledTest, model: Model) {
    this.#whole = whole;
    this.#compiled = compiled;
    this.model = model;
    this.span = compiled.span;
    const name = this.#compute(undefined, (env) => run(compiled.name, env, whole.machine));
    this.name = "value" in name ? (scalarText(name.value) ?? "") : "";
    this.timeoutMs = compiled.timeout && this.#milliseconds(compiled.timeout);
    this.steps = compiled.steps.map((step) => ({
      is: step.is,
      waits: step.is === "expect" && step.within !== undefined,
      acts: step.is === "do" ? step.acts.length : 0,
      span: step.span,
    }));
  }

  /** Of `within` and of `for`; undefined where the step has none, or it can't be computed. */
  durationMs(step: number): number | undefined {
    const compiled = this.#compiled.steps[step];
    if (!compiled || compiled.is === "do" || !compiled.within) return undefined;
    return this.#milliseconds(compiled.within);
  }

  /** Asks the condition of an `expect` or `always` once. A fact that isn't there yet is not met. */
  ask(step: number, live: Live): Asked {
    const compiled = this.#compiled.steps[step];
    if (!compiled || compiled.is === "do") return "met";
    const asked = this.#compute(live, (env) => run(compiled.condition, env, this.#whole.machine));
    if ("value" in asked) return asked.value.is === "bool" && asked.value.value ? "met" : "unmet";
    return asked.broken ? { broken: asked.broken } : "unmet";
  }

  /** Why an `expect` or `always` is not met now, with the values of its parts. */
  explain(step: number, live: Live): Diagnostic {
    const compiled = this.#compiled.steps[step];
    if (!compiled || compiled.is === "do") throw new RangeError("A `do` has nothing to explain.");
    const { condition, message } = compiled;
    this.#reason = undefined;
    const { machine } = this.#whole;
    this.#compute(live, (env) => run(condition, env, machine));
    const drawn = this.#compute(live, (env) => drawnValues(condition, env, machine));
    const said = message && this.#compute(live, (env) => run(message, env, machine));
    const text = said && "value" in said && said.value.is === "string" && !said.value.secret;
    const { values, related } = "value" in drawn ? drawn.value : { values: [], related: [] };
    return {
      code: compiled.is === "expect" ? "VB6001" : "VB6002",
      severity: "error",
      span: condition.span,
      message: sentence(compiled, this.#durationText(compiled), text ? (scalarText(said.value) ?? "") : ""),
      values,
      related,
      ...(this.#reason !== undefined && { hint: this.#reason }),
    };
  }

  /** What the act of a `do` is to do. */
  act(step: number, index: number): TestAct {
    const compiled = this.#compiled.steps[step];
    const act = compiled?.is === "do" ? compiled.acts[index] : undefined;
    if (!act) throw new RangeError("There is no such act.");
    const answer = this.#compute(undefined, (env) => this.#act(act, env));
    if ("value" in answer) return answer.value;
    const broken = answer.broken ?? answer.told;
    return { is: "broken", broken: broken ?? simple("VB6003", act.span, "This can't be computed.") };
  }

  #act(act: CompiledAct, env: Env): TestAct {
    const { machine } = this.#whole;
    const of = run(act.of, env, machine);
    if (of.is !== "thing") return machine.fail("VB6003", act.span, "What this names isn't there.");
    const { address } = of.thing;
    const { span } = act;
    if (act.is === "set") {
      const datum = run(act.value, env, machine);
      const value = datum.is === "auto" ? datum : plainValue(datum);
      return { is: "set", address, member: act.member, value, span };
    }
    const args = this.#arguments(act.arguments, env, span);
    return { is: "action", address, kind: of.thing.kind.name, name: act.name, args, span };
  }

  #arguments(bound: (Code & { op: "live" })["arguments"], env: Env, span: Span): readonly Value[] {
    const { machine } = this.#whole;
    const of: Code = { op: "broken", span };
    const frame = bindFrame({ op: "live", of, name: "", arguments: bound, span }, env, undefined, machine);
    return bound.map(({ slot }) => {
      const held = frame.slots[slot];
      return held && !(held instanceof Cell) ? plainValue(held) : { is: "none" };
    });
  }

  #milliseconds(code: Code): number | undefined {
    const asked = this.#compute(undefined, (env) => run(code, env, this.#whole.machine));
    return "value" in asked && asked.value.is === "quantity" ? asked.value.value / NS_PER_MS : undefined;
  }

  #durationText(step: CompiledStep): string {
    const code = step.is === "do" ? undefined : step.within;
    const asked = code && this.#compute(undefined, (env) => run(code, env, this.#whole.machine));
    return asked && "value" in asked ? shownText(asked.value) : "";
  }

  /** Computes with fresh lets and limits; `live` answers facts meanwhile. */
  #compute<T>(
    live: Live | undefined,
    compute: (env: Env) => T,
  ): { readonly value: T } | { readonly broken?: Diagnostic; readonly told?: Diagnostic } {
    const { machine, env: parent } = this.#whole;
    const before = machine.diagnostics.length;
    const env: Env = { slots: [], parent };
    for (const { name, slot, code, span } of this.#compiled.lets) {
      env.slots[slot] = new LazyCell(
        () => name,
        span,
        () => run(code, env, machine),
      );
    }
    machine.steps = 0;
    machine.elements = 0;
    machine.depth = 0;
    let unanswered = false;
    if (live) {
      machine.live = (code, frame) => this.#read(live, code, frame, () => (unanswered = true));
    }
    try {
      return { value: compute(env) };
    } catch (caught) {
      const told = machine.diagnostics[before];
      const final = unanswered || caught instanceof Exhausted;
      if (!final && !(caught instanceof Failure)) throw caught;
      if (told && !final) this.#reason ??= told.message;
      if (!told) return {};
      return final ? { broken: told } : { told };
    } finally {
      machine.live = undefined;
      machine.diagnostics.length = before;
    }
  }

  #read(live: Live, code: Code & { op: "live" }, env: Env, unanswered: () => void): Datum {
    const { machine } = this.#whole;
    const of = run(code.of, env, machine);
    if (of.is !== "thing") return machine.failQuietly();
    const { address, kind, class: sort } = of.thing;
    const args = this.#arguments(code.arguments, env, code.span);
    const about = { address, kind: kind.name, ...(sort && { class: sort.name }) };
    const answer = live.read(about, code.name, args);
    if (answer === undefined) {
      this.#reason ??= `\`${address}.${code.name}\` isn't there yet.`;
      return machine.failQuietly();
    }
    if ("problem" in answer) {
      unanswered();
      return machine.fail("VB6004", code.span, answer.problem);
    }
    const things = thingsByAddress(machine.lab);
    return datumOf(answer, (wanted) => things.get(wanted)) ?? machine.failQuietly();
  }
}

/** The bare text, but for a secret. */
const shownText = (datum: Datum): string => (isSecret(datum) ? showDatum(datum) : (scalarText(datum) ?? ""));

const simple = (code: string, span: Span, message: string): Diagnostic => ({
  code,
  severity: "error",
  span,
  message,
});

function sentence(step: CompiledStep, duration: string, said: string): string {
  const what = said.replace(/[.\s]+$/, "");
  if (step.is === "always") {
    return what === ""
      ? `This did not hold for ${duration}.`
      : `Not true all the time for ${duration}: ${what}.`;
  }
  if (duration === "") return what === "" ? "This does not hold." : `Expected: ${what}.`;
  return what === "" ? `This did not hold within ${duration}.` : `Expected within ${duration}: ${what}.`;
}
