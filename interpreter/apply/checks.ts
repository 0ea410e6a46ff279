// Health by a command in the guest: asked again and again while the guest runs. Says when the answer changes,
// and nothing else.

import type { Hypervisor } from "../../hypervisor/index.ts";
import type { HealthCheck } from "../drivers/guest.ts";

interface Watched {
  readonly check: HealthCheck;
  timer: NodeJS.Timeout | undefined;
  /** Failures since it was last well. */
  failures: number;
  well: boolean;
}

/** What is told: it is well, or why it is not any more. */
export type Told = (address: string, why: string | undefined) => void;

export class Checks {
  readonly #hypervisor: Pick<Hypervisor, "runCommand">;
  readonly #told: Told;
  readonly #watched = new Map<string, Watched>();

  constructor(hypervisor: Pick<Hypervisor, "runCommand">, told: Told) {
    this.#hypervisor = hypervisor;
    this.#told = told;
  }

  /** Asks a guest that runs from now on; the one before is forgotten. */
  begin(address: string, check: HealthCheck): void {
    this.end(address);
    const watched: Watched = { check, timer: undefined, failures: 0, well: false };
    this.#watched.set(address, watched);
    void this.#ask(address, watched);
  }

  end(address: string): void {
    clearTimeout(this.#watched.get(address)?.timer);
    this.#watched.delete(address);
  }

  close(): void {
    for (const address of this.#watched.keys()) this.end(address);
  }

  async #ask(address: string, watched: Watched): Promise<void> {
    const { command, timeoutMs, everyMs, retries } = watched.check;
    const answer = await this.#hypervisor.runCommand(address, command, timeoutMs);
    if (this.#watched.get(address) !== watched) return;
    const why = answer.ok ? wrongStatus(answer.value.status) : answer.refusal.message;
    watched.failures = why === undefined ? 0 : watched.failures + 1;
    if (why === undefined && !watched.well) {
      watched.well = true;
      this.#told(address, undefined);
    } else if (why !== undefined && watched.well && watched.failures >= retries) {
      watched.well = false;
      this.#told(address, why);
    }
    // Whoever was told may have ended it.
    if (this.#watched.get(address) !== watched) return;
    watched.timer = setTimeout(() => void this.#ask(address, watched), everyMs);
    watched.timer.unref();
  }
}

function wrongStatus(status: number): string | undefined {
  return status === 0 ? undefined : `its health check ended with ${status}`;
}
