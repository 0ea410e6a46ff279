// A PC that is held for a snapshot, as the control thread has it. One at a time of each guest.

import { refuse } from "../bus/outcome.ts";
import type { Outcome } from "../hypervisor.ts";
import { PC_HOLD_MS_MAX, PC_SAVE_MS_MAX } from "../limits.ts";
import type { SnapshotNews, SnapshotOrder } from "../machine/pc/snapshot-words.ts";
import type { HeldGuest, HoldReason, PcSnapshot } from "../snapshots.ts";

export interface HoldsParts {
  readonly name: string;
  readonly send: (order: SnapshotOrder) => void;
  /** It is paused: lets it run until it is held, and no further. */
  readonly letRun: () => void;
  /** Where it is to be paused, it is again. */
  readonly standStill: () => Promise<unknown>;
}

export class Holds {
  readonly #parts: HoldsParts;
  #last = 0;
  #open = false;
  /** Who waits for news of the hold that goes on. */
  #waiting: ((news: SnapshotNews | undefined) => void) | undefined;
  #ended = false;

  constructor(parts: HoldsParts) {
    this.#parts = parts;
  }

  async begin(why: HoldReason): Promise<Outcome<HeldGuest>> {
    const { name, send, letRun } = this.#parts;
    if (this.#open) return refuse("busy", `a snapshot of guest \`${name}\` is being made already`);
    this.#open = true;
    const hold = ++this.#last;
    letRun();
    // Its devices have PC_HOLD_MS_MAX; the rest is for its thread.
    const news = await this.#ask({ do: "hold", hold, why }, 2 * PC_HOLD_MS_MAX);
    if (news?.what === "held") return { ok: true, value: this.#held(hold) };
    send({ do: "release", hold });
    await this.#over();
    if (news?.what === "refused") return refuse("busy", `guest \`${name}\` ${news.why}`);
    return this.#silent();
  }

  hear(news: SnapshotNews): void {
    if (news.hold === this.#last) this.#waiting?.(news);
  }

  /** The guest has ended. */
  end(): void {
    this.#ended = true;
    this.#waiting?.(undefined);
  }

  #held(hold: number): HeldGuest {
    let released = false;
    return {
      save: async (): Promise<Outcome<PcSnapshot>> => {
        const news = await this.#ask({ do: "save", hold }, PC_SAVE_MS_MAX);
        return news?.what === "saved" ? { ok: true, value: news.saved } : this.#silent();
      },
      release: async () => {
        if (released) return;
        released = true;
        await this.#parts.standStill();
        this.#parts.send({ do: "release", hold });
        this.#open = false;
      },
    };
  }

  async #over(): Promise<void> {
    await this.#parts.standStill();
    this.#open = false;
  }

  #silent(): Outcome<never> {
    const { name } = this.#parts;
    if (this.#ended) return refuse("busy", `guest \`${name}\` ended`);
    return refuse("late", `guest \`${name}\` did not stand still in time`);
  }

  #ask(order: SnapshotOrder, milliseconds: number): Promise<SnapshotNews | undefined> {
    if (this.#ended) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const settle = (news: SnapshotNews | undefined): void => {
        clearTimeout(timer);
        this.#waiting = undefined;
        resolve(news);
      };
      const timer = setTimeout(() => settle(undefined), milliseconds);
      this.#waiting = settle;
      this.#parts.send(order);
    });
  }
}
