// Where the dashboard's data comes from: the control client, and nothing else. Connects again for as long as
// it is not closed, keeps logs in their buffer, and passes data on at most four times a second.

import type { LabClient, LabEvent, LogLine, Snapshot } from "../interpreter/index.ts";
import type { Ask, Reply } from "./acts.ts";
import type { ConsoleDesk, WantedConsole } from "./console/desk.ts";
import type { EventBuffer } from "./event-buffer.ts";
import type { History } from "./history.ts";
import type { LogBuffer } from "./log-buffer.ts";
import type { Link } from "./model.ts";
import type { FrameBuffer } from "./packets/buffer.ts";
import { PacketTap } from "./packets/tap.ts";

/** What the source tells; the same shapes as the reducer's actions. */
export type Change =
  | { readonly type: "snapshot"; readonly snapshot: Snapshot }
  | { readonly type: "link"; readonly link: Link }
  | { readonly type: "logs" | "events" }
  | { readonly type: "packets"; readonly trouble?: string };

/** What of the lab is looked at now. */
export interface Wants {
  readonly packets: boolean;
  /** The device whose rings are. */
  readonly rings?: string | undefined;
  readonly console?: WantedConsole | undefined;
}

export interface SourceOptions {
  readonly connect: () => Promise<LabClient>;
  /** Milliseconds that only go up. */
  readonly now: () => number;
  readonly logs: LogBuffer;
  readonly events: EventBuffer;
  readonly frames: FrameBuffer;
  readonly history: History;
  readonly consoles: ConsoleDesk;
  readonly tell: (change: Change) => void;
}

const DATA_EVERY_MS = 250;
const RETRY_MS = 500;
/** Lines asked for when a connection begins. */
const HISTORY_LINES = 2000;

export class DashboardSource {
  readonly #options: SourceOptions;
  #client: LabClient | undefined;
  #closed = false;
  #snapshot: Snapshot | undefined;
  #lines: LogLine[] = [];
  #events: LabEvent[] = [];
  #pid: number | undefined;
  #newFrames = false;
  #tap: PacketTap | undefined;
  #wants: Wants = { packets: false };
  #told = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #endPause: (() => void) | undefined;
  #said: Link | undefined;
  #wasLive = false;

  constructor(options: SourceOptions) {
    this.#options = options;
  }

  /** Connects, and again whenever the connection is lost. Resolves after `close`; never rejects. */
  async run(): Promise<void> {
    // Event loop: ends with `close`.
    while (!this.#closed) {
      const reason = await this.#followOnce();
      if (this.#closed) return;
      this.#flush();
      this.#lost(sentenceOf(reason));
      await this.#pause();
    }
  }

  /** Asks the lab for what is looked at, and for nothing else. */
  want(wants: Wants): void {
    const before = this.#wants;
    this.#wants = wants;
    this.#options.consoles.want(wants.console);
    if (wants.packets !== before.packets) this.#tap?.want(wants.packets);
    if (wants.rings === before.rings) return;
    this.#client?.request("subscribe", this.#ringWants()).catch(() => undefined);
  }

  /** Why a lab went says more than that it isn't there each time it is looked for again. */
  #lost(reason: string): void {
    const isSaid = this.#said?.state === "lost" && (this.#wasLive || this.#said.reason === reason);
    if (!isSaid) this.#tellLink({ state: "lost", reason });
  }

  #tellLink(link: Link): void {
    this.#said = link;
    this.#wasLive ||= link.state === "live";
    this.#options.tell({ type: "link", link });
  }

  /** Never rejects. */
  async ask(ask: Ask): Promise<Reply> {
    try {
      const result = await this.#client?.request(ask.method, ask.params);
      if (result === undefined) return { method: "refused", message: "the lab is not there" };
      return { method: ask.method, result } as Reply;
    } catch (error) {
      return { method: "refused", message: error instanceof Error ? error.message : String(error) };
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#client?.close();
    this.#endPause?.();
  }

  /** One connection from its beginning to its end; the answer is why it ended. */
  async #followOnce(): Promise<string> {
    try {
      const client = await this.#options.connect();
      if (this.#closed) {
        client.close();
        return "closed";
      }
      this.#client = client;
      // What the lab said last is known before the requests that it left unanswered fail.
      return await Promise.race([client.closed, this.#begin(client).then(() => client.closed)]);
    } catch (error) {
      this.#client?.close();
      return error instanceof Error ? error.message : String(error);
    } finally {
      this.#options.consoles.use(undefined);
      this.#tap?.close();
      this.#tap = undefined;
      this.#client = undefined;
    }
  }

  async #begin(client: LabClient): Promise<void> {
    const { logs } = this.#options;
    // Lines that come while the history is under way are in it too.
    let early: LogLine[] | undefined = [];
    let repeated = new Map<string, number>();
    // The first snapshot may come before the answer to `subscribe`: either says that the lab is there.
    let live = false;
    const goLive = (): void => {
      if (!live) this.#tellLink({ state: "live", reason: "" });
      live = true;
    };
    client.on("snapshot", (snapshot) => {
      goLive();
      this.#snapshot = snapshot;
      this.#data();
    });
    client.on("log", ({ lines }) => {
      if (early !== undefined) early.push(...lines);
      else this.#addLines(dropRepeated(lines, repeated));
    });
    client.on("event", (event) => {
      this.#events.push(event);
      this.#data();
    });
    const { events } = this.#options;
    if (this.#pid !== undefined && this.#pid !== client.hello.pid) events.clear();
    this.#pid = client.hello.pid;
    await client.request("subscribe", { snapshots: true, logs: true, events: true, ...this.#ringWants() });
    goLive();
    const past = await client.request("events", { since: events.last });
    this.#events = [...past.events, ...this.#events];
    this.#options.consoles.use(client);
    this.#tap = this.#makeTap(client);
    this.#tap.want(this.#wants.packets);
    const history = (await client.request("logs", { lines: HISTORY_LINES, shared: true })).lines;
    const known = countLines(logs.held);
    this.#addLines(dropRepeated(history, known, false));
    repeated = countLines(history);
    const waited = early;
    early = undefined;
    this.#addLines(dropRepeated(waited, repeated));
  }

  /** To look into all rings of a large lab would be most of the work, there and here. */
  #ringWants(): { readonly rings: readonly string[] } {
    const { rings } = this.#wants;
    return { rings: rings === undefined ? [] : [rings] };
  }

  #makeTap(client: LabClient): PacketTap {
    const { frames, now, tell } = this.#options;
    return new PacketTap({
      client,
      frames,
      now,
      tell: (trouble) => {
        if (trouble !== undefined) return tell({ type: "packets", trouble });
        this.#newFrames = true;
        this.#data();
      },
    });
  }

  #addLines(lines: readonly LogLine[]): void {
    if (lines.length === 0) return;
    this.#lines.push(...lines);
    this.#data();
  }

  /** Now, or when the last time is long enough ago. */
  #data(): void {
    if (this.#timer !== undefined || this.#closed) return;
    const wait = this.#told + DATA_EVERY_MS - this.#options.now();
    if (wait <= 0) this.#flush();
    else this.#timer = setTimeout(() => this.#flush(), wait);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#told = this.#options.now();
    const { logs, events, tell } = this.#options;
    if (this.#lines.length > 0) {
      logs.append(this.#lines);
      this.#lines = [];
      // A snapshot draws them as well.
      if (this.#snapshot === undefined) tell({ type: "logs" });
    }
    const happened = this.#events;
    this.#events = [];
    if (events.append(happened) && this.#snapshot === undefined) tell({ type: "events" });
    if (this.#newFrames) {
      this.#newFrames = false;
      if (this.#snapshot === undefined) tell({ type: "packets" });
    }
    if (this.#snapshot !== undefined) this.#options.history.add(this.#snapshot);
    if (this.#snapshot !== undefined) tell({ type: "snapshot", snapshot: this.#snapshot });
    this.#snapshot = undefined;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, RETRY_MS);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const keyOf = ({ guest, time, text }: LogLine): string => `${time} ${guest} ${text}`;

function countLines(lines: readonly LogLine[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(keyOf(line), (counts.get(keyOf(line)) ?? 0) + 1);
  return counts;
}

/**
 * Lines without those that are counted in `seen`, each as often as it was seen. They come in one order, so
 * the first new one ends it; `untilNew` false looks at all of them.
 */
function dropRepeated(
  lines: readonly LogLine[],
  seen: Map<string, number>,
  untilNew = true,
): readonly LogLine[] {
  return lines.filter((line) => {
    const count = seen.get(keyOf(line)) ?? 0;
    if (count > 0) seen.set(keyOf(line), count - 1);
    else if (untilNew) seen.clear();
    return count === 0;
  });
}

/** As part of a sentence: no full stop, no capital. */
function sentenceOf(reason: string): string {
  const text = reason.trim().replace(/\.$/, "");
  return text.charAt(0).toLowerCase() + text.slice(1);
}
