// WASI programs in the machine room: how they start, speak, sleep and end, and that they are held as any
// guest is.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compileImage } from "../../guest/image.ts";
import type { Image } from "../../hypervisor.ts";
import { must, until } from "../../machine-room.test-support.ts";
import { FUNCTION_NAMES } from "./abi.ts";
import {
  FREE_AT,
  PARAMETERS,
  ProgramLab,
  ROOT,
  answersOf,
  call,
  imageOf,
  importsOf,
  open,
  programOf,
} from "./program.test-support.ts";

const LIMIT = { timeout: 120_000 };

let lab: ProgramLab;
beforeEach(() => {
  lab = new ProgramLab();
});
afterEach(() => lab.close());

const said = (id = "p"): string => lab.log.get(id) ?? "";
/** Types on the console as soon as somebody reads there. */
const type = (text: string): Promise<void> =>
  until("it is taken", () => {
    const typed = lab.hv.typeConsole("tty", text);
    return typed.ok && typed.value > 0;
  });
const start = (lines: string, ...names: readonly string[]): Promise<Image> =>
  imageOf(`${importsOf(names)} (memory (export "memory") 1) (func (export "_start") ${lines})`);
/** Waits for `ns` on the monotonic clock, or for the input stream, from what stands at 0 and 48. */
const CLOCK_AND_INPUT = (ns: string): string => `
  (i32.store8 (i32.const 8) (i32.const 0)) (i32.store (i32.const 16) (i32.const 1))
  (i64.store (i32.const 24) (i64.const ${ns})) (i64.store (i32.const 0) (i64.const 7))
  (i32.store8 (i32.const 56) (i32.const 1)) (i64.store (i32.const 48) (i64.const 9))`;

test("the functions are those of preview 1, each with its parameters", LIMIT, async () => {
  expect(Object.keys(PARAMETERS).toSorted()).toEqual([...FUNCTION_NAMES].toSorted());
  expect(FUNCTION_NAMES.size).toBe(46);
  const image = await start("", ...FUNCTION_NAMES);
  expect((await lab.run("p", image)).state).toBe("completed");
});

test.each([
  [0, "completed"],
  [3, "failed"],
  [-1, "failed"],
])("exit code %d: %s", LIMIT, async (code, state) => {
  const image = await start(`(call $proc_exit (i32.const ${code}))`, "proc_exit");
  expect(await lab.run("p", image)).toMatchObject({ state, exit: code });
});

test("who returns from its start has ended with 0, who traps has failed", LIMIT, async () => {
  expect(await lab.run("p", await start(""))).toMatchObject({ state: "completed", exit: 0 });
  expect(await lab.run("q", await start("unreachable"))).toMatchObject({
    state: "failed",
    reason: "trap: unreachable",
  });
});

test("an end can't be caught", LIMIT, async () => {
  const image = await start(
    "(loop $again (try (do (call $proc_exit (i32.const 5))) (catch_all)) (br $again))",
    "proc_exit",
  );
  // It goes on in its own code until the host, who knows that it has ended, is called again.
  expect(await lab.run("p", image, { watchdogMs: 300 })).not.toMatchObject({ state: "completed" });
  const more = await imageOf(`${importsOf(["proc_exit"])}
    (memory (export "memory") 1)
    (data (i32.const 0) "\\10\\00\\00\\00\\04\\00\\00\\00") (data (i32.const 16) "more")
    (func (export "_start")
      (try (do (call $proc_exit (i32.const 5))) (catch_all))
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))`);
  expect(await lab.run("q", more)).toMatchObject({ state: "failed", exit: 5 });
  expect(said("q")).toBe("");
});

test("its memory grows up to what is declared, and no further", LIMIT, async () => {
  // Grows page by page until that fails; a random byte is put into the last one.
  const image = await start(
    `(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
     (if (call $random_get (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 8)) (i32.const 8))
       (then (call $proc_exit (i32.const 1))))
     (if (i32.ne (call $random_get (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)) (i32.const 21))
       (then (call $proc_exit (i32.const 2))))
     (call $proc_exit (memory.size))`,
    "random_get",
    "proc_exit",
  );
  expect(image).toMatchObject({ memoryMin: 65_536, memoryMax: 2 ** 32 });
  expect(await lab.run("p", image, { memory: 20 * 65_536 })).toMatchObject({ exit: 20, memory: 20 * 65_536 });
});

test("asked to end while it sleeps, it ends at once", LIMIT, async () => {
  const image = await start(
    `${CLOCK_AND_INPUT("3600000000000")}
     (drop (call $poll_oneoff (i32.const 0) (i32.const 512) (i32.const 1) (i32.const 1024)))`,
    "poll_oneoff",
  );
  await lab.start("p", image);
  must(await lab.hv.stopGuest("p", 60_000));
  expect(lab.guest("p").state).toBe("stopped");
  expect(lab.guest("p").uptimeMs).toBeLessThan(50_000);
});

test(
  "a program that never calls the host is stopped by its watchdog, one that does is not",
  LIMIT,
  async () => {
    const spins = await start("(loop $ever (br $ever))");
    const calls = await start(
      "(loop $ever (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 0))) (br $ever))",
      "clock_time_get",
    );
    await lab.start("calls", calls, { watchdogMs: 200 });
    expect(await lab.run("spins", spins, { watchdogMs: 200 })).toMatchObject({ state: "quarantined" });
    await until("it has burned more", () => lab.guest("calls").cpuMs > 600, 60_000);
    expect(lab.guest("calls").state).toBe("running");
    await lab.hv.killGuest("calls");
  },
);

test.each([
  ["between calls", "(drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 0)))"],
  ["while it prints", "(drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))"],
])("paused %s it stands still, and goes on where it was", LIMIT, async (_, line) => {
  const image = await imageOf(`${importsOf(["clock_time_get"])}
    (memory (export "memory") 1)
    (data (i32.const 0) "\\10\\00\\00\\00\\02\\00\\00\\00") (data (i32.const 16) "x\\n")
    (func (export "_start") (loop $ever ${line} (br $ever)))`);
  await lab.start("p", image, { watchdogMs: 600_000 });
  const exits = (): number => lab.guest("p").exits;
  await until("it calls", () => exits() > 100);
  must(await lab.hv.pauseGuest("p"));
  const before = exits();
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(exits()).toBe(before);
  must(lab.hv.resumeGuest("p"));
  await until("it goes on", () => exits() > before + 100);
  await lab.hv.killGuest("p");
});

test("a clock and the input are waited for, and the earlier one ends it", LIMIT, async () => {
  lab.console();
  const image = await start(
    `${CLOCK_AND_INPUT("200000000")}
     (drop (call $poll_oneoff (i32.const 0) (i32.const 512) (i32.const 2) (i32.const 1024)))
     (i32.store (i32.const 200) (i32.const 512)) (i32.store (i32.const 204) (i32.const 1))
     (drop (call $fd_write (i32.const 1) (i32.const 200) (i32.const 1) (i32.const 208)))
     ${CLOCK_AND_INPUT("3600000000000")}
     (drop (call $poll_oneoff (i32.const 0) (i32.const 544) (i32.const 2) (i32.const 1028)))
     (call $proc_exit (i32.add
       (i32.add (i32.load (i32.const 512)) (i32.mul (i32.load (i32.const 544)) (i32.const 16)))
       (i32.mul (i32.add (i32.load (i32.const 1024)) (i32.load (i32.const 1028))) (i32.const 256))))`,
    "poll_oneoff",
    "proc_exit",
  );
  await lab.start("p", image);
  await until("the clock was first", () => said() !== "");
  expect(lab.guest("p").state).toBe("running");
  await type("x");
  // The clock's event, then the input's; one each time.
  expect(await lab.ended("p", 60_000)).toMatchObject({ exit: 7 + 9 * 16 + 2 * 256 });
});

/** In a block of its own: it goes on behind it when the input ends. */
const CAT = `
  (block $done (loop $next
    (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 4096))
    (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then (unreachable)))
    (br_if $done (i32.eqz (i32.load (i32.const 8))))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (br $next)))`;

test("what is typed is its input, up to ctrl-D; what it prints is in its log", LIMIT, async () => {
  lab.console();
  await lab.start("p", await start(CAT, "fd_read"));
  await type("one\n");
  await until("it is said", () => said() === "one\n");
  // More than its ring holds at once.
  for (let n = 0; n < 100; n++) await type(`line ${n}\n`);
  await type("two\u0004");
  await lab.ended("p");
  const lines = Array.from({ length: 100 }, (_, n) => `line ${n}\n`);
  expect(said()).toBe(`one\n${lines.join("")}two`);
  expect(lab.hv.device("tty")?.openBy).toBeUndefined();
});

test(
  "without a console there is no input, and what it prints is in its log all the same",
  LIMIT,
  async () => {
    const image = await start(
      `${CAT} (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 3))
     (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))`,
      "fd_read",
    );
    expect((await lab.run("p", image)).state).toBe("completed");
    expect(said()).toBe("\0\0\0");
  },
);

test("a console that comes later is its own from then on", LIMIT, async () => {
  const image = await start(
    `(loop $ever (br_if $ever (call $fd_fdstat_get (i32.const 0) (i32.const 64)))
       (drop (call $sched_yield))
       (br_if $ever (i32.ne (i32.load8_u (i32.const 64)) (i32.const 2)))) ${CAT}`,
    "fd_read",
    "fd_fdstat_get",
    "sched_yield",
  );
  await lab.start("p", image);
  lab.console();
  await until("it is open", () => lab.hv.device("tty")?.openBy === "p");
  await type("hello\u0004");
  await lab.ended("p");
  expect(said()).toBe("hello");
});

test(
  "more than its log holds is printed without a loss, and the program sleeps meanwhile",
  LIMIT,
  async () => {
    const image = await imageOf(`${importsOf([])} (memory (export "memory") 1)
    (data (i32.const 100) "0123456789abcde\\n")
    (func (export "_start") (local $left i32)
      (local.set $left (i32.const 20000))
      (loop $next
        (i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 16))
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))`);
    await lab.run("p", image);
    expect(said() === "0123456789abcde\n".repeat(20_000)).toBe(true);
  },
);

test(
  "a folder that is taken away is gone for who has it open, and what was open stays shut",
  LIMIT,
  async () => {
    writeFileSync(path.join(lab.inside, "file"), "inside");
    await lab.give();
    lab.console();
    const image = await imageOf(`${importsOf(["path_open", "fd_read", "proc_exit", "path_filestat_get"])}
    (memory (export "memory") 1) (data (i32.const 100) "file")
    (data (i32.const 200) "\\2c\\01\\00\\00\\01\\00\\00\\00")
    (func (export "_start")
      (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 4) (i32.const 0)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)) (then (unreachable)))
      (drop (call $fd_write (i32.const 1) (i32.const 200) (i32.const 1) (i32.const 20)))
      (drop (call $fd_read (i32.const 0) (i32.const 200) (i32.const 1) (i32.const 20)))
      (call $proc_exit (i32.add
        (call $fd_read (i32.load (i32.const 16)) (i32.const 200) (i32.const 1) (i32.const 20))
        (i32.mul (i32.const 100)
          (call $path_filestat_get
            (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 4) (i32.const 512))))))`);
    await lab.start("p", image);
    await until("it has the file open", () => said() !== "");
    expect(lab.hv.device("d")?.openBy).toBe("p");
    must(lab.hv.removeDevice("d"));
    must(lab.hv.removeVolume("files"));
    await type("x");
    expect(await lab.ended("p")).toMatchObject({ exit: 43 + 43 * 100 });
  },
);

test("two programs don't have a folder by one device, and one that may write is alone", LIMIT, async () => {
  await lab.give();
  lab.console();
  await lab.start("p", await start(CAT, "fd_read"));
  const calls = [call("fd_prestat_get", ROOT, FREE_AT)];
  await lab.run("q", await programOf(calls));
  expect(answersOf(said("q"))).toEqual(["EBADF"]);
  const folder = { volume: "files", at: "/", readonly: false };
  expect(lab.hv.addDevice("desk", "e", { class: "folder", name: "e", folder })).toMatchObject({
    refusal: { code: "busy", message: "device `d` writes to volume `files` already" },
  });
  must(lab.hv.addDevice("desk", "e", { class: "folder", name: "e", folder: { ...folder, readonly: true } }));
  await lab.hv.killGuest("p");
});

test("what is counted: reads, writes and flushes of a device, and of its volume", LIMIT, async () => {
  await lab.give();
  const fd = { at: FREE_AT };
  const VECTOR = 1024;
  const calls = [
    open("file", FREE_AT, { oflags: 1 }),
    call("fd_write", fd, VECTOR, 1, FREE_AT + 8),
    call("fd_pwrite", fd, VECTOR, 1, 5n, FREE_AT + 8),
    call("fd_seek", fd, 0n, 0, FREE_AT + 8),
    call("fd_read", fd, VECTOR, 1, FREE_AT + 8),
    call("fd_sync", fd),
  ];
  const end = await lab.run("p", await programOf(calls));
  expect([end.state, answersOf(said())]).toEqual(["completed", calls.map(() => "success")]);
  expect(lab.hv.device("d")?.requests).toMatchObject({ reads: 1, writes: 2, flushes: 1 });
  expect(lab.hv.volume("files")).toMatchObject({ class: "folder", reads: 1, writes: 2, flushes: 1 });
  must(lab.hv.removeDevice("d"));
  expect(lab.hv.volume("files")).toMatchObject({ reads: 1, writes: 2, flushes: 1 });
});

/** clang finds headers and libraries for WASI; CI has them. */
function hasWasiLibc(): boolean {
  const found = spawnSync("clang", ["--target=wasm32-wasi", "--sysroot=/usr", "-E", "-x", "c", "-"], {
    input: "#include <dirent.h>\n",
  });
  if (found.status === 0) return true;
  if (process.env["CI"]) throw new Error(`no wasi-libc: ${String(found.stderr)}`);
  console.log("a program of a stock C compiler: skipped, since clang and wasi-libc are not installed");
  return false;
}

test("a program of a stock C compiler finds its libc's world", LIMIT, async () => {
  if (!hasWasiLibc()) return;
  await lab.give();
  lab.console();
  const folder = mkdtempSync(path.join(tmpdir(), "vbus-c-"));
  const source = new URL("./world.test-program.c", import.meta.url).pathname;
  const out = path.join(folder, "world.wasm");
  const args = ["--target=wasm32-wasi", "--sysroot=/usr", "-O1", "-Wall", "-Werror", "-o", out, source];
  expect(String(spawnSync("clang", args).stderr)).toBe("");
  const image = must(await compileImage(readFileSync(out), "wasi"));
  rmSync(folder, { recursive: true });
  await lab.start("p", image, { args: ["first", "second"], env: { HOME: "/home" }, memory: 2 ** 26 });
  await type("typed line\n\u0004");
  const end = await lab.ended("p", 60_000);
  expect(said()).toBe(readFileSync(new URL("./world.test-program.txt", import.meta.url), "utf8"));
  expect(end).toMatchObject({ exit: 7 });
  expect(readFileSync(path.join(lab.inside, "sub", "moved"), "utf8")).toBe("0123456789 more");
});
