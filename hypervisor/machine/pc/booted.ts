// Booted states: what a PC is when its agent greets, before it has any device of its bus and is told who it
// is. Kept as a file, from which every PC of the same files, words and memory begins. A state that isn't
// there, or that the emulator refuses, costs a boot and nothing else.

import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { PC_STATES_MAX } from "../../limits.ts";
import { emulatorVersion } from "./emulator-package.ts";

/** Goes up where a state of before means something else to this code. */
const SCHEMA = 1;
const PREFIX = "booted-";

/** Where an image keeps its states, and what it is. */
export interface StateFolder {
  readonly folder: string;
  /** SHA-256 of the image. */
  readonly digest: string;
}

/** What else a state belongs to. */
export interface StateOf {
  readonly commandLine: string;
  readonly memoryBytes: number;
}

/** The file of the state of such a PC: all that it depends on is in its name. */
export function stateFile({ folder, digest }: StateFolder, { commandLine, memoryBytes }: StateOf): string {
  const key = JSON.stringify([SCHEMA, digest, commandLine, memoryBytes, emulatorVersion()]);
  const hash = createHash("sha256").update(key).digest("hex");
  return path.join(folder, `${PREFIX}${memoryBytes / 2 ** 20}m-${hash.slice(0, 32)}`);
}

/** Undefined where there is none that can be read. */
export function readState(file: string): ArrayBuffer | undefined {
  try {
    const { buffer, byteOffset, length } = readFileSync(file);
    // A large file has a buffer of its own, which needn't be copied.
    if (length === buffer.byteLength) return buffer as ArrayBuffer;
    return buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
  } catch {
    return undefined;
  }
}

/** It is refused: the next PC boots, and keeps a new one. */
export function dropState(file: string): void {
  rmSync(file, { force: true });
}

/**
 * Keeps a state, whole or not at all, and at most `PC_STATES_MAX` of an image. False where the system
 * refuses.
 */
export function keepState(file: string, state: ArrayBuffer): boolean {
  const made = `${file}.${randomUUID()}.new`;
  try {
    const descriptor = openSync(made, "wx");
    try {
      writeFileSync(descriptor, new Uint8Array(state));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(made, file);
    dropOldest(path.dirname(file));
    return true;
  } catch {
    rmSync(made, { force: true });
    return false;
  }
}

function dropOldest(folder: string): void {
  const states = readdirSync(folder)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => ({
      name,
      at: statSync(path.join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
    }));
  states.sort((one, other) => other.at - one.at);
  for (const { name } of states.slice(PC_STATES_MAX)) rmSync(path.join(folder, name), { force: true });
}
