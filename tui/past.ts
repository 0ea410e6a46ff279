// Standing still, and looking back: all views as they were at a moment, or as they are now and stay.

import { say } from "./acts.ts";
import type { EventReader } from "./event-buffer.ts";
import { clipLine, paint, span } from "./line.ts";
import type { Line } from "./line.ts";
import type { DashboardState, World } from "./model.ts";
import { RateBook } from "./rates.ts";
import { shortBytes, shortDuration } from "./text.ts";
import type { ViewContext } from "./views/context.ts";

/** Holds the picture, or goes on with now. */
export function freeze(state: DashboardState, { logs, events, frames }: World): DashboardState {
  if (state.frozen) return thaw(state);
  const { shown } = state;
  return {
    ...state,
    frozen: true,
    ...(shown && { shown: { ...shown, rates: shown.rates.copy() } }),
    frozenLog: logs.last,
    frozenEvent: events.last,
    frozenFrame: frames.last,
  };
}

function thaw({ past: _, ...state }: DashboardState): DashboardState {
  return { ...state, frozen: false, ...(state.latest === undefined ? {} : { shown: state.latest }) };
}

/** So many seconds further on, or back where that is negative; at the newest picture it goes on with now. */
export function travel(state: DashboardState, seconds: number, world: World): DashboardState {
  const { latest, shown } = state;
  const { oldest } = world.history;
  if (latest === undefined || shown === undefined || oldest === undefined)
    return say(state, "there is nothing to look back to yet", "busy");
  const now = Date.parse(latest.snapshot.time);
  const from = state.past ?? Date.parse(shown.snapshot.time);
  const moment = Math.max(oldest, from + seconds * 1000);
  if (seconds > 0 && moment >= now) return thaw(state);
  const snapshot = world.history.at(moment);
  if (snapshot === undefined) return state;
  // What is drawn of a lab that has gone since is drawn without its rates.
  const rates = snapshot.pid === latest.snapshot.pid ? latest.rates : new RateBook();
  const { at: _, ...logs } = state.logs;
  const { at: __, ...packets } = state.packets;
  return {
    ...state,
    frozen: true,
    past: moment,
    shown: { snapshot, rates },
    logs,
    packets,
    frozenLog: world.logs.lastUntil(new Date(moment).toISOString()),
    frozenEvent: lastEventUntil(world.events, moment),
    frozenFrame: world.frames.lastUntil(moment),
  };
}

function lastEventUntil({ all }: EventReader, moment: number): number {
  const time = new Date(moment).toISOString();
  return all.findLast((event) => event.time <= time)?.sequence ?? 0;
}

/** Which moment is seen, where between the oldest and now it lies, and what is kept. */
export function pastLine({ state, world, columns, symbols }: ViewContext): Line {
  const { past, latest } = state;
  const { oldest, heldBytes } = world.history;
  if (past === undefined || latest === undefined || oldest === undefined) return [];
  const now = Date.parse(latest.snapshot.time);
  const time = new Date(past).toISOString().slice(11, 19);
  const left = ` ${time}  ${shortDuration(now - past)} ago `;
  const kept = shortBytes(heldBytes + world.frames.heldBytes);
  const right = columns >= 80 ? ` of ${shortDuration(now - oldest)} kept in ${kept}  space: now ` : " ";
  const room = Math.max(0, columns - left.length - right.length);
  const at = Math.round(((past - oldest) / Math.max(1, now - oldest)) * Math.max(0, room - 1));
  const bar = Array.from({ length: room }, (_, place) =>
    place === at ? symbols.state.running : symbols.rule,
  ).join("");
  return paint(clipLine([span(`${left}${bar}${right}`)], columns, symbols.ellipsis), "badge", columns);
}
