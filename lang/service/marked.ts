// A place in a text that is being written, found by putting a word there that nobody else uses and asking the
// parser what it is.

import type { Item } from "../syntax/ast.ts";
import { pathIn, type Located } from "./path.ts";
import type { View } from "./view.ts";

/** Stands where the cursor is. */
export const MARKER = "vbus_cursor_here";

export interface Marked {
  readonly view: View;
  /** The item at the top around the cursor. */
  readonly item: Item;
  /** Nodes around the marker; the last one bears it. */
  readonly path: readonly Located[];
  /** Whether the marker was read as the beginning of an item. */
  readonly asItem: boolean;
}

/** Ways to go on after the marker, so that what stands there can be read. */
const ENDINGS: readonly { readonly text: string; readonly asItem: boolean }[] = [
  { text: "", asItem: false },
  { text: " = none", asItem: true },
  { text: " x { }", asItem: true },
  // An action in a test is called.
  { text: "()", asItem: false },
];

/**
 * What a word from `start` to `end` could be, likeliest first. Nothing in comments, and where no word may
 * stand.
 */
export function* marksAt(view: View, file: string, start: number, end: number): Generator<Marked> {
  const text = view.text(file);
  const rest = text.slice(end);
  for (const { text: ending, asItem } of ENDINGS) {
    const marked = `${text.slice(0, start)}${MARKER}${ending}${rest}`;
    const edited = view.edited(file, marked);
    const found = findMarker(edited, file, start);
    if (found) yield { view: edited, asItem, ...found };
  }
}

function findMarker(view: View, file: string, start: number): Pick<Marked, "item" | "path"> | undefined {
  const item = view.itemAt(file, start);
  if (!item) return undefined;
  const isHere = (node: Located): boolean => {
    const span = view.now(node.span);
    return span.start <= start && start + MARKER.length <= span.end;
  };
  const path = pathIn(item, isHere);
  const last = path.at(-1);
  return last && bearsMarker(last) ? { item, path } : undefined;
}

function bearsMarker(node: Located): boolean {
  if (node.node === "string") return partsOf(node).some((part) => part.includes(MARKER));
  return "text" in node ? node.text === MARKER : "name" in node && node.name === MARKER;
}

/** The plain parts of a string. */
export const partsOf = (node: Located): string[] =>
  "parts" in node ? (node.parts as readonly unknown[]).filter((part) => typeof part === "string") : [];
