// What is protected may not be destroyed: whether a plan does, and the way out. Pure.

import { atLeast } from "./compare.ts";
import type { Definition } from "./definition.ts";
import type { Plan } from "./plan.ts";

/** A thing that was protected in the last apply. */
export interface Protection {
  readonly address: string;
  readonly kind: string;
  readonly class?: string;
}

const WAY_OUT = "set `protect = false` in an apply of its own first";

/**
 * A sentence without its full stop, or undefined where nothing protected goes. What is remembered counts, not
 * what the new text says: so a block that is taken out, or a first start, forgets no protection.
 */
export function refusalOfProtected(
  protections: ReadonlyMap<string, Protection>,
  desired: Definition,
  plan: Plan,
): string | undefined {
  if (protections.size === 0) return undefined;
  const anew = new Set(
    plan.steps
      .filter((step) => step.kind === "replace" && atLeast(step.disruption, "recreate"))
      .map((step) => step.address),
  );
  for (const { address, kind, class: className } of protections.values()) {
    const next = desired.resources.get(address);
    if (next === undefined) return `${address} is protected and no longer declared: ${WAY_OUT}`;
    const other = next.kind !== kind || next.class !== className;
    if (other || anew.has(address)) return `${address} is protected and would be made anew: ${WAY_OUT}`;
  }
  return undefined;
}
