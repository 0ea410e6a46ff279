// What a program's descriptors are: its three streams, folders and files. The table of them, with the rights
// that each one has.

import { WASI_FILES_MAX } from "../../limits.ts";
import { RIGHT } from "./abi.ts";
import type { Listing } from "./files/listing.ts";
import { close } from "./files/host-nodes.ts";
import { Refused } from "./refused.ts";

/** A folder of the host that a program was given, with what is counted of it. */
export interface Grant {
  /** It was not taken away meanwhile. */
  readonly present: () => boolean;
  /** The program may write there now. */
  readonly readonly: () => boolean;
  readonly count: (what: "reads" | "writes" | "flushes", bytes: number) => void;
}

interface Rights {
  /** `RIGHT` bits; those that descriptors opened through it can have. */
  rights: number;
  inheriting: number;
}
export interface StreamHandle extends Rights {
  readonly is: "stream";
  readonly direction: "in" | "out";
}
export interface FolderHandle extends Rights {
  readonly is: "folder";
  readonly grant: Grant;
  readonly node: number;
  /** The name by which the program finds it, where it was given from the start. */
  readonly preopened?: string;
  listing: Listing | undefined;
}
export interface FileHandle extends Rights {
  readonly is: "file";
  readonly grant: Grant;
  /** Of the host; another one after its flags were changed. */
  descriptor: number;
  position: number;
  /** `FDFLAG` bits. */
  flags: number;
}
export type Handle = StreamHandle | FolderHandle | FileHandle;

const STREAM_IN = RIGHT.read | RIGHT.poll | RIGHT.filestatGet | RIGHT.setFlags;
const STREAM_OUT = RIGHT.write | RIGHT.poll | RIGHT.filestatGet | RIGHT.setFlags;
export const FILE_RIGHTS =
  RIGHT.datasync |
  RIGHT.read |
  RIGHT.seek |
  RIGHT.setFlags |
  RIGHT.sync |
  RIGHT.tell |
  RIGHT.write |
  RIGHT.advise |
  RIGHT.allocate |
  RIGHT.filestatGet |
  RIGHT.filestatSetSize |
  RIGHT.filestatSetTimes |
  RIGHT.poll;
export const FOLDER_RIGHTS =
  RIGHT.createDirectory |
  RIGHT.createFile |
  RIGHT.linkSource |
  RIGHT.linkTarget |
  RIGHT.open |
  RIGHT.readdir |
  RIGHT.readlink |
  RIGHT.renameSource |
  RIGHT.renameTarget |
  RIGHT.pathFilestatGet |
  RIGHT.pathFilestatSetSize |
  RIGHT.pathFilestatSetTimes |
  RIGHT.filestatGet |
  RIGHT.filestatSetTimes |
  RIGHT.symlink |
  RIGHT.removeDirectory |
  RIGHT.unlinkFile |
  RIGHT.sync |
  RIGHT.datasync;

const FIRST_FREE = 3;

export class Handles {
  readonly #handles = new Map<number, Handle>([
    [0, { is: "stream", direction: "in", rights: STREAM_IN, inheriting: 0 }],
    [1, { is: "stream", direction: "out", rights: STREAM_OUT, inheriting: 0 }],
    [2, { is: "stream", direction: "out", rights: STREAM_OUT, inheriting: 0 }],
  ]);

  /**
   * Throws EBADF where there is none, ENOTCAPABLE where it has not all of `rights`, ENODEV where it is gone.
   */
  get(descriptor: number, rights = 0): Handle {
    const handle = this.#handles.get(descriptor);
    if (!handle) throw new Refused("EBADF");
    if (handle.is !== "stream" && !handle.grant.present()) throw new Refused("ENODEV");
    if ((handle.rights & rights) !== rights) throw new Refused("ENOTCAPABLE");
    return handle;
  }

  /** The stream that a descriptor is, if it is one with these rights. */
  stream(descriptor: number, rights: number): StreamHandle | undefined {
    const handle = this.#handles.get(descriptor);
    return handle?.is === "stream" && (handle.rights & rights) === rights ? handle : undefined;
  }

  folder(descriptor: number, rights: number): FolderHandle {
    const handle = this.get(descriptor);
    if (handle.is !== "folder") throw new Refused("ENOTDIR");
    return this.get(descriptor, rights) as FolderHandle;
  }

  file(descriptor: number, rights: number): FileHandle {
    const handle = this.get(descriptor);
    if (handle.is === "folder") throw new Refused("EISDIR");
    if (handle.is === "stream") throw new Refused("ESPIPE");
    return this.get(descriptor, rights) as FileHandle;
  }

  /** Throws EMFILE where there is no room; to be asked before something is opened. */
  free(): number {
    // Bound: WASI_FILES_MAX.
    for (let number = FIRST_FREE; number < FIRST_FREE + WASI_FILES_MAX; number++) {
      if (!this.#handles.has(number)) return number;
    }
    throw new Refused("EMFILE");
  }

  put(descriptor: number, handle: Handle): void {
    this.#handles.set(descriptor, handle);
  }

  close(descriptor: number): void {
    const handle = this.#handles.get(descriptor);
    if (!handle) throw new Refused("EBADF");
    this.#handles.delete(descriptor);
    if (handle.is === "file") close(handle.descriptor);
    if (handle.is !== "folder") return;
    handle.listing?.close();
    close(handle.node);
  }

  /** What `from` is, `to` is from now on; what `to` was is closed. */
  renumber(from: number, to: number): void {
    const handle = this.get(from);
    this.get(to);
    if (from === to) return;
    this.close(to);
    this.#handles.delete(from);
    this.#handles.set(to, handle);
  }

  /** After the program's end. */
  closeAll(): void {
    for (const descriptor of this.#handles.keys()) this.close(descriptor);
  }
}
