// The nodes of a tree around a place, outermost first.

import type { Item, Span } from "../syntax/ast.ts";
import type { View } from "./view.ts";

/** Any node; what it is says `node`, where it has one. */
export interface Located {
  readonly node?: string;
  readonly span: Span;
}

/** Nodes that hold an offset of the text as it is now; where two touch, the first. */
export function pathTo(view: View, file: string, offset: number): readonly Located[] {
  const item = view.itemAt(file, offset);
  const isHere = (node: Located): boolean => {
    const { start, end } = view.now(node.span);
    return start <= offset && offset <= end;
  };
  return item ? pathIn(item, isHere) : [];
}

/** The way to the innermost node for which `isHere` says yes, as it must for all those around it. */
export function pathIn(item: Item, isHere: (node: Located) => boolean): readonly Located[] {
  const path: Located[] = [];
  const step = (value: unknown): boolean => {
    if (typeof value !== "object" || value === null) return false;
    if (Array.isArray(value)) return value.some(step);
    if (!isNode(value)) return Object.values(value).some(step);
    if (!isHere(value)) return false;
    path.push(value);
    for (const [key, part] of Object.entries(value)) if (!PLACES.has(key) && step(part)) break;
    return true;
  };
  step(item);
  return path;
}

const PLACES = new Set(["span", "head", "operatorSpan"]);

const isNode = (value: object): value is Located => "span" in value;
