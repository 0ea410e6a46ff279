// Prepared images: folders that `vbus images build` has made in the user's cache, each with a note of what is
// in it. Reads them; making them is the command line's.

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import type { Environment } from "../control/paths.ts";

/** Names that `vbus images build` knows. */
export const PREPARED_NAMES: readonly string[] = ["debian-i386"];
export const PREPARED_SCHEMA = 10;
/** The note's file name. */
export const PREPARED_NOTE = "image.json";

/** Files of a prepared image, by what they are for. */
export const PREPARED_FILES = ["kernel", "initrd", "bios", "vgaBios"] as const;
export type PreparedFile = (typeof PREPARED_FILES)[number];

/** What the note says. */
export interface PreparedNote {
  readonly schema: typeof PREPARED_SCHEMA;
  readonly name: string;
  /** SHA-256 of each file, which lies in the same folder under the name that it has here. */
  readonly files: Readonly<Record<PreparedFile, string>>;
  readonly commandLine: string;
  /** Bytes of RAM with which it boots at least. */
  readonly memoryMin: number;
  /** The drivers of the vbus bridge are in it. */
  readonly bridge: boolean;
  /** What it was made of, for people. */
  readonly packages: readonly { readonly name: string; readonly version: string; readonly sha256: string }[];
}

const STD_IMAGES = "std:images/";

/** The folder of all prepared images. It may not exist. */
export function preparedFolder(env: Environment): string {
  const own = env["XDG_CACHE_HOME"];
  const cache = own !== undefined && path.isAbsolute(own) ? own : path.join(homedir(), ".cache");
  return path.join(cache, "vbus", "images");
}

/** The name of a prepared image in a path of the language, if it is one. */
export function preparedName(text: string): string | undefined {
  if (!text.startsWith(STD_IMAGES)) return undefined;
  const name = text.slice(STD_IMAGES.length);
  return /^[a-z0-9][a-z0-9-]*$/.test(name) ? name : undefined;
}

/** The note in a prepared image's folder; undefined where there is none that this version reads. */
export function readNote(folder: string): PreparedNote | undefined {
  try {
    const note = JSON.parse(readFileSync(path.join(folder, PREPARED_NOTE), "utf8")) as PreparedNote;
    return note.schema === PREPARED_SCHEMA ? note : undefined;
  } catch {
    return undefined;
  }
}
