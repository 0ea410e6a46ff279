// Where the snapshots of a lab lie: a folder (0700) beside its state, a file (0600) for each. Each is there
// whole or not at all. What is in them may be secret: a guest's RAM is.

import { chmodSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import path from "node:path";
import { errorCode, errorText, OperationError } from "../operation-error.ts";
import { NoSnapshot, readHead } from "./envelope.ts";
import { SNAPSHOTS_MAX, SNAPSHOT_NAME_MAX } from "./limits.ts";

const ENDING = ".snapshot";
const UNFINISHED = ".new";
const FOLDER = "snapshots";

/** A snapshot that is kept. */
export interface KeptSnapshot {
  readonly name: string;
  readonly guest: string;
  /** Wall clock, ISO 8601. */
  readonly made: string;
  /** Bytes of its file. */
  readonly bytes: number;
  /** Bytes of the guest's RAM. */
  readonly memory: number;
  readonly vbus: string;
}

export class Shelf {
  readonly #folder: string;

  /** `state` is the folder of the lab's state. */
  constructor(state: string) {
    this.#folder = path.join(state, FOLDER);
  }

  /** All that can be read, the oldest first. */
  async list(): Promise<readonly KeptSnapshot[]> {
    const found: KeptSnapshot[] = [];
    for (const file of this.#files()) {
      const kept = await this.#look(file).catch(() => undefined);
      if (kept) found.push(kept);
    }
    return found.toSorted((one, other) => Date.parse(one.made) - Date.parse(other.made));
  }

  /** Where a snapshot of this name is, or would be. Throws `OperationError` `usage`. */
  fileOf(name: string): string {
    const fits = /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) && name.length <= SNAPSHOT_NAME_MAX;
    if (fits) return path.join(this.#folder, name + ENDING);
    const words = `letters, digits, \`.\`, \`_\` and \`-\`, at most ${SNAPSHOT_NAME_MAX}`;
    throw new OperationError("usage", `\`${name}\` is no name for a snapshot: it has ${words}.`);
  }

  /** Throws `OperationError` `failed` where one of this name can't be added. */
  expectRoom(name: string): void {
    const file = this.fileOf(name);
    const files = this.#files();
    if (files.includes(path.basename(file)))
      throw new OperationError("failed", `There is a snapshot \`${name}\` already.`, removeHint(name));
    if (files.length >= SNAPSHOTS_MAX)
      throw new OperationError(
        "failed",
        `This lab has ${SNAPSHOTS_MAX} snapshots, which is all it may have.`,
      );
  }

  /** Answers the bytes of the file. */
  async add(name: string, pieces: readonly Uint8Array[]): Promise<number> {
    this.expectRoom(name);
    const file = this.fileOf(name);
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      chmodSync(this.#folder, 0o700);
      // What a process that was killed has left.
      rmSync(file + UNFINISHED, { force: true });
      const handle = await open(file + UNFINISHED, "wx", 0o600);
      try {
        for (const piece of pieces) await handle.writeFile(piece);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(file + UNFINISHED, file);
      return statSync(file).size;
    } catch (error) {
      rmSync(file + UNFINISHED, { force: true });
      throw new OperationError("failed", `${file} can't be written: ${errorText(error)}.`);
    }
  }

  /**
   * What `look` finds in a snapshot's file. Throws `OperationError` `failed` where there is none, or it is no
   * snapshot.
   */
  async read<T>(name: string, look: (file: string) => Promise<T>): Promise<T> {
    const file = this.fileOf(name);
    try {
      return await look(file);
    } catch (error) {
      if (errorCode(error) === "ENOENT") throw await this.#missing(name);
      if (error instanceof NoSnapshot) throw new OperationError("failed", `${file} ${error.message}.`);
      throw new OperationError("failed", `${file} can't be read: ${errorText(error)}.`);
    }
  }

  async remove(name: string): Promise<void> {
    const file = this.fileOf(name);
    if (!this.#files().includes(path.basename(file))) throw await this.#missing(name);
    rmSync(file);
  }

  async #missing(name: string): Promise<OperationError> {
    const names = (await this.list()).map((kept) => kept.name);
    const hint = names.length === 0 ? "It has none." : `These are: ${names.join(", ")}.`;
    return new OperationError("failed", `This lab has no snapshot \`${name}\`.`, hint);
  }

  async #look(file: string): Promise<KeptSnapshot> {
    const whole = path.join(this.#folder, file);
    const { guest, made, memory, vbus } = (await readHead(whole)).header;
    return { name: path.basename(file, ENDING), guest, made, bytes: statSync(whole).size, memory, vbus };
  }

  #files(): readonly string[] {
    try {
      return readdirSync(this.#folder).filter((file) => file.endsWith(ENDING));
    } catch (error) {
      if (errorCode(error) === "ENOENT") return [];
      throw new OperationError("failed", `${this.#folder} can't be read: ${errorText(error)}.`);
    }
  }
}

function removeHint(name: string): string {
  return `\`vbus snapshots --remove ${name}\` takes it away.`;
}
