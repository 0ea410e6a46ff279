// YAML as a tree where everything knows its place: aliases and merges resolved, and bounded. Mistakes are
// diagnostics.

import { isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Alias, Document, Node, Scalar } from "yaml";
import type { Report } from "./report.ts";

/** Offsets in the text, the second behind the last character. */
export type Place = readonly [start: number, end: number];

export interface MapTree {
  readonly is: "map";
  readonly at: Place;
  readonly entries: ReadonlyMap<string, Entry>;
}
export interface ListTree {
  readonly is: "list";
  readonly at: Place;
  readonly items: readonly Tree[];
}
/** `text` is the value as it was written, without quotes. */
export interface TextTree {
  readonly is: "text";
  readonly at: Place;
  readonly text: string;
  readonly value: string | number | boolean;
}
export type Tree = MapTree | ListTree | TextTree | { readonly is: "none"; readonly at: Place };

export interface Entry {
  /** Where the key stands. */
  readonly at: Place;
  readonly value: Tree;
}

/** What a file may grow to when its aliases are written out. */
const NODES_MAX = 100_000;
const DEPTH_MAX = 64;

/** The tree of a document; undefined where it can't be read, which is then told to `report`. */
export function readYaml(text: string, report: Report): Tree | undefined {
  const document = parseDocument(text, { schema: "core", version: "1.2", merge: true, logLevel: "error" });
  for (const { message, pos } of document.errors) {
    const [sentence = ""] = message.split("\n", 1);
    report.error("VB7001", [pos[0], Math.max(pos[0] + 1, pos[1])], `${sentence.replace(/[:.]$/, "")}.`);
  }
  if (document.errors.length > 0) return undefined;
  try {
    return new Builder(document).tree(document.contents, 0);
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
    report.error("VB7001", [0, 1], error.message);
    return undefined;
  }
}

/** Thrown and caught in this file alone. */
class TooMuch extends Error {}

class Builder {
  readonly #document: Document;
  /** What each alias stands for: finding it goes through the whole document. */
  readonly #targets = new Map<Alias, Node | undefined>();
  #nodes = 0;

  constructor(document: Document) {
    this.#document = document;
  }

  tree(node: Node | null | undefined, depth: number): Tree {
    if (++this.#nodes > NODES_MAX) throw new TooMuch(`The file has more than ${NODES_MAX} values.`);
    if (depth > DEPTH_MAX) throw new TooMuch(`Values stand more than ${DEPTH_MAX} deep in each other.`);
    const at = placeOf(node);
    if (isAlias(node)) {
      const target = this.#target(node);
      return target === undefined ? { is: "none", at } : { ...this.tree(target, depth + 1), at };
    }
    if (isMap(node)) return { is: "map", at, entries: this.#entries(node.items, depth) };
    if (isSeq(node))
      return { is: "list", at, items: node.items.map((item) => this.tree(item as Node, depth + 1)) };
    if (isScalar(node)) return scalarTree(node, at);
    return { is: "none", at };
  }

  #target(alias: Alias): Node | undefined {
    if (!this.#targets.has(alias)) this.#targets.set(alias, alias.resolve(this.#document));
    return this.#targets.get(alias);
  }

  /** What is merged by `<<` stands behind what the map itself says. */
  #entries(pairs: readonly { key: unknown; value: unknown }[], depth: number): Map<string, Entry> {
    const [own, merged] = [new Map<string, Entry>(), new Map<string, Entry>()];
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? String(key.source ?? key.value) : String(key);
      const tree = this.tree(value as Node | null, depth + 1);
      if (name !== "<<") own.set(name, { at: placeOf(key as Node), value: tree });
      else
        for (const part of tree.is === "list" ? tree.items : [tree])
          if (part.is === "map") for (const [word, entry] of part.entries) merged.set(word, entry);
    }
    for (const [name, entry] of merged) if (!own.has(name)) own.set(name, entry);
    return own;
  }
}

function scalarTree({ value, source }: Scalar, at: Place): Tree {
  if (value === null || value === undefined) return { is: "none", at };
  if (typeof value === "string") return { is: "text", at, text: value, value };
  const plain = typeof value === "number" || typeof value === "boolean" ? value : String(value);
  return { is: "text", at, text: source ?? String(value), value: plain };
}

function placeOf(node: Node | null | undefined): Place {
  const range = node?.range;
  return range ? [range[0], Math.max(range[0] + 1, range[1])] : [0, 1];
}
