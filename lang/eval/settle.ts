// The model from the things: every attribute settled, every constraint and assertion asked.

import type { Attribute, Disruption, Resource, Value } from "../model.ts";
import type { Code } from "../types/code.ts";
import type { Member, RecordInfo } from "../types/declared.ts";
import { peel, type Type } from "../types/type.ts";
import { attributeCell } from "./attributes.ts";
import { isSecret, type Datum } from "./datum.ts";
import { checkPath, seedOf } from "./fill.ts";
import type { Machine } from "./machine.ts";
import { plainValue } from "./plain.ts";
import { run } from "./run.ts";
import { MemberCell, type Cell, type Env, type Thing } from "./thing.ts";
import { asked, attempt } from "./walk.ts";

/** Members whose things order nothing: links go both ways. */
const ORDERS_NOTHING = new Set(["links"]);
/** Members that are shown to everybody, so no secret may stand in them. */
const SHOWN = new Set(["labels", "moved_from"]);

export interface Settled {
  readonly resources: Resource[];
  readonly paths: Set<string>;
}

/** Settles a thing; undefined where an attribute failed: then there is no model. */
export function settleThing(thing: Thing, bus: string | undefined, into: Settled, machine: Machine): void {
  const { fixed, asked: others } = templateOf(thing, machine);
  const attributes: Record<string, Attribute> = { ...fixed };
  const needs = new Set<string>(bus === undefined ? [] : [bus]);
  let reads: Set<string> | undefined;
  for (const member of others) {
    const cell = attributeCell(thing, member.slot, machine);
    const datum = settledDatum(thing, member, cell, machine);
    for (const read of cell.reads ?? NO_THINGS) {
      if (read !== thing && read.kind.is === "kind") (reads ??= new Set()).add(read.address);
    }
    if (!datum || (member.out && datum.is === "none")) continue;
    attributes[member.name] = attributeOf(cell, member, datum, machine);
    if (!ORDERS_NOTHING.has(member.name)) addNeeds(datum, needs);
    addPaths(datum, into.paths);
  }
  // Only what a user says of itself is a circle, and is told as one.
  const waitsForItself = namesItself(attributes["depends_on"], thing.address);
  addInherited(thing, needs, machine);
  if (!waitsForItself) needs.delete(thing.address);
  const { kind, class: className, blueprint } = thing;
  into.resources.push({
    address: thing.address,
    kind: kind.name,
    ...(className && { class: className.name }),
    name: thing.name,
    ...(bus !== undefined && { bus }),
    attributes,
    needs: [...needs],
    reads: reads ? [...reads].filter((address) => !needs.has(address)) : [],
    span: blueprint.head,
  });
}

const namesItself = (attribute: Attribute | undefined, address: string): boolean =>
  attribute?.value.is === "list" &&
  attribute.value.items.some((item) => item.is === "ref" && item.address === address);

const NO_THINGS: ReadonlySet<Thing> = new Set();

const PLACEHOLDER: Attribute = {
  value: { is: "none" },
  disruption: "live",
  origin: "default",
  span: { file: "", start: 0, end: 0 },
};

interface Template {
  /** Attributes that every thing of this declaration has alike: plain defaults. Shared, never changed. */
  readonly fixed: Readonly<Record<string, Attribute>>;
  /** Those that each thing is asked for. */
  readonly asked: readonly Member[];
}

const templates = new WeakMap<object, WeakMap<object, Template>>();

/** Thousands of things share their defaults: only what differs is computed for each. */
function templateOf(thing: Thing, machine: Machine): Template {
  const { blueprint } = thing;
  const { table } = thing;
  const ofTable = templates.get(table) ?? new WeakMap<object, Template>();
  templates.set(table, ofTable);
  const known = ofTable.get(blueprint.set);
  if (known) return known;
  const fixed: Record<string, Attribute> = {};
  const others: Member[] = [];
  for (const member of table.members.values()) {
    const value = blueprint.set.has(member.name) ? undefined : fixedDefault(member, machine);
    if (member.out && isDerived(member)) continue;
    if (value)
      fixed[member.name] = {
        value,
        disruption: member.disruption,
        origin: "default",
        span: member.value?.span ?? member.span,
      };
    else {
      others.push(member);
      // Holds the place, so that all things of a declaration have one shape in memory; overwritten for each.
      if (!member.out) fixed[member.name] = PLACEHOLDER;
    }
  }
  const template: Template = { fixed, asked: others };
  ofTable.set(blueprint.set, template);
  return template;
}

/** A default that is a constant, and is not constrained by other members. */
function fixedDefault(member: Member, machine: Machine): Value | undefined {
  if (member.out || member.auto) return undefined;
  if (!member.value) return member.type.is === "optional" ? { is: "none" } : undefined;
  if (member.value.op !== "constant") return undefined;
  const { constraint } = member;
  if (constraint && !onlyReads(constraint.condition, member.slot)) return undefined;
  const frame: Env = { slots: [] };
  const { value } = member.value;
  frame.slots[member.slot] = value as Datum;
  const held =
    constraint && value.is !== "none" ? attempt(() => run(constraint.condition, frame, machine)) : undefined;
  return !constraint || value.is === "none" || (held?.is === "bool" && held.value) ? value : undefined;
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

/** The value as the model holds it; undefined where it failed, which is told. */
function settledDatum(thing: Thing, member: Member, cell: Cell, machine: Machine): Datum | undefined {
  const datum = asked(cell, machine);
  if (!datum) return undefined;
  const type = peel(member.type);
  if (datum.is === "path" && type.is === "simple" && type.name === "path") {
    const { path } = datum;
    if (attempt(() => (checkPath(thing, member, path, machine), true)) === undefined) return undefined;
  }
  if (SHOWN.has(member.name) && isSecret(datum)) {
    const span = thing.origin(member.name)?.span ?? thing.blueprint.head;
    const message = `\`${member.name}\` is shown to everybody: it can't be computed from a secret.`;
    machine.tell("VB3012", span, message);
    return undefined;
  }
  return datum.is === "record" ? fillSeeds(datum, thing, member.name, machine) : datum;
}

/** `auto` inside records: seeds, by the path of the member. */
function fillSeeds(datum: Datum, thing: Thing, path: string, machine: Machine): Datum {
  if (datum.is !== "record") return datum;
  let changed = false;
  const fields: Record<string, Datum> = {};
  for (const [name, value] of Object.entries(datum.fields)) {
    const filled =
      value.is === "auto"
        ? seedOf(thing.address, `${path}.${name}`, machine)
        : fillSeeds(value, thing, `${path}.${name}`, machine);
    changed ||= filled !== value;
    fields[name] = filled;
  }
  return changed ? { ...datum, fields } : datum;
}

function attributeOf(cell: Cell, member: Member, datum: Datum, machine: Machine): Attribute {
  const { disruption } = member;
  const value = plainValue(datum, machine);
  const origin = cell instanceof MemberCell ? cell.origin : "default";
  const span = cell instanceof MemberCell ? cell.originSpan : member.span;
  const memberDisruptions = disruptionsOf(member, datum);
  return memberDisruptions
    ? { value, disruption, memberDisruptions, origin, span }
    : { value, disruption, origin, span };
}

const marks = new WeakMap<RecordInfo, Readonly<Record<string, Disruption>>>();

function disruptionsOf(member: Member, datum: Datum): Readonly<Record<string, Disruption>> | undefined {
  const type = peel(member.type);
  return type.is === "record" && datum.is === "record" ? marksOf(type.info) : undefined;
}

/** Marks of all members by dotted path. Types don't contain themselves, so this ends. */
function marksOf(info: RecordInfo): Readonly<Record<string, Disruption>> {
  const known = marks.get(info);
  if (known) return known;
  const found: Record<string, Disruption> = {};
  for (const member of info.members.values()) {
    found[member.name] = member.disruption;
    const inner: Type = peel(member.type);
    if (inner.is !== "record") continue;
    for (const [path, mark] of Object.entries(marksOf(inner.info))) found[`${member.name}.${path}`] = mark;
  }
  marks.set(info, found);
  return found;
}

function addNeeds(datum: Datum, needs: Set<string>): void {
  switch (datum.is) {
    case "thing":
      for (const address of thingAddresses(datum.thing)) needs.add(address);
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
function thingAddresses(thing: Thing): string[] {
  if (thing.kind.is === "kind") return [thing.address];
  return (contents.get(thing) ?? []).map((inner) => inner.address);
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

/** What a component's instance depends on, everything inside it does. */
function addInherited(thing: Thing, needs: Set<string>, machine: Machine): void {
  for (let owner = thing.owner; owner; owner = owner.owner) {
    if (owner.kind.is !== "component") continue;
    const member = owner.table.members.get("depends_on");
    const datum = member && asked(attributeCell(owner, member.slot, machine), machine);
    if (datum) addNeeds(datum, needs);
  }
}

function addPaths(datum: Datum, paths: Set<string>): void {
  if (datum.is === "path") paths.add(datum.path);
  else if (datum.is === "list") for (const item of datum.items) addPaths(item, paths);
  else if (datum.is === "record" || datum.is === "variant")
    for (const value of Object.values(datum.fields)) addPaths(value, paths);
}
