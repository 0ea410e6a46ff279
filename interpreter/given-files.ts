// Files that a program gives along with a lab, in place of some on the disk: by absolute path.

import path from "node:path";

/** Content by absolute path. Who gave them may change them; the lab reads them again when it is told to. */
export type GivenFiles = ReadonlyMap<string, Uint8Array>;

/** Whether a given file lies below this folder. */
export function isGivenFolder(given: GivenFiles | undefined, folder: string): boolean {
  return [...(given?.keys() ?? [])].some((file) => file.startsWith(`${folder}${path.sep}`));
}

/** Names of given files right in this folder. */
export function givenIn(given: GivenFiles | undefined, folder: string): readonly string[] {
  return [...(given?.keys() ?? [])]
    .filter((file) => path.dirname(file) === folder)
    .map((file) => path.basename(file));
}
