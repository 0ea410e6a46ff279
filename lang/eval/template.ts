// What all things of a declaration have alike, in families or not: defaults that read nothing.

import type { Attribute } from "../model.ts";
import type { Code } from "../types/code.ts";
import type { Member } from "../types/declared.ts";
import { peel, type Type } from "../types/type.ts";
import { asAttribute } from "./as-attribute.ts";
import { NONE, type Datum } from "./datum.ts";
import type { Machine } from "./machine.ts";
import { run } from "./run.ts";
import type { Env, Thing } from "./thing.ts";
import { attempt } from "./walk.ts";

interface Template {
  /**
   * Attributes that every thing of this declaration has alike: plain defaults. Shared, never changed. With
   * places for the others, so that all things of a declaration have one shape in memory.
   */
  readonly fixed: Readonly<Record<string, Attribute>>;
  /** Those that each thing is asked for. */
  readonly asked: readonly Member[];
}

/** Of a table, by what a declaration sets: the set itself, and its names. */
interface Templates {
  readonly bySet: WeakMap<object, Template>;
  readonly byNames: Map<string, Template>;
}
const templates = new WeakMap<object, Templates>();

/**
 * Thousands of things share their defaults: only what differs is computed for each. What a declaration sets
 * decides, so declarations that set the same share, too.
 */
export function templateOf(thing: Thing, machine: Machine): Template {
  const { table } = thing;
  const { set } = thing.blueprint;
  let ofTable = templates.get(table);
  if (!ofTable) templates.set(table, (ofTable = { bySet: new WeakMap(), byNames: new Map() }));
  const known = ofTable.bySet.get(set);
  if (known) return known;
  const names = [...set.keys()].join(" ");
  const template = ofTable.byNames.get(names) ?? makeTemplate(thing, machine);
  ofTable.byNames.set(names, template);
  ofTable.bySet.set(set, template);
  return template;
}

function makeTemplate({ table, blueprint }: Thing, machine: Machine): Template {
  const fixed = placesFor([...table.members.values()]);
  const others: Member[] = [];
  for (const member of table.members.values()) {
    if (member.out && isDerived(member)) continue;
    const datum = blueprint.set.has(member.name) ? undefined : fixedDefault(member, machine);
    if (datum) {
      fixed[member.name] = asAttribute(member, datum, "default", member.value?.span ?? member.span);
      continue;
    }
    others.push(member);
  }
  return { fixed, asked: others };
}

/** A record with a place for each member. Read as JSON, V8 keeps it, and each copy, in one piece. */
function placesFor(members: readonly Member[]): Record<string, Attribute> {
  const names = members.filter(({ out }) => !out).map(({ name }) => `${JSON.stringify(name)}:null`);
  return JSON.parse(`{${names.join()}}`) as Record<string, Attribute>;
}

/** A default that reads nothing, and is not constrained by other members. */
function fixedDefault(member: Member, machine: Machine): Datum | undefined {
  if (member.out || member.auto) return undefined;
  const { constraint, value } = member;
  if (!value) return member.type.is === "optional" ? NONE : undefined;
  if (!isClosed(value)) return undefined;
  if (constraint && !onlyReads(constraint.condition, member.slot)) return undefined;
  const frame: Env = { slots: [] };
  const datum = attempt(() => run(value, frame, machine));
  if (!datum || holdsAuto(datum)) return undefined;
  frame.slots[member.slot] = datum;
  if (!constraint || datum.is === "none") return datum;
  const held = attempt(() => run(constraint.condition, frame, machine));
  return held?.is === "bool" && held.value ? datum : undefined;
}

/** Whether code reads no names at all: `[]`, `{}`, `10s`, `{ grace = 5s }`. */
function isClosed(code: Code): boolean {
  switch (code.op) {
    case "constant":
      return true;
    case "list":
      return code.items.every((item) => isClosed(item.code));
    case "object":
      return (
        !code.timed &&
        code.entries.every((entry) => "value" in entry && isClosed(entry.key) && isClosed(entry.value))
      );
    case "variant":
      return code.fields.every((field) => !field.isDefault && isClosed(field.code));
    case "convert":
      return isClosed(code.of) && !namesFile(code.to);
    default:
      return false;
  }
}

/** A path is resolved, and looked for, for each thing. */
const namesFile = (to: Type): boolean => {
  const type = peel(to);
  return type.is === "simple" && (type.name === "path" || type.name === "target");
};

/** A seed in a record is each thing's own. */
export function holdsAuto(datum: Datum): boolean {
  if (datum.is === "auto") return true;
  return datum.is === "record" && Object.values(datum.fields).some(holdsAuto);
}

/** Whether a condition reads no slot but its own, as `ring in [64, 128]`. */
function onlyReads(code: Code, slot: number): boolean {
  switch (code.op) {
    case "constant":
      return true;
    case "slot":
      return code.hops === 0 && code.slot === slot;
    case "binary":
      return onlyReads(code.left, slot) && onlyReads(code.right, slot);
    case "list":
      return code.items.every((item) => onlyReads(item.code, slot));
    case "convert":
      return onlyReads(code.of, slot);
    default:
      return false;
  }
}

/** `out` members that follow from the declaration itself are no state of their own. */
function isDerived(member: Member): boolean {
  const type = peel(member.type);
  return type.is === "list" || (type.is === "simple" && type.name === "int");
}
