// Snapshots that one connection makes or restores.

import { OperationError } from "../operation-error.ts";
import type { SnapshotDesk as LabSnapshots, SnapshotOptions, SnapshotStage } from "../snapshots/desk.ts";
import { ProgressDesk } from "./progress-desk.ts";
import type { Request } from "./requests.ts";

/** What is asked of snapshots. */
type SnapshotRequest = Extract<Request, { readonly method: `snapshot${"Make" | "Restore" | "Stop"}` }>;

export function isOfSnapshots(request: Request): request is SnapshotRequest {
  return request.method.startsWith("snapshot") && request.method !== "snapshot";
}

export class SnapshotDesk extends ProgressDesk {
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

  #options(guest: string, name: string): SnapshotOptions {
    const paced = this.paced();
    let stage = "";
    const progressed = (now: SnapshotStage): void => {
      const isNew = now.stage !== stage;
      ({ stage } = now);
      paced(() => this.rpc.sendNotification("snapshotting", { guest, name, ...now }), isNew);
    };
    return { progressed, signal: this.signal };
  }
}
