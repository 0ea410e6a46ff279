// Parts of a tree that an edit left alone, inside an item that it changed: the old parts are put in the place
// of the new ones, so that what was made of them can be known again. Their places are set to where they stand
// now.

import type { Declaration, Item } from "./ast.ts";

/** A span, by who owns its tree. */
export interface Movable {
  start: number;
  end: number;
}

type Parts = Record<string, unknown>;

/**
 * Puts what is the same of `old` into `now`: the head, and of the body what stands before and behind the
 * edit.
 */
export function graft(old: Item, now: Item): void {
  if (old.node !== "declaration" || now.node !== "declaration") return;
  const into = now as unknown as Parts;
  for (const part of ["module", "kind", "name", "loop", "condition", "class", "head"] as const)
    if (part in now) into[part] = takeOver(old[part], now[part]);
  into["body"] = graftBody(old, now);
}

function graftBody(old: Declaration, now: Declaration): readonly Item[] {
  const body = [...now.body];
  let front = 0;
  // Bound: the shorter body, from both ends.
  for (; front < body.length && front < old.body.length; front++) {
    const taken = takeOver(old.body[front], body[front]);
    if (taken === body[front]) break;
    body[front] = taken as Item;
  }
  for (let back = 1; back <= body.length - front && back <= old.body.length - front; back++) {
    const taken = takeOver(old.body.at(-back), body.at(-back));
    if (taken === body.at(-back)) break;
    body[body.length - back] = taken as Item;
  }
  return body;
}

/** The old part, at the place of the new one, if the two say the same; else the new one. */
function takeOver<Part>(old: Part, now: Part): Part {
  if (!isSame(old, now)) return now;
  setPlaces(old, now);
  return old;
}

export const isPlace = (part: object): part is Movable => "start" in part && "end" in part;
const isObject = (part: unknown): part is Parts => typeof part === "object" && part !== null;

function isSame(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return a === b;
  if (isPlace(a) || isPlace(b)) return isPlace(a) && isPlace(b);
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length && names.every((name) => name in b && isSame(a[name], b[name]))
  );
}

function setPlaces(old: unknown, now: unknown): void {
  if (!isObject(old) || !isObject(now)) return;
  if (isPlace(old) && isPlace(now)) {
    old.start = now.start;
    old.end = now.end;
    return;
  }
  for (const name of Object.keys(old)) setPlaces(old[name], now[name]);
}
