// One run of a sender, as the receiver sees it: what has come, and in which order.

import { allocate } from "../sdk/index";
import { Counts } from "../stream/wire";

/** Numbers behind the highest one that are remembered one by one, a power of two. */
const WINDOW: u64 = 4096;

export class Flow {
  /** 0: the place is free. */
  ip: u32 = 0;
  port: u32 = 0;
  run: u32 = 0;
  counts: Counts = new Counts();
  heardAt: i64 = 0;
  /** When the sender first said that it has ended, or 0. */
  finishedAt: i64 = 0;
  /** Its line has been printed. */
  told: bool = false;

  private startedAt: i64 = 0;
  /** One more than the highest number that came or that the sender told of. */
  private end: u64 = 0;
  /** A bit for each of the last `WINDOW` numbers; for one flow after the other. */
  private seen: usize = allocate(<usize>(WINDOW / 8));

  begin(ip: u32, port: u32, run: u32, time: i64): void {
    this.ip = ip;
    this.port = port;
    this.run = run;
    this.heardAt = time;
    this.finishedAt = 0;
    this.told = false;
    this.end = 0;
    this.startedAt = time;
    const counts = this.counts;
    counts.received = counts.bytes = counts.disordered = counts.duplicates = 0;
    counts.ns = 0;
    memory.fill(this.seen, 0, <usize>(WINDOW / 8));
  }

  /** How many the sender has sent, as far as is known. */
  get total(): u64 {
    return this.end;
  }

  get complete(): bool {
    return this.counts.received >= this.end;
  }

  /** A datagram has come. */
  count(number: u64, bytes: i32, time: i64): void {
    const counts = this.counts;
    this.heardAt = time;
    if (number >= this.end) {
      this.advance(number);
    } else if (this.end - number > WINDOW || this.marked(number)) {
      // So late that it can't be told from one that comes again.
      counts.duplicates++;
      return;
    } else {
      counts.disordered++;
    }
    this.mark(number);
    counts.received++;
    counts.bytes += bytes;
    counts.ns = time - this.startedAt;
  }

  /** The sender says that it has sent so many. */
  finish(total: u64, time: i64): void {
    this.heardAt = time;
    if (this.finishedAt == 0) this.finishedAt = time;
    if (total > this.end) this.advance(total - 1);
  }

  private advance(number: u64): void {
    // The numbers between share their bits with others, that came a window ago.
    if (number - this.end >= WINDOW) memory.fill(this.seen, 0, <usize>(WINDOW / 8));
    else for (let n = this.end; n <= number; n++) this.unmark(n);
    this.end = number + 1;
  }

  private byteOf(number: u64): usize {
    return this.seen + <usize>((number & (WINDOW - 1)) >> 3);
  }
  private bitOf(number: u64): u32 {
    const place = <u32>(number & 7);
    return 1 << place;
  }
  private marked(number: u64): bool {
    return (load<u8>(this.byteOf(number)) & this.bitOf(number)) != 0;
  }
  private mark(number: u64): void {
    const at = this.byteOf(number);
    store<u8>(at, load<u8>(at) | this.bitOf(number));
  }
  private unmark(number: u64): void {
    const at = this.byteOf(number);
    store<u8>(at, load<u8>(at) & ~this.bitOf(number));
  }
}
