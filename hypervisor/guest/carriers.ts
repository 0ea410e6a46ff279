// The carriers: as many as there are processors, started when they are needed. Control thread only.

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { CARRIERS_MAX } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { CARRIER_THREAD } from "../memory/layout.ts";
import { Carrier } from "./carrier.ts";
import type { ThreadStart } from "./letters.ts";
import { Outbox } from "./outbox.ts";

const CALLS = new URL("./calls.wasm", import.meta.url);

export class Carriers {
  readonly #start: ThreadStart;
  readonly #fabric: Fabric;
  readonly #most = Math.min(CARRIERS_MAX, availableParallelism());
  /** By row; those that have ended leave theirs to others. */
  readonly #carriers: (Carrier | undefined)[] = [];
  readonly #outbox = new Outbox();
  #calls: WebAssembly.Module | undefined;
  /** Told of each that has ended. */
  onGone: (carrier: Carrier) => void = () => undefined;

  constructor(start: ThreadStart, fabric: Fabric) {
    this.#start = start;
    this.#fabric = fabric;
  }

  /** The one with the fewest guests, ready; it expects one more. Rejects where the system gives no thread. */
  async take(): Promise<Carrier> {
    let least: Carrier | undefined;
    let there = 0;
    for (const carrier of this.#carriers) {
      if (carrier === undefined) continue;
      there++;
      if (least === undefined || carrier.guests < least.guests) least = carrier;
    }
    const isBusy = least === undefined || least.guests > 0;
    const carrier = isBusy && there < this.#most ? this.#launch() : (least as Carrier);
    carrier.expect();
    await carrier.ready;
    return carrier;
  }

  /** Everybody is told now of all guests that have come. */
  flush(): void {
    this.#outbox.flush();
  }

  async close(): Promise<void> {
    await Promise.all(this.#carriers.map((carrier) => carrier?.end("the lab has ended")));
  }

  #launch(): Carrier {
    const free = this.#carriers.indexOf(undefined);
    const place = free < 0 ? this.#carriers.length : free;
    this.#calls ??= new WebAssembly.Module(readFileSync(CALLS));
    const start = { ...this.#start, row: CARRIER_THREAD + place, calls: this.#calls };
    const carrier = new Carrier(start, this.#fabric, this.#outbox, (ended) => {
      this.#carriers[place] = undefined;
      this.onGone(ended);
    });
    this.#carriers[place] = carrier;
    return carrier;
  }
}
