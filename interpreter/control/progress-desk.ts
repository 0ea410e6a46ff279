// Long works that one connection has asked for: it is told how far they are, may call them off, and they end
// with it.

import type { MessageConnection } from "vscode-jsonrpc/node";

/** Between two words about one work that only say more of the same, milliseconds. */
const PACE_MS = 100;

/** Sends a word now, or leaves it out. `isNew`: not more of the same. */
export type Paced = (send: () => Promise<void>, isNew?: boolean) => void;

export class ProgressDesk {
  protected readonly rpc: MessageConnection;
  readonly #now: () => number;
  #off = new AbortController();

  constructor(rpc: MessageConnection, now: () => number) {
    this.rpc = rpc;
    this.#now = now;
  }

  /** Those that run end, each with all as it was. Also when the connection is over. */
  callOff(): Record<string, never> {
    this.#off.abort();
    this.#off = new AbortController();
    return {};
  }

  /** Aborted when the works that are asked for now are to end. */
  protected get signal(): AbortSignal {
    return this.#off.signal;
  }

  /** For the words of one work. One at a time: who reads slowly is told less. */
  protected paced(): Paced {
    let [last, isSending] = [Number.NEGATIVE_INFINITY, false];
    return (send, isNew = false) => {
      if (!isNew && (isSending || this.#now() - last < PACE_MS)) return;
      [last, isSending] = [this.#now(), true];
      send().then(
        () => (isSending = false),
        () => undefined,
      );
    };
  }
}
