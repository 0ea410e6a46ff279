// While a realtime guest runs, the machine's idle processors stay awake: one that sleeps deeply, or whose own
// hypervisor has given it away, takes a good part of a millisecond to be there when a timer is due. Source:
// the CPU latency QoS of Linux, Documentation/power/pm_qos_interface.rst. `cyclictest` asks for the same.

import { closeSync, openSync, writeSync } from "node:fs";

const REQUEST = "/dev/cpu_dma_latency";

export class CpuIdle {
  readonly #holders = new Set<object>();
  /** The request stands while it is open. */
  #file: number | undefined;

  /** Whether `who` needs processors that don't sleep. */
  keepAwake(who: object, needed: boolean): void {
    if (needed) this.#holders.add(who);
    else this.#holders.delete(who);
    const isNeeded = this.#holders.size > 0;
    if (isNeeded === (this.#file !== undefined)) return;
    if (isNeeded) return void (this.#file = request());
    closeSync(this.#file as number);
    this.#file = undefined;
  }
}

/** Undefined where the system has no such thing, or lets only others ask: then they sleep as ever. */
function request(): number | undefined {
  try {
    const file = openSync(REQUEST, "r+");
    writeSync(file, new Int32Array([0])); // Microseconds that waking up may take.
    return file;
  } catch {
    return undefined;
  }
}
