// Events and logs of a lab as lines: for people with the time since the start, for programs as JSON records.

import type { LabEvent, LogLine } from "../interpreter/index.ts";
import type { Style, Terminal } from "./terminal.ts";

const EVENTS_SCHEMA = 1;
export const LEVEL: Readonly<Record<LabEvent["level"], Style>> = {
  info: "green",
  warning: "yellow",
  error: "red",
};
export const MARK: Readonly<Record<LabEvent["level"], string>> = { info: "-", warning: "!", error: "x" };

/** Writes lines as things happen. `startedMs` is the wall clock when the command began. */
export class EventLines {
  readonly #terminal: Terminal;
  readonly #json: boolean;
  readonly #startedMs: number;

  constructor(terminal: Terminal, json: boolean, startedMs: number) {
    this.#terminal = terminal;
    this.#json = json;
    this.#startedMs = startedMs;
  }

  event(event: LabEvent): void {
    if (this.#json)
      return this.#terminal.out(`${JSON.stringify({ schema: EVENTS_SCHEMA, record: "event", ...event })}\n`);
    const mark = this.#terminal.paint(LEVEL[event.level], MARK[event.level]);
    const name = this.#terminal.paint("bold", event.address ?? "lab");
    this.#terminal.out(`${this.#since(event.time)} ${mark} ${name} ${event.message}\n`);
  }

  log({ guest, time, text }: LogLine): void {
    if (this.#json)
      return this.#terminal.out(
        `${JSON.stringify({ schema: EVENTS_SCHEMA, record: "log", guest, time, text })}\n`,
      );
    this.#terminal.out(`${this.#since(time)} ${this.#terminal.paint("cyan", `${guest} |`)} ${text}\n`);
  }

  #since(time: string): string {
    const seconds = Math.max(0, Date.parse(time) - this.#startedMs) / 1000;
    return this.#terminal.paint("dim", `${seconds.toFixed(3).padStart(8)}s`);
  }
}
