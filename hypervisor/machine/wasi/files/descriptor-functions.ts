// The functions that take a descriptor. Files are read and written at a position that is kept here: the
// system's own can't be set. A stream's are elsewhere; it is refused here what only files can do.

import {
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  lstatSync,
  readSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { WASI_FILE_BYTES_MAX } from "../../../limits.ts";
import { DIRENT_BYTES, FDFLAG, FDSTAT_BYTES, FILESTAT_BYTES, FILETYPE, RIGHT, SEEK } from "../abi.ts";
import type { FileHandle, FolderHandle, Handles } from "../handles.ts";
import type { ProgramMemory, Vector } from "../program-memory.ts";
import { Refused } from "../refused.ts";
import { close, filetypeOf, nameIn, pathOfDescriptor, reopen, statOf } from "./host-nodes.ts";
import { Listing } from "./listing.ts";
import { needWritable, openMode } from "./path-functions.ts";
import { timesOf, writeFilestat } from "./stats.ts";

const ENCODER = new TextEncoder();
const PRESTAT_BYTES = 8;
/** Positions that are exact; a file is never longer. */
const POSITION_MAX = Number.MAX_SAFE_INTEGER;
const ALL_FLAGS = FDFLAG.append | FDFLAG.dsync | FDFLAG.nonblock | FDFLAG.rsync | FDFLAG.sync;

export interface DescriptorParts {
  readonly memory: ProgramMemory;
  readonly handles: Handles;
  readonly wallNs: () => bigint;
  /** What the streams are taken for, a `FILETYPE`. */
  readonly streamType: () => number;
}

export class DescriptorFunctions {
  readonly #parts: DescriptorParts;

  constructor(parts: DescriptorParts) {
    this.#parts = parts;
  }

  close(descriptor: number): number {
    this.#parts.handles.close(descriptor);
    return 0;
  }

  renumber(from: number, to: number): number {
    this.#parts.handles.renumber(from, to);
    return 0;
  }

  prestatGet(descriptor: number, into: number): number {
    const { memory } = this.#parts;
    memory.bytes(into, PRESTAT_BYTES).fill(0);
    memory.setU32((into >>> 0) + 4, this.#preopened(descriptor).length);
    return 0;
  }

  prestatDirName(descriptor: number, into: number, length: number): number {
    const name = this.#preopened(descriptor);
    const out = this.#parts.memory.bytes(into, length);
    if (out.length < name.length) throw new Refused("ENAMETOOLONG");
    out.set(name);
    return 0;
  }

  fdstatGet(descriptor: number, into: number): number {
    const { memory, handles } = this.#parts;
    const handle = handles.get(descriptor);
    memory.bytes(into, FDSTAT_BYTES).fill(0);
    const at = into >>> 0;
    memory.setU8(at, this.#filetype(descriptor));
    memory.setU16(at + 2, handle.is === "file" ? handle.flags : 0);
    memory.setU64(at + 8, BigInt(handle.rights));
    memory.setU64(at + 16, BigInt(handle.inheriting));
    return 0;
  }

  fdstatSetFlags(descriptor: number, flags: number): number {
    const handle = this.#parts.handles.get(descriptor, RIGHT.setFlags);
    if ((flags & ~ALL_FLAGS) !== 0) throw new Refused("EINVAL");
    if (handle.is !== "file") return 0; // A stream waits, whatever is said; so does no folder.
    const fresh = reopen(handle.descriptor, openMode(handle.rights, flags));
    close(handle.descriptor);
    handle.descriptor = fresh;
    handle.flags = flags;
    return 0;
  }

  /** Rights only ever become fewer. */
  fdstatSetRights(descriptor: number, base: bigint, inheriting: bigint): number {
    const handle = this.#parts.handles.get(descriptor);
    const [rights, others] = [base, inheriting].map((bits) => Number(bits & 0xfff_ffffn)) as [number, number];
    if ((rights & ~handle.rights) !== 0 || (others & ~handle.inheriting) !== 0)
      throw new Refused("ENOTCAPABLE");
    handle.rights = rights;
    handle.inheriting = others;
    return 0;
  }

  filestatGet(descriptor: number, into: number): number {
    const { memory, handles } = this.#parts;
    const handle = handles.get(descriptor, RIGHT.filestatGet);
    if (handle.is !== "stream") writeFilestat(memory, into, this.#stats(handle));
    else {
      memory.bytes(into, FILESTAT_BYTES).fill(0);
      memory.setU8((into >>> 0) + 16, this.#filetype(descriptor));
    }
    return 0;
  }

  filestatSetSize(descriptor: number, size: bigint): number {
    const { grant, descriptor: host } = this.#parts.handles.file(descriptor, RIGHT.filestatSetSize);
    needWritable(grant);
    ftruncateSync(host, positionOf(size));
    return 0;
  }

  filestatSetTimes(descriptor: number, atim: bigint, mtim: bigint, flags: number): number {
    const handle = this.#parts.handles.get(descriptor, RIGHT.filestatSetTimes);
    if (handle.is === "stream") throw new Refused("ESPIPE");
    needWritable(handle.grant);
    const [access, change] = timesOf(this.#stats(handle), atim, mtim, flags, this.#parts.wallNs());
    if (handle.is === "file") futimesSync(handle.descriptor, access, change);
    else utimesSync(pathOfDescriptor(handle.node), access, change);
    return 0;
  }

  /** What a program says of how it will read is advice. */
  advise(descriptor: number): number {
    this.#parts.handles.file(descriptor, RIGHT.advise);
    return 0;
  }

  /** Room on the host's disk can't be set aside from here; a program then writes without. */
  allocate(descriptor: number): number {
    this.#parts.handles.file(descriptor, RIGHT.allocate);
    throw new Refused("ENOTSUP");
  }

  sync(descriptor: number, right: number): number {
    const handle = this.#parts.handles.get(descriptor, right);
    if (handle.is === "stream") return 0;
    // A folder is held without being open: what the system keeps of it is its own affair.
    if (handle.is === "folder") return 0;
    if (right === RIGHT.datasync) fdatasyncSync(handle.descriptor);
    else fsyncSync(handle.descriptor);
    handle.grant.count("flushes", 0);
    return 0;
  }

  seek(descriptor: number, offset: bigint, whence: number, out: number): number {
    const file = this.#parts.handles.file(descriptor, RIGHT.seek);
    const from = this.#seekFrom(file, whence);
    const position = from + Number(offset);
    if (position < 0) throw new Refused("EINVAL");
    if (position > POSITION_MAX) throw new Refused("EOVERFLOW");
    this.#parts.memory.setU64(out, BigInt(position));
    file.position = position;
    return 0;
  }

  tell(descriptor: number, out: number): number {
    const { position } = this.#parts.handles.file(descriptor, RIGHT.tell);
    this.#parts.memory.setU64(out, BigInt(position));
    return 0;
  }

  /** At `offset`, or at the file's own position where that is undefined. */
  read(descriptor: number, vectors: number, count: number, offset: bigint | undefined, out: number): number {
    const { memory, handles } = this.#parts;
    const file = handles.file(descriptor, RIGHT.read | (offset === undefined ? 0 : RIGHT.seek));
    const list = memory.vectors(vectors, count, WASI_FILE_BYTES_MAX);
    const from = offset === undefined ? file.position : positionOf(offset);
    memory.setU32(out, 0);
    let done = 0;
    // Bound: WASI_VECTORS_MAX vectors.
    for (const { pointer, length } of list) {
      const got = readSync(file.descriptor, memory.bytes(pointer, length), 0, length, from + done);
      done += got;
      if (got < length) break;
    }
    if (offset === undefined) file.position += done;
    file.grant.count("reads", done);
    memory.setU32(out, done);
    return 0;
  }

  write(descriptor: number, vectors: number, count: number, offset: bigint | undefined, out: number): number {
    const { memory, handles } = this.#parts;
    const file = handles.file(descriptor, RIGHT.write | (offset === undefined ? 0 : RIGHT.seek));
    needWritable(file.grant);
    const list = memory.vectors(vectors, count, WASI_FILE_BYTES_MAX);
    const appends = offset === undefined && (file.flags & FDFLAG.append) !== 0;
    const from = offset === undefined ? file.position : positionOf(offset);
    memory.setU32(out, 0);
    const done = this.#writeAll(file, list, appends ? undefined : from);
    if (appends) file.position = Number(statOf(file.descriptor).size);
    else if (offset === undefined) file.position += done;
    file.grant.count("writes", done);
    memory.setU32(out, done);
    return 0;
  }

  readdir(descriptor: number, into: number, room: number, cookie: bigint, out: number): number {
    const { memory, handles } = this.#parts;
    const folder = handles.folder(descriptor, RIGHT.readdir);
    const buffer = memory.bytes(into, room);
    if (cookie < 0n || cookie > 0xffff_ffffn) throw new Refused("EINVAL");
    folder.listing ??= new Listing(folder.node);
    let used = 0;
    // Bound: the room, which every entry takes some of, or the folder's last name.
    for (let index = Number(cookie); used < buffer.length; index++) {
      const name = folder.listing.name(index);
      if (name === undefined) break;
      const entry = direntOf(folder.node, name, index);
      // The last one may be cut off: the program asks again from there.
      buffer.set(entry.subarray(0, buffer.length - used), used);
      used = Math.min(buffer.length, used + entry.length);
    }
    memory.setU32(out, used);
    return 0;
  }

  #writeAll(file: FileHandle, list: readonly Vector[], from: number | undefined): number {
    const { memory } = this.#parts;
    let done = 0;
    // Bound: WASI_VECTORS_MAX vectors.
    for (const { pointer, length } of list) {
      const at = from === undefined ? null : from + done;
      const put = writeSync(file.descriptor, memory.bytes(pointer, length), 0, length, at);
      done += put;
      if (put < length) break;
    }
    return done;
  }

  #seekFrom(file: FileHandle, whence: number): number {
    if (whence === SEEK.set) return 0;
    if (whence === SEEK.cur) return file.position;
    if (whence !== SEEK.end) throw new Refused("EINVAL");
    return Number(statOf(file.descriptor).size);
  }

  #preopened(descriptor: number): Uint8Array {
    const handle = this.#parts.handles.get(descriptor);
    if (handle.is !== "folder" || handle.preopened === undefined) throw new Refused("EBADF");
    return ENCODER.encode(handle.preopened);
  }

  #filetype(descriptor: number): number {
    const { is } = this.#parts.handles.get(descriptor);
    if (is === "stream") return this.#parts.streamType();
    return is === "folder" ? FILETYPE.directory : FILETYPE.regularFile;
  }

  #stats(handle: FileHandle | FolderHandle): ReturnType<typeof statOf> {
    return statOf(handle.is === "file" ? handle.descriptor : handle.node);
  }
}

function positionOf(offset: bigint): number {
  const position = Number(BigInt.asUintN(64, offset));
  if (position > POSITION_MAX - WASI_FILE_BYTES_MAX) throw new Refused("EINVAL");
  return position;
}

function direntOf(folder: number, name: string, index: number): Uint8Array {
  const bytes = ENCODER.encode(name);
  const entry = new Uint8Array(DIRENT_BYTES + bytes.length);
  const view = new DataView(entry.buffer);
  const stats = lstatSync(nameIn(folder, name), { bigint: true, throwIfNoEntry: false });
  view.setBigUint64(0, BigInt(index + 1), true);
  view.setBigUint64(8, stats?.ino ?? 0n, true);
  view.setUint32(16, bytes.length, true);
  view.setUint8(20, stats ? filetypeOf(stats) : FILETYPE.unknown);
  entry.set(bytes, DIRENT_BYTES);
  return entry;
}
