// The snapshots that a lab keeps, for those who look or tidy up, whether it runs or not.

import { realPathOf } from "../control/paths.ts";
import type { Source } from "../lab-contract.ts";
import { OperationError } from "../operation-error.ts";
import { findStateFolder } from "../state/folder.ts";
import { Shelf, type KeptSnapshot } from "./shelf.ts";

/** The oldest first. Throws `OperationError`. */
export async function keptSnapshots(source: Source): Promise<readonly KeptSnapshot[]> {
  return (await shelfOf(source)?.list()) ?? [];
}

/** Takes one away for good. Throws `OperationError` `failed` where there is none. */
export async function removeSnapshot(source: Source, name: string): Promise<void> {
  const shelf = shelfOf(source);
  if (!shelf) throw new OperationError("failed", `This lab has no snapshot \`${name}\`.`, "It has none.");
  await shelf.remove(name);
}

function shelfOf({ file, env }: Source): Shelf | undefined {
  const folder = findStateFolder(realPathOf(file), env);
  return folder === undefined ? undefined : new Shelf(folder);
}
