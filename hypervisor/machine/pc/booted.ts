// Booted states: what a PC is when its agent greets, before it has any device of its bus and is told who it
// is. Kept as a file, from which every PC of the same files, words and memory begins. A state that isn't
// there, or that the emulator refuses, costs a boot and nothing else.

import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readvSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { PC_STATES_MAX } from "../../limits.ts";
import { emulatorVersion } from "./emulator-package.ts";
import { PAGE_BYTES, type ApartState, type Fill } from "./whole-state.ts";

/** Goes up where a state of before means something else to this code. */
const SCHEMA = 2;
const PREFIX = "booted-";
/** v86's own words at the begin of a state: the third is its length, bytes. */
const [HEAD_WORDS, LENGTH_AT] = [4, 2];
/** Places that one read fills: what Linux takes. */
const READ_PLACES = 1024;

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

/** A file that is read piece by piece: what v86 keeps, then the pages of RAM, up to the end. */
export interface KeptState {
  readonly state: ArrayBuffer;
  /** Reads the pages. Throws where these are not just as many as there are. */
  readonly fill: Fill;
  readonly close: () => void;
}

/** Undefined where there is none that can be read; else `close` it. */
export function openState(file: string): KeptState | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    const [opened, head] = [descriptor, new Uint32Array(HEAD_WORDS)];
    readWhole(opened, [head], 0);
    const length = head[LENGTH_AT] as number;
    if (length > fstatSync(opened).size) throw new Error("a state is not whole");
    const state = new ArrayBuffer(length);
    readWhole(opened, [new Uint8Array(state)], 0);
    const pagesAt = roundUp(state.byteLength);
    return {
      state,
      fill: (places) => {
        const end = readWhole(opened, places, pagesAt);
        if (end !== fstatSync(opened).size) throw new Error("a state has other pages than it says");
      },
      close: () => closeSync(opened),
    };
  } catch {
    if (descriptor !== undefined) closeSync(descriptor);
    return undefined;
  }
}

/** Reads all of these from `at` of a file; answers where the next byte is. Throws where the file ends. */
function readWhole(descriptor: number, places: readonly NodeJS.ArrayBufferView[], at: number): number {
  // Bound: places; the system takes so many at once.
  for (let from = 0; from < places.length; from += READ_PLACES) {
    const some = places.slice(from, from + READ_PLACES);
    const wanted = some.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
    if (readvSync(descriptor, some, at) !== wanted) throw new Error("a state is not whole");
    at += wanted;
  }
  return at;
}

/** It is refused: the next PC boots, and keeps a new one. */
export function dropState(file: string): void {
  rmSync(file, { force: true });
}

/**
 * Keeps a state, whole or not at all, and at most `PC_STATES_MAX` of an image. False where the system
 * refuses.
 */
export function keepState(file: string, { state, pages }: ApartState): boolean {
  const made = `${file}.${randomUUID()}.new`;
  try {
    const descriptor = openSync(made, "wx");
    try {
      writeFileSync(descriptor, new Uint8Array(state));
      writeFileSync(descriptor, new Uint8Array(roundUp(state.byteLength) - state.byteLength));
      writeFileSync(descriptor, pages);
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

const roundUp = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;

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
