// Reads from the first disk of its bus as fast as it can, in blocks at random places or one after the other,
// and says how long it took. Each request that fails ends it.

import * as sdk from "../../stdlib/guests/sdk/index";

const USAGE: string = "usage: reader --block B --count N [--warm N] [--random] [--batch N]";

const options = new sdk.Options("reader", USAGE);
const change = new sdk.Change();
const disk = new sdk.Vblk();
let block: i32 = 4096;
let count: i64 = 0;
let warm: i64 = 0;
let random: bool = false;
let batch: i32 = 1;
let buffer: usize = 0;
let state: u64 = 0x9e3779b97f4a7c15;
let next: u64 = 0;

export function main(): i32 {
  if (sdk.boot() < 0) return 1;
  while (options.next()) {
    if (options.is("--block")) block = <i32>options.size("512B to 1MiB", 512, 1 << 20);
    else if (options.is("--count")) count = options.number("a number", 1, i64.MAX_VALUE);
    else if (options.is("--warm")) warm = options.number("a number", 0, i64.MAX_VALUE);
    else if (options.is("--batch")) batch = <i32>options.number("1 to 32", 1, 32);
    else if (options.is("--random")) random = true;
    else options.unknown();
  }
  if (options.failed) return 2;
  while (disk.id == 0 && change.next())
    if (change.deviceClass == sdk.CLASS_VBLK) disk.open(change.id, change.name, change.facts);
  buffer = sdk.allocate(block * batch);
  if (disk.id == 0 || buffer == 0) return 3;
  if (!read(warm)) return 4;
  const started = sdk.now();
  if (!read(count)) return 4;
  sdk.put("reader: blocks ");
  sdk.putNumber(count);
  sdk.put(" ns ");
  sdk.putNumber(sdk.now() - started);
  sdk.putLine();
  return 0;
}

function read(blocks: i64): bool {
  const places = disk.size / block;
  for (let left = blocks; left > 0; left -= batch) {
    const together = <i32>min<i64>(left, batch);
    for (let i = 0; i < together; i++) {
      let at = next++ % places;
      if (random) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        at = state % places;
      }
      disk.post(sdk.OP_READ, at * block, buffer + i * block, block);
    }
    if (disk.run() != 0) return false;
  }
  return true;
}
