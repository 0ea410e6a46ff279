// What a guest runs on, as the control thread sees it: a thread of its own, or a place on a carrier
// (`carrier.ts`).

import type { Worker } from "node:worker_threads";
import type { HostClock } from "../clock.ts";
import type { PeerLetter } from "../datapath/peers.ts";
import type { RealtimeSpec, VcpuKind } from "../hypervisor.ts";
import { END_AGAIN_MS, GUEST_HEAP_MIB, NICE_MIN, REALTIME_PRIORITY_MAX } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { countMail, setPaused } from "../memory/threads.ts";
import { cpuTime, stepBack, type CpuTime } from "./cpu-time.ts";
import type { Interrupts } from "./interrupts.ts";
import type { BootLetter, GuestLetter, InboxLetter, ThreadLetter } from "./letters.ts";
import { Pause } from "./pause.ts";
import type { WarmThread } from "./pool.ts";

/** Somebody who is told which guests there are: a thread, by its inbox. */
export interface Listener {
  meet(letter: PeerLetter): void;
}

/** What is told of a guest. Called on the control thread. */
export interface VcpuEvents {
  readonly said: (letter: ThreadLetter) => void;
  /** What it ran on ended by itself; `gone` follows. */
  readonly broke: (why: string) => void;
  /** Nothing of it runs any more. Once, the last. */
  readonly gone: () => void;
}

export interface Vcpu {
  readonly kind: VcpuKind;
  readonly pause: Pause;
  /** Who is to know its neighbours; undefined: the guest itself, by its inbox. */
  readonly carrier: Listener | undefined;
  boot(letter: BootLetter, events: VcpuEvents): void;
  send(letter: GuestLetter): void;
  /** Ends it wherever it is. May be called again. */
  end(): void;
  /** Undefined where it isn't known. */
  cpu(): CpuTime | undefined;
  /** Below zero: before others. Why not, where that can't be. */
  goAt(nice: number, realtime: RealtimeSpec | undefined): string | undefined;
}

/** How far before others a realtime guest goes, as the system's niceness. */
export function niceOf(realtime: RealtimeSpec): number {
  return Math.round((NICE_MIN * realtime.priority) / REALTIME_PRIORITY_MAX);
}

export interface ThreadParts {
  readonly fabric: Fabric;
  readonly clock: HostClock;
  readonly thread: number;
  readonly warm: WarmThread;
  readonly interrupts: Interrupts;
}

/** A thread of its own, from the pool. */
export class DedicatedVcpu implements Vcpu {
  readonly kind = "dedicated";
  readonly carrier = undefined;
  readonly pause: Pause;
  readonly #parts: ThreadParts;
  readonly #worker: Worker;
  #alive = true;
  #nice = 0;
  #again: NodeJS.Timeout | undefined;

  constructor(parts: ThreadParts) {
    const { fabric, clock, thread, interrupts, warm } = parts;
    this.#parts = parts;
    this.#worker = warm.worker;
    const { threadId } = this.#worker;
    this.pause = new Pause({
      fabric,
      clock,
      thread,
      alive: () => this.#alive,
      hold: (value) => setPaused(fabric, thread, value),
      interrupt: (answered) => interrupts.send(threadId, answered),
    });
  }

  boot(letter: BootLetter, { said, broke, gone }: VcpuEvents): void {
    this.#worker.ref();
    this.#worker.setMaxListeners(0); // Each try to end it listens for its end.
    this.#worker.on("message", said);
    this.#worker.on("error", (error) => broke(wordsFor(error)));
    this.#worker.once("exit", () => {
      this.#alive = false;
      clearInterval(this.#again);
      this.pause.forget();
      this.#parts.warm.inbox.close();
      gone();
    });
    this.#worker.postMessage(letter);
  }

  send(letter: InboxLetter): void {
    this.#parts.warm.inbox.postMessage(letter);
    countMail(this.#parts.fabric, this.#parts.thread);
    this.pause.tell();
  }

  /** An interrupt that is just being served swallows the first try. */
  end(): void {
    void this.#worker.terminate();
    this.#again ??= setInterval(() => void this.#worker.terminate(), END_AGAIN_MS);
  }

  cpu(): CpuTime | undefined {
    return cpuTime(this.#parts.warm.tid);
  }

  goAt(nice: number): string | undefined {
    if (nice === this.#nice) return undefined;
    const refused = stepBack(this.#parts.warm.tid, nice);
    if (refused === undefined) this.#nice = nice;
    return refused;
  }
}

function wordsFor(error: unknown): string {
  const code = (error as { code?: string }).code;
  return code === "ERR_WORKER_OUT_OF_MEMORY"
    ? `took more than ${GUEST_HEAP_MIB} MiB beside its RAM`
    : `its thread broke: ${error instanceof Error ? error.message : String(error)}`;
}
