// Tricks of several steps by which a program might leave its folder. See ways-out.test.ts, whose world they
// are for.

import { FREE_AT, ROOT, call, open, type Call } from "./program.test-support.ts";

/** One that takes several steps, with what each of them answers. */
interface Trick {
  readonly name: string;
  readonly steps: readonly (readonly [call: Call, answer: string])[];
}

const OUT = FREE_AT;
const CREAT = 1;
const DIRECTORY = 2;
const READ = 2n;

const SHUT = "ENOTCAPABLE";
const DONE = "success";
/** Where tricks keep their first descriptor. */
const KEPT = { at: OUT } as const;
const SPARE = OUT + 64;
const enter = (path: string): Call => open(path, OUT, { oflags: DIRECTORY });
const from = (path: string): Call => open(path, SPARE, { folder: KEPT });
const move = (source: string, target: string): Call => call("path_rename", ROOT, source, ROOT, target);

export const TRICKS: readonly Trick[] = [
  {
    name: "a folder that is numbered as its root is a root of its own",
    steps: [
      [enter("sub"), DONE],
      [call("fd_renumber", KEPT, ROOT), DONE],
      [open("../file", SPARE), SHUT],
      [open("above/file", SPARE), SHUT],
      [open("deep/three", SPARE), SHUT],
      [call("path_rename", ROOT, "deep", ROOT, "../deep"), SHUT],
    ],
  },
  {
    name: "a stream, or a file, that is numbered as the root is no folder",
    steps: [
      [open("file", OUT), DONE],
      [call("fd_renumber", KEPT, ROOT), DONE],
      [open("secret", SPARE), "ENOTDIR"],
      [open("../secret", SPARE), "ENOTDIR"],
      [call("fd_renumber", 0, ROOT), DONE],
      [open("secret", SPARE), "ENOTDIR"],
      [call("fd_prestat_get", ROOT, SPARE), "EBADF"],
    ],
  },
  {
    name: "a root that is closed comes back by no number",
    steps: [
      [call("fd_close", ROOT), DONE],
      [open("file", OUT), "EBADF"],
      [call("fd_renumber", 4, ROOT), "EBADF"],
      [call("fd_prestat_get", ROOT, SPARE), "EBADF"],
    ],
  },
  {
    name: "rights that were given up do not come back",
    steps: [
      [call("fd_fdstat_set_rights", ROOT, 0n, 0n), DONE],
      [open("file", OUT), SHUT],
      [call("fd_fdstat_set_rights", ROOT, 0n, 1n), SHUT],
      [call("fd_fdstat_set_rights", ROOT, 0x2000n, 0n), SHUT],
      [call("fd_fdstat_set_rights", ROOT, -1n, -1n), SHUT],
    ],
  },
  {
    name: "a folder that was entered for nothing leads nowhere",
    steps: [
      [call("path_open", ROOT, 1, "sub", DIRECTORY, 0n, 0n, 0, OUT), DONE],
      [from("fine"), SHUT],
      [from("deep"), SHUT],
      [call("path_create_directory", KEPT, "made"), SHUT],
    ],
  },
  {
    name: "a file that was opened to be read is not written, whatever its flags become",
    steps: [
      [call("path_open", ROOT, 1, "file", 0, READ | 8n, 0n, 0, OUT), DONE],
      [call("fd_write", KEPT, SPARE, 1, SPARE + 8), SHUT],
      [call("fd_pwrite", KEPT, SPARE, 1, 0n, SPARE + 8), SHUT],
      [call("fd_filestat_set_size", KEPT, 0n), SHUT],
      [call("fd_fdstat_set_flags", KEPT, 1), DONE],
      [call("fd_write", KEPT, SPARE, 1, SPARE + 8), SHUT],
      [call("fd_fdstat_set_rights", KEPT, -1n, 0n), SHUT],
    ],
  },
  {
    name: "a folder that is deleted while it is open is empty, and has no way up",
    steps: [
      [call("path_create_directory", ROOT, "gone"), DONE],
      [enter("gone"), DONE],
      [call("path_remove_directory", ROOT, "gone"), DONE],
      [open("made", SPARE, { folder: KEPT, oflags: CREAT }), "ENOENT"],
      [from(".."), SHUT],
      [from("../file"), SHUT],
    ],
  },
  {
    name: "a link that takes a folder's name takes nobody out",
    steps: [
      [enter("sub"), DONE],
      [move("sub", "other"), DONE],
      [move("above", "sub"), DONE],
      [open("sub/secret", SPARE), SHUT],
      [open("sub/inside/file", SPARE), SHUT],
      [from("above/file"), SHUT],
      [from("deep/three"), SHUT],
    ],
  },
  {
    name: "a link that was fine leads out where it is moved to, and is not followed there",
    steps: [
      [open("sub/fine", SPARE), DONE],
      [move("sub/fine", "fine"), DONE],
      [open("fine", SPARE), SHUT],
      [call("path_link", ROOT, 1, "fine", ROOT, "linked"), SHUT],
    ],
  },
  {
    name: "a way out is not made of links that are each fine",
    steps: [
      [call("path_symlink", "above", ROOT, "one"), DONE],
      [call("path_symlink", "one/secret", ROOT, "two"), DONE],
      [open("two", SPARE), SHUT],
      [open("one/secret", SPARE), SHUT],
      [call("path_symlink", "sub/../..", ROOT, "three"), "EPERM"],
      [call("path_symlink", "two", ROOT, "sub/deep/four"), DONE],
      [open("sub/deep/four", SPARE), "ENOENT"],
    ],
  },
  {
    name: "a folder that is moved further down has the way up that was come",
    steps: [
      [enter("sub/deep"), DONE],
      [call("path_create_directory", ROOT, "a"), DONE],
      [call("path_create_directory", ROOT, "a/b"), DONE],
      [move("sub/deep", "a/b/deep"), DONE],
      [from(".."), SHUT],
      [open("a/b/deep/../../../file", SPARE), DONE],
      [open("a/b/deep/../../../../secret", SPARE), SHUT],
    ],
  },
  {
    name: "a descriptor that is used again is what it is now",
    steps: [
      [enter("sub"), DONE],
      [call("fd_close", KEPT), DONE],
      [open("file", OUT), DONE],
      [from("fine"), "ENOTDIR"],
      [call("fd_close", KEPT), DONE],
      [from("fine"), "EBADF"],
    ],
  },
];
