// The pool of warm threads: started, compiled and waiting, so that a boot is one letter.

import { setImmediate as breathe } from "node:timers/promises";
import type { MessagePort, Worker } from "node:worker_threads";
import { startHostThread } from "../host-thread.ts";
import { GUEST_HEAP_MIB, GUEST_STACK_MIB } from "../limits.ts";
import type { ThreadLetter, ThreadStart } from "./letters.ts";

/** A thread that waits for its guest. */
export interface WarmThread {
  readonly worker: Worker;
  /** The kernel's thread id, 0 where it isn't known. */
  readonly tid: number;
  readonly inbox: MessagePort;
}

/** Keeps `size` threads ready. Control thread only. */
export class Pool {
  readonly #start: ThreadStart;
  readonly #size: number;
  readonly #waiting: Promise<WarmThread>[] = [];
  #closed = false;
  #rests = true;
  #isRefilling = false;

  constructor(start: ThreadStart, size: number) {
    this.#start = start;
    this.#size = size;
    while (this.#lacks()) this.#waiting.push(this.#launch());
  }

  /** A ready thread; `rest` makes up for it. Rejects when the system gives no more threads. */
  take(): Promise<WarmThread> {
    this.#rests = false;
    return this.#waiting.shift() ?? this.#launch();
  }

  /**
   * Nobody boots: what was taken is made up for, one thread after the other, until somebody takes one.
   * To start a thread takes ten times as long as to boot a guest on it, of the processors that those who boot
   * want, and of the control thread.
   */
  rest(): void {
    this.#rests = true;
    if (!this.#isRefilling) void this.#refill();
  }

  /** Whether nothing that was taken is still to be made up for. */
  get isFull(): boolean {
    return !this.#isRefilling && !this.#lacks();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const waiting = this.#waiting.splice(0);
    await Promise.all(
      waiting.map((thread) => thread.then(({ worker }) => worker.terminate()).catch(() => 0)),
    );
  }

  #lacks(): boolean {
    return !this.#closed && this.#waiting.length < this.#size;
  }

  async #refill(): Promise<void> {
    this.#isRefilling = true;
    await breathe(); // First whoever waited for the boots.
    // Bound: what the pool lacks.
    while (this.#rests && this.#lacks()) {
      const thread = this.#launch();
      this.#waiting.push(thread);
      await thread.catch(() => undefined);
    }
    this.#isRefilling = false;
  }

  #launch(): Promise<WarmThread> {
    const worker = startHostThread("./guest-thread", import.meta.url, {
      workerData: this.#start,
      name: "guest",
      resourceLimits: {
        maxOldGenerationSizeMb: GUEST_HEAP_MIB,
        maxYoungGenerationSizeMb: 4,
        stackSizeMb: GUEST_STACK_MIB,
      },
    });
    const ready = new Promise<WarmThread>((resolve, reject) => {
      worker.once("error", reject);
      worker.once("message", (letter: ThreadLetter) => {
        worker.removeListener("error", reject);
        if (letter.type === "ready") resolve({ worker, tid: letter.tid, inbox: letter.inbox });
        else reject(new Error("a guest's thread said something before it was ready"));
      });
    });
    ready.catch(() => undefined); // Whoever takes it hears of it.
    return ready;
  }
}
