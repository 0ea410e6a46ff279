// Conversations of guests with the world that nobody ends: UDP and pings. Each has an end of its own on the
// host; one that is silent for long is closed, and a guest may have so many.

import { NAT_FLOW_IDLE_MS, NAT_FLOWS_EACH_MAX, NAT_FLOWS_MAX, NAT_SWEEP_MS } from "../../limits.ts";
import type { Address } from "./wire.ts";

export interface FlowsParts {
  readonly nowMs: () => number;
  /** The number of flows is another. */
  readonly changed: () => void;
}

/** Towards the world, and the end of it. */
export interface Ways {
  readonly send: (payload: Uint8Array) => void;
  readonly close: () => void;
}

interface Flow extends Ways {
  readonly key: string;
  readonly guest: Address;
  lastMs: number;
}

export class Flows {
  readonly #parts: FlowsParts;
  readonly #flows = new Map<string, Flow>();
  readonly #each = new Map<Address, number>();
  #sweeping: NodeJS.Timeout | undefined;
  /** Flows that found no room. */
  refused = 0;

  constructor(parts: FlowsParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#flows.size;
  }

  /** The flow of this key, not silent from now on; undefined where there is none. */
  use(key: string): Ways | undefined {
    const flow = this.#flows.get(key);
    if (flow) flow.lastMs = this.#parts.nowMs();
    return flow;
  }

  /** The same; made where there is none. Undefined: there is no room for it, which was counted. */
  open(key: string, guest: Address, make: () => Ways): Ways | undefined {
    return this.use(key) ?? this.#add(key, guest, make);
  }

  remove(key: string): void {
    const flow = this.#flows.get(key);
    if (flow) this.#remove(flow);
  }

  /** Ends the flows of these guests. */
  drop(isGone: (guest: Address) => boolean): void {
    for (const flow of this.#flows.values()) if (isGone(flow.guest)) this.#remove(flow);
  }

  close(): void {
    this.drop(() => true);
    clearInterval(this.#sweeping);
  }

  #add(key: string, guest: Address, make: () => Ways): Flow | undefined {
    const has = this.#each.get(guest) ?? 0;
    if (has >= NAT_FLOWS_EACH_MAX || this.#flows.size >= NAT_FLOWS_MAX) {
      this.refused++;
      return undefined;
    }
    const flow = { ...make(), key, guest, lastMs: this.#parts.nowMs() };
    this.#flows.set(key, flow);
    this.#parts.changed();
    this.#each.set(guest, has + 1);
    this.#sweeping ??= setInterval(() => this.#sweep(), NAT_SWEEP_MS);
    return flow;
  }

  #remove(flow: Flow): void {
    this.#flows.delete(flow.key);
    this.#parts.changed();
    const left = (this.#each.get(flow.guest) ?? 1) - 1;
    if (left > 0) this.#each.set(flow.guest, left);
    else this.#each.delete(flow.guest);
    flow.close();
  }

  #sweep(): void {
    const now = this.#parts.nowMs();
    for (const flow of this.#flows.values()) if (now - flow.lastMs > NAT_FLOW_IDLE_MS) this.#remove(flow);
    if (this.#flows.size > 0) return;
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
  }
}
