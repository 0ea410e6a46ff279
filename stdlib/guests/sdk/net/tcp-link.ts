// What every TCP connection does in whatever state: knows its two ends, sends segments, waits for answers and
// sends again. `TcpConnection` has the states, and decides.

import { FOREVER } from "../events";
import { Receiver, Sender } from "./tcp-halves";
import { Reno, RoundTrip } from "./tcp-pace";
import { Stack } from "./stack";
import * as tcp from "./tcp-segment";

export const CLOSED: i32 = 0;
export const SYN_SENT: i32 = 1;
export const SYN_RECEIVED: i32 = 2;
export const ESTABLISHED: i32 = 3;
export const FIN_WAIT_1: i32 = 4;
export const FIN_WAIT_2: i32 = 5;
export const CLOSE_WAIT: i32 = 6;
export const CLOSING: i32 = 7;
export const LAST_ACK: i32 = 8;
export const TIME_WAIT: i32 = 9;

/** Why a connection is closed that nobody closed here. */
export const ENDED_WELL: i32 = 0;
export const ENDED_REFUSED: i32 = 1;
export const ENDED_RESET: i32 = 2;
export const ENDED_SILENT: i32 = 3;
export const ENDED_DEVICE: i32 = 4;

const MILLISECOND: i64 = 1_000_000;
/** Twice the longest life of a segment. The RFC's two minutes are for the whole Internet. */
const TIME_WAIT_NS: i64 = 10_000 * MILLISECOND;
/** A connection that nobody here uses any more goes on within this, or is reset. */
export const ORPHAN_NS: i64 = 60_000 * MILLISECOND;
/** A neighbour is looked for this long: it may be booting. */
export const RESOLVE_NS: i64 = 10_000 * MILLISECOND;
const PROBE_MOST: i64 = 60_000 * MILLISECOND;
/** So often in a row nobody answers: the peer is gone. */
const TRIES_MAX: i32 = 10;
export const SYN_TRIES_MAX: i32 = 6;
/** Segments from beside the window are answered so often, or two that have lost each other never end. */
export const CHALLENGE_EVERY: i64 = 500 * MILLISECOND;

const nowhere = new Stack();

/** What all connections of a guest have seen. */
export class TcpCounts {
  segmentsIn: u64 = 0;
  segmentsOut: u64 = 0;
  /** Of those that went out, the ones that had been sent before. */
  retransmits: u64 = 0;
  opened: u64 = 0;
  accepted: u64 = 0;
  /** Ended by a reset, or because nobody answered. */
  broken: u64 = 0;
}

export class TcpLink {
  /** Its place among the guest's connections, from 0 on: for what the guest keeps of each. */
  index: i32;
  state: i32 = CLOSED;
  /** One of `ENDED_…`, once it is closed. */
  ended: i32 = ENDED_WELL;
  remoteIp: u32 = 0;
  remotePort: u32 = 0;
  localPort: u32 = 0;
  /** Somebody here uses it: its place is not given away. */
  owned: bool = false;
  /** A peer made it, and nobody has accepted it yet. */
  fresh: bool = false;
  openedAt: i64 = 0;
  stack: Stack = nowhere;
  sender: Sender;
  receiver: Receiver;
  reno: Reno = new Reno();
  roundTrip: RoundTrip = new RoundTrip();

  protected counts: TcpCounts;
  protected device: i32 = 0;
  protected mac: u64 = 0;
  protected timerAt: i64 = FOREVER;
  /** Timers in a row that nobody answered. */
  protected tries: i32 = 0;
  /** Probes of a window that stays closed. */
  protected probes: i32 = 0;
  protected passive: bool = false;
  /** Windows may be scaled: the peer's SYN says so, or has not come yet. */
  protected scales: bool = true;
  protected acknowledgeNow: bool = false;
  /** Segments with bytes that came since something was acknowledged. */
  protected unacknowledged: i32 = 0;
  protected challengedAt: i64 = 0;
  protected sentAt: i64 = 0;
  /** When something was acknowledged last, or the connection was let go. */
  protected progressAt: i64 = 0;
  /** Nobody here reads any more. */
  protected discards: bool = false;

  constructor(index: i32, counts: TcpCounts, receiveBytes: i32, sendBytes: i32) {
    this.index = index;
    this.counts = counts;
    this.receiver = new Receiver(receiveBytes);
    this.sender = new Sender(sendBytes);
  }

  protected begin(stack: Stack, ip: u32, port: u32, localPort: u32, initial: u32, time: i64): void {
    this.stack = stack;
    this.device = stack.venet.id;
    this.remoteIp = ip;
    this.remotePort = port;
    this.localPort = localPort;
    this.ended = ENDED_WELL;
    this.mac = 0;
    this.tries = this.probes = 0;
    this.timerAt = this.openedAt = this.sentAt = time;
    this.acknowledgeNow = this.discards = false;
    this.scales = true;
    this.unacknowledged = 0;
    this.challengedAt = time - CHALLENGE_EVERY;
    this.sender.begin(initial, min(tcp.MSS_DEFAULT, this.ownMss));
    this.roundTrip.begin();
  }

  protected get ownMss(): i32 {
    return min(this.stack.segmentBytesMax, this.receiver.buffer.capacity / 2);
  }

  /** Looks up where the next frame goes. Where that isn't known any more, the old place is as good as any. */
  protected findNeighbour(): void {
    const hop = this.stack.nextHop(this.remoteIp);
    const mac = hop == 0 ? 0 : this.stack.resolve(hop);
    if (mac != 0) this.mac = mac;
  }

  /** SYN or SYN and ACK, for the first time or again. */
  protected sendSyn(time: i64): void {
    const flags = this.state == SYN_SENT ? tcp.SYN : tcp.SYN | tcp.ACK;
    this.send(flags, this.sender.una, 0);
    if (this.tries++ == 0) {
      this.roundTrip.start(this.sender.una + 1, time);
    } else {
      this.roundTrip.forget();
      this.roundTrip.backOff();
    }
    this.timerAt = time + this.roundTrip.rto;
  }

  /** Sends what the windows allow. */
  protected output(time: i64): void {
    const sender = this.sender;
    if (sender.flight == 0 && time - this.sentAt > this.roundTrip.rto) this.reno.idle();
    // Bound: each round sends bytes of the buffer, or the end, once.
    while (true) {
      const bytes = sender.sendable(this.reno.window + this.reno.limited);
      const end = this.endsAt(sender.next, bytes);
      if (bytes == 0 && !end) break;
      if (!this.transmit(sender.next, bytes, time)) break;
      sender.next += bytes + (end ? 1 : 0);
    }
    if (this.timerAt == FOREVER && (sender.flight > 0 || sender.waiting > 0)) {
      this.timerAt = time + this.roundTrip.rto;
    }
  }

  protected resendFirst(time: i64): void {
    const sender = this.sender;
    this.roundTrip.forget();
    this.transmit(sender.una, sender.firstBytes, time);
    this.timerAt = time + this.roundTrip.rto;
  }

  protected acknowledge(): void {
    this.acknowledgeNow = true;
    this.send(tcp.ACK, this.sender.bare, 0);
  }

  protected expire(time: i64): void {
    if (this.state == TIME_WAIT) return this.finish(ENDED_WELL);
    if (this.tries >= (this.state == SYN_RECEIVED ? SYN_TRIES_MAX : TRIES_MAX)) {
      return this.finish(ENDED_SILENT);
    }
    if (this.state == SYN_RECEIVED) return this.sendSyn(time);
    this.findNeighbour();
    const sender = this.sender;
    this.tries++;
    if (this.probing || sender.flight == 0) {
      // The byte is not counted as sent: a closed window throws it away, and `output` sends it again.
      this.transmit(sender.una, min(sender.firstBytes, 1), time);
      this.timerAt = time + min(this.roundTrip.rto << min(++this.probes, 16), PROBE_MOST);
      return;
    }
    this.reno.timeout(sender.highest, sender.flight);
    this.roundTrip.forget();
    this.roundTrip.backOff();
    sender.next = sender.una;
    this.timerAt = time + this.roundTrip.rto;
  }

  protected waitTime(time: i64): void {
    this.state = TIME_WAIT;
    this.timerAt = time + TIME_WAIT_NS;
  }

  protected finish(ended: i32): void {
    this.ended = ended;
    this.state = CLOSED;
    if (ended != ENDED_WELL) this.counts.broken++;
    this.timerAt = FOREVER;
  }

  /**
   * The peer has no room, and bytes for it are there: a byte, with the end if it is the last, asks whether
   * that is still so.
   */
  protected get probing(): bool {
    return this.sender.window == 0 && this.sender.firstBytes > 0;
  }

  /** The end goes with these bytes from `sequence` on. */
  protected endsAt(sequence: u32, bytes: i32): bool {
    return this.sender.ending && this.sender.areLast(sequence, bytes);
  }

  /** Sends bytes from a sequence number on, and the end where it follows. False: no room now. */
  protected transmit(sequence: u32, bytes: i32, time: i64): bool {
    const sender = this.sender;
    const end = this.endsAt(sequence, bytes);
    const push = bytes > 0 && sender.areLast(sequence, bytes) ? tcp.PSH : 0;
    if (!this.send(tcp.ACK | push | (end ? tcp.FIN : 0), sequence, bytes)) return false;
    const length = bytes + (end ? 1 : 0);
    if (tcp.before(sequence, sender.highest)) this.counts.retransmits++;
    else this.roundTrip.start(sequence + length, time);
    sender.sent(sequence, length);
    this.sentAt = time;
    if (end && !sender.endSent) {
      sender.endSent = true;
      if (this.state == ESTABLISHED) this.state = FIN_WAIT_1;
      else if (this.state == CLOSE_WAIT) this.state = LAST_ACK;
    }
    return true;
  }

  /** Writes and posts one segment. False: there is no room for it now. */
  protected send(flags: u32, sequence: u32, bytes: i32): bool {
    const stack = this.stack;
    const calls = (flags & tcp.SYN) != 0;
    const shift = this.scales ? this.receiver.ownShift : tcp.UNSCALED;
    const header = tcp.TCP_BYTES + (calls ? tcp.synOptionBytes(shift) : 0);
    const at = stack.startSegment(this.mac, this.remoteIp, header + bytes);
    if (at == 0) return false;
    const acknowledges = (flags & tcp.ACK) != 0;
    const window = calls ? this.receiver.firstWindow : this.receiver.window;
    tcp.writeTcp(at, sequence, acknowledges ? this.receiver.next : 0, flags, window);
    if (calls) tcp.writeSynOptions(at, this.ownMss, shift);
    if (bytes > 0) this.sender.copy(sequence, at + header, bytes);
    stack.sendSegment(this.localPort, this.remotePort);
    this.counts.segmentsOut++;
    if (acknowledges) {
      this.acknowledgeNow = false;
      this.unacknowledged = 0;
    }
    return true;
  }
}
