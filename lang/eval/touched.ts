// Which items of a module an edit leaves as they were: those with the same tree that name nothing of what was
// edited, added or taken away, nor of what names that. Words are compared, not what they stand for: an item
// too many is computed again, never one too few.

import type * as ast from "../syntax/ast.ts";
import { nameOfItem } from "../types/check-program.ts";

/** Functions whose answers follow from the whole lab. */
export const WHOLE_LAB: readonly string[] = ["reachable", "adjacent"];
/** What was read for an item that is no more is not told from what others read. */
const READS = "file";
/** What shapes everything that comes after: an edit of one of these is an edit of the whole. */
const WIDE = new Set<ast.Item["node"]>(["import", "param"]);

const words = new WeakMap<ast.Item, ReadonlySet<string>>();
const NONE: ReadonlySet<string> = new Set();

/** Notes the words of items while their text is at hand. */
export function noteWords(items: readonly ast.Item[], textOf: (item: ast.Item) => string): void {
  for (const item of items) {
    if (!words.has(item)) words.set(item, new Set(textOf(item).match(/[A-Za-z_][A-Za-z0-9_]*/g)));
  }
}

export interface Untouched {
  /** The items that can be taken over. Those without a name are never among them. */
  readonly kept: ReadonlySet<ast.Item>;
  /** What all others declare or declared, and what follows from the whole lab. */
  readonly touched: ReadonlySet<string>;
}

/** What an edit leaves alone, or undefined where it is wide. The words of all items were noted. */
export function untouched(before: readonly ast.Item[], now: readonly ast.Item[]): Untouched | undefined {
  const old = new Set(before);
  const left = new Set(before);
  for (const item of now) left.delete(item);
  const edited = [...left, ...now.filter((item) => !old.has(item))];
  const wordsOf = (item: ast.Item): ReadonlySet<string> => words.get(item) ?? NONE;
  if (edited.some(isWide) || [...left].some((item) => wordsOf(item).has(READS))) return undefined;
  const kept = new Set(now.filter((item) => old.has(item) && nameOfItem(item) !== undefined));
  const names = new Set(edited.flatMap((item) => nameOfItem(item) ?? []));
  if (edited.length > 0) for (const name of WHOLE_LAB) names.add(name);
  let pending: ReadonlySet<string> = new Set(names);
  // Bound: each turn takes items out of `kept`.
  while (pending.size > 0) {
    const next = new Set<string>();
    for (const item of kept) {
      const found = wordsOf(item);
      if (![...pending].some((name) => found.has(name))) continue;
      if (isWide(item)) return undefined;
      kept.delete(item);
      next.add(nameOfItem(item) as string);
    }
    for (const name of next) names.add(name);
    pending = next;
  }
  return { kept, touched: names };
}

const isWide = (item: ast.Item): boolean =>
  WIDE.has(item.node) || (item.node === "declaration" && item.kind.text === "lab");
