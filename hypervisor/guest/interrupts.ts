// Interrupts of guests' threads: runs a function of the host's on a thread wherever that is, in the middle of
// a guest's loop or wait too. The way there is the inspector, of which nothing else is used: no debugger is
// ever enabled, since that would slow down every thread that shares a module.

import type { Session } from "node:inspector";
import { INTERRUPTS_IDLE_MS } from "../limits.ts";

/** The name under which a guest's thread has the function, where no guest can reach it. */
export const INTERRUPT = "vbusInterrupt";

/** What a thread answers, as the inspector tells it. */
interface Answer {
  readonly id?: number;
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

/**
 * Open while threads are interrupted and a little longer: each thread of the process is attached to then,
 * which costs it a fraction of a millisecond, and nothing while nobody is interrupted. Control thread only.
 */
export class Interrupts {
  #opening: Promise<void> | undefined;
  #session: Session | undefined;
  /** Sessions of the inspector by Node's id of the thread. */
  readonly #sessions = new Map<number, string>();
  /** Who is told the answer to a message of this number. */
  readonly #asked = new Map<number, { readonly threadId: number; readonly answered: (v: unknown) => void }>();
  #lastId = 0;
  #idle: NodeJS.Timeout | undefined;

  /**
   * Interrupts a thread; `answered` is told what its function answers. False where it can't be reached now:
   * it has just started, it ends, or this Node.js has no inspector.
   */
  async send(threadId: number, answered: (value: unknown) => void): Promise<boolean> {
    this.#opening ??= this.#open();
    await this.#opening;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.close(), INTERRUPTS_IDLE_MS);
    this.#idle.unref();
    const sessionId = this.#sessions.get(threadId);
    if (!this.#session || sessionId === undefined) return false;
    const id = ++this.#lastId;
    this.#asked.set(id, { threadId, answered });
    const params = { expression: `globalThis.${INTERRUPT}()`, returnByValue: true };
    const message = JSON.stringify({ id, method: "Runtime.evaluate", params });
    this.#session.post("NodeWorker.sendMessageToWorker", { sessionId, message });
    return true;
  }

  /** Lets all threads go; one that stands still goes on standing. The next `send` begins anew. */
  close(): void {
    clearTimeout(this.#idle);
    this.#opening = undefined;
    this.#sessions.clear();
    this.#asked.clear();
    this.#session?.disconnect();
    this.#session = undefined;
  }

  async #open(): Promise<void> {
    const inspector = await import("node:inspector").catch(() => undefined);
    if (!inspector) return;
    const session = new inspector.Session();
    session.connect();
    session.on("NodeWorker.attachedToWorker", ({ params }) => {
      const threadId = /^\[worker (\d+)\]/.exec(params.workerInfo.title)?.[1];
      if (threadId !== undefined) this.#sessions.set(Number(threadId), params.sessionId);
    });
    session.on("NodeWorker.detachedFromWorker", ({ params }) => {
      for (const [id, known] of this.#sessions) if (known === params.sessionId) this.#forget(id);
    });
    session.on("NodeWorker.receivedMessageFromWorker", ({ params }) => {
      const { id = 0, result } = JSON.parse(params.message) as Answer;
      this.#asked.get(id)?.answered(result?.result?.value);
      this.#asked.delete(id);
    });
    session.post("NodeWorker.enable", { waitForDebuggerOnStart: false });
    this.#session = session;
  }

  /** Its thread has ended. */
  #forget(threadId: number): void {
    this.#sessions.delete(threadId);
    for (const [id, asked] of this.#asked) if (asked.threadId === threadId) this.#asked.delete(id);
  }
}
