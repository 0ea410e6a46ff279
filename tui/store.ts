// Holds the one state, outside React, and tells who draws it.

import type { LogReader } from "./log-buffer.ts";
import type { DashboardState } from "./model.ts";
import { reduce } from "./reducer.ts";
import type { Action } from "./reducer.ts";

export interface Store {
  readonly getState: () => DashboardState;
  readonly dispatch: (action: Action) => void;
  /** The answer ends it. */
  readonly subscribe: (listener: () => void) => () => void;
}

export function makeStore(first: DashboardState, logs: LogReader): Store {
  let state = first;
  const listeners = new Set<() => void>();
  return {
    getState: () => state,
    dispatch: (action) => {
      const next = reduce(state, action, logs);
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
