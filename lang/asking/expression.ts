// `vbus eval`: one expression in the scope of a checked root module. Changes nothing of the model.

import type { Diagnostic } from "../diagnostics.ts";
import { evaluateFiles, type EvaluateInput, type Whole } from "../eval/evaluate.ts";
import type { Datum } from "../eval/datum.ts";
import { plainValue } from "../eval/plain.ts";
import { run } from "../eval/run.ts";
import { attempt } from "../eval/walk.ts";
import { parseWritten } from "../eval/written.ts";
import type { Value } from "../model.ts";
import type { Parse } from "../resolve/load.ts";
import { check } from "../types/check-expression.ts";
import { Scope } from "../types/scope.ts";
import { showType } from "../types/type.ts";
import type { World } from "../world.ts";

/** What an expression is. `value` and `type` are absent where anything is wrong, in the files or in it. */
export interface Answer {
  readonly value?: Value;
  /** As it would be written in the language. */
  readonly type?: string;
  readonly diagnostics: readonly Diagnostic[];
  /** The expression itself is among them, as `EXPRESSION_FILE`. */
  readonly sources: ReadonlyMap<string, string>;
}

/** The name under which diagnostics point into an expression. */
const EXPRESSION_FILE = "(expression)";

/** Of an object that was read from a secret text the names are secrets, too. */
function withoutNames(datum: Datum): Datum {
  const names = datum.is === "record" || datum.is === "map";
  return names && datum.secret ? { is: "string", value: "", secret: true } : datum;
}

export function answerExpression(world: World, input: EvaluateInput, text: string, parse: Parse): Answer {
  const begun: { whole?: Whole } = {};
  const { model, diagnostics, sources } = evaluateFiles(world, input, parse, {
    test: () => undefined,
    begin: (whole) => (begun.whole = whole),
  });
  const { whole } = begun;
  if (!model || !whole) return { diagnostics, sources };
  const all = new Map([...sources, [EXPRESSION_FILE, text]]);
  const written = parseWritten(text, EXPRESSION_FILE, parse);
  if ("diagnostics" in written) return { diagnostics: written.diagnostics, sources: all };
  const { program, machine, env, root } = whole;
  const before = program.reporter.diagnostics.length;
  const checked = check(written.expr, program.context(new Scope(root.scope)));
  program.settle();
  const told = program.reporter.diagnostics.slice(before);
  if (told.some(({ severity }) => severity === "error")) return { diagnostics: told, sources: all };
  const ran = machine.diagnostics.length;
  const datum = attempt(() => run(checked.code, { slots: [], parent: env }, machine));
  const failed = [...told, ...machine.diagnostics.slice(ran)];
  if (!datum) return { diagnostics: failed, sources: all };
  return {
    value: plainValue(withoutNames(datum)),
    type: showType(checked.type),
    diagnostics: failed,
    sources: all,
  };
}
