// What is known of a file, as a program reads it, and the two times that it may set.

import type { BigIntStats } from "node:fs";
import { FILESTAT_BYTES, FSTFLAG } from "../abi.ts";
import type { ProgramMemory } from "../program-memory.ts";
import { Refused } from "../refused.ts";
import { filetypeOf } from "./host-nodes.ts";

export function writeFilestat(memory: ProgramMemory, at: number, stats: BigIntStats): void {
  memory.bytes(at, FILESTAT_BYTES).fill(0);
  const from = at >>> 0;
  memory.setU64(from, stats.dev);
  memory.setU64(from + 8, stats.ino);
  memory.setU8(from + 16, filetypeOf(stats));
  memory.setU64(from + 24, stats.nlink);
  memory.setU64(from + 32, stats.size);
  memory.setU64(from + 40, stats.atimeNs);
  memory.setU64(from + 48, stats.mtimeNs);
  memory.setU64(from + 56, stats.ctimeNs);
}

/** Seconds since 1970 of the last access and the last change, as they are to be. */
export function timesOf(
  stats: BigIntStats,
  atim: bigint,
  mtim: bigint,
  flags: number,
  nowNs: bigint,
): readonly [number, number] {
  const pick = (set: number, now: number, given: bigint, old: bigint): number => {
    if ((flags & set) !== 0 && (flags & now) !== 0) throw new Refused("EINVAL");
    const chosen = (flags & set) !== 0 ? given : (flags & now) !== 0 ? nowNs : old;
    return Number(BigInt.asUintN(64, chosen)) / 1e9;
  };
  return [
    pick(FSTFLAG.atim, FSTFLAG.atimNow, atim, stats.atimeNs),
    pick(FSTFLAG.mtim, FSTFLAG.mtimNow, mtim, stats.mtimeNs),
  ];
}
