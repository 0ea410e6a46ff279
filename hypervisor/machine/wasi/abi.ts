// Numbers of WASI snapshot preview 1. Spec: WebAssembly/WASI, legacy/preview1/docs.md.

export const MODULE = "wasi_snapshot_preview1";

/** The functions of preview 1, those that only some of its editions have among them. */
export const FUNCTION_NAMES: ReadonlySet<string> = new Set(
  (
    "args_get args_sizes_get environ_get environ_sizes_get clock_res_get clock_time_get random_get " +
    "sched_yield proc_exit proc_raise poll_oneoff sock_accept sock_recv sock_send sock_shutdown " +
    "fd_advise fd_allocate fd_close fd_datasync fd_fdstat_get fd_fdstat_set_flags fd_fdstat_set_rights " +
    "fd_filestat_get fd_filestat_set_size fd_filestat_set_times fd_pread fd_prestat_dir_name " +
    "fd_prestat_get fd_pwrite fd_read fd_readdir fd_renumber fd_seek fd_sync fd_tell fd_write " +
    "path_create_directory path_filestat_get path_filestat_set_times path_link path_open path_readlink " +
    "path_remove_directory path_rename path_symlink path_unlink_file"
  ).split(" "),
);

export const ERRNO = {
  success: 0,
  E2BIG: 1,
  EACCES: 2,
  EAGAIN: 6,
  EBADF: 8,
  EBUSY: 10,
  EDQUOT: 19,
  EEXIST: 20,
  EFAULT: 21,
  EFBIG: 22,
  EILSEQ: 25,
  EINTR: 27,
  EINVAL: 28,
  EIO: 29,
  EISDIR: 31,
  ELOOP: 32,
  EMFILE: 33,
  EMLINK: 34,
  ENAMETOOLONG: 37,
  ENFILE: 41,
  ENODEV: 43,
  ENOENT: 44,
  ENOMEM: 48,
  ENOSPC: 51,
  ENOSYS: 52,
  ENOTDIR: 54,
  ENOTEMPTY: 55,
  ENOTSOCK: 57,
  ENOTSUP: 58,
  ENXIO: 60,
  EOVERFLOW: 61,
  EPERM: 63,
  EPIPE: 64,
  EROFS: 69,
  ESPIPE: 70,
  ETXTBSY: 74,
  EXDEV: 75,
  ENOTCAPABLE: 76,
} as const;
export type ErrnoName = keyof typeof ERRNO;

/** What a descriptor may be used for, as bits. */
export const RIGHT = {
  datasync: 1 << 0,
  read: 1 << 1,
  seek: 1 << 2,
  setFlags: 1 << 3,
  sync: 1 << 4,
  tell: 1 << 5,
  write: 1 << 6,
  advise: 1 << 7,
  allocate: 1 << 8,
  createDirectory: 1 << 9,
  createFile: 1 << 10,
  linkSource: 1 << 11,
  linkTarget: 1 << 12,
  open: 1 << 13,
  readdir: 1 << 14,
  readlink: 1 << 15,
  renameSource: 1 << 16,
  renameTarget: 1 << 17,
  pathFilestatGet: 1 << 18,
  pathFilestatSetSize: 1 << 19,
  pathFilestatSetTimes: 1 << 20,
  filestatGet: 1 << 21,
  filestatSetSize: 1 << 22,
  filestatSetTimes: 1 << 23,
  symlink: 1 << 24,
  removeDirectory: 1 << 25,
  unlinkFile: 1 << 26,
  poll: 1 << 27,
} as const;

export const FILETYPE = {
  unknown: 0,
  blockDevice: 1,
  characterDevice: 2,
  directory: 3,
  regularFile: 4,
  socket: 6,
  symbolicLink: 7,
} as const;

export const FDFLAG = { append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16 } as const;
export const OFLAG = { creat: 1, directory: 2, excl: 4, trunc: 8 } as const;
export const LOOKUP_FOLLOW = 1;
export const SEEK = { set: 0, cur: 1, end: 2 } as const;
export const FSTFLAG = { atim: 1, atimNow: 2, mtim: 4, mtimNow: 8 } as const;

export const CLOCK = { realtime: 0, monotonic: 1, process: 2, thread: 3 } as const;
export const EVENT_TYPE = { clock: 0, read: 1, write: 2 } as const;
export const SUBSCRIPTION = { size: 48, type: 8, clock: 16, timeout: 24, flags: 40, descriptor: 16 } as const;
export const SUBSCRIPTION_ABSOLUTE = 1;
export const POLL_EVENT = { size: 32, error: 8, type: 10, bytes: 16, flags: 24 } as const;

export const IOVEC_BYTES = 8;
export const FDSTAT_BYTES = 24;
export const FILESTAT_BYTES = 64;
export const DIRENT_BYTES = 24;
