// A folder as a device: what a program does that can't be costs that program alone, what changes while it has
// files open holds at once, and one that is paused among its writes goes on where it was.

import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Image } from "../../hypervisor.ts";
import { must, until } from "../../machine-room.test-support.ts";
import { ERRNO, RIGHT } from "./abi.ts";
import { ProgramLab, imageOf, importsOf } from "./program.test-support.ts";

const LIMIT = { timeout: 120_000 };
const ALL = RIGHT.poll * 2 - 1;
/** What follows the only page of a program's memory, and a word before that. */
const [END, LAST] = [65_536, 65_532];

let lab: ProgramLab;
beforeEach(() => {
  lab = new ProgramLab();
});
afterEach(() => lab.close());

const folder = (readonly: boolean, volume = "files") =>
  ({ class: "folder", name: "d", folder: { volume, at: "/", readonly } }) as const;
/** Types as soon as somebody reads there. */
const type = (text: string): Promise<void> =>
  until("it is taken", () => {
    const typed = lab.hv.typeConsole("tty", text);
    return typed.ok && typed.value > 0;
  });
const writes = (device: string): number => lab.hv.device(device)?.requests?.writes ?? 0;

/** A call, its numbers pushed in order; those of 64 bits end with `n`. */
function pushed(name: string, ...args: readonly (number | bigint)[]): string {
  const values = args.map((value) => `(${typeof value === "bigint" ? "i64" : "i32"}.const ${value})`);
  return `(call $${name} ${values.join(" ")})`;
}

/** Opens `file` of the folder for everything and keeps its descriptor at 512. */
const OPENS = pushed("path_open", 3, 1, 900, 4, 1, BigInt(ALL), 0n, 0, 512);
/** Leaves with a number where a call does not answer this. */
const want = (call: string, answer: number, exit: number): string =>
  `(if (i32.ne ${call} (i32.const ${answer})) (then (call $proc_exit (i32.const ${exit}))))`;
/** The same call of the file that is open. */
const ofFile = (call: string): string => call.replace("(i32.const 777)", "(i32.load (i32.const 512))");

function program(names: readonly string[], data: string, ...lines: readonly string[]): Promise<Image> {
  return imageOf(`${importsOf(["path_open", "proc_exit", ...names])}
    (memory (export "memory") 1)
    (data (i32.const 900) "filenew")
    ${data}
    (func (export "_start") (local $n i32)
      ${lines.join("\n")})`);
}

/** Writes numbers, one after the other, into the file without end. */
function counting(): Promise<Image> {
  return program(
    [],
    '(data (i32.const 32) "\\00\\04\\00\\00\\04\\00\\00\\00")',
    want(OPENS, 0, 1),
    `(loop $ever
      ${want(ofFile(pushed("fd_write", 777, 32, 1, 520)), 0, 2)}
      (i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (i32.const 1)))
      (br $ever))`,
  );
}

/** Numbers from 0 on, and how many of them; a piece of one at the end is none. */
function counted(file: string): number {
  const bytes = readFileSync(file);
  const count = bytes.length >> 2;
  for (let n = 0; n < count; n++) if (bytes.readUInt32LE(n * 4) !== n) throw new Error(`no ${n}`);
  return count;
}

/** Four vectors that lead out at one end or another, and a good one, from 0 on. */
const VECTORS = [
  [0xffff_fff0, 64],
  [LAST, 8],
  [0x7fff_ffff, 0x7fff_ffff],
  [1024, 0xffff_ffff],
  [2000, 4],
].map((words) => Buffer.from(new Uint32Array(words).buffer).toString("hex").replace(/../g, "\\$&"));
const BAD = [0, 8, 16, 24];

/** Calls whose pointers lead out of the memory; 777 is the file. */
const POINTING: readonly string[] = [
  ...BAD.flatMap((at) => [
    pushed("fd_write", 777, at, 1, 520),
    pushed("fd_write", 1, at, 1, 520),
    pushed("fd_pwrite", 777, at, 1, 0n, 520),
    pushed("fd_read", 777, at, 1, 520),
    pushed("fd_pread", 777, at, 1, 0n, 520),
  ]),
  pushed("fd_write", 777, LAST, 1, 520),
  pushed("fd_write", 777, 32, 1, END),
  pushed("fd_write", 777, 32, 1, END - 3),
  pushed("fd_read", 777, -8, 1, 520),
  pushed("fd_read", 777, 32, 1, -1),
  pushed("fd_readdir", 3, LAST, 8, 0n, 520),
  pushed("fd_readdir", 3, 1024, 64, 0n, END),
  pushed("fd_filestat_get", 777, END - 63),
  pushed("fd_fdstat_get", 777, END - 23),
  pushed("fd_prestat_get", 3, END - 7),
  pushed("fd_seek", 777, 0n, 0, END - 7),
  pushed("fd_tell", 777, -8),
  pushed("path_open", 3, 1, LAST, 8, 1, BigInt(ALL), 0n, 0, 520),
  pushed("path_open", 3, 1, 900, 4, 1, BigInt(ALL), 0n, 0, LAST + 1),
  pushed("path_filestat_get", 3, 1, 900, 4, END - 63),
  pushed("path_filestat_get", 3, 1, END, 4, 1024),
  pushed("path_create_directory", 3, -4, 4),
  pushed("path_unlink_file", 3, END - 1, 2),
  pushed("path_rename", 3, 900, 4, 3, END, 4),
  pushed("path_symlink", END - 2, 4, 3, 904, 3),
  pushed("path_readlink", 3, 900, 4, END, 1, 520),
];

test(
  "what points outside its memory is answered, and a neighbour's files are written on",
  LIMIT,
  async () => {
    await lab.give();
    const beside = path.join(lab.outer, "beside");
    must(lab.hv.createBus("shelf"));
    must(
      await lab.hv.createVolume("others", { class: "folder", path: beside, create: true, readonly: false }),
    );
    must(lab.hv.addDevice("shelf", "e", folder(false, "others")));
    const image = await counting();
    must(await lab.hv.bootGuest("near", { bus: "shelf", image, args: [], env: {}, memory: 2 ** 24 }));
    await until("the neighbour writes", () => writes("e") > 100);
    const names = [...new Set(POINTING.map((line) => /\$(\w+)/.exec(line)?.[1] ?? ""))];
    const end = await lab.run(
      "p",
      await program(
        names,
        `(data (i32.const 0) "${VECTORS.join("")}")`,
        want(OPENS, 0, 1000),
        ...POINTING.map((line, index) => want(ofFile(line), ERRNO.EFAULT, index + 1)),
        // It still has its file, and nothing of all that is in it.
        want(ofFile(pushed("fd_write", 777, 32, 1, 520)), 0, 1001),
      ),
    );
    expect(end.state, `${end.reason}: ${POINTING[(end.exit ?? 0) - 1]}`).toBe("completed");
    expect(readFileSync(path.join(lab.inside, "file"))).toEqual(Buffer.alloc(4));
    expect(existsSync(path.join(lab.inside, "new"))).toBe(false);
    const before = writes("e");
    await until("the neighbour goes on", () => writes("e") > before + 100);
    must(await lab.hv.killGuest("near"));
    expect(counted(path.join(beside, "file"))).toBeGreaterThan(200);
  },
);

test("a folder becomes read-only and back under a program that has it open", LIMIT, async () => {
  writeFileSync(path.join(lab.inside, "file"), "inside");
  await lab.give();
  lab.console();
  const write = ofFile(pushed("fd_write", 777, 32, 1, 520));
  /** Says that it is there, and waits for a key. */
  const turn = `(drop ${pushed("fd_write", 1, 32, 1, 520)}) (drop ${pushed("fd_read", 0, 40, 1, 520)})`;
  const image = await program(
    ["fd_read", "fd_pread", "fd_filestat_set_size", "path_unlink_file", "path_filestat_get"],
    '(data (i32.const 32) "\\00\\04\\00\\00\\01\\00\\00\\00\\00\\08\\00\\00\\01\\00\\00\\00") (data (i32.const 1024) "x")',
    want(OPENS, 0, 1),
    want(write, 0, 2),
    turn,
    want(write, ERRNO.EROFS, 3),
    want(ofFile(pushed("fd_filestat_set_size", 777, 0n)), ERRNO.EROFS, 4),
    want(pushed("path_open", 3, 1, 904, 3, 1, BigInt(ALL), 0n, 0, 516), ERRNO.EROFS, 5),
    want(pushed("path_unlink_file", 3, 900, 4), ERRNO.EROFS, 6),
    want(ofFile(pushed("fd_pread", 777, 40, 1, 0n, 520)), 0, 7),
    want(pushed("path_filestat_get", 3, 1, 900, 4, 1088), 0, 8),
    turn,
    want(write, 0, 9),
  );
  await lab.start("p", image);
  const file = path.join(lab.inside, "file");
  await until("it has written", () => lab.log.get("p") === "x");
  must(lab.hv.setDevice("d", folder(true)));
  await type("y");
  await until("it has tried", () => lab.log.get("p") === "xx" || lab.guest("p").exit !== undefined);
  expect([lab.guest("p").exit, readFileSync(file, "utf8")]).toEqual([undefined, "xnside"]);
  must(lab.hv.setDevice("d", folder(false)));
  await type("z");
  expect(await lab.ended("p", 60_000)).toMatchObject({ state: "completed", exit: 0 });
  expect(readFileSync(file, "utf8")).toBe("xxside");
});

test("a program that is paused among its writes stands still after one, and goes on", LIMIT, async () => {
  await lab.give();
  await lab.start("p", await counting(), { watchdogMs: 600_000 });
  const file = path.join(lab.inside, "file");
  for (let pause = 0; pause < 5; pause++) {
    const before = writes("d");
    await until("it writes", () => writes("d") > before + 100);
    must(await lab.hv.pauseGuest("p"));
    const [done, { size }] = [writes("d"), statSync(file)];
    expect(size, "whole writes, each counted").toBe(done * 4);
    // What changes meanwhile is read when it goes on.
    must(lab.hv.setDevice("d", folder(true)));
    must(lab.hv.setDevice("d", folder(false)));
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect([writes("d"), statSync(file).size]).toEqual([done, size]);
    must(lab.hv.resumeGuest("p"));
  }
  must(await lab.hv.killGuest("p"));
  expect(counted(file)).toBeGreaterThan(500);
});
