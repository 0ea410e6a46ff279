// What `ping` counts, and the lines that it prints at the end.

import { Samples, put, putDigits, putIp, putLine, putMilliseconds, putNumber } from "../sdk/index";

export class Statistics {
  transmitted: i32 = 0;
  received: i32 = 0;
  duplicates: i32 = 0;
  late: i32 = 0;

  private roundTrips: Samples;

  /** `count` is how many there can be at most. */
  constructor(count: i32) {
    this.roundTrips = new Samples(count);
  }

  /** An answer in time. */
  add(roundTripNs: i64): void {
    this.roundTrips.add(roundTripNs);
    this.received++;
  }

  print(to: u32): void {
    put("--- ");
    putIp(to);
    put(" ping statistics ---");
    putLine();
    putNumber(this.transmitted);
    put(" packets transmitted, ");
    putNumber(this.received);
    put(" received, ");
    this.putExtra(this.duplicates, " duplicates, ");
    this.putExtra(this.late, " late, ");
    this.putLoss();
    put("% packet loss");
    putLine();
    if (this.received > 0) this.printRoundTrips();
  }

  private putExtra(count: i32, what: string): void {
    if (count == 0) return;
    put("+");
    putNumber(count);
    put(what);
  }

  /** Percent with as many places as it needs, three at most; never 0 where something was lost. */
  private putLoss(): void {
    const lost = this.transmitted - this.received;
    const thousandths = this.transmitted == 0 ? 0 : (<i64>lost * 100_000) / this.transmitted;
    const shown = <u64>(lost > 0 ? max<i64>(thousandths, 1) : 0);
    putDigits(shown / 1000, 1);
    let places = shown % 1000;
    if (places == 0) return;
    put(".");
    let digits = 3;
    for (; places % 10 == 0; places /= 10) digits--;
    putDigits(places, digits);
  }

  private printRoundTrips(): void {
    put("rtt p50 = ");
    putMilliseconds(this.roundTrips.percentile(50));
    put(" ms, p99 = ");
    putMilliseconds(this.roundTrips.percentile(99));
    put(" ms");
    putLine();
  }
}
