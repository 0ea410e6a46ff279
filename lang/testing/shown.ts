// What is drawn under a condition that does not hold: values of its parts, and of the first element that
// fails inside `all([for ...])`. Asks once more; tells nothing by itself.

import type { Related, ShownValue } from "../diagnostics.ts";
import type { Datum } from "../eval/datum.ts";
import { shownValues } from "../eval/explain.ts";
import type { Machine } from "../eval/machine.ts";
import { goThrough, run } from "../eval/run.ts";
import { showDatum } from "../eval/show.ts";
import type { Env } from "../eval/thing.ts";
import { attempt } from "../eval/walk.ts";
import type { Code, CodeClause } from "../types/code.ts";

interface Drawn {
  readonly values: readonly ShownValue[];
  readonly related: readonly Related[];
}

export function drawnValues(condition: Code, env: Env, machine: Machine): Drawn {
  const element = failingElement(condition, env, machine);
  if (element) return element;
  const { values, origins } = shownValues(condition, env, machine, showLive);
  return { values, related: origins };
}

/** Of `all([for a in xs: condition])` the first element whose condition does not hold. */
function failingElement(condition: Code, env: Env, machine: Machine): Drawn | undefined {
  if (condition.op !== "call" || condition.callee.name !== "all") return undefined;
  const [list] = condition.arguments;
  const collect = list?.code.op === "convert" ? list.code.of : list?.code;
  if (collect?.op !== "collect" || collect.key) return undefined;
  let found: Drawn | undefined;
  machine.quiet++;
  attempt(() => {
    goThrough(collect.clauses, 0, env, machine, (inner) => {
      if (found) return;
      const wanted = collect.condition ? attempt(() => run(collect.condition as Code, inner, machine)) : TRUE;
      if (wanted?.is !== "bool" || !wanted.value) return;
      const held = attempt(() => run(collect.item, inner, machine));
      if (held?.is === "bool" && held.value) return;
      const { values, origins } = shownValues(collect.item, inner, machine, showLive);
      found = { values: [...clauseValues(collect.clauses, inner), ...values], related: origins };
    });
  });
  machine.quiet--;
  return found;
}

const TRUE: Datum = { is: "bool", value: true };

/** Where each loop was: under what it goes through. The innermost frame is that of the last clause. */
function clauseValues(clauses: readonly CodeClause[], inner: Env): ShownValue[] {
  const values: ShownValue[] = [];
  let frame: Env | undefined = inner;
  for (const clause of clauses.toReversed()) {
    const [first] = frame?.slots ?? [];
    if (first && "is" in first) values.unshift({ span: clause.span, text: `at ${showDatum(first, 3)}` });
    frame = frame?.parent;
  }
  return values;
}

/** A log is shown by its last line, all else as a reader would write it. */
function showLive(datum: Datum): string {
  const lines = datum.is === "record" && datum.fields["text"] ? datum.fields["lines"] : undefined;
  if (lines?.is !== "list") return showDatum(datum, 6);
  const last = lines.items.at(-1);
  if (!last) return "nothing yet";
  const { length } = lines.items;
  return `${length} ${length === 1 ? "line" : "lines"}, the last ${showDatum(last)}`;
}
