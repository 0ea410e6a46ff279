// The two halves of a connection: what goes out, and what comes in. Each knows its own sequence numbers and
// windows (RFC 9293, 3.3.1), and nothing of the other.

import { ByteRing, Islands } from "./tcp-bytes";
import { before, later, WINDOW_MAX } from "./tcp-segment";

export class Sender {
  buffer: ByteRing;
  /**
   * The first sequence number that is not acknowledged, the next to be sent, and the end of all ever sent.
   */
  una: u32 = 0;
  next: u32 = 0;
  highest: u32 = 0;
  /** What the peer has room for from `una` on, bytes, and the most that it ever had. */
  window: i32 = 0;
  windowMost: i32 = 0;
  /** Windows in the peer's segments count so many times: 2^shift. */
  shift: i32 = 0;
  mss: i32 = 0;
  /** After the last byte nothing will follow; and that was said. */
  ending: bool = false;
  endSent: bool = false;
  /** The sequence number of the first byte in the buffer. */
  private start: u32 = 0;
  /** The segment that the window was last taken from: older ones say nothing. */
  private windowSequence: u32 = 0;
  private windowAcknowledge: u32 = 0;

  constructor(capacity: i32) {
    this.buffer = new ByteRing(capacity);
  }

  begin(initial: u32, mss: i32): void {
    this.buffer.clear();
    this.una = initial;
    this.next = this.highest = this.start = initial + 1;
    this.mss = mss;
    this.window = this.windowMost = this.shift = 0;
    this.ending = this.endSent = false;
  }

  /** Sent and not acknowledged, bytes. */
  get flight(): i32 {
    return this.highest - this.una;
  }

  /** Bytes that were never sent, or are to be sent again. */
  get waiting(): i32 {
    return max(<i32>(this.start + this.buffer.length - this.next), 0);
  }

  /** All is acknowledged, the end too. */
  get ended(): bool {
    return this.endSent && this.una - this.start == 1;
  }

  /**
   * The number of a segment without bytes: behind everything that the peer may have, or it would be refused
   * as an old one; but not behind a probe of a window that was closed.
   */
  get bare(): u32 {
    return this.window == 0 ? this.next : this.highest;
  }

  /** These bytes from `sequence` on are the last ones that were written. */
  areLast(sequence: u32, bytes: i32): bool {
    return sequence + bytes == this.start + this.buffer.length;
  }

  /** How many bytes may go out now under a congestion window: 0 also where a few would be silly. */
  sendable(congestion: i32): i32 {
    const most = min(this.window, congestion) - <i32>(this.next - this.una);
    const bytes = min(min(this.waiting, this.mss), most);
    if (bytes <= 0) return 0;
    // What was lost goes again in any case.
    if (before(this.next, this.highest)) return bytes;
    // RFC 9293, 3.8.6.2.1: all there is, or a whole segment, or half of the largest window.
    return bytes == this.waiting || bytes == this.mss || bytes >= this.windowMost / 2 ? bytes : 0;
  }

  /** Bytes of the first segment that is not acknowledged, to be sent again. */
  get firstBytes(): i32 {
    return min(<i32>(this.start + this.buffer.length - this.una), this.mss);
  }

  /** Copies bytes of the buffer from a sequence number on. */
  copy(sequence: u32, into: usize, bytes: i32): void {
    this.buffer.get(<i32>(sequence - this.start), into, bytes);
  }

  /** So much has gone out from `sequence` on. */
  sent(sequence: u32, length: i32): void {
    this.highest = later(this.highest, sequence + length);
  }

  /** Everything before `acknowledge` has come. */
  acknowledged(acknowledge: u32): void {
    const bytes = min(<i32>(acknowledge - this.start), this.buffer.length);
    this.start += bytes;
    this.buffer.drop(bytes);
    this.una = acknowledge;
    this.next = later(this.next, acknowledge);
  }

  /** Takes over the window in a segment, unless it is an older one. True: it is another than before. */
  offer(sequence: u32, acknowledge: u32, window: i32): bool {
    const older =
      before(sequence, this.windowSequence) ||
      (sequence == this.windowSequence && before(acknowledge, this.windowAcknowledge));
    if (older) return false;
    return this.offerFirst(sequence, acknowledge, window);
  }

  /** That of a SYN is never scaled: `shift` comes after it. */
  offerFirst(sequence: u32, acknowledge: u32, window: i32): bool {
    const bytes = window << this.shift;
    const changed = bytes != this.window;
    this.window = bytes;
    this.windowMost = max(this.windowMost, bytes);
    this.windowSequence = sequence;
    this.windowAcknowledge = acknowledge;
    return changed;
  }
}

export class Receiver {
  buffer: ByteRing;
  /** The next sequence number in order. */
  next: u32 = 0;
  /** The peer has said that nothing follows, and all before it has come. */
  ended: bool = false;
  islands: Islands = new Islands();
  /** How this side's windows scale where the peer's do: by enough for all that the buffer has room for. */
  ownShift: i32 = 0;
  private shift: i32 = 0;
  private mss: i32 = 0;
  /** The end of what was offered: never taken back. */
  private edge: u32 = 0;
  private endKnown: bool = false;
  private endAt: u32 = 0;

  constructor(capacity: i32) {
    this.buffer = new ByteRing(capacity);
    while (this.buffer.capacity >> this.ownShift > WINDOW_MAX + 1) this.ownShift++;
  }

  /** `next` is the first byte's number; `scales`: both ends do. */
  begin(next: u32, mss: i32, scales: bool): void {
    this.buffer.clear();
    this.islands.clear();
    this.next = next;
    this.edge = next + this.firstWindow;
    this.shift = scales ? this.ownShift : 0;
    this.mss = mss;
    this.ended = this.endKnown = false;
  }

  /** The window to offer with a SYN. */
  get firstWindow(): i32 {
    return min(this.buffer.capacity, WINDOW_MAX);
  }

  /** The window to offer, as a header has it. It grows by enough or not at all (RFC 9293, 3.8.6.2.2). */
  get window(): i32 {
    if (this.canGrow) this.edge = this.next + this.most;
    return max(<i32>(this.edge - this.next), 0) >> this.shift;
  }

  /** What was read since makes a larger window worth telling. */
  get canGrow(): bool {
    const more = <i32>(this.next + this.most - this.edge);
    return more >= min(this.mss, this.buffer.capacity / 2);
  }

  /** Bytes that there is room for, and that a header can say. */
  private get most(): i32 {
    return min(this.buffer.room >> this.shift, WINDOW_MAX) << this.shift;
  }

  /** Part of a segment of this length lies in what was offered (RFC 9293, 3.10.7.4). */
  accepts(sequence: u32, length: i32): bool {
    const window = max(<i32>(this.edge - this.next), 0);
    if (length == 0) {
      return window == 0 ? sequence == this.next : this.offered(sequence);
    }
    return window > 0 && (this.offered(sequence) || this.offered(sequence + length - 1));
  }

  private offered(sequence: u32): bool {
    return !before(sequence, this.next) && before(sequence, this.edge);
  }

  /** Takes what is new of a segment's bytes. False: something before them is missing. */
  take(sequence: u32, at: usize, bytes: i32): bool {
    const skip = max(<i32>(this.next - sequence), 0);
    const from = sequence + skip;
    const count = min(bytes - skip, <i32>(this.edge - from));
    if (count <= 0) return true;
    const place = this.buffer.length + <i32>(from - this.next);
    this.buffer.put(place, at + skip, count);
    if (from != this.next) {
      this.islands.add(from, from + count);
      return false;
    }
    const reached = this.islands.reach(from + count);
    this.buffer.length += <i32>(reached - this.next);
    this.next = reached;
    return true;
  }

  /** The peer's end has this number. Repeats say the same. */
  endsAt(sequence: u32): void {
    if (this.endKnown) return;
    this.endKnown = true;
    this.endAt = sequence;
  }

  /** True once: the end has come, and all before it. */
  reachEnd(): bool {
    if (!this.endKnown || this.ended || this.next != this.endAt) return false;
    this.ended = true;
    this.next++;
    this.edge = later(this.edge, this.next);
    return true;
  }
}
