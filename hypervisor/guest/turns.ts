// Who of a carrier's guests runs next: the most urgent first, among equals each in its turn. Between turns
// the thread looks for news.

import { setImmediate as breathe } from "node:timers/promises";
import { REALTIME_PRIORITY_MAX, TURNS_NS } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { countTurn } from "../memory/threads.ts";
import type { Seat } from "./seat.ts";

export interface TurnsParts {
  readonly fabric: Fabric;
  readonly steadyNowNs: () => number;
  /** Processor time of this thread, nanoseconds. */
  readonly cpuNs: () => number;
  /** Nothing is left of a guest. */
  readonly left: (seat: Seat) => void;
  /** Guests have left, and nobody is ready. */
  readonly rest: () => void;
}

export class Turns {
  readonly #parts: TurnsParts;
  /** Seats that wait, by urgency. */
  readonly #waiting: Seat[][] = Array.from({ length: REALTIME_PRIORITY_MAX + 2 }, () => []);
  #isBusy = false;
  /** Whose turn it is. */
  current: Seat | undefined;

  constructor(parts: TurnsParts) {
    this.#parts = parts;
  }

  ready(seat: Seat): void {
    this.#waiting[seat.rank.urgency]?.push(seat);
    if (!this.#isBusy) void this.#run();
  }

  async #run(): Promise<void> {
    const { fabric, steadyNowNs, cpuNs, left, rest } = this.#parts;
    this.#isBusy = true;
    let haveLeft = false;
    await breathe(); // Not within whatever made the first one ready.
    let sinceNs = steadyNowNs();
    let cpu = cpuNs();
    // Event loop: ends when nobody is ready; after TURNS_NS news are let in.
    for (let seat = this.#next(); seat; seat = this.#next()) {
      const beginNs = steadyNowNs();
      const waitedNs = beginNs - seat.readySinceNs;
      this.current = seat;
      await seat.turn();
      this.current = undefined;
      const now = cpuNs();
      countTurn(fabric, seat.thread, now - cpu, waitedNs);
      cpu = now;
      if (seat.isOver) left(seat);
      haveLeft ||= seat.isOver;
      if (steadyNowNs() - sinceNs < TURNS_NS) continue;
      await breathe();
      sinceNs = steadyNowNs();
      cpu = cpuNs();
    }
    this.#isBusy = false;
    if (haveLeft) rest();
  }

  #next(): Seat | undefined {
    for (let urgency = REALTIME_PRIORITY_MAX + 1; urgency >= 0; urgency--) {
      const seat = this.#waiting[urgency]?.shift();
      if (seat) return seat;
    }
    return undefined;
  }
}
