// The state of the dashboard, all of it: what is shown, what is selected, what is being typed. Plain data
// that only the reducer makes anew; logs are kept beside it, in the buffer.

import type { Snapshot } from "../interpreter/index.ts";
import type { KeyEntry } from "./keys.ts";
import type { LogReader } from "./log-buffer.ts";

/** How the dashboard was left: `stop` asks the caller to stop the lab. */
export type DashboardEnd = "left" | "stop";

export const VIEWS = ["guests", "rings", "logs", "help"] as const;
export type View = (typeof VIEWS)[number];
/** Where keys go: to the view, to the filter being typed, or to the question being asked. */
export type Mode = View | "typing" | "asking";

/** Of the terminal, in cells. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The connection to the lab. `reason` says why it is not there. */
export interface Link {
  readonly state: "connecting" | "live" | "lost";
  readonly reason: string;
}

/** Values, one a second of the lab's life, the newest last. */
export interface Series {
  readonly second: number;
  readonly values: readonly number[];
}

/** A snapshot and what came of those before it. */
export interface Picture {
  readonly snapshot: Snapshot;
  /** By `guest:`, `device:` and an address, or `lab`: frames per second. */
  readonly rates: ReadonlyMap<string, Series>;
}

export interface LogPlace {
  /** Only this guest's lines. */
  readonly guest?: string;
  /** The number of the line at the bottom; absent: the newest. */
  readonly at?: number;
  readonly times: boolean;
  readonly wraps: boolean;
}

export interface DashboardState {
  readonly size: Size;
  readonly view: View;
  /** Views to go back to, the last one first to be taken. */
  readonly trail: readonly View[];
  readonly link: Link;
  /** What is drawn; while frozen an older one than `latest`. */
  readonly shown?: Picture;
  readonly latest?: Picture;
  readonly frozen: boolean;
  readonly guest?: string;
  readonly device?: string;
  readonly filters: Readonly<Record<View, string>>;
  /** The filter as it was before typing began, while it is being typed. */
  readonly typing?: string;
  readonly asking: boolean;
  readonly logs: LogPlace;
  /** The newest line when the picture was frozen. */
  readonly frozenLog: number;
  readonly helpTop: number;
  /** `up` attached it, so leaving asks about the lab. */
  readonly attachedByUp: boolean;
  readonly end?: DashboardEnd;
  /** What is to be done outside, in order; the store takes them out. */
  readonly effects: readonly Effect[];
}

/** What the reducer can't do itself. */
export type Effect = { readonly do: "suspend" | "redraw" };

/** What happens to the state. */
export type Action =
  | { readonly type: "key"; readonly key: string }
  | { readonly type: "size"; readonly size: Size }
  | { readonly type: "snapshot"; readonly snapshot: Snapshot }
  | { readonly type: "link"; readonly link: Link }
  /** New lines are in the buffer. */
  | { readonly type: "logs" };

/** What views and the reducer may read beside the state. */
export interface World {
  readonly logs: LogReader;
  readonly keys: readonly KeyEntry[];
}

export function initialState(size: Size, attachedByUp: boolean): DashboardState {
  return {
    size,
    view: "guests",
    trail: [],
    link: { state: "connecting", reason: "" },
    frozen: false,
    filters: Object.fromEntries(VIEWS.map((view) => [view, ""])) as DashboardState["filters"],
    asking: false,
    logs: { times: true, wraps: false },
    frozenLog: 0,
    helpTop: 0,
    attachedByUp,
    effects: [],
  };
}

/** The state with one more thing to do outside. */
export function ask(state: DashboardState, effect: Effect): DashboardState {
  return { ...state, effects: [...state.effects, effect] };
}

export function modeOf(state: DashboardState): Mode {
  if (state.asking) return "asking";
  return state.typing === undefined ? state.view : "typing";
}
