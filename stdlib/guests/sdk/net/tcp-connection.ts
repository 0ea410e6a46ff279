// One TCP connection: the states of RFC 9293, and what a segment does to them (3.10.7). Written to
// be read beside the RFC: names are its own where it has some. Nothing is allocated after the start.

import { FOREVER, now } from "../events";
import { Stack } from "./stack";
import {
  CHALLENGE_EVERY,
  CLOSED,
  CLOSE_WAIT,
  CLOSING,
  ENDED_DEVICE,
  ENDED_REFUSED,
  ENDED_RESET,
  ENDED_SILENT,
  ENDED_WELL,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  ORPHAN_NS,
  RESOLVE_NS,
  SYN_RECEIVED,
  SYN_SENT,
  SYN_TRIES_MAX,
  TIME_WAIT,
  TcpLink,
} from "./tcp-link";
import * as tcp from "./tcp-segment";

export class TcpConnection extends TcpLink {
  // What an application sees.

  /** Bytes can be sent. */
  get writable(): bool {
    return (this.state == ESTABLISHED || this.state == CLOSE_WAIT) && !this.sender.ending;
  }

  /** Bytes that can be read. */
  get readable(): i32 {
    return this.receiver.buffer.length;
  }

  /** The peer has sent its end, and everything was read. */
  get atEnd(): bool {
    return (this.receiver.ended || this.state == CLOSED) && this.readable == 0;
  }

  /** Bytes that `write` takes now. */
  get room(): i32 {
    return this.sender.ending ? 0 : this.sender.buffer.room;
  }

  /** Everything that was written has been acknowledged. */
  get drained(): bool {
    return this.sender.buffer.length == 0;
  }

  /** Takes up to `length` bytes to be sent, and answers how many. `Tcp.step` sends them. */
  write(at: usize, length: i32): i32 {
    const bytes = min(length, this.room);
    this.sender.buffer.put(this.sender.buffer.length, at, bytes);
    this.sender.buffer.length += bytes;
    return bytes;
  }

  /** The byte so many places on from the next one to be read; below `readable`. */
  peek(place: i32): u32 {
    return this.receiver.buffer.byteAt(place);
  }

  /** Reads up to `length` bytes, and answers how many. */
  read(into: usize, length: i32): i32 {
    const bytes = min(length, this.readable);
    this.receiver.buffer.get(0, into, bytes);
    this.receiver.buffer.drop(bytes);
    return bytes;
  }

  /** Nothing more will be written; reading goes on. */
  end(): void {
    this.sender.ending = true;
  }

  /** Sends what was written, then the end, and lets go: what still comes is nobody's. */
  close(): void {
    this.end();
    this.owned = false;
    this.discards = true;
    this.receiver.buffer.drop(this.readable);
    this.progressAt = now();
    if (this.state == SYN_SENT) this.finish(ENDED_WELL);
  }

  /** Ends it at once, with a reset, and lets go. */
  abort(): void {
    this.owned = false;
    if (this.state >= SYN_RECEIVED && this.state != TIME_WAIT) {
      this.send(tcp.RST | tcp.ACK, this.sender.bare, 0);
    }
    this.finish(ENDED_WELL);
  }

  // What `Tcp` does with it.

  /** Begins to connect. The rest is `step`'s. */
  openActive(stack: Stack, ip: u32, port: u32, localPort: u32, initial: u32, time: i64): void {
    this.begin(stack, ip, port, localPort, initial, time);
    this.passive = false;
    this.owned = true;
    this.state = SYN_SENT;
  }

  /** A SYN has come for a port on which somebody listens. */
  openPassive(stack: Stack, ip: u32, localPort: u32, initial: u32, time: i64): void {
    const at = stack.segmentAt;
    this.begin(stack, ip, tcp.sourcePort(at), localPort, initial, time);
    this.passive = true;
    this.mac = stack.segmentMac;
    this.synchronize(at);
    this.state = SYN_RECEIVED;
    this.sendSyn(time);
  }

  is(ip: u32, port: u32, localPort: u32): bool {
    return (
      this.state != CLOSED && this.remoteIp == ip && this.remotePort == port && this.localPort == localPort
    );
  }

  /** Nobody needs its place: it is closed, or waits for nothing but old segments. */
  get free(): bool {
    return !this.owned && !this.fresh && (this.state == CLOSED || this.state == TIME_WAIT);
  }

  /** A SYN that may begin the connection of the same ends anew (RFC 9293, 3.6.1). */
  renews(at: usize): bool {
    return this.free && !tcp.before(tcp.sequenceOf(at), this.receiver.next);
  }

  /** Sends what is due, and answers when to be asked again. */
  step(time: i64): i64 {
    if (this.state == CLOSED) return FOREVER;
    if (this.stack.gone || this.stack.venet.id != this.device) {
      this.finish(ENDED_DEVICE);
      return FOREVER;
    }
    if (this.state == SYN_SENT) return this.stepSyn(time);
    if (this.discards && this.state != TIME_WAIT && time - this.progressAt >= ORPHAN_NS) this.abort();
    if (time >= this.timerAt) this.expire(time);
    if (this.state > SYN_RECEIVED && this.state != TIME_WAIT) this.output(time);
    if (this.discards) this.receiver.buffer.drop(this.readable);
    if (this.acknowledgeNow || this.unacknowledged > 0 || (this.receiving && this.receiver.canGrow)) {
      this.acknowledge();
    }
    return this.discards ? min(this.timerAt, this.progressAt + ORPHAN_NS) : this.timerAt;
  }

  /** Deals with a segment that the stack has told of (RFC 9293, 3.10.7.3 and 4). */
  receive(at: usize, bytes: i32, time: i64): void {
    const flags = tcp.flagsOf(at);
    if (this.state == SYN_SENT) return this.receiveSynSent(at, flags, time);
    const sequence = tcp.sequenceOf(at);
    const payload = bytes - tcp.headerBytes(at);
    const length = payload + ((flags & tcp.SYN) != 0 ? 1 : 0) + ((flags & tcp.FIN) != 0 ? 1 : 0);
    if (!this.receiver.accepts(sequence, length)) {
      if (this.state == TIME_WAIT && (flags & tcp.FIN) != 0) this.waitTime(time);
      if (!this.receiveOld(at, sequence, flags, time)) return;
      if ((flags & tcp.RST) == 0) this.refuse(payload > 0 || (flags & tcp.FIN) != 0, time);
      return;
    }
    if ((flags & tcp.RST) != 0) return this.receiveReset(sequence, time);
    // RFC 5961: who can send this in the window may be anybody. An acknowledgement tells.
    if ((flags & tcp.SYN) != 0) return this.refuse(false, time);
    if ((flags & tcp.ACK) == 0) return;
    if (!this.receiveAcknowledge(at, sequence, payload, flags, time)) return;
    this.mac = this.stack.segmentMac;
    if (payload > 0) this.receiveBytes(sequence, at + tcp.headerBytes(at), payload);
    if ((flags & tcp.FIN) != 0) this.receiver.endsAt(sequence + payload);
    if (this.receiver.reachEnd()) this.receiveEnd(time);
  }

  // Below: its own.

  /** More may come. */
  private get receiving(): bool {
    return this.state >= ESTABLISHED && this.state != TIME_WAIT && !this.receiver.ended;
  }

  /** Takes over what the peer's SYN says. */
  private synchronize(at: usize): void {
    const sender = this.sender;
    sender.mss = min(tcp.mssOf(at), this.stack.segmentBytesMax);
    sender.offerFirst(tcp.sequenceOf(at), tcp.acknowledgeOf(at), tcp.windowOf(at));
    const shift = tcp.shiftOf(at);
    this.scales = shift != tcp.UNSCALED;
    sender.shift = max(shift, 0);
    this.receiver.begin(tcp.sequenceOf(at) + 1, this.ownMss, this.scales);
    this.reno.begin(sender.mss, sender.una);
  }

  private stepSyn(time: i64): i64 {
    if (time < this.timerAt) return this.timerAt;
    this.findNeighbour();
    const patient = this.mac == 0 ? time - this.openedAt < RESOLVE_NS : this.tries < SYN_TRIES_MAX;
    if (!patient) this.finish(ENDED_SILENT);
    else if (this.mac != 0) this.sendSyn(time);
    else return min(this.stack.askAt(this.stack.nextHop(this.remoteIp)), this.openedAt + RESOLVE_NS);
    return this.timerAt;
  }

  private receiveSynSent(at: usize, flags: u32, time: i64): void {
    const acknowledges = (flags & tcp.ACK) != 0;
    const ours = acknowledges && tcp.acknowledgeOf(at) == this.sender.highest;
    if (acknowledges && !ours) {
      if ((flags & tcp.RST) == 0) this.send(tcp.RST, tcp.acknowledgeOf(at), 0);
      return;
    }
    if ((flags & tcp.RST) != 0) {
      if (ours) this.finish(ENDED_REFUSED);
      return;
    }
    if ((flags & tcp.SYN) == 0) return;
    this.mac = this.stack.segmentMac;
    this.synchronize(at);
    if (ours) {
      this.establish(tcp.acknowledgeOf(at), time);
      this.acknowledgeNow = true;
    } else {
      // Both have called each other at the same time.
      this.state = SYN_RECEIVED;
      this.tries = 0;
      this.sendSyn(time);
    }
  }

  private establish(acknowledge: u32, time: i64): void {
    this.sender.acknowledged(acknowledge);
    this.roundTrip.acknowledged(acknowledge, time);
    this.state = ESTABLISHED;
    this.tries = 0;
    this.timerAt = FOREVER;
    this.sentAt = time;
    if (this.passive) this.fresh = true;
    this.counts.opened++;
  }

  /** A segment that can't be taken: the peer is told where this side is. */
  private refuse(always: bool, time: i64): void {
    if (!always && time - this.challengedAt < CHALLENGE_EVERY) return;
    this.challengedAt = time;
    this.acknowledgeNow = true;
  }

  private receiveReset(sequence: u32, time: i64): void {
    if (sequence != this.receiver.next) return this.refuse(false, time);
    const refused = this.state == SYN_RECEIVED && !this.passive;
    this.finish(this.state == TIME_WAIT ? ENDED_WELL : refused ? ENDED_REFUSED : ENDED_RESET);
  }

  /**
   * A segment that can't be taken still acknowledges. Two ends that probe each other's closed window at once
   * both send from behind what the other has taken: were it ignored, neither would learn of it for ever.
   * False: the connection has ended.
   */
  private receiveOld(at: usize, sequence: u32, flags: u32, time: i64): bool {
    if ((flags & (tcp.ACK | tcp.RST | tcp.SYN)) != tcp.ACK || this.state < ESTABLISHED) return true;
    const acknowledge = tcp.acknowledgeOf(at);
    const una = this.sender.una;
    const highest = this.sender.highest;
    if (!tcp.before(sequence, this.receiver.next)) return true;
    if (!tcp.before(una, acknowledge) || tcp.before(highest, acknowledge)) return true;
    return this.receiveAcknowledge(at, sequence, 0, flags, time);
  }

  /** False: the segment says nothing more. */
  private receiveAcknowledge(at: usize, sequence: u32, payload: i32, flags: u32, time: i64): bool {
    const sender = this.sender;
    const acknowledge = tcp.acknowledgeOf(at);
    const sane = !tcp.before(sender.highest, acknowledge);
    if (this.state == SYN_RECEIVED) {
      if (!sane || acknowledge == sender.una || tcp.before(acknowledge, sender.una)) {
        this.send(tcp.RST, acknowledge, 0);
        return false;
      }
      this.establish(sender.una + 1, time);
      sender.offerFirst(sequence, acknowledge, tcp.windowOf(at));
    }
    if (!sane) {
      // Something that was never sent.
      this.refuse(payload > 0, time);
      return false;
    }
    const changed = sender.offer(sequence, acknowledge, tcp.windowOf(at));
    if (this.probes > 0) this.afterProbe(time);
    if (tcp.before(sender.una, acknowledge)) this.advance(acknowledge, time);
    else if (acknowledge == sender.una && payload == 0 && !changed && (flags & tcp.FIN) == 0) {
      if (
        sender.flight > 0 &&
        !this.probing &&
        this.reno.duplicate(sender.una, sender.highest, sender.flight)
      )
        this.resendFirst(time);
    }
    return this.afterAcknowledge(time);
  }

  /** Somebody answers, so the peer lives; and its window may be open again. */
  private afterProbe(time: i64): void {
    this.tries = 0;
    if (this.probing) return;
    this.probes = 0;
    this.timerAt = this.sender.flight > 0 ? time + this.roundTrip.rto : FOREVER;
  }

  /** Something new is acknowledged. */
  private advance(acknowledge: u32, time: i64): void {
    const sender = this.sender;
    const bytes = <i32>(acknowledge - sender.una);
    sender.acknowledged(acknowledge);
    this.roundTrip.acknowledged(acknowledge, time);
    this.tries = 0;
    this.progressAt = time;
    this.timerAt = sender.flight > 0 ? time + this.roundTrip.rto : FOREVER;
    if (this.reno.acknowledged(sender.una, bytes, sender.flight) && sender.flight > 0) this.resendFirst(time);
  }

  /** False: it has ended. */
  private afterAcknowledge(time: i64): bool {
    if (!this.sender.ended) return true;
    if (this.state == FIN_WAIT_1) {
      this.state = FIN_WAIT_2;
      this.timerAt = FOREVER;
    } else if (this.state == CLOSING) {
      this.waitTime(time);
    } else if (this.state == LAST_ACK) {
      this.finish(ENDED_WELL);
      return false;
    }
    return true;
  }

  private receiveBytes(sequence: u32, at: usize, bytes: i32): void {
    const open = this.state == ESTABLISHED || this.state == FIN_WAIT_1 || this.state == FIN_WAIT_2;
    const holes = this.receiver.islands.count > 0;
    // What closes a hole, or leaves one, is told at once: the sender counts on it.
    if (!open || !this.receiver.take(sequence, at, bytes) || holes) this.acknowledge();
    else if (++this.unacknowledged > 1) this.acknowledge();
  }

  private receiveEnd(time: i64): void {
    this.acknowledgeNow = true;
    if (this.state == ESTABLISHED) this.state = CLOSE_WAIT;
    else if (this.state == FIN_WAIT_1) this.state = CLOSING;
    else if (this.state == FIN_WAIT_2) this.waitTime(time);
  }
}
