// Puts the steps of a plan in order: up after what a thing needs, down before it.

import type { Definition } from "./definition.ts";
import { devicesSeen } from "./definition.ts";
import { Graph } from "./graph.ts";
import type { Draft } from "./make-plan.ts";
import type { Step } from "./plan.ts";

/** The steps with their places; `after` counts in the result. */
export function orderSteps(
  drafts: ReadonlyMap<string, Draft>,
  observed: Definition,
  desired: Definition,
): readonly Step[] {
  const graph = new Graph();
  const listed = inDeclaredOrder(drafts, desired);
  const nodeOf = new Map<string, number>();
  for (const draft of listed) nodeOf.set(draft.address, graph.add());
  for (const draft of listed) {
    const node = nodeOf.get(draft.address) ?? 0;
    const earlier =
      draft.kind === "destroy" ? observed.neededBy.get(draft.address) : desired.needs.get(draft.address);
    for (const address of earlier ?? []) {
      const other = nodeOf.get(address);
      if (other !== undefined) graph.require(node, other);
    }
  }
  preferFreedDevices(graph, { listed, nodeOf, observed, desired });
  const order = graph.order();
  const place = new Map(order.map((node, index) => [node, index]));
  return order.map((node) => {
    const after = [...graph.afterOf(node)].map((earlier) => place.get(earlier) ?? 0).sort((a, b) => a - b);
    return { ...(listed[node] as Draft), after };
  });
}

/** What goes first, from the last declared on; then the rest as declared. */
function inDeclaredOrder(drafts: ReadonlyMap<string, Draft>, desired: Definition): readonly Draft[] {
  const gone = [...drafts.values()].filter((draft) => draft.kind === "destroy");
  const rest = [...desired.resources.keys()].flatMap((address) => drafts.get(address) ?? []);
  return [...gone, ...rest];
}

interface Places {
  readonly listed: readonly Draft[];
  readonly nodeOf: ReadonlyMap<string, number>;
  readonly observed: Definition;
  readonly desired: Definition;
}

/** A guest boots after those are gone that had its devices open. */
function preferFreedDevices(graph: Graph, { listed, nodeOf, observed, desired }: Places): void {
  const freed = new Map<string, number[]>();
  for (const draft of listed) {
    const guest = observed.resources.get(draft.address);
    if (draft.kind !== "destroy" || guest?.kind !== "guest") continue;
    for (const device of devicesSeen(guest, observed)) {
      freed.set(device, [...(freed.get(device) ?? []), nodeOf.get(draft.address) ?? 0]);
    }
  }
  if (freed.size === 0) return;
  for (const draft of listed) {
    const guest = desired.resources.get(draft.address);
    if (draft.kind === "destroy" || guest?.kind !== "guest") continue;
    for (const device of devicesSeen(guest, desired)) {
      for (const node of freed.get(device) ?? []) graph.prefer(nodeOf.get(draft.address) ?? 0, node);
    }
  }
}
