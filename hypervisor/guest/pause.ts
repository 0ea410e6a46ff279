// One guest's pause, on the control thread. A guest that calls the host stands still there by itself; one
// that does not is interrupted. Nothing here stops it in the middle of host code: where it stands still, its
// own thread decides. See docs/decisions/0024.

import { setTimeout as sleep } from "node:timers/promises";
import type { HostClock } from "../clock.ts";
import { PAUSE_AGAIN_MS, PAUSE_GRACE_MS, PAUSE_MS_MAX } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { WHERE } from "../memory/layout.ts";
import { whereOf } from "../memory/threads.ts";

const LOOK_EVERY_MS = 1;

export interface PauseParts {
  readonly fabric: Fabric;
  readonly clock: HostClock;
  readonly thread: number;
  readonly alive: () => boolean;
  /** Lets it run (0), or not; another value also says that there is a letter. */
  readonly hold: (value: number) => void;
  /** Interrupts its code, see `Interrupts.send`; absent where it looks by itself. */
  readonly interrupt?: (answered: (value: unknown) => void) => Promise<boolean>;
}

export class Pause {
  readonly #parts: PauseParts;
  /** What stands in the fabric; 0 while the guest may run. */
  #value = 0;
  #letters = 0;
  /** Counts pauses and their ends, so that what belongs to an older one is known. */
  #turn = 0;
  /** It was found in a wait of its own. */
  #asleep = false;

  constructor(parts: PauseParts) {
    this.#parts = parts;
  }

  /**
   * Calls `held` when the guest stands still, or sleeps and will stand still when it next calls the host or
   * is found awake, and answers true. False when it ended, was resumed, or was not reached within
   * `PAUSE_MS_MAX`: then it runs on.
   */
  async begin(held: () => void): Promise<boolean> {
    const turn = ++this.#turn;
    this.#asleep = false;
    this.#set(this.#nextValue());
    const found = await this.#seek(turn, PAUSE_MS_MAX);
    if (turn !== this.#turn) return false;
    if (!found) this.end();
    else held();
    return found;
  }

  /** It may run on. */
  end(): void {
    this.#turn++;
    this.#set(0);
  }

  /** A letter was put into its inbox: one that stands still reads it. */
  tell(): void {
    if (this.#value !== 0) this.#set(this.#nextValue());
  }

  /** Its thread has ended. */
  forget(): void {
    this.#turn++;
  }

  /** Interrupts the guest while its own code runs. True when it stands still or was found asleep. */
  async #seek(turn: number, limitMs: number): Promise<boolean> {
    const { clock, alive, interrupt } = this.#parts;
    let [elapsedMs, lookedNs] = [0, clock.nowNs()];
    let nextMs = PAUSE_GRACE_MS;
    const answered = (inOwnWait: unknown): void => {
      if (inOwnWait === true && turn === this.#turn) this.#asleep = true;
    };
    // Bound: limitMs; for one that sleeps in a wait of its own, until it is resumed.
    for (;;) {
      const nowNs = clock.nowNs();
      // A process that was stopped has not given the guest its time either.
      elapsedMs += Math.min((nowNs - lookedNs) / 1e6, PAUSE_AGAIN_MS);
      lookedNs = nowNs;
      if (turn !== this.#turn || !alive() || elapsedMs > limitMs) return false;
      if (this.#stands()) return true;
      if (this.#asleep && limitMs !== Infinity) {
        void this.#seek(turn, Infinity);
        return true;
      }
      if (interrupt && elapsedMs >= nextMs && (await interrupt(answered)))
        nextMs = elapsedMs + PAUSE_AGAIN_MS;
      await sleep(LOOK_EVERY_MS, undefined, { ref: false });
    }
  }

  #stands(): boolean {
    const where = whereOf(this.#parts.fabric, this.#parts.thread);
    return where === WHERE.still || where === WHERE.asleep;
  }

  #nextValue(): number {
    this.#letters = (this.#letters + 1) & 0x3fff_ffff;
    return this.#letters + 1;
  }

  #set(value: number): void {
    this.#value = value;
    this.#parts.hold(value);
  }
}
