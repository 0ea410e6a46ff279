// The tests that the standard library brings along, run as a user would.

import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { Desk } from "./run.test-support.ts";

const desk = new Desk();
afterAll(() => desk.close());

const at = (name: string): string => fileURLToPath(new URL(`../stdlib/test/${name}`, import.meta.url));

test("the tests of std:net and std:guests pass", { timeout: 120_000 }, async () => {
  const { exit, stdout, stderr } = await desk.run(["test", at("net.vbus"), at("guests.vbus")]);
  expect({ exit, stderr }, stdout).toEqual({ exit: 0, stderr: "" });
  expect(stdout).toContain("2 passed");
});

test("guests talk without a network, and their clocks tick", { timeout: 240_000 }, async () => {
  const { exit, stdout, stderr } = await desk.run(["test", at("ipc.vbus")]);
  expect({ exit, stderr }, stdout).toEqual({ exit: 0, stderr: "" });
  expect(stdout).toContain("3 passed");
});
