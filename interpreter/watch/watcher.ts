// Follows files: tells once for each burst of changes. Knows nothing of what is in them, and believes no
// event's kind: saved, replaced, deleted and made again all mean "look again".

import { watch } from "chokidar";
import type { FSWatcher } from "chokidar";
import type { Clock } from "../clock.ts";

export interface WatcherOptions {
  readonly clock: Clock;
  /** Called with the time (`clock.now()`) of the first event of a burst. */
  readonly changed: (since: number) => void;
  readonly failed: (error: unknown) => void;
}

/** Quiet time that ends a burst, and the longest that a burst can hold things up. */
const QUIET_MS = 10;
const BURST_MS = 60;

export class Watcher {
  readonly #options: WatcherOptions;
  #watcher: FSWatcher | undefined;
  #files: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #since: number | undefined;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /**
   * Follows exactly these files from now on; files that are not there are waited for. Resolves when it is so.
   */
  async follow(files: Iterable<string>): Promise<void> {
    const next = new Set(files);
    const gone = [...this.#files].filter((file) => !next.has(file));
    const fresh = [...next].filter((file) => !this.#files.has(file));
    this.#files = next;
    if (this.#watcher === undefined) await this.#begin([...next]);
    else {
      if (gone.length > 0) this.#watcher.unwatch(gone);
      if (fresh.length > 0) this.#watcher.add(fresh);
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#watcher?.close();
    this.#watcher = undefined;
  }

  async #begin(files: string[]): Promise<void> {
    const watcher = watch(files, { ignoreInitial: true, atomic: false, depth: 0 });
    this.#watcher = watcher;
    watcher.on("all", () => this.#hear());
    watcher.on("error", (error) => this.#options.failed(error));
    await new Promise<void>((resolve) => watcher.once("ready", () => resolve()));
  }

  #hear(): void {
    const now = this.#options.clock.now();
    this.#since ??= now;
    clearTimeout(this.#timer);
    const rest = Math.max(0, BURST_MS - (now - this.#since));
    this.#timer = setTimeout(
      () => {
        const since = this.#since ?? now;
        this.#since = undefined;
        this.#options.changed(since);
      },
      Math.min(QUIET_MS, rest),
    );
  }
}
