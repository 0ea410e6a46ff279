// The model from the things: every attribute settled, every constraint and assertion asked.

import type { Attribute, Resource } from "../model.ts";
import type { Member } from "../types/declared.ts";
import { peel } from "../types/type.ts";
import { alikeCell } from "./alike.ts";
import { asAttribute } from "./as-attribute.ts";
import { askedAttribute, attributeCell } from "./attributes.ts";
import type { Datum } from "./datum.ts";
import { Gathered, itemsIn, withItems, type Few } from "./distinct.ts";
import { exampleFor, takenFrom, type Example, type Taken } from "./example.ts";
import { checkPath, seedOf } from "./fill.ts";
import type { Machine } from "./machine.ts";
import { addNeeds, addPaths, orders } from "./needs.ts";
import { templateOf } from "./template.ts";
import { MemberCell, type Cell, type Thing } from "./thing.ts";
import { asked, attempt } from "./walk.ts";

export interface Settled {
  readonly resources: Resource[];
  readonly paths: Set<string>;
}

/** Puts a thing into the model, settled now if it was not before. Where an attribute fails there is none. */
export function settleThing(thing: Thing, bus: Thing | undefined, into: Settled, machine: Machine): void {
  const resource = (thing.resource ??= settle(thing, bus, machine));
  into.resources.push(resource);
  if (thing.paths) for (const path of thing.paths) into.paths.add(path);
}

/**
 * Settles some members of a settled thing again, or where they are not known all of them: their values were
 * let go of. The answer: whether it surely needs what it needed.
 */
export function settleAgain(
  thing: Thing,
  bus: Thing | undefined,
  members: readonly Member[] | undefined,
  machine: Machine,
): boolean {
  const before = thing.resource;
  const attributes = members && before?.reads.length === 0 ? { ...before.attributes } : undefined;
  for (const member of members ?? []) {
    const cell = attributeCell(thing, member.slot, machine);
    const datum = settledDatum(thing, member, cell, machine);
    const old = attributes?.[member.name];
    if (!attributes || !old || !datum || cell.reads || !isText(datum) || !isText(old.value)) {
      return settleWhole(thing, bus, machine);
    }
    attributes[member.name] = attributeOf(cell, member, datum);
  }
  if (!before || !attributes) return settleWhole(thing, bus, machine);
  thing.resource = { ...before, attributes };
  return true;
}

function settleWhole(thing: Thing, bus: Thing | undefined, machine: Machine): false {
  thing.paths = undefined;
  thing.resource = settle(thing, bus, machine);
  return false;
}

/** Whether a value names no thing and no file, and is no record with seeds. */
function isText(value: Datum | Attribute["value"]): boolean {
  switch (value.is) {
    case "bool":
    case "int":
    case "float":
    case "string":
    case "quantity":
    case "none":
      return true;
    case "list":
      return value.items.every(isText);
    default:
      return false;
  }
}

function settle(thing: Thing, bus: Thing | undefined, machine: Machine): Resource {
  const example = exampleFor(thing, machine);
  if (example && machine.charge(example)) return settleLike(example, thing, bus, machine);
  const { fixed, asked: members } = templateOf(thing, machine);
  const begun = begin(members.length === 0 ? fixed : { ...fixed }, bus);
  for (const member of members) {
    const taken = takenOver(thing, member, machine);
    if (taken) takeOver(taken, begun, thing);
    else settleMember(thing, member, begun, machine);
  }
  return finish(thing, bus, begun, machine);
}

/** What the others of the family have alike stands in the example: the rest is asked. */
function settleLike(example: Example, thing: Thing, bus: Thing | undefined, machine: Machine): Resource {
  const { attributes, parts, paths } = example;
  const begun = begin(parts.length === 0 ? attributes : { ...attributes }, bus);
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (part === undefined) break;
    if ("slot" in part) settleMember(thing, part, begun, machine);
    else {
      for (const needed of part.needs) begun.needs.add(needed);
      if (part.reads) begun.reads = withItems(begun.reads, part.reads);
    }
  }
  if (paths) thing.paths = thing.paths ? [...thing.paths, ...paths] : paths;
  return finish(thing, bus, begun, machine);
}

/** What is known of a thing while its members are settled. */
interface Begun {
  attributes: Record<string, Attribute>;
  readonly needs: Gathered<Thing>;
  reads: Few<Thing>;
}

/** Used again for each thing: none is settled while another is. */
const NO_ATTRIBUTES: Record<string, Attribute> = {};
const NO_THINGS: readonly Thing[] = [];
const BEGUN: Begun = { attributes: NO_ATTRIBUTES, needs: new Gathered(), reads: undefined };

function begin(attributes: Record<string, Attribute>, bus: Thing | undefined): Begun {
  BEGUN.attributes = attributes;
  BEGUN.needs.clear();
  BEGUN.reads = undefined;
  if (bus !== undefined) BEGUN.needs.add(bus);
  return BEGUN;
}

function settleMember(thing: Thing, member: Member, begun: Begun, machine: Machine): void {
  const cell = attributeCell(thing, member.slot, machine);
  const datum = settledDatum(thing, member, cell, machine);
  if (cell.reads) begun.reads = withItems(begun.reads, cell.reads);
  if (!datum || (member.out && datum.is === "none")) return;
  begun.attributes[member.name] = attributeOf(cell, member, datum);
  if (orders(member)) addNeeds(datum, begun.needs);
  addPaths(datum, member, thing);
}

function takeOver({ member, datum, attribute, cell }: Taken, begun: Begun, thing: Thing): void {
  if (cell.reads) begun.reads = withItems(begun.reads, cell.reads);
  begun.attributes[member.name] = attribute;
  if (orders(member)) addNeeds(datum, begun.needs);
  addPaths(datum, member, thing);
}

function finish(thing: Thing, bus: Thing | undefined, begun: Begun, machine: Machine): Resource {
  const { attributes, needs, reads } = begun;
  // Only what a user says of itself is a circle, and is told as one.
  const waitsForItself = namesItself(attributes["depends_on"], thing.address);
  addInherited(thing, needs, machine);
  const all = needs.isEmpty ? NO_THINGS : needs.list();
  const waits = waitsForItself || !needs.has(thing) ? all : all.filter((needed) => needed !== thing);
  thing.needs = waits;
  const beside = reads ? readBeside(itemsIn(reads), thing, needs) : NO_THINGS;
  begin(NO_ATTRIBUTES, undefined);
  return resourceOf(thing, bus?.address, attributes, addressesOf(waits), addressesOf(beside));
}

const NO_ADDRESSES: readonly string[] = [];
const addressesOf = (things: readonly Thing[]): readonly string[] =>
  things.length === 0 ? NO_ADDRESSES : things.map(({ address }) => address);

const readBeside = (reads: readonly Thing[], thing: Thing, needs: Gathered<Thing>): readonly Thing[] =>
  reads.filter((read) => read !== thing && read.kind.is === "kind" && !needs.has(read));

/** What the first of a family has been settled to, where that is the same for `thing`. */
function takenOver(thing: Thing, member: Member, machine: Machine): Taken | undefined {
  const { first } = thing;
  const taken = first && alikeCell(thing, member.slot) && takenFrom(first, member);
  return taken && machine.charge(taken.cell) ? taken : undefined;
}

/** Written out, not spread together: there are many. */
function resourceOf(
  { address, kind: { name: kind }, class: info, name, blueprint: { head: span } }: Thing,
  bus: string | undefined,
  attributes: Record<string, Attribute>,
  needs: readonly string[],
  reads: readonly string[],
): Resource {
  if (info && bus !== undefined)
    return { address, kind, class: info.name, name, bus, attributes, needs, reads, span };
  if (info) return { address, kind, class: info.name, name, attributes, needs, reads, span };
  if (bus !== undefined) return { address, kind, name, bus, attributes, needs, reads, span };
  return { address, kind, name, attributes, needs, reads, span };
}

const namesItself = (attribute: Attribute | undefined, address: string): boolean =>
  attribute?.value.is === "list" &&
  attribute.value.items.some((item) => item.is === "ref" && item.address === address);

/** The value as the model holds it; undefined where it failed, which is told. */
function settledDatum(thing: Thing, member: Member, cell: Cell, machine: Machine): Datum | undefined {
  const datum = asked(cell, machine);
  if (!datum) return undefined;
  const type = peel(member.type);
  const named = datum.is === "path" && type.is === "simple" && type.name === "path";
  if (named && !pathIsThere(thing, member, datum.path, machine)) return undefined;
  return datum.is === "record" ? fillSeeds(datum, thing, member.name, machine) : datum;
}

/** In a function of its own: what it closes over is not made for every attribute. */
const pathIsThere = (thing: Thing, member: Member, path: string, machine: Machine): boolean =>
  attempt(() => (checkPath(thing, member, path, machine), true)) !== undefined;

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

function attributeOf(cell: Cell, member: Member, datum: Datum): Attribute {
  const origin = cell instanceof MemberCell ? cell.origin : "default";
  return asAttribute(member, datum, origin, cell instanceof MemberCell ? cell.originSpan : member.span);
}

/** What a component's instance depends on, everything inside it does. */
function addInherited(thing: Thing, needs: Gathered<Thing>, machine: Machine): void {
  for (let owner = thing.owner; owner; owner = owner.owner) {
    if (owner.kind.is !== "component") continue;
    const member = owner.table.members.get("depends_on");
    const datum = member && askedAttribute(owner, member.slot, machine);
    if (datum) addNeeds(datum, needs);
  }
}
