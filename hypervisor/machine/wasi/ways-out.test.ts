// Hundreds of ways out of the folder that a program was given, and to a network, each by its name and tried
// by a real program; tricks of several steps; and one way that is tried while the host swaps folders for
// links under it.

import { Worker } from "node:worker_threads";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { createServer } from "node:net";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import {
  FREE_AT,
  ProgramLab,
  ROOT,
  answersOf,
  call,
  imageOf,
  importsOf,
  open,
  programOf,
} from "./program.test-support.ts";
import { READ_ONLY, waysOut } from "./ways-out-rows.test-support.ts";
import { TRICKS } from "./ways-out-tricks.test-support.ts";

const LIMIT = { timeout: 300_000 };
const SECRET = "SECRET of the host";

const labs: ProgramLab[] = [];
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.close()));
});

/** `outer` has a secret and a folder beside `inside`, where links lead to both. */
function world(): ProgramLab {
  const lab = new ProgramLab();
  labs.push(lab);
  const { outer, inside } = lab;
  writeFileSync(path.join(outer, "secret"), SECRET);
  mkdirSync(path.join(outer, "aside"));
  writeFileSync(path.join(outer, "aside", "secret"), SECRET);
  mkdirSync(path.join(inside, "sub", "deep"), { recursive: true });
  writeFileSync(path.join(inside, "file"), "inside");
  const links = {
    absolute: path.join(outer, "secret"),
    relative: "../secret",
    above: "..",
    far: "sub/../../aside",
    aside: path.join(outer, "aside"),
    root: "/",
    proc: "/proc/self/root",
    fd: "/proc/self/fd",
    first: "second",
    second: "sub/third",
    "sub/third": "../../secret",
    new: "../made",
    "sub/above": "..",
    "sub/two-above": "../..",
    "sub/deep/three": "../../../secret",
    loop: "pool",
    pool: "loop",
    self: "self/self",
    slash: "../aside/",
    "sub/fine": "../file",
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, path.join(inside, name));
  return lab;
}

const CREAT = 1;
const DIRECTORY = 2;

test("every way out is shut", LIMIT, async () => {
  const lab = world();
  execFileSync("mkfifo", [path.join(lab.inside, "pipe")]);
  const server = createServer().listen(path.join(lab.inside, "socket"));
  await lab.give();
  const ways = waysOut(lab.outer);
  expect(new Set(ways.map(({ name }) => name)).size, "each has a name of its own").toBe(ways.length);
  expect(ways.length).toBeGreaterThan(600);
  const calls = ways.map((way) => way.call);
  const before = tree(lab.inside);
  const secretAge = statSync(path.join(lab.outer, "secret")).mtimeMs;
  const end = await lab.run("p", await programOf(calls));
  expect(end.state, end.reason).toBe("completed");
  const answers = answersOf(lab.log.get("p") ?? "");
  expect(answers.length).toBe(calls.length);
  const isOpen = ways.filter((_, index) => answers[index] === "success").map(({ name }) => name);
  expect(isOpen, "ways that are open").toEqual([]);
  console.log(`wasi: ${ways.length} ways out are shut`);
  expect(answers.filter((answer) => answer === "ENOTCAPABLE").length).toBeGreaterThan(300);
  expect(readFileSync(path.join(lab.outer, "secret"), "utf8")).toBe(SECRET);
  expect(statSync(path.join(lab.outer, "secret")).mtimeMs).toBe(secretAge);
  expect(readdirSync(lab.outer).toSorted()).toEqual(["aside", "inside", "secret"]);
  expect(tree(lab.inside)).toEqual(before);
  server.close();
});

/** Everything in a folder, links as such. */
function tree(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const at = path.join(folder, entry.name);
      return entry.isDirectory() ? [at, ...tree(at)] : [at];
    })
    .toSorted();
}

test.each(TRICKS.map((trick) => [trick.name, trick] as const))("%s", LIMIT, async (_, { steps }) => {
  const lab = world();
  await lab.give();
  const end = await lab.run("p", await programOf(steps.map(([step]) => step)));
  expect(end.state, end.reason).toBe("completed");
  expect(answersOf(lab.log.get("p") ?? "")).toEqual(steps.map(([, answer]) => answer));
  expect(readdirSync(lab.outer).toSorted()).toEqual(["aside", "inside", "secret"]);
});

test("what is inside is there by the same functions: none of them is refused for all", LIMIT, async () => {
  const lab = world();
  await lab.give();
  const sub = { folder: { at: FREE_AT } };
  const calls = [
    open("sub", FREE_AT, { oflags: DIRECTORY }),
    open("sub/fine", FREE_AT + 4),
    open("sub/above/sub/../file", FREE_AT + 8),
    open("made", FREE_AT + 12, { oflags: CREAT }),
    open("deep", FREE_AT + 16, sub),
    call("path_create_directory", ROOT, "folder/"),
    call("path_symlink", "deep/x", ROOT, "sub/link"),
    call("path_link", ROOT, 0, "file", ROOT, "sub/hard"),
    call("path_rename", ROOT, "file", ROOT, "folder/file"),
    call("path_filestat_get", ROOT, 1, "folder/file", FREE_AT + 64),
    call("path_filestat_set_times", ROOT, 1, "folder/file", 0n, 10n ** 18n, 5),
    call("path_readlink", ROOT, "sub/link", FREE_AT + 64, 100, FREE_AT + 200),
    call("path_unlink_file", ROOT, "relative"),
    call("path_remove_directory", ROOT, "sub/empty"),
  ];
  mkdirSync(path.join(lab.inside, "sub", "empty"));
  const end = await lab.run("p", await programOf(calls));
  expect(end.state, end.reason).toBe("completed");
  expect(answersOf(lab.log.get("p") ?? "")).toEqual(calls.map(() => "success"));
  expect(readFileSync(path.join(lab.inside, "folder", "file"), "utf8")).toBe("inside");
  expect(statSync(path.join(lab.inside, "folder", "file")).mtimeMs).toBe(1e12);
  expect(existsSync(path.join(lab.inside, "sub", "empty"))).toBe(false);
});

test("an open folder is a root of its own: nothing above it is reached by it", LIMIT, async () => {
  const lab = world();
  await lab.give();
  const sub = { folder: { at: FREE_AT } };
  const calls = [
    open("sub", FREE_AT, { oflags: DIRECTORY }),
    open("../file", FREE_AT + 4, sub),
    open("above/file", FREE_AT + 4, sub),
    open("fine", FREE_AT + 4, sub),
    // It is moved, and has another way up.
    call("path_rename", ROOT, "sub/deep", ROOT, "deep"),
    call("path_rename", ROOT, "sub", ROOT, "deep/sub"),
    open("..", FREE_AT + 4, sub),
    open("two-above/secret", FREE_AT + 4, sub),
  ];
  await lab.run("p", await programOf(calls));
  const shut = "ENOTCAPABLE";
  expect(answersOf(lab.log.get("p") ?? "")).toEqual([
    "success",
    shut,
    shut,
    shut,
    "success",
    "success",
    shut,
    shut,
  ]);
});

test("who may only read changes nothing", LIMIT, async () => {
  const lab = new ProgramLab({ readonly: true });
  labs.push(lab);
  writeFileSync(path.join(lab.inside, "file"), "inside");
  await lab.give();
  await lab.run("p", await programOf(READ_ONLY.map((way) => way.call)));
  const answers = answersOf(lab.log.get("p") ?? "");
  expect(READ_ONLY.map(({ name }, index) => [name, answers[index]])).toEqual(
    READ_ONLY.map(({ name }) => [name, "EROFS"]),
  );
  expect(readdirSync(lab.inside)).toEqual(["file"]);
});

/** Swaps `x` between a folder and a link out of it until it is told to end, and says how often. */
const SWAPPER = `
const { renameSync } = require("node:fs");
const { parentPort, workerData: { inside, ended } } = require("node:worker_threads");
const word = new Int32Array(ended);
let swaps = 0;
while (Atomics.load(word, 0) === 0) {
  renameSync(inside + "/x", inside + "/folder");
  renameSync(inside + "/link", inside + "/x");
  renameSync(inside + "/x", inside + "/link");
  renameSync(inside + "/folder", inside + "/x");
  swaps++;
}
parentPort.postMessage(swaps);
`;

test(
  "a folder that the host swaps for a link under a program's eyes is not followed out",
  LIMIT,
  async () => {
    const lab = world();
    mkdirSync(path.join(lab.inside, "x"));
    writeFileSync(path.join(lab.inside, "x", "secret"), "inside");
    symlinkSync(path.join(lab.outer, "aside"), path.join(lab.inside, "link"));
    await lab.give();
    const tries = process.env["SLOW"] === "1" ? 200_000 : 5000;
    const program = await imageOf(`${importsOf(["path_open", "fd_read", "fd_close", "proc_exit"])}
    (memory (export "memory") 1)
    (data (i32.const 100) "x/secret")
    (data (i32.const 200) "\\2c\\01\\00\\00\\01\\00\\00\\00")
    (global $inside (mut i32) (i32.const 0))
    (global $shut (mut i32) (i32.const 0))
    (func (export "_start") (local $left i32)
      (local.set $left (i32.const ${tries}))
      (loop $next
        (if (call $path_open (i32.const 3) (i32.const 1) (i32.const 100) (i32.const 8) (i32.const 0)
              (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16))
          (then (global.set $shut (i32.add (global.get $shut) (i32.const 1))))
          (else
            (drop (call $fd_read (i32.load (i32.const 16)) (i32.const 200) (i32.const 1) (i32.const 20)))
            (if (i32.ne (i32.load8_u (i32.const 300)) (i32.const 105))
              (then (call $proc_exit (i32.const 66))))
            (global.set $inside (i32.add (global.get $inside) (i32.const 1)))
            (drop (call $fd_close (i32.load (i32.const 16))))))
        (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      ;; Both have to have happened, or nothing was tried.
      (if (i32.eqz (global.get $inside)) (then (call $proc_exit (i32.const 67))))
      (if (i32.eqz (global.get $shut)) (then (call $proc_exit (i32.const 68)))))`);
    const ended = new SharedArrayBuffer(4);
    const swapper = new Worker(SWAPPER, { eval: true, workerData: { inside: lab.inside, ended } });
    const swaps = new Promise<number>((resolve) => swapper.once("message", resolve));
    await lab.start("p", program);
    await lab.ended("p", 240_000);
    Atomics.store(new Int32Array(ended), 0, 1);
    expect(await swaps).toBeGreaterThan(10);
    expect(lab.guest("p").exit, "66: it read the secret").toBe(0);
  },
);
