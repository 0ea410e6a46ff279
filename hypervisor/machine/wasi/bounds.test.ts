// The bounds of WASI programs: at each of them, and one beyond.

import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as limits from "../../limits.ts";
import { must } from "../../machine-room.test-support.ts";
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
  type Call,
} from "./program.test-support.ts";

const LIMIT = { timeout: 120_000 };

let lab: ProgramLab;
beforeEach(async () => {
  lab = new ProgramLab();
  writeFileSync(path.join(lab.inside, "file"), "inside");
  await lab.give();
});
afterEach(() => lab.close());

async function answers(calls: readonly Call[]): Promise<readonly string[]> {
  const end = await lab.run("p", await programOf(calls));
  expect(end.state, end.reason).toBe("completed");
  return answersOf(lab.log.get("p") ?? "");
}

const stat = (name: string): Call => call("path_filestat_get", ROOT, 1, name, FREE_AT);

test("paths: their length, their steps and their links", LIMIT, async () => {
  const { WASI_PATH_BYTES_MAX, WASI_STEPS_MAX, WASI_LINKS_MAX } = limits;
  const long = "n".repeat(255);
  mkdirSync(path.join(lab.inside, long));
  for (let n = 0; n <= WASI_LINKS_MAX; n++) {
    symlinkSync(n === 0 ? "file" : `link${n}`, path.join(lab.inside, `link${n + 1}`));
  }
  const inLength = `${long}/../`.repeat(WASI_PATH_BYTES_MAX / 259).padEnd(WASI_PATH_BYTES_MAX - 4, "/");
  const steps = (count: number): string => "./".repeat(count - 1) + "file";
  expect(
    await answers([
      stat(`${inLength}file`),
      stat(`${inLength}/file`),
      stat(steps(WASI_STEPS_MAX)),
      stat(steps(WASI_STEPS_MAX + 1)),
      stat(`link${WASI_LINKS_MAX}`),
      stat(`link${WASI_LINKS_MAX + 1}`),
    ]),
  ).toEqual(["success", "ENAMETOOLONG", "success", "ENAMETOOLONG", "success", "ELOOP"]);
});

test("open files and folders", LIMIT, async () => {
  // The folder that it was given is one of them.
  const count = limits.WASI_FILES_MAX - 1;
  const calls = Array.from({ length: count + 1 }, (_, n) => open("file", FREE_AT + n * 4));
  const given = await answers([...calls, call("fd_close", { at: FREE_AT }), open("file", FREE_AT)]);
  expect(given.slice(0, count)).toEqual(Array.from({ length: count }, () => "success"));
  expect(given.slice(count)).toEqual(["EMFILE", "success", "success"]);
});

test("parts of a buffer, and subscriptions of a poll", LIMIT, async () => {
  const { WASI_VECTORS_MAX, WASI_POLL_MAX } = limits;
  // Zeros: empty parts, and clocks that are due.
  expect(
    await answers([
      call("fd_write", 2, FREE_AT, WASI_VECTORS_MAX, FREE_AT + 60_000),
      call("fd_write", 2, FREE_AT, WASI_VECTORS_MAX + 1, FREE_AT + 60_000),
      call("poll_oneoff", 524_288, 524_288, WASI_POLL_MAX, 1024),
      call("poll_oneoff", 524_288, 524_288, WASI_POLL_MAX + 1, 1024),
      call("poll_oneoff", 524_288, 524_288, 0, 1024),
    ]),
  ).toEqual(["success", "EINVAL", "success", "EINVAL", "EINVAL"]);
});

test("bytes of a file in one call", LIMIT, async () => {
  const { WASI_FILE_BYTES_MAX } = limits;
  truncateSync(path.join(lab.inside, "file"), WASI_FILE_BYTES_MAX * 2);
  const image = await imageOf(
    `${importsOf(["path_open", "fd_read", "proc_exit"])}
    (memory (export "memory") ${(WASI_FILE_BYTES_MAX * 2) / 65_536})
    (data (i32.const 100) "file")
    (func (export "_start")
      (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 4) (i32.const 0)
        (i64.const 6) (i64.const 0) (i32.const 0) (i32.const 16)))
      (i32.store (i32.const 0) (i32.const 65536))
      (i32.store (i32.const 4) (i32.const ${WASI_FILE_BYTES_MAX + 1}))
      (drop (call $fd_read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 8)))
      (call $proc_exit (i32.load (i32.const 8))))`,
  );
  expect((await lab.run("p", image, { memory: 2 ** 26 })).exit).toBe(WASI_FILE_BYTES_MAX);
});

test("names of a folder beyond what is kept of them, read forward and back", LIMIT, async () => {
  const count = limits.WASI_LISTING_MAX * 2 + 3;
  for (let n = 0; n < count; n++) writeFileSync(path.join(lab.inside, `name-${n}`), "");
  // Reads on and on, 400 bytes at a time, and from the start again: counts names twice by their cookies.
  const image = await imageOf(`${importsOf(["fd_readdir", "proc_exit"])}
    (memory (export "memory") 1)
    (func $count (result i32) (local $cookie i64) (local $at i32) (local $used i32)
      (loop $more
        (if (call $fd_readdir
              (i32.const 3) (i32.const 1024) (i32.const 400) (local.get $cookie) (i32.const 8))
          (then (unreachable)))
        (local.set $used (i32.load (i32.const 8)))
        (local.set $at (i32.const 0))
        (block $end (loop $entry
          (br_if $end (i32.gt_u (i32.add (local.get $at) (i32.const 24)) (local.get $used)))
          (br_if $end (i32.gt_u
            (i32.add (i32.add (local.get $at) (i32.const 24)) (i32.load offset=1040 (local.get $at)))
            (local.get $used)))
          (local.set $cookie (i64.load offset=1024 (local.get $at)))
          (local.set $at
            (i32.add (i32.add (local.get $at) (i32.const 24)) (i32.load offset=1040 (local.get $at))))
          (br $entry)))
        (br_if $more (local.get $used)))
      (i32.wrap_i64 (local.get $cookie)))
    (func (export "_start")
      (call $proc_exit (i32.add (call $count) (i32.mul (call $count) (i32.const 10000)))))`);
  expect((await lab.run("p", image)).exit).toBe((count + 1) * 10_001);
});

test("random bytes by the piece", LIMIT, async () => {
  const { WASI_RANDOM_CHUNK } = limits;
  const image = await imageOf(
    `${importsOf(["random_get", "proc_exit"])}
    (memory (export "memory") 4)
    (func (export "_start")
      (drop (call $random_get (i32.const 8) (i32.const ${WASI_RANDOM_CHUNK + 9})))
      (call $proc_exit (i32.eqz (i64.eqz (i64.load (i32.const ${WASI_RANDOM_CHUNK + 9}))))))`,
  );
  expect((await lab.run("p", image)).exit).toBe(1);
});

test("the name by which a folder is found", async () => {
  const { FOLDER_NAME_MAX } = limits;
  const add = (length: number): string => {
    const folder = { volume: "files", at: "/".padEnd(length, "x"), readonly: true };
    const added = lab.hv.addDevice("desk", `d${length}`, { class: "folder", name: "x", folder });
    return added.ok ? "taken" : added.refusal.code;
  };
  must(lab.hv.removeDevice("d"));
  expect([add(FOLDER_NAME_MAX), add(FOLDER_NAME_MAX + 1)]).toEqual(["taken", "invalid"]);
});
