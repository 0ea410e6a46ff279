// What a step does, in words: of events, and of answers to changes by hand.

import type { Step } from "./plan.ts";

/** Behind the address of the thing: "rate none -> 10Mbps (live)". */
export function stepText(step: Step): string {
  switch (step.kind) {
    case "create":
      return `${step.resourceKind} created`;
    case "destroy":
      return `${step.resourceKind} destroyed`;
    case "update":
      return `${step.causes.join(", ")} (${step.disruption})`;
    case "replace":
      return `replaced: ${step.causes.join(", ")} (${step.disruption})`;
    case "restart":
      return `restarted: ${step.causes.join(", ")} (${step.disruption})`;
  }
}
