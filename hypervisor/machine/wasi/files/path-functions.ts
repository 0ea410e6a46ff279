// The functions that take a path. Each walks from an open folder and acts on what it finds there by one name
// in one folder, so that nobody can put something else in its way.

import {
  constants,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from "node:fs";
import { WASI_OPEN_TRIES } from "../../../limits.ts";
import { FDFLAG, LOOKUP_FOLLOW, OFLAG, RIGHT } from "../abi.ts";
import { FILE_RIGHTS, FOLDER_RIGHTS, type FolderHandle, type Grant, type Handles } from "../handles.ts";
import type { ProgramMemory } from "../program-memory.ts";
import { Refused } from "../refused.ts";
import { nameIn, openAgain, pathOfDescriptor, reopen, statOf } from "./host-nodes.ts";
import { timesOf, writeFilestat } from "./stats.ts";
import { Walk, type Place } from "./walk.ts";

/** What a new file or folder may be used for by others on the host; the process's umask takes from it. */
const FILE_MODE = 0o666;
const FOLDER_MODE = 0o777;

const WRITING_RIGHTS = RIGHT.write | RIGHT.allocate | RIGHT.filestatSetSize;

export class PathFunctions {
  readonly #memory: ProgramMemory;
  readonly #handles: Handles;
  readonly #wallNs: () => bigint;

  constructor(memory: ProgramMemory, handles: Handles, wallNs: () => bigint) {
    this.#memory = memory;
    this.#handles = handles;
    this.#wallNs = wallNs;
  }

  createDirectory(descriptor: number, pointer: number, length: number): number {
    return this.#change(descriptor, RIGHT.createDirectory, pointer, length, (place) => {
      if (place.name === ".") throw new Refused("EEXIST");
      mkdirSync(nameIn(place.folder, place.name), FOLDER_MODE);
    });
  }

  removeDirectory(descriptor: number, pointer: number, length: number): number {
    return this.#change(descriptor, RIGHT.removeDirectory, pointer, length, (place) =>
      rmdirSync(nameIn(place.folder, nameOf(place))),
    );
  }

  unlinkFile(descriptor: number, pointer: number, length: number): number {
    return this.#change(descriptor, RIGHT.unlinkFile, pointer, length, (place) => {
      if (place.mustBeFolder) throw new Refused("EISDIR");
      unlinkSync(nameIn(place.folder, nameOf(place)));
    });
  }

  /** Only within what was given as one folder: beyond it the program could take a folder's way away. */
  rename(
    from: number,
    fromAt: number,
    fromLength: number,
    to: number,
    toAt: number,
    toLength: number,
  ): number {
    return this.#changeTwo(
      { descriptor: from, right: RIGHT.renameSource, pointer: fromAt, length: fromLength, follow: false },
      { descriptor: to, right: RIGHT.renameTarget, pointer: toAt, length: toLength, follow: false },
      (source, target) =>
        renameSync(nameIn(source.folder, nameOf(source)), nameIn(target.folder, nameOf(target))),
    );
  }

  link(
    from: number,
    lookup: number,
    fromAt: number,
    fromLength: number,
    to: number,
    toAt: number,
    toLength: number,
  ): number {
    const follow = (lookup & LOOKUP_FOLLOW) !== 0;
    return this.#changeTwo(
      { descriptor: from, right: RIGHT.linkSource, pointer: fromAt, length: fromLength, follow },
      { descriptor: to, right: RIGHT.linkTarget, pointer: toAt, length: toLength, follow: false },
      (source, target) => {
        if (source.node === undefined) throw new Refused("ENOENT");
        if (!statOf(source.node).isFile()) throw new Refused("EPERM");
        if (target.mustBeFolder) throw new Refused("ENOENT");
        linkSync(nameIn(source.folder, nameOf(source)), nameIn(target.folder, nameOf(target)));
      },
    );
  }

  /** A link that may lead out is not made: the program could not follow it, but others on the host could. */
  symlink(pointer: number, length: number, descriptor: number, at: number, nameLength: number): number {
    const target = this.#memory.path(pointer, length);
    return this.#change(descriptor, RIGHT.symlink, at, nameLength, (place) => {
      if (target === "") throw new Refused("ENOENT");
      if (target.startsWith("/") || target.split("/").includes("..")) throw new Refused("EPERM");
      if (place.mustBeFolder) throw new Refused("ENOENT");
      symlinkSync(target, nameIn(place.folder, place.name));
    });
  }

  readlink(
    descriptor: number,
    pointer: number,
    length: number,
    into: number,
    room: number,
    used: number,
  ): number {
    const folder = this.#handles.folder(descriptor, RIGHT.readlink);
    const out = this.#memory.bytes(into, room);
    return this.#walk(folder, pointer, length, false, (place) => {
      const target = Buffer.from(readlinkSync(nameIn(place.folder, nameOf(place))));
      const count = Math.min(target.length, out.length);
      out.set(target.subarray(0, count));
      this.#memory.setU32(used, count);
    });
  }

  filestatGet(descriptor: number, lookup: number, pointer: number, length: number, into: number): number {
    const folder = this.#handles.folder(descriptor, RIGHT.pathFilestatGet);
    return this.#walk(folder, pointer, length, (lookup & LOOKUP_FOLLOW) !== 0, ({ node }) => {
      if (node === undefined) throw new Refused("ENOENT");
      writeFilestat(this.#memory, into, statOf(node));
    });
  }

  filestatSetTimes(
    descriptor: number,
    lookup: number,
    pointer: number,
    length: number,
    atim: bigint,
    mtim: bigint,
    flags: number,
  ): number {
    const follow = (lookup & LOOKUP_FOLLOW) !== 0;
    const folder = this.#handles.folder(descriptor, RIGHT.pathFilestatSetTimes);
    needWritable(folder.grant);
    return this.#walk(folder, pointer, length, follow, ({ node, name, folder: parent }) => {
      if (node === undefined) throw new Refused("ENOENT");
      const stats = statOf(node);
      const [access, change] = timesOf(stats, atim, mtim, flags, this.#wallNs());
      if (stats.isSymbolicLink()) lutimesSync(nameIn(parent, name), access, change);
      else utimesSync(pathOfDescriptor(node), access, change);
    });
  }

  open(
    descriptor: number,
    lookup: number,
    pointer: number,
    length: number,
    oflags: number,
    base: bigint,
    inheriting: bigint,
    flags: number,
    out: number,
  ): number {
    const folder = this.#handles.folder(descriptor, RIGHT.open);
    const asked = { rights: Number(base & 0xfff_ffffn), inheriting: Number(inheriting & 0xfff_ffffn) };
    const wanted: Wanted = { ...asked, oflags, flags };
    this.#memory.bytes(out, 4);
    const number = this.#handles.free();
    // Bound: WASI_OPEN_TRIES; another try is due where somebody made the file between the look and the act.
    for (let tries = 0; tries < WASI_OPEN_TRIES; tries++) {
      let done = false;
      this.#walk(folder, pointer, length, (lookup & LOOKUP_FOLLOW) !== 0, (place, walk) => {
        done =
          place.node === undefined
            ? this.#create(number, folder, place, wanted)
            : this.#openThere(number, folder, place.node, wanted, walk);
      });
      if (!done) continue;
      this.#memory.setU32(out, number);
      return 0;
    }
    throw new Refused("EAGAIN");
  }

  /** False: there is something by now. */
  #create(
    number: number,
    { grant, rights: have, inheriting }: FolderHandle,
    place: Place,
    wanted: Wanted,
  ): boolean {
    if ((wanted.oflags & OFLAG.creat) === 0) throw new Refused("ENOENT");
    needWritable(grant);
    if ((have & RIGHT.createFile) === 0) throw new Refused("ENOTCAPABLE");
    if (place.mustBeFolder || (wanted.oflags & OFLAG.directory) !== 0) throw new Refused("EISDIR");
    const rights = wanted.rights & inheriting & FILE_RIGHTS;
    const making = constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const mode = modeOf(rights) | flagsOf(wanted.flags) | making;
    try {
      const descriptor = openSync(nameIn(place.folder, place.name), mode, FILE_MODE);
      const { flags } = wanted;
      this.#handles.put(number, { is: "file", grant, descriptor, position: 0, flags, rights, inheriting: 0 });
      return true;
    } catch (error) {
      const there = (error as NodeJS.ErrnoException).code === "EEXIST";
      if (there && (wanted.oflags & OFLAG.excl) === 0) return false;
      throw error;
    }
  }

  #openThere(number: number, from: FolderHandle, node: number, wanted: Wanted, walk: Walk): boolean {
    const { grant } = from;
    const stats = statOf(node);
    if ((wanted.oflags & OFLAG.creat) !== 0 && (wanted.oflags & OFLAG.excl) !== 0)
      throw new Refused("EEXIST");
    if (stats.isSymbolicLink()) throw new Refused("ELOOP");
    if (stats.isDirectory()) {
      if ((wanted.oflags & OFLAG.trunc) !== 0) throw new Refused("EISDIR");
      const rights = wanted.rights & from.inheriting & FOLDER_RIGHTS;
      const inheriting = wanted.inheriting & from.inheriting;
      // The folder that the walk began in is the handle's own: another descriptor of it.
      const own = node === from.node ? openAgain(node) : walk.keep(node);
      this.#handles.put(number, { is: "folder", grant, node: own, rights, inheriting, listing: undefined });
      return true;
    }
    if ((wanted.oflags & OFLAG.directory) !== 0) throw new Refused("ENOTDIR");
    // Devices do things, and FIFOs and sockets lead to other processes.
    if (!stats.isFile()) throw new Refused("EACCES");
    const rights = wanted.rights & from.inheriting & FILE_RIGHTS;
    const truncates = (wanted.oflags & OFLAG.trunc) !== 0;
    if (truncates && (from.rights & RIGHT.pathFilestatSetSize) === 0) throw new Refused("ENOTCAPABLE");
    if (truncates || (rights & WRITING_RIGHTS) !== 0) needWritable(grant);
    const descriptor = reopen(
      node,
      modeOf(rights, truncates) | flagsOf(wanted.flags) | (truncates ? constants.O_TRUNC : 0),
    );
    const { flags } = wanted;
    this.#handles.put(number, { is: "file", grant, descriptor, position: 0, flags, rights, inheriting: 0 });
    return true;
  }

  #change(
    descriptor: number,
    right: number,
    pointer: number,
    length: number,
    act: (place: Place) => void,
  ): number {
    const folder = this.#handles.folder(descriptor, right);
    needWritable(folder.grant);
    return this.#walk(folder, pointer, length, false, act);
  }

  #changeTwo(source: Named, target: Named, act: (source: Place, target: Place) => void): number {
    const from = this.#handles.folder(source.descriptor, source.right);
    const to = this.#handles.folder(target.descriptor, target.right);
    needWritable(from.grant);
    needWritable(to.grant);
    if (from.grant !== to.grant) throw new Refused("EXDEV");
    const [sourcePath, targetPath] = [source, target].map(({ pointer, length }) =>
      this.#memory.path(pointer, length),
    ) as [string, string];
    const walk = new Walk();
    try {
      act(walk.to(from.node, sourcePath, source.follow), walk.to(to.node, targetPath, target.follow));
    } finally {
      walk.end();
    }
    return 0;
  }

  #walk(
    { node }: FolderHandle,
    pointer: number,
    length: number,
    follow: boolean,
    act: (place: Place, walk: Walk) => void,
  ): number {
    const path = this.#memory.path(pointer, length);
    const walk = new Walk();
    try {
      act(walk.to(node, path, follow), walk);
    } finally {
      walk.end();
    }
    return 0;
  }
}

interface Wanted {
  readonly rights: number;
  readonly inheriting: number;
  /** `OFLAG` and `FDFLAG` bits. */
  readonly oflags: number;
  readonly flags: number;
}

interface Named {
  readonly descriptor: number;
  readonly right: number;
  readonly pointer: number;
  readonly length: number;
  readonly follow: boolean;
}

export function needWritable(grant: Grant): void {
  if (grant.readonly()) throw new Refused("EROFS");
}

/** Of a folder that a walk began in, nobody here knows the name. */
function nameOf({ name }: Place): string {
  if (name === ".") throw new Refused("EBUSY");
  return name;
}

function modeOf(rights: number, writes = false): number {
  if (!writes && (rights & WRITING_RIGHTS) === 0) return constants.O_RDONLY;
  return (rights & RIGHT.read) === 0 ? constants.O_WRONLY : constants.O_RDWR;
}

/** How a file is opened anew with these rights and flags. */
export function openMode(rights: number, flags: number): number {
  return modeOf(rights) | flagsOf(flags);
}

function flagsOf(flags: number): number {
  return (
    ((flags & FDFLAG.append) !== 0 ? constants.O_APPEND : 0) |
    ((flags & FDFLAG.dsync) !== 0 ? constants.O_DSYNC : 0) |
    ((flags & (FDFLAG.sync | FDFLAG.rsync)) !== 0 ? constants.O_SYNC : 0)
  );
}
