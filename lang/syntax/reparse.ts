// The tree of an edited text from the tree of the text before: items outside the edit are taken over, moved
// to where they stand now; the edit and an item on each side of it are parsed. Only for who owns the tree,
// since places in it change: what holds such a place (a resource, an attribute) goes along.

import type { Item, Module } from "./ast.ts";
import { graft, isPlace, type Movable } from "./graft.ts";
import { parse } from "./parse.ts";

/** A text that parsed without a mistake. */
export interface GoodText {
  readonly text: string;
  readonly module: Module;
}

/**
 * The module of `text`, equal to what `parse` gives. Undefined where it has a mistake or can't be told from
 * its parts: then it is to be parsed whole, and nothing was moved.
 */
export function reparse(before: GoodText, text: string): Module | undefined {
  const old = before.module.items;
  const { same, sameEnd } = commonEnds(before.text, text);
  const shift = text.length - before.text.length;
  const edited = before.text.length - sameEnd;
  // Whatever touches the edit may go on into it; beyond that one item more is read on each side.
  const whole = lastWhere(old, (item) => item.span.end < same);
  const next = firstWhere(old, (item) => item.span.start > edited);
  const headCount = Math.max(0, whole);
  const tailAt = next < old.length ? next + 1 : old.length;
  const start = old[headCount - 1]?.span.end ?? 0;
  const end = next < old.length ? (old[next] as Item).span.end + shift : text.length;
  if (end < start) return undefined;
  const { module, diagnostics } = parse(before.module.file, text.slice(start, end));
  if (diagnostics.length > 0) return undefined;
  const [first, last] = [old[whole], old[next]];
  const items = [...module.items];
  if (first && !standsAt(items[0], first, -start)) return undefined;
  if (last && !standsAt(items.at(-1), last, shift - start)) return undefined;
  for (const item of items) moveAll(placesIn(item), start);
  // The two that were read to be sure are the old ones, unless a comment above changed what documents them.
  if (first && first.doc === items[0]?.doc) items[0] = first;
  if (last && last.doc === items.at(-1)?.doc) {
    move(last, shift);
    items[items.length - 1] = last;
  }
  graftEdited(old.slice(headCount, tailAt), items);
  const tail = old.slice(tailAt);
  if (shift !== 0) for (const item of tail) move(item, shift);
  const span = { ...before.module.span, end: text.length };
  return { file: before.module.file, items: [...old.slice(0, headCount), ...items, ...tail], span };
}

/** What stands where a text was edited: between the items of the text before that the edit does not touch. */
export interface EditedPart {
  /** How many items of the tree before stand in front of it, and where the first behind it is. */
  readonly headCount: number;
  readonly tailAt: number;
  readonly items: readonly Item[];
  /** Offsets: where it begins in both texts, where it ended in the text before, where it ends now. */
  readonly start: number;
  readonly endBefore: number;
  readonly end: number;
}

/**
 * Reads the edited part of a text alone, whatever is wrong with it, under a name of its own for its places.
 * Nothing is moved: places in the tree before go on meaning the text before.
 */
export function parseEdited(before: GoodText, text: string, name: string): EditedPart {
  const old = before.module.items;
  const { same, sameEnd } = commonEnds(before.text, text);
  const edited = before.text.length - sameEnd;
  // The item before may go on into it: `param x:` ends where its type begins.
  const headCount = Math.max(0, firstWhere(old, (item) => item.span.end >= same) - 1);
  const tailAt = firstWhere(old, (item) => item.span.start > edited);
  const start = old[headCount - 1]?.span.end ?? 0;
  const endBefore = Math.max(start, old[tailAt]?.span.start ?? before.text.length);
  const end = endBefore + text.length - before.text.length;
  const { module } = parse(name, text.slice(start, end));
  for (const item of module.items) moveAll(placesIn(item), start);
  return { headCount, tailAt: Math.max(headCount, tailAt), items: module.items, start, endBefore, end };
}

/** Items that were edited keep what is the same in them. */
function graftEdited(before: readonly Item[], now: readonly Item[]): void {
  const left = new Map(
    before.flatMap((item) =>
      item.node === "declaration" && !now.includes(item) ? [[item.name.text, item]] : [],
    ),
  );
  for (const item of now) {
    if (item.node !== "declaration" || before.includes(item)) continue;
    const old = left.get(item.name.text);
    // A part stands in one place: of two items with one name the first has it.
    left.delete(item.name.text);
    if (old) graft(old, item);
  }
}

const standsAt = (item: Item | undefined, where: Item, by: number): boolean =>
  item?.node === where.node &&
  item.span.start === where.span.start + by &&
  item.span.end === where.span.end + by;

function lastWhere(items: readonly Item[], holds: (item: Item) => boolean): number {
  return firstWhere(items, (item) => !holds(item)) - 1;
}

/** Items stand in order, so what holds for one holds for all behind it. */
function firstWhere(items: readonly Item[], holds: (item: Item) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(items[middle] as Item)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function commonEnds(a: string, b: string): { readonly same: number; readonly sameEnd: number } {
  const most = Math.min(a.length, b.length);
  let same = 0;
  while (same < most && a.charCodeAt(same) === b.charCodeAt(same)) same++;
  let sameEnd = 0;
  while (
    sameEnd < most - same &&
    a.charCodeAt(a.length - 1 - sameEnd) === b.charCodeAt(b.length - 1 - sameEnd)
  )
    sameEnd++;
  return { same, sameEnd };
}

/** The places in an item's tree, each once: some nodes share theirs. */
const places = new WeakMap<Item, readonly Movable[]>();

/** An item that moves once moves at every edit above it: its places are looked up the first time only. */
function move(item: Item, by: number): void {
  let known = places.get(item);
  if (!known) {
    known = placesIn(item);
    places.set(item, known);
  }
  moveAll(known, by);
}

function moveAll(known: readonly Movable[], by: number): void {
  for (const place of known) {
    place.start += by;
    place.end += by;
  }
}

function placesIn(tree: object): readonly Movable[] {
  const found = new Set<Movable>();
  const waiting: object[] = [tree];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (isPlace(node)) found.add(node);
    else
      for (const part of Object.values(node))
        if (typeof part === "object" && part !== null) waiting.push(part);
  }
  return [...found];
}
