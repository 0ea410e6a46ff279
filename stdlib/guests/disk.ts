// The guest `disk`: writes to every vblk that its bus has, and with `--verify` reads back what it wrote. From
// those that are read-only it reads. Ends when all is done; with `--rounds 0` when it is asked to stop.

import {
  CHANGE_ADDED,
  CLASS_VBLK,
  Change,
  Options,
  Vblk,
  allocate,
  boot,
  print,
  stopping,
} from "./sdk/index";
import { Work } from "./disk/work";

const USAGE: string =
  "usage: disk [--bytes SIZE] [--block SIZE] [--rounds N] [--random] [--seed N] [--read] [--verify]";
const DISKS_MAX: i32 = 32;
const BLOCK_MAX: i64 = 1 << 20;

const change = new Change();

export function main(): i32 {
  if (boot() < 0) return 1;
  const options = new Options("disk", USAGE);
  const work = new Work();
  let rounds: i64 = 1;
  let block: i64 = 64 * 1024;
  while (options.next()) {
    if (options.is("--bytes")) work.bytes = options.size("a size from 512B", 512, i64.MAX_VALUE);
    else if (options.is("--block")) block = options.size("a size from 512B to 1MiB", 512, BLOCK_MAX);
    else if (options.is("--rounds")) rounds = options.number("a number, 0 for no end", 0, 0xff_ffff);
    else if (options.is("--seed")) work.seed = <u64>options.number("a number", 0, i64.MAX_VALUE);
    else if (options.is("--random")) work.random = true;
    else if (options.is("--verify")) work.verifies = true;
    else if (options.is("--read")) work.reads = true;
    else options.unknown();
  }
  if (!options.failed && block % 512 != 0) options.refuse("--block is a multiple of 512 bytes");
  if (options.failed) return 2;
  work.block = <i32>block;
  work.buffer = allocate(<usize>block);
  if (work.buffer == 0) {
    print("disk: --block does not fit into its memory");
    return 1;
  }
  return run(work, rounds);
}

function run(work: Work, rounds: i64): i32 {
  const disks = new StaticArray<Vblk>(DISKS_MAX);
  let count = 0;
  while (change.next()) {
    if (change.type != CHANGE_ADDED || change.deviceClass != CLASS_VBLK || count == DISKS_MAX) continue;
    const disk = new Vblk();
    const failed = disk.open(change.id, change.name, change.facts);
    if (failed < 0) return work.tellFailure(disk, "can't be opened", failed);
    disks[count++] = disk;
  }
  if (count == 0) {
    print("disk: its bus has no vblk");
    return 1;
  }
  for (let round: i64 = 1; (rounds == 0 || round <= rounds) && !stopping(); round++) {
    for (let i = 0; i < count; i++) if (!work.round(disks[i], round, rounds != 1)) return 1;
  }
  return 0;
}
