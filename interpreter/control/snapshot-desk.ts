// Snapshots that one connection makes or restores: it is told how far they are, and they end with it.

import type { MessageConnection } from "vscode-jsonrpc/node";
import { OperationError } from "../operation-error.ts";
import type { SnapshotDesk as LabSnapshots, SnapshotOptions, SnapshotStage } from "../snapshots/desk.ts";
import type { Request } from "./requests.ts";

/** What is asked of snapshots. */
type SnapshotRequest = Extract<Request, { readonly method: `snapshot${"Make" | "Restore" | "Stop"}` }>;

export function isOfSnapshots(request: Request): request is SnapshotRequest {
  return request.method.startsWith("snapshot") && request.method !== "snapshot";
}

/** Between two words about one of them that say the same but for bytes, milliseconds. */
const PACE_MS = 100;

export class SnapshotDesk {
  readonly #rpc: MessageConnection;
  readonly #now: () => number;
  #off = new AbortController();

  constructor(rpc: MessageConnection, now: () => number) {
    this.#rpc = rpc;
    this.#now = now;
  }

  /** `lab`: its snapshots; undefined: it keeps nothing. */
  async answer(request: SnapshotRequest, lab: LabSnapshots | undefined): Promise<object> {
    if (request.method === "snapshotStop") return this.callOff();
    if (!lab) throw new OperationError("failed", "This lab keeps nothing, so it has no snapshots.");
    const { guest, name } = request.params;
    const options = this.#options(guest, name);
    return request.method === "snapshotMake"
      ? lab.make(guest, name, options)
      : lab.restore(guest, name, options);
  }

  /** Also when the connection is over. */
  callOff(): Record<string, never> {
    this.#off.abort();
    this.#off = new AbortController();
    return {};
  }

  #options(guest: string, name: string): SnapshotOptions {
    let [stage, last, isSending] = ["", Number.NEGATIVE_INFINITY, false];
    const progressed = (now: SnapshotStage): void => {
      const isNew = now.stage !== stage;
      // One word of bytes at a time: who reads slowly is told less.
      if (!isNew && (isSending || this.#now() - last < PACE_MS)) return;
      [stage, last, isSending] = [now.stage, this.#now(), true];
      this.#rpc.sendNotification("snapshotting", { guest, name, ...now }).then(
        () => (isSending = false),
        () => undefined,
      );
    };
    return { progressed, signal: this.#off.signal };
  }
}
