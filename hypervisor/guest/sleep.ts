// The sleep of the verb `wait`, on the guest's thread: until the guest is told something, a timer of its is
// due, or its time is up. A realtime guest looks for a while before it sleeps, and before a timer is due,
// since the system wakes a thread late.

import type { Urgency } from "../device/connection.ts";
import type { Timers } from "../device/vclock/timers.ts";
import type { GuestMemory } from "../memory/fabric.ts";
import { sleepOnEvents, spinOnEvents } from "../ring/signal.ts";

export interface SleepParts {
  readonly memory: GuestMemory;
  readonly timers: Timers;
  readonly urgency: Urgency;
  readonly steadyNowNs: () => number;
}

/** False when the clock shows `endNs`. `seen` is what the guest knows of the event area at `events`. */
export function sleepUntil(parts: SleepParts, events: number, seen: number, endNs: number): boolean {
  const { memory, timers, urgency, steadyNowNs } = parts;
  const nowMs = (): number => steadyNowNs() / 1e6;
  // Bound: the guest's time limit. A turn ends with a timer, which is news, or with the limit.
  for (;;) {
    const nowNs = steadyNowNs();
    timers.fire(nowNs);
    const dueNs = Math.min(endNs, timers.nextNs);
    const { spinNs } = urgency;
    if (spinNs > 0) {
      if (spinOnEvents(memory, events, seen, Math.min(dueNs, nowNs + spinNs), steadyNowNs)) return true;
    }
    const sleepNs = Math.max(0, dueNs - spinNs - steadyNowNs());
    if (sleepOnEvents(memory, events, seen, sleepNs / 1e6, nowMs)) return true;
    if (spinNs > 0 && spinOnEvents(memory, events, seen, dueNs, steadyNowNs)) return true;
    if (steadyNowNs() >= endNs && timers.nextNs > endNs) return false;
  }
}
