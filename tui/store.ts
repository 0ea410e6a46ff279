// Holds the one state, outside React, tells who draws it, and has done what it asks for.

import type { Effect } from "./acts.ts";
import type { Action, DashboardState, World } from "./model.ts";
import { reduce } from "./reducer.ts";

export interface Store {
  readonly getState: () => DashboardState;
  readonly dispatch: (action: Action) => void;
  /** The answer ends it. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** `perform` is called for each thing to do outside, after the state is taken. */
export function makeStore(first: DashboardState, world: World, perform: (effect: Effect) => void): Store {
  let state = first;
  const listeners = new Set<() => void>();
  return {
    getState: () => state,
    dispatch: (action) => {
      const next = reduce(state, action, world);
      if (next === state) return;
      const { effects } = next;
      state = effects.length === 0 ? next : { ...next, effects: [] };
      for (const listener of listeners) listener();
      for (const effect of effects) perform(effect);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
