// Writes the journal and the durations of steps into the state, in bursts: one transaction for what came
// since the last turn. A state that can't be written costs its lab one event, not its life.

import type { LabEvent } from "../control/protocol.ts";
import { errorText } from "../operation-error.ts";
import type { Durations } from "./durations.ts";
import { EVENTS_KEPT } from "./limits.ts";
import type { State } from "./state.ts";

export interface RecorderOptions {
  readonly state: State;
  readonly durations: Durations;
  /** Called once, when something could not be written. */
  readonly failed: (message: string) => void;
}

export class Recorder {
  readonly #options: RecorderOptions;
  #waiting: LabEvent[] = [];
  #turn: NodeJS.Immediate | undefined;
  #failed = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  event(event: LabEvent): void {
    this.#waiting.push(event);
    this.#turn ??= setImmediate(() => this.flush());
  }

  /** Writes what waits. Never throws. */
  flush(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    const events = this.#waiting.slice(-EVENTS_KEPT);
    this.#waiting = [];
    if (events.length === 0) return;
    try {
      this.#options.state.addEvents(events, this.#options.durations);
    } catch (error) {
      if (this.#failed) return;
      this.#failed = true;
      this.#options.failed(errorText(error));
    }
  }
}
