// The model from the things: every attribute settled, every constraint and assertion asked.

import type { Attribute, Disruption, Resource } from "../model.ts";
import type { Span } from "../syntax/ast.ts";
import type { Code } from "../types/code.ts";
import type { Member, RecordInfo } from "../types/declared.ts";
import { peel, type Type } from "../types/type.ts";
import { alikeCell } from "./alike.ts";
import { askedAttribute, attributeCell } from "./attributes.ts";
import { NONE, type Datum } from "./datum.ts";
import { Distinct, itemsIn, withItems, type Few } from "./distinct.ts";
import { checkPath, seedOf } from "./fill.ts";
import type { Machine } from "./machine.ts";
import { plainValue } from "./plain.ts";
import { run } from "./run.ts";
import { MemberCell, type Cell, type Env, type Thing } from "./thing.ts";
import { asked, attempt } from "./walk.ts";

/** Members whose things order nothing: links go both ways. */
const ORDERS_NOTHING = new Set(["links"]);
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
  const { fixed, asked: members } = templateOf(thing, machine);
  const attributes: Record<string, Attribute> = members.length === 0 ? fixed : { ...fixed };
  const needs = new Distinct<Thing>();
  if (bus !== undefined) needs.add(bus);
  let reads: Few<Thing>;
  for (const member of members) {
    const taken = takenOver(thing, member, machine);
    const cell = taken?.cell ?? attributeCell(thing, member.slot, machine);
    const datum = taken ? taken.cell.value : settledDatum(thing, member, cell, machine);
    if (cell.reads) reads = withItems(reads, cell.reads);
    if (!datum || (member.out && datum.is === "none")) continue;
    attributes[member.name] = taken?.attribute ?? attributeOf(cell, member, datum);
    if (!ORDERS_NOTHING.has(member.name)) addNeeds(datum, needs);
    addPaths(datum, thing);
  }
  // Only what a user says of itself is a circle, and is told as one.
  const waitsForItself = namesItself(attributes["depends_on"], thing.address);
  addInherited(thing, needs, machine);
  const waits = needs.items.filter((needed) => waitsForItself || needed !== thing);
  thing.needs = waits;
  const others = reads ? addressesOf(readBeside(itemsIn(reads), thing, needs)) : NO_ADDRESSES;
  return resourceOf(thing, bus?.address, attributes, addressesOf(waits), others);
}

const NO_ADDRESSES: readonly string[] = [];
const addressesOf = (things: readonly Thing[]): readonly string[] =>
  things.length === 0 ? NO_ADDRESSES : things.map(({ address }) => address);

const readBeside = (reads: readonly Thing[], thing: Thing, needs: Distinct<Thing>): readonly Thing[] =>
  reads.filter((read) => read !== thing && read.kind.is === "kind" && !needs.has(read));

/** What the first of a family has been settled to, where that is the same for the others. */
function takenOver(thing: Thing, member: Member, machine: Machine) {
  const cell = alikeCell(thing, member.slot);
  const attribute = cell && thing.first?.resource?.attributes[member.name];
  const same = attribute && cell.value && !holdsAuto(cell.value) && machine.charge(cell);
  return same ? { cell, attribute } : undefined;
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
function templateOf(thing: Thing, machine: Machine): Template {
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
function holdsAuto(datum: Datum): boolean {
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

function asAttribute(member: Member, datum: Datum, origin: Attribute["origin"], span: Span): Attribute {
  const { disruption } = member;
  const value = plainValue(datum);
  const memberDisruptions = datum.is === "record" ? disruptionsOf(member, datum) : undefined;
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

function addNeeds(datum: Datum, needs: Distinct<Thing>): void {
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
function addThing(thing: Thing, needs: Distinct<Thing>): void {
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

/** What a component's instance depends on, everything inside it does. */
function addInherited(thing: Thing, needs: Distinct<Thing>, machine: Machine): void {
  for (let owner = thing.owner; owner; owner = owner.owner) {
    if (owner.kind.is !== "component") continue;
    const member = owner.table.members.get("depends_on");
    const datum = member && askedAttribute(owner, member.slot, machine);
    if (datum) addNeeds(datum, needs);
  }
}

function addPaths(datum: Datum, thing: Thing): void {
  if (datum.is === "path") thing.paths = [...(thing.paths ?? []), datum.path];
  else if (datum.is === "list") for (const item of datum.items) addPaths(item, thing);
  else if (datum.is === "record" || datum.is === "variant")
    for (const value of Object.values(datum.fields)) addPaths(value, thing);
}
