// The state of a lab for one question, whether the lab runs or not.

import type { Source } from "../lab-contract.ts";
import { findState } from "./folder.ts";
import { openState } from "./state.ts";
import type { State } from "./state.ts";

/** The state of a lab, for reading; none where it was never applied. Throws `OperationError` `state`. */
export function withState<T>({ file, env }: Source, use: (state: State | undefined) => T): T {
  const folder = findState(file, env);
  const state = folder === undefined ? undefined : openState(folder, "reader");
  try {
    return use(state);
  } finally {
    state?.close();
  }
}
