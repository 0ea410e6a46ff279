// What stands in a folder of the host, reached one name at a time from a folder that is open already:
// /proc/self/fd/N/name is what openat is elsewhere, and stays on what N is, whatever becomes of its path.
// Linux only. No name here has a slash in it or is `..`: that is the walk's promise.

import { closeSync, constants, fstatSync, openSync, readlinkSync, type BigIntStats } from "node:fs";
import { O_PATH } from "../../../backend/folder.ts";
import { FILETYPE } from "../abi.ts";

/** The path of a name in an open folder. */
export function nameIn(folder: number, name: string): string {
  return `/proc/self/fd/${folder}/${name}`;
}

/** The path of what a descriptor is, itself. */
export function pathOfDescriptor(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}

/** One more descriptor of an open folder, for looking up names in it. Throws what the system says. */
export function openAgain(folder: number): number {
  return openSync(pathOfDescriptor(folder), O_PATH | constants.O_DIRECTORY);
}

/**
 * What has this name, a link itself where it is one, without opening it: no FIFO waits, no device does
 * anything. Undefined where nothing has it.
 */
export function openNode(folder: number, name: string): number | undefined {
  try {
    return openSync(nameIn(folder, name), O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Opens what a descriptor of `openNode` is: exactly that, also where its name is another's by now. */
export function reopen(node: number, flags: number): number {
  // A file that became something to wait for can't be: it is the same node. NOCTTY and NONBLOCK in case.
  return openSync(pathOfDescriptor(node), flags | constants.O_NOCTTY | constants.O_NONBLOCK);
}

export function statOf(descriptor: number): BigIntStats {
  return fstatSync(descriptor, { bigint: true });
}

/** Where a link leads, as it says. Throws EINVAL where it is none any more. */
export function targetOf(folder: number, name: string): string {
  return readlinkSync(nameIn(folder, name));
}

export function close(descriptor: number): void {
  closeSync(descriptor);
}

/** The type as programs know it. */
export function filetypeOf(stats: BigIntStats): number {
  if (stats.isDirectory()) return FILETYPE.directory;
  if (stats.isFile()) return FILETYPE.regularFile;
  if (stats.isSymbolicLink()) return FILETYPE.symbolicLink;
  if (stats.isCharacterDevice()) return FILETYPE.characterDevice;
  if (stats.isBlockDevice()) return FILETYPE.blockDevice;
  return stats.isSocket() ? FILETYPE.socket : FILETYPE.unknown;
}
