// The last events of the lab, outside React. They bear the lab's own numbers, so that one that is told twice,
// after a lost connection, is kept once.

import type { LabEvent } from "../interpreter/index.ts";
import { clean } from "./text.ts";

/** What views and the reducer may ask. */
export type EventReader = Pick<EventBuffer, "all" | "last">;

const EVENTS_MAX = 5000;
/** Longer messages are cut: nobody reads on. */
const MESSAGE_CHARACTERS_MAX = 2000;

export class EventBuffer {
  readonly #size: number;
  #events: LabEvent[] = [];

  constructor(size = EVENTS_MAX) {
    this.#size = size;
  }

  /** Oldest first. */
  get all(): readonly LabEvent[] {
    return this.#events;
  }

  /** The number of the newest; 0 while there is none. */
  get last(): number {
    return this.#events.at(-1)?.sequence ?? 0;
  }

  /** Adds what is new of these; the oldest fall off. The answer says whether anything was. */
  append(events: readonly LabEvent[]): boolean {
    const fresh = events.filter(({ sequence }) => sequence > this.last);
    if (fresh.length === 0) return false;
    for (const event of fresh) {
      const message = clean(event.message.slice(0, MESSAGE_CHARACTERS_MAX));
      this.#events.push({ ...event, message });
    }
    if (this.#events.length >= 2 * this.#size) this.#events = this.#events.slice(-this.#size);
    return true;
  }

  /** Another lab began to count anew. */
  clear(): void {
    this.#events = [];
  }
}
