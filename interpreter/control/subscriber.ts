// One client that listens: what it is told, and what is left out when it reads slower than the lab talks.
// Keeps at most one snapshot and bounded lists of events and lines for it; never waits for it.

import type { MessageConnection } from "vscode-jsonrpc/node";
import type { LabEvent, LogLine, Methods, Notifications, Snapshot } from "./protocol.ts";

/** More wait for nobody: the oldest fall off. `events` and `logs` give them later. */
const EVENTS_WAITING_MAX = 2000;
const LINES_WAITING_MAX = 2000;
/** Of a console, UTF-16 units: a terminal of 200 by 60 is filled twenty times over. */
const TEXT_WAITING_MAX = 1 << 18;

export class Subscriber {
  readonly #rpc: MessageConnection;
  #wants: Methods["subscribe"]["params"] = {};
  #snapshot: Snapshot | undefined;
  #events: LabEvent[] = [];
  #lines: LogLine[] = [];
  #console: { text: string; begins: boolean } = { text: "", begins: false };
  #sending = false;
  #ended = false;

  constructor(rpc: MessageConnection) {
    this.#rpc = rpc;
  }

  get wantsSnapshots(): boolean {
    return this.#wants.snapshots === true && !this.#ended;
  }

  /** Devices whose rings it looks into; undefined: all. */
  get rings(): readonly string[] | undefined {
    return this.#wants.rings;
  }

  /** What it says adds to what it said before; `false` takes back. */
  subscribe(wants: Methods["subscribe"]["params"]): void {
    this.#wants = { ...this.#wants, ...wants };
  }

  snapshot(snapshot: Snapshot): void {
    if (!this.wantsSnapshots) return;
    this.#snapshot = snapshot;
    this.#pump();
  }

  event(event: LabEvent): void {
    if (this.#wants.events !== true) return;
    this.#events.push(event);
    if (this.#events.length > EVENTS_WAITING_MAX) this.#events.shift();
    this.#pump();
  }

  log(lines: readonly LogLine[]): void {
    if (this.#wants.logs !== true) return;
    this.#lines.push(...lines);
    if (this.#lines.length > LINES_WAITING_MAX) this.#lines = this.#lines.slice(-LINES_WAITING_MAX);
    this.#pump();
  }

  /** What the console prints that it watches has this text before what comes. */
  beginConsole(text: string): void {
    const begins = this.#wants.console !== "";
    this.#console = { text: begins ? text.slice(-TEXT_WAITING_MAX) : "", begins };
    this.#pump();
  }

  console(guest: string, text: string): void {
    if (this.#wants.console !== guest || guest === "") return;
    this.#console.text = (this.#console.text + text).slice(-TEXT_WAITING_MAX);
    this.#pump();
  }

  /** The last thing that it hears; resolves when the system has taken it, or the connection is over. */
  async end(reason: string): Promise<void> {
    this.#ended = true;
    await this.#rpc.sendNotification("ended", { reason }).catch(() => undefined);
  }

  /** One message under way at a time: the next is chosen when the last is taken. */
  #pump(): void {
    if (this.#sending || this.#ended) return;
    const next = this.#next();
    if (next === undefined) return;
    this.#sending = true;
    const [name, payload] = next;
    this.#rpc.sendNotification(name, payload).then(
      () => {
        this.#sending = false;
        this.#pump();
      },
      () => {
        this.#ended = true;
      },
    );
  }

  #next(): readonly [keyof Notifications, Notifications[keyof Notifications]] | undefined {
    const event = this.#events.shift();
    if (event !== undefined) return ["event", event];
    if (this.#lines.length > 0) {
      const lines = this.#lines;
      this.#lines = [];
      return ["log", { lines }];
    }
    const { text, begins } = this.#console;
    if (text !== "" || begins) {
      this.#console = { text: "", begins: false };
      const guest = this.#wants.console ?? "";
      return ["console", { guest, text, ...(begins && { begins }) }];
    }
    if (this.#snapshot === undefined) return undefined;
    const snapshot = this.#snapshot;
    this.#snapshot = undefined;
    return ["snapshot", snapshot];
  }
}
