// What a value names that a thing which has it waits for, and the files that it names.

import type { Member } from "../types/declared.ts";
import { peel } from "../types/type.ts";
import type { Datum } from "./datum.ts";
import type { Gathered } from "./distinct.ts";
import type { Thing } from "./thing.ts";

/** Members whose things order nothing: links go both ways. */
const ORDERS_NOTHING = new Set(["links"]);

export const orders = ({ name }: Member): boolean => !ORDERS_NOTHING.has(name);

/** Adds the things in a value. */
export function addNeeds(datum: Datum, needs: Gathered<Thing>): void {
  switch (datum.is) {
    case "thing":
      addThing(datum.thing, needs);
      return;
    case "list":
      for (const item of datum.items) addNeeds(item, needs);
      return;
    case "map":
      for (const [, value] of datum.entries) addNeeds(value, needs);
      return;
    case "record":
    case "variant":
      for (const value of Object.values(datum.fields)) addNeeds(value, needs);
      return;
    default:
  }
}

/** A component's instance stands for what is inside it. */
function addThing(thing: Thing, needs: Gathered<Thing>): void {
  if (thing.kind.is === "kind") needs.add(thing);
  else for (const inner of contents.get(thing) ?? []) needs.add(inner);
}

const contents = new WeakMap<Thing, Thing[]>();

/** Notes which resources stand inside component instances; before anything is settled. */
export function noteContents(things: readonly Thing[]): void {
  for (const thing of things) {
    if (thing.kind.is !== "kind") contents.set(thing, []);
    for (let owner = thing.owner; owner && thing.kind.is === "kind"; owner = owner.owner)
      contents.get(owner)?.push(thing);
  }
}

interface Named {
  paths: readonly string[] | undefined;
}

/**
 * Adds the files in a member's value to those of `thing`. A target is none: it is made or written while the
 * lab runs, and nothing is made from it.
 */
export function addPaths(datum: Datum, { type }: Member, thing: Named): void {
  const inner = peel(type);
  if (inner.is !== "simple" || inner.name !== "target") addAllPaths(datum, thing);
}

function addAllPaths(datum: Datum, thing: Named): void {
  if (datum.is === "path") thing.paths = [...(thing.paths ?? []), datum.path];
  else if (datum.is === "list") for (const item of datum.items) addAllPaths(item, thing);
  else if (datum.is === "record" || datum.is === "variant")
    for (const value of Object.values(datum.fields)) addAllPaths(value, thing);
}
