// The last events of a lab, numbered, in memory. Older ones fall off the far end.

import type { Clock } from "../clock.ts";
import { isoTime } from "../clock.ts";
import type { LabEvent } from "../control/protocol.ts";
import { EVENTS_KEPT } from "../state/limits.ts";

/** An event before it has its number and time. */
export type NewEvent = Omit<LabEvent, "sequence" | "time">;

export class Journal {
  readonly #clock: Clock;
  readonly #listeners = new Set<(event: LabEvent) => void>();
  #events: LabEvent[] = [];
  #sequence = 0;

  /** `last` is the number of the newest event of an earlier process: this one's go on from there. */
  constructor(clock: Clock, last = 0) {
    this.#clock = clock;
    this.#sequence = last;
  }

  /** The number of the newest event; 0 before the first. */
  get sequence(): number {
    return this.#sequence;
  }

  add(event: NewEvent): LabEvent {
    const entry: LabEvent = { sequence: ++this.#sequence, time: isoTime(this.#clock), ...event };
    this.#events.push(entry);
    if (this.#events.length >= 2 * EVENTS_KEPT) this.#events = this.#events.slice(-EVENTS_KEPT);
    for (const listener of this.#listeners) listener(entry);
    return entry;
  }

  /** Those after the number `since`, oldest first, at most 10,000. */
  since(since = 0): readonly LabEvent[] {
    return this.#events.slice(-EVENTS_KEPT).filter((event) => event.sequence > since);
  }

  on(listener: (event: LabEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
