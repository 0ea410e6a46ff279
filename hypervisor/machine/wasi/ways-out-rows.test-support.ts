// Ways out of the folder that a program was given, and to a network, each by its name. See ways-out.test.ts,
// whose world they are for.

import { FREE_AT, ROOT, call, open, type Call } from "./program.test-support.ts";

/** One way, tried by one call. None succeeds. */
interface Way {
  readonly name: string;
  readonly call: Call;
}

const OUT = FREE_AT;
const CREAT = 1;
const DIRECTORY = 2;
const EXCL = 4;
const TRUNC = 8;
const READ = 2n;

/** Paths that leave by their way, whatever the last name is. */
const waysThrough = (outer: string): readonly string[] => [
  "../secret",
  `${outer}/secret`,
  "/etc/passwd",
  "//etc/passwd",
  "./../secret",
  "sub/../../secret",
  "sub/deep/../../../secret",
  "sub/./../.././secret",
  "above/secret",
  "far/secret",
  "aside/secret",
  `root${outer}/secret`,
  `proc${outer}/secret`,
  "fd/0",
  "sub/above/../secret",
  "sub/two-above/secret",
  "sub/above/above/secret",
  "slash/secret",
  "above/inside/../secret",
  "file/../../secret",
];
/** Names of links that lead out, where the last link is followed. */
const LAST_LINKS = [
  "absolute",
  "relative",
  "first",
  "second",
  "sub/third",
  "sub/deep/three",
  "above",
  "far",
  "aside",
  "root",
  "proc",
  "new",
  "sub/two-above",
  "slash",
  "loop",
  "self",
];

/** What follows the last link. */
const followers = (way: string): readonly Way[] => [
  { name: `read ${way}`, call: open(way, OUT) },
  { name: `make ${way}`, call: open(way, OUT, { oflags: CREAT }) },
  { name: `cut ${way}`, call: open(way, OUT, { oflags: TRUNC }) },
  { name: `enter ${way}`, call: open(way, OUT, { oflags: DIRECTORY }) },
  { name: `ask about ${way}`, call: call("path_filestat_get", ROOT, 1, way, OUT) },
  { name: `set the times of ${way}`, call: call("path_filestat_set_times", ROOT, 1, way, 0n, 0n, 10) },
  { name: `link what ${way} is`, call: call("path_link", ROOT, 1, way, ROOT, "linked") },
];
/** What takes the last name as it is. */
const takers = (way: string): readonly Way[] => [
  { name: `read ${way} itself`, call: open(way, OUT, { follow: 0 }) },
  { name: `ask about ${way} itself`, call: call("path_filestat_get", ROOT, 0, way, OUT) },
  { name: `set the times of ${way} itself`, call: call("path_filestat_set_times", ROOT, 0, way, 0n, 0n, 10) },
  { name: `read the link ${way}`, call: call("path_readlink", ROOT, way, OUT, 100, OUT + 200) },
  { name: `delete ${way}`, call: call("path_unlink_file", ROOT, way) },
  { name: `delete the folder ${way}`, call: call("path_remove_directory", ROOT, way) },
  { name: `make the folder ${way}-made`, call: call("path_create_directory", ROOT, `${way}-made`) },
  { name: `make the link ${way}-made`, call: call("path_symlink", "file", ROOT, `${way}-made`) },
  { name: `link a file as ${way}-made`, call: call("path_link", ROOT, 0, "file", ROOT, `${way}-made`) },
  { name: `move ${way} in`, call: call("path_rename", ROOT, way, ROOT, "taken") },
  { name: `move a file to ${way}-made`, call: call("path_rename", ROOT, "file", ROOT, `${way}-made`) },
];

/** Links that would lead others out. */
const PLANTED: readonly Way[] = [
  "/etc/passwd",
  "/",
  "..",
  "../secret",
  "sub/../../secret",
  "sub/..",
  "./..",
  "file/../../secret",
  "../inside/../secret",
  "",
].map((target) => ({
  name: `plant a link to "${target}"`,
  call: call("path_symlink", target, ROOT, "planted"),
}));

const way = (name: string, made: Call): Way => ({ name, call: made });
const reads = (name: string, path: string): Way => way(`read ${name}`, open(path, OUT));
const makes = (name: string, path: string): Way => way(`make ${name}`, open(path, OUT, { oflags: CREAT }));
const moves = (name: string, from: string, to: string): Way =>
  way(`move ${name}`, call("path_rename", ROOT, from, ROOT, to));
const links = (name: string, from: string, to: string, follow = 0): Way =>
  way(`link ${name}`, call("path_link", ROOT, follow, from, ROOT, to));

/** Names that no folder has, or that other systems take for others. */
const NAMES: readonly Way[] = [
  reads("no name", ""),
  reads("a name with a NUL byte before a way up", "sub/\0/../../secret"),
  reads("the way up with a NUL byte", "..\0"),
  reads("the way up, a NUL byte and a name", "..\0/secret"),
  reads("a file whose name a NUL byte ends", "file\0.txt"),
  makes("a name that is too long", "a".repeat(300)),
  makes("a name of 256 bytes", "b".repeat(256)),
  reads("a path that is too long", "sub/".repeat(1023)),
  reads("a path of too many names up", `${"../".repeat(1000)}etc/passwd`),
  reads("a path of too many links", `${"sub/above/".repeat(41)}file`),
  reads("a way up behind what is no character", "\u{fffd}.."),
  reads("dots of full width", "\u{ff0e}\u{ff0e}/secret"),
  reads("two dots in one character", "\u{2025}/secret"),
  reads("slashes of full width", "..\u{ff0f}secret"),
  reads("a division slash", "..\u{2215}secret"),
  reads("backslashes", "..\\secret"),
  reads("a drive", "C:\\secret"),
  reads("a drive with slashes", "C:/secret"),
  reads("a share", "\\\\localhost\\secret"),
  reads("a way up as an URL has it", "%2e%2e/secret"),
  reads("a slash as an URL has it", "..%2fsecret"),
  reads("an URL", "file:///etc/passwd"),
  reads("a home", "~/secret"),
  reads("a home of root's", "~root/.ssh/id_rsa"),
  reads("a variable", "$HOME/secret"),
  reads("three dots", ".../secret"),
  reads("four dots", "..../secret"),
  reads("a way up with a space behind it", ".. /secret"),
  reads("a way up with a space before it", " ../secret"),
  reads("a way up with a semicolon", "..;/secret"),
  reads("a way up with a line's end", "..\n/secret"),
  reads("a stream of a file", "file::$DATA"),
  reads("a file in capitals", "FILE"),
  reads("a link in capitals", "ABSOLUTE"),
  reads("a folder in capitals", "SUB/fine"),
];
/** Slashes and dots around the last name. */
const SLASHES: readonly Way[] = [
  reads("a file as a folder", "file/"),
  reads("a file, then itself", "file/."),
  reads("a file as a folder, then a way up and back", "file/../file"),
  reads("a link that leads out, as a folder", "above/"),
  reads("a link that leads out, then itself", "above/."),
  reads("a link that leads out, then further up", "above/.."),
  reads("a link to a file outside, as a folder", "relative/"),
  reads("a link to nothing inside, as a folder", "new/"),
  reads("a way up with slashes", "sub//..//..//secret"),
  reads("a way up behind a link that is fine", "sub/fine/../../../secret"),
  makes("a file with a slash", "made/"),
  makes("a file with two slashes and a dot", "made//."),
  makes("the way up", ".."),
  makes("something behind a loop", "loop/made"),
];
/** What stands in other places of the system. */
const SYSTEM: readonly Way[] = [
  reads("/", "/"),
  reads("/.", "/."),
  reads("/..", "/.."),
  reads("this process's descriptors", "/proc/self/fd/0"),
  reads("the folder's own descriptor", "/proc/self/fd/3"),
  reads("the way that the host goes", "/proc/self/fd/3/../secret"),
  reads("this process's folder", "/proc/self/cwd"),
  reads("this process's root", "/proc/self/root/etc/passwd"),
  reads("this process's memory", "/proc/self/mem"),
  reads("this process's variables", "/proc/self/environ"),
  reads("this process's program", "/proc/self/exe"),
  reads("this thread's", "/proc/thread-self/fd/0"),
  reads("the first process's root", "/proc/1/root/etc/passwd"),
  reads("/dev/fd", "/dev/fd/0"),
  reads("/dev/stdin", "/dev/stdin"),
  reads("/dev/tty", "/dev/tty"),
  reads("/dev/null", "/dev/null"),
  reads("/sys", "/sys/kernel/uevent_helper"),
  reads("names like /proc inside", "proc/self/fd/0"),
  reads("names like /dev inside", "dev/fd/0"),
  reads("a FIFO", "pipe"),
  way("make a file where a FIFO is", open("pipe", OUT, { oflags: CREAT })),
  reads("a socket", "socket"),
  way("cut a socket", open("socket", OUT, { oflags: TRUNC })),
];
/** Both ends of what has two. */
const ENDS: readonly Way[] = [
  moves("a file up", "file", "../moved"),
  moves("a file up, through a link", "file", "above/moved"),
  moves("a file to a path of the host", "file", "/tmp/vbus-moved"),
  moves("a file behind itself", "file", "file/../../moved"),
  moves("a folder up", "sub", "../sub"),
  moves("a folder into itself", "sub", "sub/deep/sub"),
  moves("the folder itself", ".", "sub/self"),
  moves("a way up", "sub/..", "taken"),
  moves("a file onto the folder itself", "file", "."),
  moves("a file onto a way up", "file", ".."),
  moves("a file to a name with a NUL byte", "file", "taken\0"),
  moves("what is above through a link", "above/secret", "taken"),
  links("a file up", "file", "../linked"),
  links("a file up, through a link", "file", "above/linked"),
  links("a file to a path of the host", "file", "/tmp/vbus-linked"),
  links("a file of the host", "/etc/passwd", "linked"),
  links("a folder", "sub", "linked"),
  links("a link that leads out", "relative", "sub/deep/relative"),
  links("what a link that leads out is", "relative", "linked", 1),
  links("what an absolute link is", "absolute", "linked", 1),
  links("the folder itself", ".", "linked"),
  links("a way up", "sub/..", "linked"),
  way("plant a link above", call("path_symlink", "file", ROOT, "../planted")),
  way("plant a link above, through a link", call("path_symlink", "file", ROOT, "above/planted")),
  way("plant a link in the host", call("path_symlink", "file", ROOT, "/tmp/vbus-planted")),
  way("plant a link over the folder itself", call("path_symlink", "file", ROOT, ".")),
  way("make a folder over itself", call("path_create_directory", ROOT, ".")),
  way("make a folder over a way up", call("path_create_directory", ROOT, "sub/..")),
  way("delete the folder itself", call("path_remove_directory", ROOT, ".")),
  way("delete a way up", call("path_remove_directory", ROOT, "sub/..")),
  way("delete the folder itself as a file", call("path_unlink_file", ROOT, ".")),
];
/** Descriptors that were not given, or are for something else. */
const DESCRIPTORS: readonly Way[] = [
  ...[0, 1, 2, 4, 5, 17, 20, 21, 22, 23, 24, 30, -1, 2 ** 31 - 1].map((fd) =>
    way(`read by descriptor ${fd}`, open("secret", OUT, { folder: fd })),
  ),
  ...[0, 4, 20, -1].map((fd) =>
    way(`move in from descriptor ${fd}`, call("path_rename", fd, "secret", ROOT, "taken")),
  ),
  ...[0, 4, 20, -1].map((fd) =>
    way(`link in from descriptor ${fd}`, call("path_link", fd, 0, "secret", ROOT, "taken")),
  ),
  ...[0, 4, 20, -1].map((fd) =>
    way(`move out to descriptor ${fd}`, call("path_rename", ROOT, "file", fd, "taken")),
  ),
  way("number the folder as one that is not open", call("fd_renumber", ROOT, 20)),
  way("number what is not open as the folder", call("fd_renumber", 20, ROOT)),
  way("number the folder below zero", call("fd_renumber", ROOT, -1)),
  way("number a descriptor of the host's", call("fd_renumber", 17, 18)),
  way("give a stream all rights", call("fd_fdstat_set_rights", 1, -1n, -1n)),
  way("give the folder a right to read bytes", call("fd_fdstat_set_rights", ROOT, READ, -1n)),
  way("ask for a second folder", call("fd_prestat_get", ROOT + 1, OUT)),
  way("ask for a second folder's name", call("fd_prestat_dir_name", ROOT + 1, OUT, 1)),
  way("list a stream", call("fd_readdir", 0, OUT, 100, 0n, OUT + 200)),
  way("list a descriptor of the host's", call("fd_readdir", 20, OUT, 100, 0n, OUT + 200)),
  way("write to the folder as to a file", call("fd_write", ROOT, OUT, 1, OUT + 200)),
  way("read the folder as a file", call("fd_read", ROOT, OUT, 1, OUT + 200)),
  way("cut the folder as a file", call("fd_filestat_set_size", ROOT, 0n)),
  way("make room in the folder as in a file", call("fd_allocate", ROOT, 0n, 1n)),
];
/** Flags that would make an open file more than it is. */
const FLAGS: readonly Way[] = [
  way("make, and only make, what a link out is", open("new", OUT, { oflags: CREAT | EXCL })),
  way("make and cut what an absolute link is", open("absolute", OUT, { oflags: CREAT | TRUNC })),
  way("make what a link out is, without following it", open("new", OUT, { oflags: CREAT, follow: 0 })),
  way("cut what a link out is, without following it", open("relative", OUT, { oflags: TRUNC, follow: 0 })),
  way("enter and cut a folder", open("sub", OUT, { oflags: DIRECTORY | TRUNC })),
  way("make a folder by opening it", open("made", OUT, { oflags: CREAT | DIRECTORY })),
  way("append to a link out", call("path_open", ROOT, 1, "relative", 0, 0x40n, 0n, 1, OUT)),
  way("append and make what a link out is", call("path_open", ROOT, 1, "new", CREAT, 0x40n, 0n, 1, OUT)),
  way("open a link out for nothing", call("path_open", ROOT, 1, "absolute", 0, 0n, 0n, 0, OUT)),
  way("open a link out with all flags", call("path_open", ROOT, -1, "absolute", -1, -1n, -1n, 31, OUT)),
];
/** A program has no network: no descriptor is a socket, and none becomes one. */
const SOCKETS: readonly Way[] = [0, 1, 2, ROOT, 4, 20, -1].flatMap((fd) => [
  way(`accept a connection on descriptor ${fd}`, call("sock_accept", fd, 0, OUT)),
  way(`receive from descriptor ${fd}`, call("sock_recv", fd, OUT, 1, 0, OUT + 200, OUT + 208)),
  way(`send to descriptor ${fd}`, call("sock_send", fd, OUT, 1, 0, OUT + 200)),
  way(`shut descriptor ${fd} down`, call("sock_shutdown", fd, 3)),
]);

/** Every way that one call tries, in a world whose outer folder is this. */
export const waysOut = (outer: string): readonly Way[] => [
  ...waysThrough(outer).flatMap(followers),
  ...waysThrough(outer).flatMap(takers),
  ...LAST_LINKS.flatMap(followers),
  ...PLANTED,
  ...NAMES,
  ...SLASHES,
  ...SYSTEM,
  ...ENDS,
  ...DESCRIPTORS,
  ...FLAGS,
  ...SOCKETS,
];

/** Who may only read, and what it answers to each. */
export const READ_ONLY: readonly Way[] = [
  way("open a file to write", open("file", OUT)),
  way("open or make a file", open("file", OUT, { oflags: CREAT })),
  makes("a file", "made"),
  way("cut a file", open("file", OUT, { oflags: TRUNC })),
  way("cut a file that is opened to be read", call("path_open", ROOT, 1, "file", TRUNC, READ, 0n, 0, OUT)),
  way("make a file that is opened to be read", call("path_open", ROOT, 1, "made", CREAT, READ, 0n, 0, OUT)),
  way("open a file to append", call("path_open", ROOT, 1, "file", 0, 0x40n, 0n, 1, OUT)),
  way("open a file to make room in it", call("path_open", ROOT, 1, "file", 0, 0x100n, 0n, 0, OUT)),
  way("make a folder", call("path_create_directory", ROOT, "made")),
  way("make a link", call("path_symlink", "file", ROOT, "made")),
  links("a file", "file", "made"),
  moves("a file", "file", "made"),
  way("set a file's times", call("path_filestat_set_times", ROOT, 1, "file", 0n, 0n, 10)),
  way("delete a file", call("path_unlink_file", ROOT, "file")),
  way("delete a folder", call("path_remove_directory", ROOT, "file")),
  way("set the folder's times", call("fd_filestat_set_times", ROOT, 0n, 0n, 10)),
];
