// The functions of WASI preview 1 by name: those that host code does in one go. The rest is in sleepers.ts.

import { ERRNO, FILETYPE, RIGHT } from "./abi.ts";
import type { Streams } from "../streams.ts";
import type { DescriptorFunctions } from "./files/descriptor-functions.ts";
import type { PathFunctions } from "./files/path-functions.ts";
import type { Handles } from "./handles.ts";
import type { ProcessFunctions } from "./process-functions.ts";

/** By name, with the arguments that WASI says. They answer an `ERRNO`. */
export type Functions = Readonly<Record<string, (...args: never[]) => number>>;

/** What a stream is taken for: with a console a program believes to have a terminal. */
export function streamTypeOf(streams: Streams): number {
  return streams.present ? FILETYPE.characterDevice : FILETYPE.unknown;
}

export function processFunctions(of: ProcessFunctions): Functions {
  return {
    args_sizes_get: (count: number, bytes: number) => of.argsSizes(count, bytes),
    args_get: (pointers: number, buffer: number) => of.args(pointers, buffer),
    environ_sizes_get: (count: number, bytes: number) => of.environSizes(count, bytes),
    environ_get: (pointers: number, buffer: number) => of.environ(pointers, buffer),
    clock_res_get: (clock: number, out: number) => of.clockResolution(clock, out),
    clock_time_get: (clock: number, _precision: bigint, out: number) => of.clockTime(clock, out),
    random_get: (into: number, length: number) => of.random(into, length),
    sched_yield: () => ERRNO.success,
    proc_raise: () => ERRNO.ENOSYS,
  };
}

export function descriptorFunctions(of: DescriptorFunctions): Functions {
  return {
    fd_advise: (fd: number) => of.advise(fd),
    fd_allocate: (fd: number) => of.allocate(fd),
    fd_close: (fd: number) => of.close(fd),
    fd_datasync: (fd: number) => of.sync(fd, RIGHT.datasync),
    fd_sync: (fd: number) => of.sync(fd, RIGHT.sync),
    fd_fdstat_get: (fd: number, into: number) => of.fdstatGet(fd, into),
    fd_fdstat_set_flags: (fd: number, flags: number) => of.fdstatSetFlags(fd, flags),
    fd_fdstat_set_rights: (fd: number, base: bigint, inheriting: bigint) =>
      of.fdstatSetRights(fd, base, inheriting),
    fd_filestat_get: (fd: number, into: number) => of.filestatGet(fd, into),
    fd_filestat_set_size: (fd: number, size: bigint) => of.filestatSetSize(fd, size),
    fd_filestat_set_times: (fd: number, atim: bigint, mtim: bigint, flags: number) =>
      of.filestatSetTimes(fd, atim, mtim, flags),
    fd_pread: (fd: number, vectors: number, count: number, offset: bigint, out: number) =>
      of.read(fd, vectors, count, offset, out),
    fd_pwrite: (fd: number, vectors: number, count: number, offset: bigint, out: number) =>
      of.write(fd, vectors, count, offset, out),
    fd_prestat_get: (fd: number, into: number) => of.prestatGet(fd, into),
    fd_prestat_dir_name: (fd: number, into: number, length: number) => of.prestatDirName(fd, into, length),
    fd_readdir: (fd: number, into: number, room: number, cookie: bigint, out: number) =>
      of.readdir(fd, into, room, cookie, out),
    fd_renumber: (from: number, to: number) => of.renumber(from, to),
    fd_seek: (fd: number, offset: bigint, whence: number, out: number) => of.seek(fd, offset, whence, out),
    fd_tell: (fd: number, out: number) => of.tell(fd, out),
  };
}

export function pathFunctions(of: PathFunctions): Functions {
  return {
    path_create_directory: of.createDirectory.bind(of),
    path_filestat_get: of.filestatGet.bind(of),
    path_filestat_set_times: of.filestatSetTimes.bind(of),
    path_link: of.link.bind(of),
    path_open: of.open.bind(of),
    path_readlink: of.readlink.bind(of),
    path_remove_directory: of.removeDirectory.bind(of),
    path_rename: of.rename.bind(of),
    path_symlink: of.symlink.bind(of),
    path_unlink_file: of.unlinkFile.bind(of),
  };
}

/** A program has no sockets: a network carries frames, and no stack stands between it and them. */
export function socketFunctions(handles: Handles): Functions {
  const refuse = (fd: number): number => {
    handles.get(fd);
    return ERRNO.ENOTSUP;
  };
  return { sock_accept: refuse, sock_recv: refuse, sock_send: refuse, sock_shutdown: refuse };
}
