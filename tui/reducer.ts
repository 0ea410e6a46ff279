// From one state and what happened to the next state. Pure: no terminal, no clock, no connection; the world
// is only read. What is of one view is in its part.

import { commandOf, typedCharacter } from "./keys.ts";
import type { Command } from "./keys.ts";
import { act, perform, say } from "./acts.ts";
import {
  closeLine,
  completeLine,
  hearCandidates,
  hearOutput,
  openLine,
  recallLine,
  runLine,
  startLine,
  typeLine,
} from "./command-line.ts";
import { copyRow, copyView } from "./copy.ts";
import { modeOf } from "./model.ts";
import type { Action, DashboardState, PacketPlace, World } from "./model.ts";
import { mouseKeys } from "./mouse.ts";
import { freeze, travel } from "./past.ts";
import { nextPicture } from "./rates.ts";
import { THEME_NAMES } from "./theme.ts";
import { PARTS, partOf } from "./views/all.ts";
import { back, filterBy, show } from "./walk.ts";

export function reduce(state: DashboardState, action: Action, world: World): DashboardState {
  if (action.type === "key") return press(state, action.key, world);
  if (action.type === "mouse") {
    const { state: chosen, keys } = mouseKeys(state, action.event, world);
    return keys.reduce((next, key) => press(next, key, world), chosen);
  }
  const next = take(state, action);
  return PARTS.reduce((seen, { hear }) => hear?.(seen, action, world) ?? seen, next);
}

function take(state: DashboardState, action: Exclude<Action, { type: "key" | "mouse" }>): DashboardState {
  switch (action.type) {
    case "size":
      return { ...state, size: action.size };
    case "snapshot": {
      const latest = nextPicture(state.latest, action.snapshot);
      return { ...state, latest, ...(state.frozen ? {} : { shown: latest }) };
    }
    case "link":
      return { ...state, link: action.link };
    case "logs":
    case "events":
    case "typed":
      return { ...state };
    case "console":
      return action.problem === undefined ? { ...state } : say(state, action.problem, "bad");
    case "completed":
      return hearCandidates(state, action);
    case "printed":
      return hearOutput(state, action);
    case "replied": {
      const { act: asked, reply } = action;
      return reply.method === "refused" && !asked.harmless
        ? say(state, reply.message, "bad", asked.line)
        : state;
    }
    case "packets":
      return { ...state, packets: packetsAfter(state.packets, action.trouble) };
  }
}

function press(before: DashboardState, key: string, world: World): DashboardState {
  const { said: _, ...state } = before;
  const mode = modeOf(state);
  const command = commandOf(world.keys, mode, key);
  if (command !== undefined) return obey(state, command, world);
  if (mode === "typing") return type(state, key);
  if (mode === "commanding") return typeLine(state, (typed) => typed + (typedCharacter(key) ?? ""));
  return mode === "confirming" ? typeName(state, (typed) => typed + (typedCharacter(key) ?? "")) : state;
}

function obey(state: DashboardState, command: Command, world: World): DashboardState {
  switch (command.do) {
    case "view": {
      const next = show(state, command.view);
      return partOf(command.view).enter?.(next, state) ?? next;
    }
    case "move":
      return partOf(state.view).move(state, command.by, world);
    case "back":
      return back(state);
    case "leave":
      return state.attachedByUp && state.link.state === "live"
        ? { ...state, asking: true }
        : { ...state, end: "left" };
    case "interrupt":
      return state.asking ? { ...state, end: "left" } : obey(state, { do: "leave" }, world);
    case "freeze":
      return freeze(state, world);
    case "stop-lab":
      return { ...state, end: "stop" };
    case "leave-lab":
      return { ...state, end: "left" };
    case "stay":
      return { ...state, asking: false };
    case "suspend":
    case "redraw":
      return perform(state, { do: command.do });
    case "command":
      return openLine(state);
    case "run":
      return runLine(state);
    case "close":
      return closeLine(state);
    case "complete":
      return completeLine(state);
    case "older":
      return recallLine(state, 1);
    case "newer":
      return recallLine(state, -1);
    case "confirm":
      return confirm(state);
    case "refrain":
      return refrain(state);
    case "filter":
    case "accept":
    case "cancel":
    case "erase":
    case "erase-all":
      return edit(state, command.do);
    default:
      return adjust(state, command, world) ?? partOf(state.view).obey?.(state, command, world) ?? state;
  }
}

/** How and when the lab is seen, in every view. */
function adjust(state: DashboardState, command: Command, world: World): DashboardState | undefined {
  switch (command.do) {
    case "copy":
      return copyRow(state, world);
    case "copy-view":
      return copyView(state, world);
    case "mouse":
      return perform({ ...state, mouse: !state.mouse }, { do: "mouse", on: !state.mouse });
    case "theme":
      return {
        ...state,
        theme: THEME_NAMES[(THEME_NAMES.indexOf(state.theme) + 1) % THEME_NAMES.length] ?? "default",
      };
    case "time":
      return travel(state, command.seconds, world);
    default:
      return undefined;
  }
}

function packetsAfter({ trouble: _, ...place }: PacketPlace, trouble: string | undefined): PacketPlace {
  return trouble === undefined ? place : { ...place, trouble };
}

function edit(
  state: DashboardState,
  what: "filter" | "accept" | "cancel" | "erase" | "erase-all",
): DashboardState {
  if (state.command !== undefined)
    return typeLine(state, (text) => (what === "erase" ? [...text].slice(0, -1).join("") : ""));
  if (state.confirm !== undefined)
    return typeName(state, (typed) => (what === "erase" ? [...typed].slice(0, -1).join("") : ""));
  const typed = state.filters[state.view];
  if (what === "filter") return { ...state, typing: typed };
  if (what === "erase") return filterBy(state, [...typed].slice(0, -1).join(""));
  if (what === "erase-all") return filterBy(state, "");
  const { typing, ...rest } = state;
  return what === "cancel" ? filterBy(rest, typing ?? "") : rest;
}

const FILTER_CHARACTERS_MAX = 200;

function type(state: DashboardState, key: string): DashboardState {
  const character = typedCharacter(key);
  if (character === undefined) return state;
  const typed = state.filters[state.view] + character;
  return [...typed].length > FILTER_CHARACTERS_MAX ? state : filterBy(state, typed);
}

const NAME_CHARACTERS_MAX = 200;

function typeName(state: DashboardState, edited: (typed: string) => string): DashboardState {
  const { confirm: asked } = state;
  if (asked === undefined) return state;
  return { ...state, confirm: { ...asked, typed: edited(asked.typed).slice(0, NAME_CHARACTERS_MAX) } };
}

function refrain({ confirm: _, ...state }: DashboardState): DashboardState {
  return state;
}

function confirm(state: DashboardState): DashboardState {
  const { confirm: asked } = state;
  if (asked === undefined) return state;
  const { act: wanted, line } = asked;
  if (asked.typed.trim() !== asked.name)
    return say(refrain(state), "that is not its name: nothing was done", "bad", line);
  return wanted === undefined ? startLine(refrain(state), line) : act(refrain(state), wanted);
}
