// What a test may ask of the running lab: one small interface, given by those who run labs.

import type { Value } from "../model.ts";
import type { Datum } from "../eval/datum.ts";
import type { Lab } from "../eval/lab.ts";
import type { Thing } from "../eval/thing.ts";

/** The thing whose fact is asked. */
export interface LiveThing {
  readonly address: string;
  readonly kind: string;
  readonly class?: string;
}

/** Facts of a running lab. */
export interface Live {
  /**
   * The fact as a value of its declared type; things are refs. Undefined: not there yet. A `problem` is a
   * sentence: nobody can answer this.
   */
  read(of: LiveThing, fact: string, args: readonly Value[]): Value | { readonly problem: string } | undefined;
}

const known = new WeakMap<Lab, ReadonlyMap<string, Thing>>();

/** Things of a lab by address, private buses included. Only after the lab is settled. */
export function thingsByAddress(lab: Lab): ReadonlyMap<string, Thing> {
  let things = known.get(lab);
  if (!things) {
    things = new Map(lab.allThings().map((thing) => [thing.address, thing]));
    known.set(lab, things);
  }
  return things;
}

/** Values that are known to name no things: long logs are asked again and again. */
const plain = new WeakSet<Value>();

/** Whether a value names things anywhere inside. */
export function hasRefs(value: Value): boolean {
  if (plain.has(value)) return false;
  const found = findsRefs(value);
  if (!found) plain.add(value);
  return found;
}

function findsRefs(value: Value): boolean {
  switch (value.is) {
    case "ref":
      return true;
    case "list":
      return value.items.some(findsRefs);
    case "map":
      return value.entries.some(([key, item]) => findsRefs(key) || findsRefs(item));
    case "record":
    case "variant":
      return Object.values(value.fields).some(findsRefs);
    default:
      return false;
  }
}

/** A value of the model as the evaluator has it: refs become things. Undefined where one isn't there. */
export function datumOf(value: Value, find: (address: string) => Thing | undefined): Datum | undefined {
  if (!hasRefs(value)) return value as Datum;
  switch (value.is) {
    case "ref":
      return find(value.address)?.datum;
    case "list": {
      const items = value.items.map((item) => datumOf(item, find));
      return items.every((item) => item !== undefined) ? { is: "list", items } : undefined;
    }
    case "map": {
      const entries = value.entries.map(([key, item]) => [datumOf(key, find), datumOf(item, find)] as const);
      return entries.every((entry): entry is readonly [Datum, Datum] => !entry.includes(undefined))
        ? { is: "map", entries }
        : undefined;
    }
    case "record":
    case "variant": {
      const fields: Record<string, Datum> = {};
      for (const [name, field] of Object.entries(value.fields)) {
        const datum = datumOf(field, find);
        if (!datum) return undefined;
        fields[name] = datum;
      }
      return { ...value, fields };
    }
    default:
      return undefined;
  }
}
