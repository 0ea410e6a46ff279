// What the first of a family shows the others once it is settled: everything that they have alike, at once.

import type { Attribute, Resource } from "../model.ts";
import type { Blueprint, Member } from "../types/declared.ts";
import { cellForAll } from "./alike.ts";
import type { Datum } from "./datum.ts";
import { Gathered, type Few } from "./distinct.ts";
import type { Machine } from "./machine.ts";
import { addNeeds, addPaths, orders } from "./needs.ts";
import { holdsAuto, templateOf } from "./template.ts";
import type { MemberCell, Thing } from "./thing.ts";

export interface Example {
  /** What it was taken from: it says nothing of anything else. */
  readonly resource: Resource;
  readonly blueprint: Blueprint;
  /** With places for what is not alike. Shared by those that compute nothing themselves, never changed. */
  readonly attributes: Record<string, Attribute>;
  /** Where a thing has no cells as long as it has it alike. */
  readonly slots: readonly number[];
  /** What computing it took of the limits: each is charged for it. */
  readonly steps: number;
  readonly elements: number;
  readonly paths: readonly string[] | undefined;
  /** In the order of members: what each computes itself, and what comes with what is alike. */
  readonly parts: readonly (Member | Along)[];
}

interface Along {
  readonly needs: readonly Thing[];
  readonly reads: Few<Thing>;
}

/** One attribute of the first of a family that the others have, too. */
export interface Taken {
  readonly member: Member;
  readonly cell: MemberCell;
  readonly datum: Datum;
  readonly attribute: Attribute;
}

/** Undefined where `thing` has no settled first, or computed something of its own that others have alike. */
export function exampleFor(thing: Thing, machine: Machine): Example | undefined {
  const { first } = thing;
  const resource = first?.resource;
  if (!resource || first.blueprint !== thing.blueprint) return undefined;
  let known = first.example;
  if (known?.resource !== resource || known.blueprint !== first.blueprint)
    first.example = known = makeExample(first, resource, machine);
  const { slots } = thing.members;
  const alike = known.slots;
  // By number, here and elsewhere: a loop that is begun for each of thousands makes no iterator.
  for (let i = 0; i < alike.length; i++) if (slots[alike[i] ?? -1] !== undefined) return undefined;
  return known;
}

function makeExample(first: Thing, resource: Resource, machine: Machine): Example {
  const { fixed, asked } = templateOf(first, machine);
  const attributes = { ...fixed };
  const slots: number[] = [];
  const parts: (Member | Along)[] = [];
  const named: { paths: readonly string[] | undefined } = { paths: undefined };
  let [steps, elements] = [0, 0];
  for (const member of asked) {
    const taken = takenFrom(first, member);
    if (!taken) {
      parts.push(member);
      continue;
    }
    const { cell, datum, attribute } = taken;
    attributes[member.name] = attribute;
    slots.push(member.slot);
    steps += cell.steps;
    elements += cell.elements;
    const needs = new Gathered<Thing>();
    if (orders(member)) addNeeds(datum, needs);
    const list = needs.list();
    if (list.length > 0 || cell.reads) parts.push({ needs: list, reads: cell.reads });
    addPaths(datum, member, named);
  }
  const { blueprint } = first;
  return { resource, blueprint, attributes, slots, steps, elements, paths: named.paths, parts };
}

/** What the first of a family has been settled to, where that is the same for the others. */
export function takenFrom(first: Thing, member: Member): Taken | undefined {
  const cell = cellForAll(first, member.slot);
  const attribute = cell && first.resource?.attributes[member.name];
  const datum = cell?.value;
  return attribute && datum && !holdsAuto(datum) ? { member, cell, datum, attribute } : undefined;
}
