// Compares two settings of one thing, attribute by attribute: what differs, and how much that disturbs.
// Takes the strongest of marks, of record members that differ, of derived values, and of what the driver
// answers.

import { DISRUPTIONS, sameValue, showValue } from "../../lang/index.ts";
import type { Attribute, Disruption, Resource, Value } from "../../lang/index.ts";
import type { Driver, Find, ThingState } from "../drivers/driver.ts";
import type { AttributeChange } from "./plan.ts";

/** The stronger of two; `live` is the weakest. */
export function stronger(a: Disruption, b: Disruption): Disruption {
  return DISRUPTIONS.indexOf(a) >= DISRUPTIONS.indexOf(b) ? a : b;
}

export function atLeast(a: Disruption, bound: Disruption): boolean {
  return DISRUPTIONS.indexOf(a) >= DISRUPTIONS.indexOf(bound);
}

export function strongest(all: readonly Disruption[]): Disruption {
  return all.reduce<Disruption>(stronger, "live");
}

/** One thing on both sides, each with the way to find its neighbours. */
export interface Pair {
  readonly before: Resource;
  readonly after: Resource;
  readonly findBefore: Find;
  readonly findAfter: Find;
  readonly state: ThingState;
}

/** All differences, in the order of the attributes. Empty: nothing to do. */
export function compare(pair: Pair, driver: Driver): readonly AttributeChange[] {
  const { before, after } = pair;
  const changes: AttributeChange[] = [];
  const look = (name: string): void => {
    const change = compareAttribute(name, pair, driver);
    if (change !== undefined) changes.push(change);
  };
  // An evaluator that follows a file hands over what it need not make anew.
  if (before.attributes !== after.attributes) {
    for (const name in after.attributes) look(name);
    for (const name in before.attributes) if (!(name in after.attributes)) look(name);
  }
  return [...changes, ...compareDerived(pair, driver)];
}

function compareAttribute(name: string, pair: Pair, driver: Driver): AttributeChange | undefined {
  const before = pair.before.attributes[name];
  const after = pair.after.attributes[name];
  if (before !== undefined && after !== undefined) {
    if (before === after || sameValue(before.value, after.value)) return undefined;
    if (driver.same?.(name, before, after) === true) return undefined;
  }
  const mark = markOf(before, after);
  const answer = driver.answer?.(name, before, after, pair.state) ?? "live";
  return { name, ...texts(before?.value, after?.value), disruption: stronger(mark, answer) };
}

/** The mark of an attribute, or of those members of its record that differ where each has one. */
function markOf(before: Attribute | undefined, after: Attribute | undefined): Disruption {
  const declared = after ?? before;
  const mark = declared?.disruption ?? "live";
  const members = declared?.memberDisruptions;
  if (members === undefined) return mark;
  const marks = Object.entries(members)
    .filter(([path]) => !sameMember(before?.value, after?.value, path.split(".")))
    .map(([, member]) => member);
  return stronger(mark, strongest(marks));
}

function sameMember(before: Value | undefined, after: Value | undefined, path: readonly string[]): boolean {
  const [a, b] = [memberOf(before, path), memberOf(after, path)];
  return a === undefined || b === undefined ? a === b : sameValue(a, b);
}

function memberOf(value: Value | undefined, path: readonly string[]): Value | undefined {
  const [first, ...rest] = path;
  if (first === undefined || value === undefined) return value;
  return value.is === "record" ? memberOf(value.fields[first], rest) : undefined;
}

/** Values of neighbours that the host tells on behalf of this thing. */
function compareDerived(pair: Pair, driver: Driver): readonly AttributeChange[] {
  if (driver.derived === undefined) return [];
  const before = driver.derived(pair.before, pair.findBefore);
  const changes: AttributeChange[] = [];
  for (const [name, { value, disruption }] of Object.entries(driver.derived(pair.after, pair.findAfter))) {
    const old = before[name]?.value;
    if (old === undefined || sameValue(old, value)) continue;
    changes.push({ name, ...texts(old, value), disruption });
  }
  return changes;
}

function texts(before: Value | undefined, after: Value | undefined): { before?: string; after?: string } {
  const [old, now] = differing(before, after);
  return {
    ...(old !== undefined && { before: showValue(old) }),
    ...(now !== undefined && { after: showValue(now) }),
  };
}

/** Of two records, the members that differ; other values as they are. */
function differing<T extends Value | undefined>(before: T, after: T): readonly [T, T] {
  if (before?.is !== "record" || after?.is !== "record") return [before, after];
  const old: Record<string, Value> = {};
  const now: Record<string, Value> = {};
  for (const name of new Set([...Object.keys(before.fields), ...Object.keys(after.fields)])) {
    const [a, b] = [before.fields[name], after.fields[name]];
    if (a !== undefined && b !== undefined && sameValue(a, b)) continue;
    const [c, d] = differing(a, b);
    if (c !== undefined) old[name] = c;
    if (d !== undefined) now[name] = d;
  }
  return [
    { ...before, fields: old },
    { ...after, fields: now },
  ];
}
