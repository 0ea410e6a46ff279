// What `ping` counts, and the lines that it prints at the end.

import { put, putDigits, putIp, putLine, putMilliseconds, putNumber } from "../sdk/index";

/** Round trips that the percentiles are taken of: the last ones, where there are more. */
const SAMPLES: i32 = 65_536;

export class Statistics {
  transmitted: i32 = 0;
  received: i32 = 0;
  duplicates: i32 = 0;
  late: i32 = 0;

  private samples: StaticArray<u32> = new StaticArray<u32>(0);

  /** `count` is how many there can be at most. */
  constructor(count: i32) {
    this.samples = new StaticArray<u32>(min(count, SAMPLES));
  }

  /** An answer in time. */
  add(roundTripNs: i64): void {
    // In units of 16 ns, so that 32 bits hold more than a minute.
    const sample = <u32>min<i64>(roundTripNs >> 4, u32.MAX_VALUE);
    this.samples[this.received % this.samples.length] = sample;
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
    const count = min(this.received, this.samples.length);
    sort(this.samples, count);
    put("rtt p50 = ");
    putMilliseconds(this.percentile(count, 50));
    put(" ms, p99 = ");
    putMilliseconds(this.percentile(count, 99));
    put(" ms");
    putLine();
  }

  /** The smallest sample that so many percent are not above. */
  private percentile(count: i32, percent: i32): i64 {
    const rank = <i32>((<i64>count * percent + 99) / 100);
    return <i64>this.samples[rank - 1] << 4;
  }
}

/** Heap sort: in place, and as fast on any order. */
function sort(values: StaticArray<u32>, count: i32): void {
  for (let i = count / 2 - 1; i >= 0; i--) sink(values, i, count);
  for (let end = count - 1; end > 0; end--) {
    const largest = values[0];
    values[0] = values[end];
    values[end] = largest;
    sink(values, 0, end);
  }
}

function sink(values: StaticArray<u32>, start: i32, count: i32): void {
  const value = values[start];
  let at = start;
  for (let child = at * 2 + 1; child < count; child = at * 2 + 1) {
    if (child + 1 < count && values[child + 1] > values[child]) child++;
    if (values[child] <= value) break;
    values[at] = values[child];
    at = child;
  }
  values[at] = value;
}
