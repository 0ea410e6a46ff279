// What a lab remembers, for those who look: generations, what differs between two of them, events. Reads the
// state, whether the lab runs or not; changes nothing.

import { checkFile } from "./check.ts";
import type { Difference, Side } from "./history-contract.ts";
import type { Checked, Source } from "./lab-contract.ts";
import type { LabEvent } from "./control/protocol.ts";
import { OperationError } from "./operation-error.ts";
import { define, desiredOf } from "./plan/definition.ts";
import type { Definition } from "./plan/definition.ts";
import { makePlan } from "./plan/make-plan.ts";
import { generationOf } from "./rollback.ts";
import type { GenerationHead, State } from "./state/state.ts";
import { withState } from "./state/with-state.ts";

/** All that are kept, oldest first. None of a lab that was never applied. Throws `OperationError` `state`. */
export function readGenerations(source: Source): readonly GenerationHead[] {
  return withState(source, (state) => state?.generations() ?? []);
}

/**
 * Compares two sides. Where the file is one and doesn't check, its diagnostics. Throws `OperationError`
 * `failed` for a generation that is not kept.
 */
export async function diffGenerations(source: Source, from: Side, to: Side): Promise<Difference | Checked> {
  const checked = from === "file" || to === "file" ? await checkFile(source) : undefined;
  if (checked !== undefined && checked.model === undefined) return checked;
  return withState(source, (found) => {
    const state = kept(found);
    const side = (of: Side): { readonly name: number | "file"; readonly definition: Definition } => {
      if (of === "file" && checked?.model !== undefined)
        return { name: "file", definition: desiredOf(state.storable(checked.model)) };
      const generation = of === "newest" ? state.lastGeneration() : generationOf(state, Number(of));
      if (generation === undefined) throw nothingKept();
      const { number, model } = generation;
      return { name: number, definition: define(model.lab, model.resources) };
    };
    const [before, after] = [side(from), side(to)];
    return { from: before.name, to: after.name, plan: makePlan(before.definition, after.definition) };
  });
}

/** Those after the number `since` that are in the state, oldest first: all but what a kill cut off. */
export function readEvents(source: Source, since = 0): readonly LabEvent[] {
  return withState(source, (state) => state?.events(since) ?? []);
}

/** The texts of a generation by file. Throws `OperationError` `failed` where there are none. */
export function readTexts(source: Source, number: number): ReadonlyMap<string, string> {
  return withState(source, (found) => {
    const state = kept(found);
    generationOf(state, number);
    const texts = state.texts(number);
    if (texts.size > 0) return texts;
    throw new OperationError(
      "failed",
      `The texts of generation ${number} are not kept: they may hold secrets, or an older vbus made it.`,
    );
  });
}

function kept(state: State | undefined): State {
  if (state === undefined) throw nothingKept();
  return state;
}

function nothingKept(): OperationError {
  return new OperationError("failed", "This lab was never applied: no generation of it is kept.");
}
