// When the next datagrams are due: a schedule from the rate, in batches, since a sleep takes longer than a
// datagram. Who is behind catches up, but at twice the rate at most: the receiver's ring is only so long.

/** Datagrams that go out with one signal. */
const BATCH: i64 = 16;
/** The schedule is looked at this often, if not more often. */
const TICK: f64 = 1_000_000;

export class Pace {
  /** No datagram goes out before. */
  nextAt: i64 = 0;

  private startAt: i64;
  /** Nanoseconds from one datagram to the next. */
  private every: f64;

  constructor(startAt: i64, bytes: i32, bitsPerSecond: i64) {
    this.startAt = startAt;
    this.nextAt = startAt;
    this.every = (<f64>bytes * 8e9) / <f64>bitsPerSecond;
  }

  /** How many of those after the first `sent` may go out now. */
  due(time: i64, sent: i64): i64 {
    if (time < this.nextAt) return 0;
    // The first is due at once.
    const scheduled = <i64>(<f64>(time - this.startAt) / this.every) + 1;
    return min(max<i64>(scheduled - sent, 0), BATCH);
  }

  /** `count` more have gone out: `sent` in all. */
  went(time: i64, sent: i64, count: i64): void {
    // As many as gather in a tick, a whole batch at most, and one at least.
    const gathered = min(max(TICK / this.every, 1), <f64>BATCH);
    const scheduled = this.startAt + <i64>((<f64>sent + gathered - 1) * this.every);
    this.nextAt = max(scheduled, time + <i64>((<f64>count * this.every) / 2));
  }
}
