// Every node of a tree, each with the nodes around it. Knows no kind of node by name.

import type { Span } from "../syntax/ast.ts";

/** A node as it is met: what kind it is says `node`, where it has one. */
export interface Met {
  readonly node?: string;
  readonly span: Span;
}

const isNode = (value: unknown): value is Met =>
  typeof value === "object" && value !== null && "span" in value;

/** Calls `visit` for a node and everything below it, outermost first. `around` ends with the nearest. */
export function walk(root: unknown, visit: (node: Met, around: readonly Met[]) => void): void {
  const around: Met[] = [];
  const step = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const one of value) step(one);
    } else if (isNode(value)) {
      visit(value, around);
      around.push(value);
      stepInto(value);
      around.pop();
    } else if (typeof value === "object" && value !== null) stepInto(value);
  };
  const stepInto = (value: object): void => {
    for (const [key, one] of Object.entries(value)) {
      if (key !== "span" && key !== "head" && typeof one === "object") step(one);
    }
  };
  step(root);
}
