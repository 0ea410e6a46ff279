// What the dashboard asks of the lab: one request, with the command line that does the same. The reducer only
// writes it down; `run.ts` has it done and the answer comes back as an action.

import type { Methods } from "../interpreter/index.ts";
import type { DashboardState } from "./model.ts";

type Method = keyof Methods;
/** A request to the lab. */
export type Ask = {
  readonly [M in Method]: { readonly method: M; readonly params: Methods[M]["params"] };
}[Method];
/** What came of it. */
export type Reply =
  | { readonly [M in Method]: { readonly method: M; readonly result: Methods[M]["result"] } }[Method]
  | { readonly method: "refused"; readonly message: string };

/** A request by a key. */
export interface Act {
  readonly ask: Ask;
  /** The command line that does the same. */
  readonly line: string;
  /** Nothing in the lab is other after it. */
  readonly harmless?: true;
}

/** What the reducer can't do itself. */
export type Effect =
  | { readonly do: "suspend" | "redraw" }
  | { readonly do: "copy"; readonly text: string }
  | { readonly do: "mouse"; readonly on: boolean }
  | { readonly do: "act"; readonly act: Act }
  | { readonly do: "complete"; readonly text: string }
  | { readonly do: "run"; readonly line: string; readonly run: number }
  | { readonly do: "end-command"; readonly run: number }
  | { readonly do: "type"; readonly guest: string; readonly text: string };

export interface Replied {
  readonly type: "replied";
  readonly act: Act;
  readonly reply: Reply;
}

/** What became of an act, in the place of the keys. */
export interface Said {
  readonly text: string;
  readonly tone: "good" | "busy" | "bad";
  readonly line?: string;
}

/** The state with one more thing to do outside. */
export function perform(state: DashboardState, effect: Effect): DashboardState {
  return { ...state, effects: [...state.effects, effect] };
}

export function say(state: DashboardState, text: string, tone: Said["tone"], line?: string): DashboardState {
  return { ...state, said: { text, tone, ...(line !== undefined && { line }) } };
}

/**
 * Asks the lab, and says so with the command line; refuses what changes something where that is not wanted.
 */
export function act(state: DashboardState, asked: Act): DashboardState {
  if (state.link.state !== "live") return say(state, "the lab is not there", "bad", asked.line);
  if (asked.harmless) return perform(state, { do: "act", act: asked });
  if (state.readOnly) return say(state, "read-only: nothing was done", "bad", asked.line);
  return perform(say(state, "asked", "busy", asked.line), { do: "act", act: asked });
}

/** The same, after `name` has been typed. */
export function actAfterName(
  state: DashboardState,
  asked: Act,
  { question, name }: { readonly question: string; readonly name: string },
): DashboardState {
  if (state.readOnly || state.link.state !== "live") return act(state, asked);
  return { ...state, confirm: { question, name, typed: "", act: asked, line: asked.line } };
}
