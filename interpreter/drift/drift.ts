// What was changed by hand: a list of edits that lie over the text of the root file. So a change by hand goes
// the way of a save: the language checks it, assertions hold, the planner makes steps of it.
// Reads and writes no file, applies nothing.

import { editByHand, SHELF } from "../../lang/index.ts";
import type { HandChange, Model, Resource } from "../../lang/index.ts";
import type { ChangeRow } from "../control/admin-methods.ts";
import { wordOf } from "../drivers/read.ts";

export interface Entry extends ChangeRow {
  readonly change: HandChange;
}

export interface Laid {
  readonly text: string;
  /** Changes that this text has no place for, and why. */
  readonly lost: readonly { readonly entry: Entry; readonly problem: string }[];
}

/** Lays the changes over the text, one after the other. */
export function layOver(file: string, text: string, entries: readonly Entry[]): Laid {
  const lost: { entry: Entry; problem: string }[] = [];
  let now = text;
  for (const entry of entries) {
    const edited = editByHand(file, now, entry.change);
    if ("text" in edited) now = edited.text;
    else lost.push({ entry, problem: edited.problem });
  }
  return { text: now, lost };
}

/** Without those that a later one has made good: laid or not laid, the text is the same. */
export function withoutIdle(file: string, text: string, entries: readonly Entry[]): readonly Entry[] {
  const whole = layOver(file, text, entries).text;
  if (whole === text) return [];
  let left = entries;
  for (const entry of entries) {
    const fewer = left.filter((other) => other !== entry);
    const laid = layOver(file, text, fewer);
    if (laid.lost.length === 0 && laid.text === whole) left = fewer;
  }
  return left;
}

/**
 * Those at the path and below it, under the names too that the things there had before; all where none is
 * given.
 */
export function entriesAt(entries: readonly Entry[], path: string | undefined): readonly Entry[] {
  if (path === undefined) return entries;
  const names = [path];
  const found = new Set<Entry>();
  for (const entry of entries.toReversed()) {
    const own = pathsOf(entry.change);
    if (!own.some((place) => names.some((name) => isWithin(place, name)))) continue;
    found.add(entry);
    if (own.length > 1) names.push(entry.path);
  }
  return entries.filter((entry) => found.has(entry));
}

export const isWithin = (path: string, outer: string): boolean =>
  path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);

/** Where a change took place, under the names before and after it. */
export function pathsOf(change: HandChange): readonly string[] {
  const last = change.path.slice(change.path.lastIndexOf(".") + 1);
  if (change.do === "link") return [change.path, `${change.to}.${last}`];
  return change.do === "unlink" ? [change.path, last] : [change.path];
}

/** As it was typed, without the program's name. */
export function changeText(change: HandChange): string {
  switch (change.do) {
    case "set":
      return `set ${change.path} ${change.value}`;
    case "make":
      return ["make", change.kind, change.path, ...change.attributes].join(" ");
    case "link":
      return `link ${change.path} ${change.to}`;
    default:
      return `${change.do} ${change.path}`;
  }
}

/** What the lab says of drift. */
export function policyOf(model: Model): "heal" | "keep" {
  const lab = model.resources.find(({ kind }) => kind === "lab");
  return lab?.attributes["drift"] !== undefined && wordOf(lab, "drift") === "keep" ? "keep" : "heal";
}

/** Devices without a bus are checked as all others, and not made. */
export function splitShelf(model: Model): { readonly model: Model; readonly shelf: readonly Resource[] } {
  const isShelved = ({ address }: Resource): boolean => isWithin(address, SHELF);
  const shelf = model.resources.filter((one) => isShelved(one) && one.kind === "device");
  if (shelf.length === 0) return { model, shelf };
  return { model: { ...model, resources: model.resources.filter((one) => !isShelved(one)) }, shelf };
}

export const withoutShelfName = (address: string): string =>
  isWithin(address, SHELF) ? address.slice(SHELF.length + 1) : address;
