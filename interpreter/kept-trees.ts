// The trees of the standard library that the build has kept: each process would parse the same texts again.

import { readFileSync } from "node:fs";
import { deserialize } from "node:v8";
import type { World } from "../lang/index.ts";
import { keptTreesFile } from "../stdlib/index.ts";

type Tree = NonNullable<ReturnType<NonNullable<World["keptTree"]>>>;

/** Each with the text that it is the tree of: where that is another by now, the tree is of no use. */
type Kept = Readonly<Record<string, { readonly text: string; readonly tree: Uint8Array }>>;

/** For the language's world: the trees in a file that the build wrote, read when first asked for. */
export function treesIn(file: string): (path: string, text: string) => Tree | undefined {
  let kept: Kept | undefined;
  const trees = new Map<string, Tree>();
  return (path, text) => {
    if (!path.startsWith("std:")) return undefined;
    kept ??= read(file);
    const one = Object.hasOwn(kept, path) ? kept[path] : undefined;
    if (one?.text !== text) return undefined;
    let tree = trees.get(path);
    if (tree === undefined) trees.set(path, (tree = deserialize(one.tree) as Tree));
    return tree;
  };
}

/** One for the process. */
export const keptTree = treesIn(keptTreesFile);

/** Nothing where there is no file, or one that this Node can't read. */
function read(file: string): Kept {
  try {
    return deserialize(readFileSync(file)) as Kept;
  } catch {
    return {};
  }
}
