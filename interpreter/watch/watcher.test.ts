// Every way in which editors and builds save a file is seen, and once for each burst.

import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Watcher } from "./watcher.ts";

let folder: string;
let watcher: Watcher;
let bursts: number;
let wake: () => void;
const clock = { now: () => performance.now(), wall: () => Date.now() };

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "vbus-watch-"));
  bursts = 0;
  wake = () => undefined;
  watcher = new Watcher({
    clock,
    changed: () => {
      bursts++;
      wake();
    },
    failed: (error) => {
      throw error;
    },
  });
});
afterEach(async () => {
  await watcher.close();
  rmSync(folder, { recursive: true });
});

const at = (name: string): string => path.join(folder, name);
const settle = (ms = 150): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Does something and waits for the burst that it causes. */
async function seen(act: () => void): Promise<void> {
  const told = new Promise<void>((resolve) => (wake = resolve));
  act();
  await told;
  wake = () => undefined;
}

/** fs.watch may still be telling what happened before. */
async function follow(...names: string[]): Promise<void> {
  await watcher.follow(names.map(at));
  await settle();
  bursts = 0;
}

test("a file is written in place", async () => {
  writeFileSync(at("a"), "1");
  await follow("a");
  await seen(() => writeFileSync(at("a"), "2"));
});

test("a file is replaced by a rename, again and again", async () => {
  writeFileSync(at("a"), "0");
  await follow("a");
  for (let round = 1; round <= 5; round++) {
    await seen(() => {
      writeFileSync(at("a.tmp"), String(round));
      renameSync(at("a.tmp"), at("a"));
    });
    await settle(30);
  }
});

test("a file is moved away and written anew, as some editors keep a backup", async () => {
  writeFileSync(at("a"), "0");
  await follow("a");
  for (let round = 1; round <= 3; round++) {
    await seen(() => {
      renameSync(at("a"), at("a~"));
      writeFileSync(at("a"), String(round));
    });
    await settle(60);
  }
  await seen(() => writeFileSync(at("a"), "last"));
});

test("a file is deleted, made again later, and changed after that", async () => {
  writeFileSync(at("a"), "0");
  await follow("a");
  for (let round = 0; round < 3; round++) {
    await seen(() => unlinkSync(at("a")));
    await settle(80);
    await seen(() => writeFileSync(at("a"), "again"));
    await settle(80);
    await seen(() => writeFileSync(at("a"), "changed"));
    await settle(80);
  }
});

test("a file that is not there yet is waited for", async () => {
  writeFileSync(at("a"), "0");
  await follow("a", "b");
  await seen(() => writeFileSync(at("b"), "now"));
  await settle();
  await seen(() => writeFileSync(at("b"), "then"));
});

test("a file behind a symbolic link is seen", async () => {
  mkdirSync(at("real"));
  writeFileSync(at("real/a"), "0");
  symlinkSync(at("real/a"), at("link"));
  await follow("link");
  await seen(() => writeFileSync(at("real/a"), "1"));
});

test("a burst of writes is told once or a few times, not for each", async () => {
  writeFileSync(at("a"), "0");
  await follow("a");
  await seen(() => {
    for (let index = 0; index < 50; index++) writeFileSync(at("a"), String(index));
  });
  await settle();
  expect(bursts).toBeLessThanOrEqual(3);
});

test("files that are followed no more are not told, new ones are", async () => {
  writeFileSync(at("a"), "0");
  writeFileSync(at("b"), "0");
  await follow("a");
  await follow("b");
  writeFileSync(at("a"), "1");
  await settle();
  expect(bursts).toBe(0);
  await seen(() => writeFileSync(at("b"), "1"));
  await follow("a");
  await seen(() => writeFileSync(at("a"), "2"));
});

test("other files of the folder are not told", async () => {
  writeFileSync(at("a"), "0");
  await follow("a");
  writeFileSync(at("c"), "0");
  await settle();
  expect(bursts).toBe(0);
});

test("a write is told within 60 ms", async () => {
  writeFileSync(at("a"), "0");
  await follow("a");
  const times: number[] = [];
  for (let round = 0; round < 9; round++) {
    const begin = performance.now();
    await seen(() => writeFileSync(at("a"), `round ${round}`));
    times.push(performance.now() - begin);
    await settle(40);
  }
  times.sort((a, b) => a - b);
  expect(times[4], `all: ${times.map(Math.round).join(" ")}`).toBeLessThan(60);
});
