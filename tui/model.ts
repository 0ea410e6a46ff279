// The state of the dashboard, all of it: what is shown, what is selected, what is being typed. Plain data
// that only the reducer makes anew; logs are kept beside it, in the buffer.

import type { PlanAnswer, Snapshot } from "../interpreter/index.ts";
import type { Act, Effect, Replied, Said } from "./acts.ts";
import type { Candidate, CommandLine, Output } from "./command-line.ts";
import type { ScreenReader } from "./console/screen.ts";
import type { EventReader } from "./event-buffer.ts";
import type { KeyEntry } from "./keys.ts";
import type { LogReader } from "./log-buffer.ts";
import { FIRST_TOPOLOGY } from "./topology.ts";
import type { TopologyPlace } from "./topology.ts";
import type { HistoryReader } from "./history.ts";
import type { MouseEvent } from "./mouse.ts";
import type { FrameReader } from "./packets/buffer.ts";
import type { RateBook } from "./rates.ts";
import type { ThemeName } from "./theme.ts";

/** How the dashboard was left: `stop` asks the caller to stop the lab. */
export type DashboardEnd = "left" | "stop";

export const VIEWS = [
  "guests",
  "buses",
  "rings",
  "topology",
  "plan",
  "logs",
  "events",
  "packets",
  "console",
  "output",
  "help",
] as const;
export type View = (typeof VIEWS)[number];
/**
 * Where keys go: to the view, to the filter or the command being typed, to the name being typed that confirms
 * something, or to the question being asked.
 */
export type Mode = View | "typing" | "commanding" | "confirming" | "asking";

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

/** A snapshot and what came of those before it. */
export interface Picture {
  readonly snapshot: Snapshot;
  /** By `guest:`, `device:` and an address, or `lab`: frames per second. */
  readonly rates: RateBook;
}

export interface LogPlace {
  /** Only this guest's lines. */
  readonly guest?: string;
  /** The number of the line at the bottom; absent: the newest. */
  readonly at?: number;
  readonly times: boolean;
  readonly wraps: boolean;
}

export interface PacketPlace {
  /** The number of the frame at the bottom; absent: the newest. */
  readonly at?: number;
  /** Frames are recorded also while another view is seen. */
  readonly records: boolean;
  /** Why there are none. */
  readonly trouble?: string;
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
  readonly theme: ThemeName;
  /** Clicks and the wheel come here. */
  readonly mouse: boolean;
  readonly frozen: boolean;
  /** The moment that is looked back to, milliseconds since 1970; then it is frozen too. */
  readonly past?: number;
  readonly guest?: string;
  readonly device?: string;
  readonly filters: Readonly<Record<View, string>>;
  /** The filter as it was before typing began, while it is being typed. */
  readonly typing?: string;
  readonly asking: boolean;
  readonly logs: LogPlace;
  /** The newest line when the picture was frozen. */
  readonly frozenLog: number;
  /** And the newest event. */
  readonly frozenEvent: number;
  readonly packets: PacketPlace;
  /** The newest frame when the picture was frozen. */
  readonly frozenFrame: number;
  readonly helpTop: number;
  /** `up` attached it, so leaving asks about the lab. */
  readonly attachedByUp: boolean;
  readonly end?: DashboardEnd;
  /** The number of the selected event; absent: the newest. */
  readonly event?: number;
  /** The selected line of the buses, an address. */
  readonly bus?: string;
  readonly topology: TopologyPlace;
  readonly plan: PlanPlace;
  readonly console: ConsolePlace;
  /** Nothing is changed, only looked at. */
  readonly readOnly: boolean;
  /** What is done only when its name is typed. */
  readonly confirm?: Confirm;
  /** The command line, while it is typed. */
  readonly command?: CommandLine;
  /** Command lines that were run, the newest last. */
  readonly history: readonly string[];
  readonly output?: Output;
  /** What became of the last act; it goes with the next key. */
  readonly said?: Said;
  /** What is to be done outside, in order; the store takes them out. */
  readonly effects: readonly Effect[];
}

/** What happens to the state. */
export type Action =
  | { readonly type: "key"; readonly key: string }
  | { readonly type: "mouse"; readonly event: MouseEvent }
  | { readonly type: "size"; readonly size: Size }
  | { readonly type: "snapshot"; readonly snapshot: Snapshot }
  | { readonly type: "link"; readonly link: Link }
  /** New lines, or new events, are in their buffer. */
  | { readonly type: "logs" | "events" }
  /** New frames are in their buffer, or there can be none. */
  | { readonly type: "packets"; readonly trouble?: string }
  | { readonly type: "completed"; readonly text: string; readonly candidates: readonly Candidate[] }
  | { readonly type: "printed"; readonly run: number; readonly text: string; readonly exit?: number }
  /** What is seen of a guest's terminal is other, or what was typed didn't get there. */
  | { readonly type: "console"; readonly problem?: string }
  /** Typed on a guest's terminal. */
  | { readonly type: "typed"; readonly text: string }
  | Replied;

export interface PlanPlace {
  /** The newest that the lab told; absent before that. */
  readonly answer?: PlanAnswer;
  /** The lab is asked for one. */
  readonly asked: boolean;
  /** Why there is none. */
  readonly problem?: string;
  /** How the lab stood when it was asked. */
  readonly madeFor?: string;
  /**
   * The generation that was made last from here, and the one that it declares again; newer than the picture's
   * until the next picture comes.
   */
  readonly made?: { readonly generation: number; readonly of: number };
  /** The first line that is seen. */
  readonly top: number;
}

export interface ConsolePlace {
  readonly guest?: string;
  /** Lines above the end that are looked back. */
  readonly above: number;
}

export interface Confirm {
  readonly question: string;
  /** What is to be typed. */
  readonly name: string;
  readonly typed: string;
  /** What is done then: an act, or the command `line` where there is none. */
  readonly act?: Act;
  readonly line: string;
}

/** What views and the reducer may read beside the state. */
export interface World {
  readonly logs: LogReader;
  readonly events: EventReader;
  readonly frames: FrameReader;
  readonly history: HistoryReader;
  readonly screen: ScreenReader;
  readonly keys: readonly KeyEntry[];
}

export interface StateOptions {
  readonly attachedByUp: boolean;
  readonly readOnly?: boolean;
  readonly theme?: ThemeName;
  readonly mouse?: boolean;
}

export function initialState(
  size: Size,
  { attachedByUp, readOnly = false, theme = "default", mouse = false }: StateOptions,
): DashboardState {
  return {
    size,
    view: "guests",
    trail: [],
    link: { state: "connecting", reason: "" },
    theme,
    mouse,
    frozen: false,
    filters: Object.fromEntries(VIEWS.map((view) => [view, ""])) as DashboardState["filters"],
    asking: false,
    logs: { times: true, wraps: false },
    frozenLog: 0,
    frozenEvent: 0,
    packets: { records: false },
    frozenFrame: 0,
    helpTop: 0,
    attachedByUp,
    topology: FIRST_TOPOLOGY,
    plan: { asked: false, top: 0 },
    readOnly,
    history: [],
    console: { above: 0 },
    effects: [],
  };
}

export function modeOf(state: DashboardState): Mode {
  if (state.asking) return "asking";
  if (state.confirm !== undefined) return "confirming";
  if (state.command !== undefined) return "commanding";
  return state.typing === undefined ? state.view : "typing";
}
