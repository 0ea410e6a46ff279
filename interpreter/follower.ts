// Keeps a lab equal to its files: when to look again, what to follow, and what to say about it.
// Does not read or apply; it asks for that, one look at a time.

import { statSync } from "node:fs";
import type { Clock } from "./clock.ts";
import type { Snapshot } from "./control/protocol.ts";
import { formatMs } from "./engine.ts";
import type { Checked } from "./lab-contract.ts";
import type { Journal } from "./log/journal.ts";
import { errorText } from "./operation-error.ts";
import type { Plan } from "./plan/plan.ts";
import { firstErrorText } from "./read-lab.ts";
import { Watcher } from "./watch/watcher.ts";
import { resolveFile } from "./world.ts";

export interface FollowerOptions {
  readonly root: string;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Reads and applies; `since` is when the first event of the burst came. */
  readonly refresh: (since: number) => Promise<Checked>;
}

/** What is told of an apply. */
export interface Applied {
  readonly generation: number;
  readonly elapsedMs: number;
  readonly actor: string;
  /** The generation that it went back to. */
  readonly origin?: number;
}

/** An editor that empties a file before it writes gets this long, so that nothing is torn down meanwhile. */
const EMPTY_GRACE_MS = 200;
/** Changes of a file that has just come into view may have come before. */
const SECOND_LOOK_MS = 50;

export class Follower {
  readonly #options: FollowerOptions;
  #watcher: Watcher | undefined;
  #followed: ReadonlySet<string> = new Set();
  #applying = 0;
  #queued = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /**
   * Starts to follow these files, and looks once more at once: they may have changed since they were read.
   */
  async begin(files: readonly string[]): Promise<void> {
    this.#watcher = new Watcher({
      clock: this.#options.clock,
      changed: (since) => void this.#look(since),
      failed: (error) => this.#tell("warning", `a file can't be followed: ${errorText(error)}`),
    });
    await this.follow(files);
    await this.#options.refresh(this.#options.clock.now());
  }

  /** What is followed from now on. Paths of the standard library's own texts are left out. */
  async follow(files: readonly string[]): Promise<void> {
    if (this.#watcher === undefined || this.#closed) return;
    const next = new Set(files.flatMap(watchable));
    const fresh = this.#followed.size > 0 && [...next].some((file) => !this.#followed.has(file));
    this.#followed = next;
    await this.#watcher.follow(next);
    if (fresh) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#look(this.#options.clock.now()), SECOND_LOOK_MS);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const watcher = this.#watcher;
    this.#watcher = undefined;
    await watcher?.close();
  }

  state(held: boolean): Snapshot["watch"] {
    if (this.#watcher === undefined) return "off";
    if (this.#applying > 0) return "applying";
    return held ? "held" : "watching";
  }

  async applying<T>(work: () => Promise<T>): Promise<T> {
    this.#applying++;
    try {
      return await work();
    } finally {
      this.#applying--;
    }
  }

  tellHeld(checked: Checked): void {
    const message = `${firstErrorText(checked.diagnostics)} The lab goes on as it was.`;
    this.#options.journal.add({ type: "diagnostic", message, level: "error", actor: "file" });
  }

  /** A change that checks and may not be made without a word. */
  tellWaits(why: string): void {
    this.#tell("warning", `the change in the file waits for \`vbus apply\`: ${why}`);
  }

  tellWell(): void {
    this.#tell("info", "the file checks again");
  }

  /** What could not be applied, or waited, is no longer asked for. */
  tellSame(): void {
    this.#tell("info", "the file says again what runs");
  }

  tellApplied(plan: Plan, { generation, elapsedMs, actor, origin }: Applied): void {
    const count = `${plan.steps.length} ${plan.steps.length === 1 ? "change" : "changes"}`;
    const back = origin === undefined ? "" : `back to generation ${origin}, `;
    const message = `generation ${generation}: ${back}${count} applied in ${formatMs(elapsedMs)}`;
    this.#options.journal.add({ type: "plan", message, level: "info", actor, elapsedMs });
  }

  tellRolledBack(origin: number): void {
    const message = `held on generation ${origin} until the file says something else`;
    this.#tell("warning", message);
  }

  #tell(level: "info" | "warning", message: string): void {
    this.#options.journal.add({ type: "watch", message, level, actor: "host" });
  }

  /** One look at a time, and one more if something came meanwhile. */
  async #look(since: number): Promise<void> {
    if (this.#queued || this.#closed) return;
    this.#queued = true;
    if (isEmpty(this.#options.root)) await new Promise((resolve) => setTimeout(resolve, EMPTY_GRACE_MS));
    this.#queued = false;
    if (this.#closed) return;
    await this.#options.refresh(since).catch((error: unknown) => this.#tell("warning", errorText(error)));
  }
}

function isEmpty(file: string): boolean {
  try {
    return statSync(file).size === 0;
  } catch {
    // Gone: perhaps it is just being replaced.
    return true;
  }
}

function watchable(path: string): readonly string[] {
  if (path.startsWith("std:") && !path.startsWith("std:guests/")) return [];
  const file = resolveFile(path);
  return file === undefined ? [] : [file];
}
