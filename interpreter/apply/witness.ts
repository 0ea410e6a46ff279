// Sees what an apply really does to what ran before: which guests ended, and what was taken out to be made
// anew. Believes no prediction, but for a device's pause, which nobody outside can see.

import type { Disruption } from "../../lang/index.ts";
import type { Hypervisor } from "../../hypervisor/index.ts";
import { strongest } from "../plan/compare.ts";
import type { Definition } from "../plan/definition.ts";
import type { Plan, Step } from "../plan/plan.ts";
import { isEnd } from "./guest-record.ts";

/** Kinds whose things guests lose something by when they are made anew. */
const HOLD_GUESTS: ReadonlySet<string> = new Set(["network", "channel", "bus"]);

export class Witness {
  readonly #before: Definition;
  readonly #after: Definition;
  readonly #unsubscribe: () => void;
  /** Guests that ran before and have ended since. */
  readonly #ended = new Set<string>();
  /** What the machine has taken out; it notes that here. */
  readonly removed = new Set<string>();

  constructor(hypervisor: Hypervisor, before: Definition, after: Definition) {
    this.#before = before;
    this.#after = after;
    const running = [...hypervisor.inventory().guests].filter(([, state]) => !isEnd(state));
    const there = new Set(running.map(([id]) => id));
    this.#unsubscribe = hypervisor.on((event) => {
      if (event.type === "guest" && there.has(event.id) && isEnd(event.state)) this.#ended.add(event.id);
    });
  }

  /** What each step of a walked plan did, in its order. */
  disruptions(plan: Plan): readonly Disruption[] {
    const own = new Set(
      plan.steps.filter(({ kind }) => kind === "restart" || kind === "destroy").map(({ address }) => address),
    );
    return plan.steps.map((step) => this.#disruptionOf(step, own));
  }

  close(): void {
    this.#unsubscribe();
  }

  /** `own`: guests whose own step says that they end. */
  #disruptionOf(step: Step, own: ReadonlySet<string>): Disruption {
    if (step.kind === "create" || step.kind === "destroy") return this.#destroyed(step);
    const guests = step.resourceKind === "guest" ? [step.address] : this.#guestsWith(step.address);
    const disturbed = guests.filter((guest) => this.#ended.has(guest));
    if (step.kind === "update") {
      const unasked = disturbed.filter((guest) => !own.has(guest));
      if (unasked.length > 0) return "restart";
      return step.disruption === "pause" ? "pause" : "live";
    }
    const anew = this.#isMadeAnew(step.address);
    const taken = this.removed.has(step.address) && step.resourceKind === "device";
    return strongest([
      ...(disturbed.length > 0 || taken ? (["restart"] as const) : []),
      ...(anew && (disturbed.length > 0 || this.removed.has(step.address)) ? (["recreate"] as const) : []),
    ]);
  }

  #destroyed({ kind, resourceKind, disruption }: Step): Disruption {
    return kind === "destroy" && resourceKind === "volume" ? disruption : "live";
  }

  /**
   * It, or a segment, a channel or a bus that it needs now, was taken out and made anew. Not those that it
   * needs only for what it has never had: it loses nothing by them.
   */
  #isMadeAnew(address: string): boolean {
    const needs = (from: string): readonly string[] =>
      this.#before.resources.has(from) ? (this.#after.needs.get(from) ?? []) : [];
    const reached = [address, ...this.#reach(address, needs)];
    return reached.some((other) => {
      const kind = this.#after.resources.get(other)?.kind;
      return this.removed.has(other) && kind !== undefined && HOLD_GUESTS.has(kind);
    });
  }

  #guestsWith(address: string): readonly string[] {
    const users = this.#reach(address, (from) => this.#before.neededBy.get(from) ?? []);
    return [...users].filter((user) => this.#before.resources.get(user)?.kind === "guest");
  }

  #reach(start: string, edges: (from: string) => readonly string[]): ReadonlySet<string> {
    const found = new Set<string>();
    const stack = [start];
    // Bound: every address is found once.
    while (stack.length > 0) {
      for (const next of edges(stack.pop() ?? "")) {
        if (!found.has(next)) stack.push(next);
        found.add(next);
      }
    }
    return found;
  }
}
