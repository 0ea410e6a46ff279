// `down --volumes`: says what it deletes, asks, and deletes no more than that.

import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Desk } from "./run.test-support.ts";

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
