// A folder of the host as programs are given it. Control thread.

import { closeSync, constants, existsSync, mkdirSync, openSync } from "node:fs";

/** Gives a descriptor for looking up names, and for nothing else. Linux. */
export const O_PATH = 0o10000000;

/**
 * Opens a folder, and makes it where there is none and `create` says so; a sentence says why not. What it is
 * then stays: another folder that takes its name is not meant.
 */
export function openFolder(path: string, create: boolean): number | string {
  if (!existsSync("/proc/self/fd")) return "folders for programs need Linux and its /proc";
  try {
    if (create) mkdirSync(path, { recursive: true });
    return openSync(path, O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return `${path} is not there`;
    if (code === "ENOTDIR" || code === "EEXIST") return `${path} is not a folder`;
    return `${path} can't be opened: ${code ?? String(error)}`;
  }
}

export function closeFolder(descriptor: number): void {
  closeSync(descriptor);
}
