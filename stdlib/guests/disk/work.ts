// What `disk` does to one disk in one round: writes, flushes, reads back, and the line that it prints.

import {
  OP_READ,
  OP_WRITE,
  Vblk,
  now,
  print,
  put,
  putAmount,
  putByte,
  putLine,
  putName,
  putNumber,
  putSeconds,
} from "../sdk/index";

const SECOND: u64 = 1_000_000_000;
/** The upper bits of each word say in which round it was written. */
const ROUND_SHIFT: u64 = 40;
const LOW: u64 = (1 << 40) - 1;

export class Work {
  bytes: i64 = 1 << 20;
  block: i32 = 0;
  seed: u64 = 1;
  random: bool = false;
  verifies: bool = false;
  reads: bool = false;
  /** Of `block` bytes. */
  buffer: usize = 0;

  /** False: it failed, and has said so. `told`: rounds are told by number. */
  round(disk: Vblk, round: i64, told: bool): bool {
    const bytes = min<u64>(<u64>this.bytes, disk.size) / this.block;
    const blocks = max<u64>(bytes, 1);
    const only = this.reads || disk.readonly;
    if (!only && !this.write(disk, blocks, <u64>round, told)) return false;
    return only || this.verifies ? this.read(disk, blocks, <u64>round, only) : true;
  }

  private write(disk: Vblk, blocks: u64, round: u64, told: bool): bool {
    const started = now();
    const step = this.stepOf(blocks);
    for (let i: u64 = 0, at: u64 = 0; i < blocks; i++, at = (at + step) % blocks) {
      const offset = at * this.block;
      this.fill(offset, round);
      const failed = disk.write(offset, this.buffer, this.block);
      if (failed < 0) return this.tellFailure(disk, "can't be written", failed) == 0;
    }
    const failed = disk.flush();
    if (failed < 0) return this.tellFailure(disk, "can't be flushed", failed) == 0;
    if (!told) return this.tell(disk, "wrote ", blocks, now() - started);
    putName(disk.name);
    put(": round ");
    putNumber(<i64>round);
    put(" is on the disk");
    putLine();
    return true;
  }

  /** `only`: what lies there is somebody else's. */
  private read(disk: Vblk, blocks: u64, round: u64, only: bool): bool {
    const started = now();
    const step = this.stepOf(blocks);
    for (let i: u64 = 0, at: u64 = 0; i < blocks; i++, at = (at + step) % blocks) {
      const offset = at * this.block;
      const failed = disk.read(offset, this.buffer, this.block);
      if (failed < 0) return this.tellFailure(disk, "can't be read", failed) == 0;
      if (only || this.matches(offset, round)) continue;
      putName(disk.name);
      put(": what was written at ");
      putNumber(<i64>offset);
      put(" is not what is read");
      putLine();
      return false;
    }
    return this.tell(disk, only ? "read " : "verified ", blocks, now() - started);
  }

  private fill(offset: u64, round: u64): void {
    for (let i = 0; i < this.block; i += 8) store<u64>(this.buffer + i, this.word(offset + i, round));
  }

  private matches(offset: u64, round: u64): bool {
    for (let i = 0; i < this.block; i += 8)
      if (load<u64>(this.buffer + i) != this.word(offset + i, round)) return false;
    return true;
  }

  private word(offset: u64, round: u64): u64 {
    let x = offset + this.seed * 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return ((x ^ (x >> 31)) & LOW) | (round << ROUND_SHIFT);
  }

  /** Blocks from one to the next: so many that each comes once, in an order that looks like chance. */
  private stepOf(blocks: u64): u64 {
    if (!this.random || blocks < 3) return 1;
    let step = (blocks * 5) / 8 + (this.seed % (blocks / 4 + 1));
    // Bound: between two numbers that share a factor with `blocks` there is soon one that doesn't.
    while (gcd(step, blocks) != 1) step++;
    return step % blocks;
  }

  private tell(disk: Vblk, did: string, blocks: u64, ns: i64): bool {
    const bytes = blocks * this.block;
    putName(disk.name);
    put(": ");
    put(did);
    putAmount(bytes, "B");
    put(" in ");
    putSeconds(ns);
    put(", ");
    // In two steps: bytes times nanoseconds of a second has more than 64 bits soon.
    putAmount(<u64>((<f64>bytes * <f64>SECOND) / <f64>max<i64>(ns, 1)), "B/s");
    putLine();
    return true;
  }

  /** 1. */
  tellFailure(disk: Vblk, what: string, errno: i32): i32 {
    putName(disk.name);
    putByte(32);
    put(what);
    put(": error ");
    putNumber(errno);
    putLine();
    return 1;
  }
}

function gcd(a: u64, b: u64): u64 {
  // Bound: the second at least halves every second time.
  while (b != 0) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}
