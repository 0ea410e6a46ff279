// Commits that one connection has asked for.

import type { CommitOptions } from "../../hypervisor/index.ts";
import type { Committed } from "../stored.ts";
import { ProgressDesk } from "./progress-desk.ts";

/** Writes an overlay into its base; why not, where it is refused. */
export type Commit = (volume: string, options: CommitOptions) => Promise<Committed | string>;

export class CommitDesk extends ProgressDesk {
  /** `target` writes an overlay into its base, or says why not. */
  run(target: { readonly commit: Commit }, volume: string): Promise<Committed | string> {
    const paced = this.paced();
    const progressed = (done: number, all: number): void =>
      paced(() => this.rpc.sendNotification("committing", { volume, done, all }));
    return target.commit(volume, { progressed, signal: this.signal });
  }
}
