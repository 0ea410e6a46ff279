// Commits that one connection has asked for: it is told how far they are, may call them off, and they end
// with it.

import type { MessageConnection } from "vscode-jsonrpc/node";
import type { CommitOptions } from "../../hypervisor/index.ts";
import type { Committed } from "../stored.ts";

/** Writes an overlay into its base; why not, where it is refused. */
export type Commit = (volume: string, options: CommitOptions) => Promise<Committed | string>;

/** Between two words about one commit, milliseconds. */
const PACE_MS = 100;

export class CommitDesk {
  readonly #rpc: MessageConnection;
  readonly #now: () => number;
  #off = new AbortController();

  constructor(rpc: MessageConnection, now: () => number) {
    this.#rpc = rpc;
    this.#now = now;
  }

  /** `target` writes an overlay into its base, or says why not. */
  run(target: { readonly commit: Commit }, volume: string): Promise<Committed | string> {
    let [last, isSending] = [Number.NEGATIVE_INFINITY, false];
    const progressed = (done: number, all: number): void => {
      // One word at a time: who reads slowly is told less.
      if (isSending || this.#now() - last < PACE_MS) return;
      last = this.#now();
      isSending = true;
      this.#rpc.sendNotification("committing", { volume, done, all }).then(
        () => (isSending = false),
        () => undefined,
      );
    };
    return target.commit(volume, { progressed, signal: this.#off.signal });
  }

  /** Those that run end, each with its overlay as it was. Also when the connection is over. */
  callOff(): Record<string, never> {
    this.#off.abort();
    this.#off = new AbortController();
    return {};
  }
}
