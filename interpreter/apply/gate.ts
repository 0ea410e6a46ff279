// Lets so many pieces of work be under way at once; others wait, the first to come first.

import { availableParallelism } from "node:os";
import type { VcpuKind } from "../../hypervisor/index.ts";

/** A boot computes; more of them than cores only wait for each other, and each has to be over in time. */
const BOOTS_AT_ONCE = Math.max(4, availableParallelism());
/**
 * Shared guests are booted by their carriers one after the other, however many are asked for. Those that come
 * together announce themselves together, and their neighbours wake up once for all of these.
 */
const SHARED_BOOTS_AT_ONCE = 64;

/** What the boots of a lab's guests pass. */
export function bootGates(): Readonly<Record<VcpuKind, Gate>> {
  return { dedicated: new Gate(BOOTS_AT_ONCE), shared: new Gate(SHARED_BOOTS_AT_ONCE) };
}

export class Gate {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(width: number) {
    this.#free = width;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // Its place goes to the next, or is free.
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
