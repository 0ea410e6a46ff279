// kill -9 at random moments while a guest writes: everything that it was told is flushed is there, nothing is
// there that nobody wrote, overlays open, and nothing of their base has changed.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { closeFile, openImage, openOverlay, type Problem } from "./backend/volume/files.ts";
import { openStore } from "./backend/volume/open-store.ts";
import type { VolumeNotice } from "./datapath/block-store.ts";
import { SEED, randomOf } from "./machine-room.test-support.ts";

const KILLS = process.env["SLOW"] === "1" ? 500 : process.env["CI"] === "true" ? 20 : 3;
const BLOCK = 12 * 1024;
const SIZE = BLOCK * 20;
const VICTIM = fileURLToPath(new URL("./disks-kill.test-support.ts", import.meta.url));
const LATEST_MS = 150;
/** Processes at the same time, each with disks of its own. */
const TOGETHER = 2;
/** Outlives the test: the next one's processes start faster. */
const CACHE = fileURLToPath(new URL("../node_modules/.cache/guest-threads", import.meta.url));

const random = randomOf(SEED);
const folder = mkdtempSync(path.join(tmpdir(), "vbus-kills-"));

interface Disks {
  readonly base: string;
  readonly overlay: string;
  readonly image: string;
}

function disksOf(name: string): Disks {
  const at = (file: string): string => path.join(folder, `${name}-${file}`);
  return { base: at("base.img"), overlay: at("overlay"), image: at("raw.img") };
}

/** What the guest writes at an offset, but for the bits that say in which round. */
function wordAt(offset: bigint, seed: bigint): bigint {
  const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
  let x = u64(offset + seed * 0x9e3779b97f4a7c15n);
  x = u64((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n);
  x = u64((x ^ (x >> 27n)) * 0x94d049bb133111ebn);
  return BigInt.asUintN(40, x ^ (x >> 31n));
}

/** Runs the process and kills it after a time; the last round of each disk that it said is flushed. */
async function killed(disks: Disks, seed: number): Promise<Record<string, number>> {
  const { base, overlay, image } = disks;
  const env = { ...process.env, NODE_COMPILE_CACHE: CACHE };
  const child = spawn(process.execPath, [VICTIM, base, overlay, image, String(SIZE), String(seed)], { env });
  const rounds: Record<string, number> = { vda: 0, vdb: 0 };
  let [said, problems] = ["", ""];
  const begun = Promise.withResolvers<void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (said.includes("round")) begun.resolve();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (problems += text));
  const ended = once(child, "close");
  await Promise.race([begun.promise, ended]);
  expect(problems).not.toContain("Error");
  await new Promise((resolve) => setTimeout(resolve, random() * LATEST_MS));
  child.kill("SIGKILL");
  await ended;
  expect(child.signalCode, `${said}${problems}`).toBe("SIGKILL");
  for (const [, name = "", round] of said.matchAll(/(vd[ab]): round (\d+) is on the disk\n/g))
    rounds[name] = Number(round);
  return rounds;
}

function opened<T extends object>(answer: T | Problem): T {
  if ("problem" in answer) throw new Error(answer.problem);
  return answer;
}

/** What both disks hold now. */
function contents({ base, overlay, image }: Disks): Record<string, Uint8Array> {
  const options = { create: false, readonly: true };
  const below: VolumeNotice = { class: "file", ...opened(openImage(base, options)) };
  const relative = path.basename(base);
  const top: VolumeNotice = {
    class: "overlay",
    base: below,
    ...opened(openOverlay(overlay, SIZE, relative)),
  };
  const raw: VolumeNotice = { class: "file", ...opened(openImage(image, options)) };
  const read = (notice: VolumeNotice): Uint8Array => {
    const bytes = new Uint8Array(SIZE);
    expect(openStore(notice).read(0, bytes, 0, SIZE)).toBe(0);
    return bytes;
  };
  const result = { vda: read(top), vdb: read(raw) };
  for (const { fd } of [below, top, raw]) closeFile(fd);
  return result;
}

/** Blocks of a disk that are not as they may be: older than what was flushed, or written by nobody. */
function wrongBlocks(now: Uint8Array, before: Uint8Array, seed: number, flushed: number): string[] {
  const wrong: string[] = [];
  // A page is written as one; a request may end between two of them.
  for (let at = 0; at < SIZE; at += 4096) {
    const words = new BigUint64Array(now.slice(at, at + 4096).buffer);
    const own = words.every((word, index) => {
      const [low, round] = [BigInt.asUintN(40, word), word >> 40n];
      const first = (words[0] as bigint) >> 40n;
      return low === wordAt(BigInt(at + index * 8), BigInt(seed)) && round === first;
    });
    if (own && Number((words[0] as bigint) >> 40n) >= Math.max(1, flushed)) continue;
    const old = Buffer.from(now.subarray(at, at + 4096)).equals(before.subarray(at, at + 4096));
    if (!own && old && flushed === 0) continue;
    wrong.push(`${at}: ${own ? `round ${(words[0] as bigint) >> 40n}` : old ? "as before" : "nobody's"}`);
  }
  return wrong;
}

/** Kills, one after the other, on one pair of disks; how many rounds were said to be flushed. */
async function chain(name: string, turns: readonly number[]): Promise<number> {
  const disks = disksOf(name);
  const original = Uint8Array.from({ length: SIZE }, (_, at) => (at * 7 + (at >> 8)) & 255);
  writeFileSync(disks.base, original);
  let before: Record<string, Uint8Array> = { vda: original, vdb: new Uint8Array(SIZE) };
  let rounds = 0;
  for (const turn of turns) {
    const flushed = await killed(disks, turn);
    const now = contents(disks);
    for (const disk of ["vda", "vdb"]) {
      const [is, was] = [now[disk] as Uint8Array, before[disk] as Uint8Array];
      expect(wrongBlocks(is, was, turn, flushed[disk] ?? 0), `${disk}, kill ${turn}`).toEqual([]);
      rounds += flushed[disk] ?? 0;
    }
    before = now;
  }
  expect(Buffer.from(readFileSync(disks.base)).equals(original)).toBe(true);
  return rounds;
}

test(
  `${KILLS} times kill -9 in the middle of writes loses nothing that was flushed (SEED=${SEED})`,
  async () => {
    const turns = Array.from({ length: KILLS }, (_, index) => index + 1);
    const chains = Array.from({ length: TOGETHER }, (_, own) =>
      chain(
        `disks${own}`,
        turns.filter((turn) => turn % TOGETHER === own),
      ),
    );
    for (const rounds of await Promise.all(chains)) expect(rounds).toBeGreaterThan(0);
    rmSync(folder, { recursive: true });
  },
  KILLS * 60_000,
);
