// Measured times, and the percentiles of them. The last 65,536 count, where there are more.

import { allocate } from "./memory";

const SAMPLES_MAX: i32 = 65_536;

export class Samples {
  private room: i32;
  private at: usize;
  private added: i64 = 0;

  /** `count` is how many are expected at most. Where memory is short, fewer are kept. */
  constructor(count: i32) {
    this.room = min(count, SAMPLES_MAX);
    this.at = allocate(<usize>this.room * 8);
    for (; this.at == 0 && this.room > 1; this.at = allocate(<usize>this.room * 8)) this.room /= 2;
  }

  add(ns: i64): void {
    if (this.at == 0) return;
    store<i64>(this.slot(<i32>(this.added % this.room)), ns);
    this.added++;
  }

  /** The smallest sample that so many percent are not above. Of no samples, 0. Sorts them. */
  percentile(percent: i32): i64 {
    const count = <i32>min<i64>(this.added, this.room);
    if (count == 0) return 0;
    this.sort(count);
    const rank = <i32>((<i64>count * percent + 99) / 100);
    return load<i64>(this.slot(max(rank, 1) - 1));
  }

  private slot(index: i32): usize {
    return this.at + ((<usize>index) << 3);
  }

  /** Heap sort: in place, and as fast on any order. */
  private sort(count: i32): void {
    for (let i = count / 2 - 1; i >= 0; i--) this.sink(i, count);
    for (let end = count - 1; end > 0; end--) {
      const largest = load<i64>(this.slot(0));
      store<i64>(this.slot(0), load<i64>(this.slot(end)));
      store<i64>(this.slot(end), largest);
      this.sink(0, end);
    }
  }

  private sink(start: i32, count: i32): void {
    const value = load<i64>(this.slot(start));
    let at = start;
    for (let child = at * 2 + 1; child < count; child = at * 2 + 1) {
      if (child + 1 < count && load<i64>(this.slot(child + 1)) > load<i64>(this.slot(child))) child++;
      if (load<i64>(this.slot(child)) <= value) break;
      store<i64>(this.slot(at), load<i64>(this.slot(child)));
      at = child;
    }
    store<i64>(this.slot(at), value);
  }
}
