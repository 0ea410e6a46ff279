// Bits per second over about the last second, from samples of byte counters.

import type { CounterFacts, Hypervisor } from "../../hypervisor/index.ts";
import type { Clock } from "../clock.ts";

const WINDOW_MS = 1000;
const SPACING_MS = 250;

interface Sample {
  readonly at: number;
  readonly bytes: ReadonlyMap<string, number>;
}

export class Rates {
  readonly #hypervisor: Hypervisor;
  readonly #clock: Clock;
  readonly #timer: NodeJS.Timeout;
  #samples: Sample[] = [];

  constructor(hypervisor: Hypervisor, clock: Clock) {
    this.#hypervisor = hypervisor;
    this.#clock = clock;
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), SPACING_MS);
    this.#timer.unref();
  }

  /** `counter` is `rx`, `tx`, `frames` or `messages` of the thing. */
  bitsPerSecond(address: string, counter: string, now: CounterFacts): number {
    const then = this.#samples[0];
    const ms = then === undefined ? 0 : this.#clock.now() - then.at;
    const before = then?.bytes.get(`${address} ${counter}`) ?? 0;
    return ms <= 0 || now.bytes < before ? 0 : Math.round(((now.bytes - before) * 8000) / ms);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const at = this.#clock.now();
    const bytes = new Map<string, number>();
    for (const { id, rx, tx } of this.#hypervisor.devices()) {
      bytes.set(`${id} rx`, rx.bytes);
      bytes.set(`${id} tx`, tx.bytes);
      bytes.set(`${id} messages`, rx.bytes + tx.bytes);
    }
    for (const { id, messages } of this.#hypervisor.channels()) bytes.set(`${id} messages`, messages.bytes);
    for (const { id, frames } of this.#hypervisor.networks()) bytes.set(`${id} frames`, frames.bytes);
    this.#samples.push({ at, bytes });
    // Keeps one sample that is older than the window.
    while ((this.#samples[1]?.at ?? at) <= at - WINDOW_MS) this.#samples.shift();
  }
}
