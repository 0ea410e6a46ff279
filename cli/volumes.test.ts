// `down --volumes` and `commit`: they say what they delete and write to, ask, and do no more than that.

import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { spawn } from "@lydell/node-pty";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Desk } from "./run.test-support.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const STORAGE = "examples/04-storage/lab.vbus";
const LIMIT = { timeout: 120_000 };

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.close());

/** Overlays in the lab's state folder. */
function overlays(): string[] {
  const root = path.join(desk.folder, "state/vbus");
  return readdirSync(root, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".overlay"));
}

test("the example's tests pass, and leave nothing but the base", LIMIT, async () => {
  const { exit, stdout } = await desk.run(["test", STORAGE]);
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: expect.stringContaining("1 passed") });
  expect(existsSync(path.join(desk.folder, "state/vbus"))).toBe(false);
});

test("volumes go down with a lab only where that is said twice", LIMIT, async () => {
  const base = path.join(desk.folder, "examples/04-storage/data/base.img");
  expect((await desk.run(["up", "-d", "--wait", STORAGE])).exit).toBe(0);
  const refused = await desk.run(["down", "--volumes", STORAGE]);
  expect(refused.exit).toBe(1);
  expect(refused.stderr).toContain(`kept: ${base}, since base is protected`);
  expect(refused.stderr).toContain("Say --yes if this is meant.");
  expect(overlays()).toHaveLength(2);
  expect((await desk.run(["down", "--volumes", "--yes", STORAGE])).exit).toBe(0);
  expect(overlays()).toEqual([]);
  expect(existsSync(base)).toBe(true);
});

/** One record a line. */
function recordsOf(stdout: string): readonly Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("an overlay is committed only where that is said twice, and the base has it then", LIMIT, async () => {
  const base = path.join(desk.folder, "base.img");
  writeFileSync(
    path.join(desk.folder, "lab.vbus"),
    `lab notes { }
volume base: file { path = "./base.img", size = 1MiB, protect = true }
volume top: overlay { base = base }
image disk: wasm { path = "std:guests/disk" }
guest writer {
  image = disk
  args = ["--verify", "--bytes", 256KiB]
  goal = completed
  device vda: vblk { volume = top }
}
`,
  );
  expect((await desk.run(["up", "-d", "--wait"])).exit).toBe(0);
  const refused = await desk.run(["commit", "top", "--no-input"]);
  expect(refused.exit).toBe(1);
  expect(refused.stderr).toContain(`It writes to ${base}, on which top stands, and base is protected.`);
  expect(readFileSync(base).every((byte) => byte === 0)).toBe(true);
  const { exit, stdout } = await desk.run(["commit", "top", "--yes", "--json"]);
  expect(exit).toBe(0);
  const [first, ...rest] = recordsOf(stdout);
  const at = { schema: 2, volume: "top", bytes: 256 * 1024 };
  const bytesPerSecond = expect.any(Number);
  expect(first).toEqual({ ...at, record: "progress", done: 256 * 1024, bytesPerSecond });
  expect(rest).toEqual([{ ...at, record: "committed", base: "base" }]);
  expect(
    readFileSync(base)
      .subarray(0, 256 * 1024)
      .some((byte) => byte !== 0),
  ).toBe(true);
  const again = await desk.run(["commit", "top", "--yes"]);
  expect(again.stderr).toContain("committed top: 0 B to base");
  expect((await desk.run(["events"])).stdout).toContain("committed top: 262144 bytes to base");
  const wrong = await desk.run(["commit", "base", "--yes"]);
  expect(wrong.exit).toBe(1);
  expect(wrong.stderr).toContain("error: Volume `base` is not an overlay.\n");
  expect(await desk.run(["__complete", "commit", ""])).toMatchObject({ stdout: "top\tvolume, overlay\n" });
});

test("a commit tells how far it is, and ctrl-C leaves the overlay as it was", LIMIT, async () => {
  const bytes = 256 * 1024 * 1024;
  const base = path.join(desk.folder, "base.img");
  writeFileSync(
    path.join(desk.folder, "lab.vbus"),
    `lab notes { }
volume base: file { path = "./base.img", size = 256MiB }
volume top: overlay { base = base, path = "./top.overlay" }
image disk: wasm { path = "std:guests/disk" }
guest writer {
  image = disk
  memory = 8MiB
  args = ["--bytes", 256MiB, "--block", 1MiB]
  goal = completed
  device vda: vblk { volume = top }
}
`,
  );
  expect((await desk.run(["up", "-d", "--wait"])).exit).toBe(0);
  const overlay = path.join(desk.folder, "top.overlay");
  const before = statSync(overlay);
  const call = [path.join(ROOT, "cli/vbus.cjs"), "commit", "top", "--yes"];
  const shell = spawn(process.execPath, call, { cwd: desk.folder, env: { ...desk.env, TERM: "xterm" } });
  let written = "";
  let typed = false;
  shell.onData((data) => {
    written += data;
    if (typed || !/top: \S+ [KM]iB of 256 MiB, \S+ [KMG]iB\/s/.test(written)) return;
    typed = true;
    shell.write("\u0003");
  });
  const exit = await new Promise((resolve) => shell.onExit(({ exitCode }) => resolve(exitCode)));
  expect([exit, written]).toEqual([
    130,
    expect.stringContaining("\r\u001b[KThe commit was called off: volume `top` is as it was"),
  ]);
  const after = statSync(overlay);
  expect([after.size, after.blocks, after.mtimeMs]).toEqual([before.size, before.blocks, before.mtimeMs]);
  const done = await desk.run(["commit", "top", "--yes", "--json"]);
  expect([done.exit, done.stderr]).toEqual([0, expect.not.stringContaining("committed")]);
  const records = recordsOf(done.stdout);
  expect(records.at(-1)).toEqual({ schema: 2, record: "committed", volume: "top", base: "base", bytes });
  const told = records.slice(0, -1);
  expect(told.length).toBeGreaterThan(0);
  for (const record of told)
    expect(record).toMatchObject({ schema: 2, record: "progress", volume: "top", bytes });
  const shares = told.map((record) => record["done"] as number);
  expect(shares).toEqual(shares.toSorted((one, other) => one - other));
  expect(statSync(overlay).blocks).toBeLessThan(1000);
  expect(statSync(base).blocks * 512).toBeGreaterThanOrEqual(bytes);
});
