// Overlays that are written into their bases: what both read then, what is refused, and that a process which
// is killed at any moment of it has lost nothing.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { VolumeNotice } from "../../datapath/block-store.ts";
import { COMMIT_CHUNK_BYTES, OVERLAY_BLOCK_BYTES as BLOCK } from "../../limits.ts";
import { SEED, randomOf } from "../../machine-room.test-support.ts";
import { commitOverlay, wrongCommit } from "./commit-overlay.ts";
import { closeFile, openImage, openOverlay, storedBytes, type Problem } from "./files.ts";
import { openStore } from "./open-store.ts";

type Overlay = VolumeNotice & { readonly class: "overlay" };

const SECTOR = 512;
const VICTIM = fileURLToPath(new URL("./commit-kill.test-support.ts", import.meta.url));
/** Outlives the test: the next process starts faster. */
const CACHE = fileURLToPath(new URL("../../../node_modules/.cache/guest-threads", import.meta.url));
const KILLS = process.env["SLOW"] === "1" ? 500 : process.env["CI"] === "true" ? 30 : 6;

const random = randomOf(SEED);
const folder = mkdtempSync(path.join(tmpdir(), "vbus-commit-"));
afterAll(() => rmSync(folder, { recursive: true }));
let made = 0;
const fresh = (): string => path.join(folder, String(++made));

function opened<T extends object>(answer: T | Problem): T {
  if ("problem" in answer) throw new Error(answer.problem);
  return answer;
}

function openPair(base: string, overlay: string, size: number): Overlay {
  const options = { create: true, readonly: false, size };
  const below: VolumeNotice = { class: "file", ...opened(openImage(base, options)) };
  return { class: "overlay", base: below, ...opened(openOverlay(overlay, size, "base")) };
}

function closePair({ fd, base }: Overlay): void {
  closeFile(fd);
  if ("fd" in base) closeFile(base.fd);
}

function bytesOf(notice: VolumeNotice, length = notice.size): Uint8Array {
  const bytes = new Uint8Array(length);
  expect(openStore(notice).read(0, bytes, 0, length)).toBe(0);
  return bytes;
}

/** Writes sectors, and does so to the array. */
function scribble(notice: VolumeNotice, model: Uint8Array, [sector, count, fill]: readonly number[]): void {
  const [at, length] = [(sector as number) * SECTOR, (count as number) * SECTOR];
  for (let n = at; n < Math.min(at + length, model.length); n++)
    model[n] = (fill as number) + n * 31 + (n >> 9);
  expect(openStore(notice).write(at, model, at, Math.min(length, model.length - at))).toBe(0);
}

const same = (one: Uint8Array, other: Uint8Array): void =>
  expect(Buffer.from(one).equals(Buffer.from(other))).toBe(true);

test(`by chance, a base is what its overlay was, which is empty then (SEED=${SEED})`, async () => {
  const sectors = 200; // Ends inside a block.
  const write = fc.tuple(fc.nat(sectors - 1), fc.integer({ min: 1, max: 40 }), fc.nat(255));
  const writes = fc.array(write, { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(writes, writes, writes, async (below, first, second) => {
      const [base, overlay, model] = [fresh(), fresh(), new Uint8Array(sectors * SECTOR)];
      let pair = openPair(base, overlay, model.length);
      for (const each of below) scribble(pair.base, model, each);
      // A commit, and one more of what was written after it.
      for (const round of [first, second]) {
        for (const each of round) scribble(pair, model, each);
        expect(wrongCommit(pair)).toBeUndefined();
        const had = await commitOverlay(pair, () => true);
        expect(had === 0).toBe(round.length === 0);
        same(bytesOf(pair), model);
        same(bytesOf(pair.base), model);
        closePair(pair);
        same(readFileSync(base), model);
        pair = openPair(base, overlay, model.length);
        same(bytesOf(pair), model);
        expect(await commitOverlay(pair, () => true)).toBe(0);
      }
      closePair(pair);
    }),
    { seed: SEED, numRuns: process.env["SLOW"] === "1" ? 500 : 20 },
  );
});

test.each([-BLOCK, -SECTOR, 0, SECTOR, BLOCK])("of every length around a piece (%i)", async (more) => {
  const model = new Uint8Array(2 * COMMIT_CHUNK_BYTES);
  const pair = openPair(fresh(), fresh(), model.length);
  scribble(pair, model, [8, (COMMIT_CHUNK_BYTES + more) / SECTOR, 7]);
  expect(storedBytes(pair.fd)).toBeGreaterThan(COMMIT_CHUNK_BYTES - 2 * BLOCK);
  expect(await commitOverlay(pair, () => true)).toBe(Math.ceil((COMMIT_CHUNK_BYTES + more) / BLOCK) * BLOCK);
  same(bytesOf(pair.base), model);
  expect(storedBytes(pair.fd)).toBeLessThan(100 * 1024); // Its header and its map.
  closePair(pair);
});

test("what the base has no room for is refused, and what has no base to keep it", async () => {
  const pair = openPair(fresh(), fresh(), 10 * SECTOR);
  const larger: Overlay = {
    ...openPair(fresh(), fresh(), 3 * BLOCK),
    base: { ...pair.base, size: 10 * SECTOR } as VolumeNotice,
  };
  const model = new Uint8Array(larger.size);
  scribble(larger, model, [0, 8, 1]);
  expect(wrongCommit(larger)).toBeUndefined();
  scribble(larger, model, [10, 1, 1]);
  expect(wrongCommit(larger)).toContain("beyond the end of its base");
  const memory: VolumeNotice = { class: "memory", size: SECTOR, bytes: new SharedArrayBuffer(SECTOR) };
  expect(wrongCommit({ ...pair, base: memory })).toContain("in memory");
  expect(wrongCommit({ ...pair, base: { class: "nbd", size: SECTOR } })).toContain("on a server");
  closePair(pair);
  closePair({ ...larger, base: memory });
});

/**
 * Runs a commit in a process that ends itself after a piece, or is killed after the last one, or not at all.
 */
async function killed(
  base: string,
  overlay: string,
  size: number,
  pieces: number,
  at: number,
): Promise<boolean> {
  const env = { ...process.env, NODE_COMPILE_CACHE: CACHE };
  const child = spawn(process.execPath, [VICTIM, base, overlay, String(size), String(at)], { env });
  let [said, problems] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (at === 0 && said.includes(`${pieces}\n`)) setTimeout(() => child.kill("SIGKILL"), random() * 5);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (problems += text));
  await once(child, "close");
  expect(problems).not.toContain("Error");
  expect(said.includes("done") || child.signalCode === "SIGKILL", said + problems).toBe(true);
  return said.includes("done");
}

test(
  `${KILLS} times kill -9 in the middle of a commit loses nothing (SEED=${SEED})`,
  async () => {
    const blocks = 40;
    const model = new Uint8Array(blocks * BLOCK);
    const [base, overlay] = [fresh(), fresh()];
    let pair = openPair(base, overlay, model.length);
    scribble(pair.base, model, [0, model.length / SECTOR, 99]);
    const old = model.slice();
    // Every other block, so that each is a piece.
    for (let block = 1; block < blocks; block += 2)
      scribble(pair, model, [(block * BLOCK) / SECTOR + 1, 3, block]);
    openStore(pair).flush();
    closePair(pair);
    for (let kill = 0; kill < KILLS; kill++) {
      const [copy, top] = [fresh(), fresh()];
      copyFileSync(base, copy);
      copyFileSync(overlay, top);
      const pieces = blocks / 2;
      const at = kill % 2 === 0 ? 0 : 1 + Math.floor(random() * pieces);
      const isDone = await killed(copy, top, model.length, pieces, at);
      pair = openPair(copy, top, model.length);
      same(bytesOf(pair), model);
      const below = bytesOf(pair.base);
      // Each block of the base is the old one or the new one.
      for (let from = 0; from < below.length; from += BLOCK) {
        const block = Buffer.from(below.subarray(from, from + BLOCK));
        const isNew = block.equals(model.subarray(from, from + BLOCK));
        expect(isNew || (!isDone && block.equals(old.subarray(from, from + BLOCK))), `${from}`).toBe(true);
      }
      await commitOverlay(pair, () => true);
      same(bytesOf(pair.base), model);
      same(bytesOf(pair), model);
      closePair(pair);
      rmSync(copy);
      rmSync(top);
    }
  },
  60_000 + KILLS * 10_000,
);
