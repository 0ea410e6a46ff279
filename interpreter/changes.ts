// Changes that somebody asks for, beside those that a save makes: what would be done, what it was made from,
// and whether it may be done. Decides; what acts is the lab.

import type { Model } from "../lang/index.ts";
import type { ApplyAnswer, PlanAnswer, PlanRequest } from "./control/protocol.ts";
import type { Applied } from "./engine.ts";
import type { Given } from "./given.ts";
import { OperationError } from "./operation-error.ts";
import { boundOf, misfitText } from "./plan/bound.ts";
import type { Bound, Seal } from "./plan/bound.ts";
import { atLeast } from "./plan/compare.ts";
import { desiredOf } from "./plan/definition.ts";
import type { Definition } from "./plan/definition.ts";
import type { Disruption } from "../lang/index.ts";
import type { Plan } from "./plan/plan.ts";
import { select } from "./plan/select.ts";
import type { Selected, Selection } from "./plan/select.ts";
import { firstErrorText } from "./read-lab.ts";
import type { Reading } from "./read-lab.ts";

/** A change with all that it was made from. `selected` is absent where the file does not check. */
export interface Proposal {
  readonly reading: Reading;
  readonly given: Given;
  readonly bound: Bound;
  readonly selected?: Selected;
}

export interface Sources {
  readonly reading: Reading;
  readonly given: Given;
  readonly observed: Definition;
  readonly seal: Seal;
}

/** Throws `OperationError` `usage` for addresses that nobody has. */
export function propose({ reading, given, observed, seal }: Sources, selection: Selection): Proposal {
  const bound = boundOf(reading, given, observed, seal);
  if (reading.model === undefined) return { reading, given, bound };
  return { reading, given, bound, selected: select(observed, desiredOf(reading.model), selection) };
}

/** A selection without what was left out. */
export function selectionOf({ targets, excludes, replace }: PlanRequest): Selection {
  return {
    ...(targets && { targets }),
    ...(excludes && { excludes }),
    ...(replace && { replace }),
  };
}

export function planAnswer({ reading, selected, bound }: Proposal): PlanAnswer {
  const { diagnostics, diagnosticsText } = reading;
  return { diagnostics, diagnosticsText, bound, ...(selected && { plan: selected.plan }) };
}

/** What is to be applied. Throws `OperationError`: `invalid`, `stale`. */
export function admitted(proposal: Proposal, made?: Bound): Selected {
  const { reading, selected, bound } = proposal;
  if (selected === undefined) {
    const why = firstErrorText(reading.diagnostics);
    throw new OperationError("invalid", `The file doesn't check: ${why}`, "See `vbus check`.");
  }
  const misfit = made === undefined ? undefined : misfitText(made, bound);
  if (misfit === undefined) return selected;
  const message = `The plan no longer fits: ${misfit} changed since it was made.`;
  throw new OperationError("stale", message, "Make it anew with `vbus plan --out FILE`.");
}

export function applyAnswer(applied: Applied, generation: number | undefined): ApplyAnswer {
  const { plan, steps } = applied;
  const answer = { plan, steps, ...(generation !== undefined && { generation }) };
  if (applied.ok) return { ...answer, outcome: plan.steps.length === 0 ? "nothing" : "applied", stuck: [] };
  const whole = applied.stuck.length === 0 && !applied.kept;
  return {
    ...answer,
    outcome: whole ? "taken_back" : "partly",
    failure: applied.failure,
    stuck: applied.stuck,
  };
}

/** The model as it is after a part of it was applied: that is what a generation remembers. */
export function partOf(model: Model, desired: Definition, kept: Model["allocations"]): Model {
  const all = { ...kept, ...model.allocations };
  const there = Object.entries(all).filter(([address]) => desired.resources.has(address));
  return { ...model, resources: [...desired.resources.values()], allocations: Object.fromEntries(there) };
}

/** Why a save waits for somebody's word; undefined: it may be applied at once. */
export function holdReason(
  plan: Pick<Plan, "steps" | "warnings">,
  most: Disruption | undefined,
): string | undefined {
  if (most === undefined || plan.steps.length === 0) return undefined;
  const over = plan.steps.filter(({ disruption }) => disruption !== most && atLeast(disruption, most));
  const first = over.slice(0, 3).map(({ address, disruption }) => `${address} (${disruption})`);
  const more = over.length > first.length ? [`${over.length - first.length} more`] : [];
  const reasons = [
    ...(over.length > 0 ? [`more than ${most}: ${[...first, ...more].join(", ")}.`] : []),
    ...(plan.warnings ?? []),
  ];
  return reasons.length === 0 ? undefined : reasons.join(" ");
}
