// How long to wait for an answer (RFC 6298), and how much to have on the way (Reno: RFC 5681, with the
// recovery of RFC 6582). Both only count; the connection sends.

import { before } from "./tcp-segment";

const MILLISECOND: i64 = 1_000_000;
const RTO_FIRST: i64 = 1000 * MILLISECOND;
/** Less than the second of the RFC, as most systems have it: networks of a lab are near. */
const RTO_LEAST: i64 = 200 * MILLISECOND;
const RTO_MOST: i64 = 60_000 * MILLISECOND;
/** The clock's own steps count as nothing. */
const GRANULARITY: i64 = MILLISECOND;

export class RoundTrip {
  /** Nanoseconds until what is not acknowledged is sent again. */
  rto: i64 = RTO_FIRST;
  /** The smoothed time of a round, nanoseconds; 0 while none was measured. */
  smoothed: i64 = 0;
  private variation: i64 = 0;
  private timing: bool = false;
  private timed: u32 = 0;
  private startedAt: i64 = 0;

  begin(): void {
    this.rto = RTO_FIRST;
    this.smoothed = 0;
    this.timing = false;
  }

  /** The byte before `end` goes out for the first time. One is timed at a time. */
  start(end: u32, time: i64): void {
    if (this.timing) return;
    this.timing = true;
    this.timed = end;
    this.startedAt = time;
  }

  /** Something is sent again: an answer would not say to which of the two (Karn). */
  forget(): void {
    this.timing = false;
  }

  acknowledged(sequence: u32, time: i64): void {
    if (!this.timing || before(sequence, this.timed)) return;
    this.timing = false;
    const round = max<i64>(time - this.startedAt, 1);
    if (this.smoothed == 0) {
      this.smoothed = round;
      this.variation = round / 2;
    } else {
      const error = this.smoothed > round ? this.smoothed - round : round - this.smoothed;
      this.variation = (this.variation * 3 + error) / 4;
      this.smoothed = (this.smoothed * 7 + round) / 8;
    }
    this.rto = min(max(this.smoothed + max(GRANULARITY, this.variation * 4), RTO_LEAST), RTO_MOST);
  }

  /** Nobody answered in time: wait longer. */
  backOff(): void {
    this.rto = min(this.rto * 2, RTO_MOST);
  }
}

/** So many answers that acknowledge nothing new say that a segment is lost. */
const DUPLICATES: i32 = 3;
const WINDOW_MOST: i32 = 1 << 24;

export class Reno {
  /** Bytes that may be on the way. */
  window: i32 = 0;
  recovering: bool = false;
  private threshold: i32 = WINDOW_MOST;
  private mss: i32 = 0;
  private duplicates: i32 = 0;
  /** Nothing before this starts another recovery. */
  private recover: u32 = 0;

  /** `start` is the first sequence number. */
  begin(mss: i32, start: u32): void {
    this.mss = mss;
    this.window = this.initialWindow();
    this.threshold = WINDOW_MOST;
    this.recovering = false;
    this.duplicates = 0;
    this.recover = start;
  }

  /** RFC 6928. */
  private initialWindow(): i32 {
    return min(10 * this.mss, max(2 * this.mss, 14_600));
  }

  /** What the first two answers without news allow beyond the window, bytes (RFC 3042). */
  get limited(): i32 {
    return this.recovering ? 0 : min(this.duplicates, DUPLICATES - 1) * this.mss;
  }

  /** Nothing was sent for a while: the window says nothing of the way as it is now. */
  idle(): void {
    this.window = min(this.window, this.initialWindow());
  }

  /** All before `una` has come, `bytes` more than before. True: the first missing one is to be sent again. */
  acknowledged(una: u32, bytes: i32, flight: i32): bool {
    this.duplicates = 0;
    if (!this.recovering) {
      const more =
        this.window < this.threshold
          ? min(bytes, this.mss)
          : max(<i32>((<i64>this.mss * this.mss) / this.window), 1);
      this.window = min(this.window + more, WINDOW_MOST);
      return false;
    }
    if (!before(una, this.recover)) {
      this.recovering = false;
      this.window = min(this.threshold, max(flight, this.mss) + this.mss);
      return false;
    }
    // Only a part: the next hole begins here.
    this.window = max(this.window - bytes, 0) + this.mss;
    return true;
  }

  /** An answer without news. True: the first segment on the way is to be sent again. */
  duplicate(una: u32, highest: u32, flight: i32): bool {
    this.duplicates++;
    if (this.recovering) {
      this.window = min(this.window + this.mss, WINDOW_MOST);
      return false;
    }
    if (this.duplicates != DUPLICATES || !before(this.recover, una)) return false;
    this.threshold = max(flight / 2, 2 * this.mss);
    this.window = this.threshold + DUPLICATES * this.mss;
    this.recovering = true;
    this.recover = highest;
    return true;
  }

  /** Nobody answered in time. */
  timeout(highest: u32, flight: i32): void {
    this.threshold = max(flight / 2, 2 * this.mss);
    this.window = this.mss;
    this.recovering = false;
    this.duplicates = 0;
    this.recover = highest;
  }
}
