// Numbered nodes and what each must come after. Orders them, always the same way.

import { invariant } from "../bug.ts";

export class Graph {
  readonly #after: Set<number>[] = [];

  /** A new node; its number. */
  add(): number {
    return this.#after.push(new Set()) - 1;
  }

  get size(): number {
    return this.#after.length;
  }

  /** `node` comes after `earlier`. */
  require(node: number, earlier: number): void {
    if (node !== earlier) this.#after[node]?.add(earlier);
  }

  /** The same, left out where it would make a circle. */
  prefer(node: number, earlier: number): void {
    if (node !== earlier && !this.#reaches(earlier, node)) this.require(node, earlier);
  }

  afterOf(node: number): ReadonlySet<number> {
    return this.#after[node] ?? new Set();
  }

  /** All nodes, each after what it must come after, else by number. A circle is a bug of ours. */
  order(): readonly number[] {
    const done = new Uint8Array(this.size);
    const order: number[] = [];
    for (let start = 0; start < this.size; start++) this.#visit(start, done, order);
    return order;
  }

  /** Depth first without recursion: chains may be long. 1 is open, 2 is placed. */
  #visit(start: number, done: Uint8Array, order: number[]): void {
    const stack = [start];
    // Bound: a node is opened once; each entry of the stack is an edge or a node.
    while (stack.length > 0) {
      const node = stack.at(-1) ?? 0;
      if (done[node] === 0) {
        done[node] = 1;
        const waiting = [...this.afterOf(node)]
          .filter((earlier) => done[earlier] !== 2)
          .sort((a, b) => b - a);
        invariant(!waiting.some((earlier) => done[earlier] === 1), "a circle in a plan");
        stack.push(...waiting);
        continue;
      }
      stack.pop();
      if (done[node] === 1) {
        done[node] = 2;
        order.push(node);
      }
    }
  }

  #reaches(from: number, to: number): boolean {
    const seen = new Set([from]);
    const stack = [from];
    // Bound: every node is seen once.
    while (stack.length > 0) {
      const node = stack.pop() ?? 0;
      if (node === to) return true;
      for (const earlier of this.afterOf(node)) {
        if (seen.has(earlier)) continue;
        seen.add(earlier);
        stack.push(earlier);
      }
    }
    return false;
  }
}
