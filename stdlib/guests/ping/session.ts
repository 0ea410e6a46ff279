// One run of `ping`: echo requests that are out, what came back, and when the next thing is due.
//
// A request is begun when its turn comes, and sent as soon as it can be: while the peer's MAC address isn't
// known, the one that waits for it is the last that was begun. Its timeout counts from its beginning, its
// round trip from when it was sent.

import {
  ECHO_ANSWER,
  FOREVER,
  NOTHING,
  Stack,
  allocate,
  now,
  put,
  putIp,
  putLine,
  putMilliseconds,
  putNumber,
} from "../sdk/index";
import { Settings } from "./settings";
import { Statistics } from "./statistics";

/** Requests that can be out at the same time, a power of two. */
const WINDOW: i32 = 1024;

const BEGUN: i32 = 1;
const SENT: i32 = 2;
const ANSWERED: i32 = 3;
const TIMED_OUT: i32 = 4;

/** One place of the window: sequence, state, when it was begun and when it was sent. */
const REQUEST_BYTES: i32 = 24;

class Request {
  at: usize = 0;

  get sequence(): i32 {
    return load<i32>(this.at);
  }
  get state(): i32 {
    return load<i32>(this.at, 4);
  }
  set state(state: i32) {
    store<i32>(this.at, state, 4);
  }
  get begunAt(): i64 {
    return load<i64>(this.at, 8);
  }
  get sentAt(): i64 {
    return load<i64>(this.at, 16);
  }
  set sentAt(time: i64) {
    store<i64>(this.at, time, 16);
  }

  begin(sequence: i32, time: i64): void {
    store<i32>(this.at, sequence);
    store<i64>(this.at, time, 8);
    this.state = BEGUN;
  }
}

export class Session {
  statistics: Statistics;

  private settings: Settings;
  private stack: Stack;
  private requests: usize = allocate(WINDOW * REQUEST_BYTES);
  private found: Request = new Request();
  private identifier: u32 = 0;
  /** Requests 1 to this have been begun; all before `oldest` have had their end. */
  private begun: i32 = 0;
  private oldest: i32 = 1;
  private nextAt: i64 = 0;

  constructor(settings: Settings, stack: Stack) {
    this.settings = settings;
    this.stack = stack;
    this.statistics = new Statistics(settings.count);
    this.identifier = (<u32>(now() ^ stack.venet.facts.mac)) & 0xffff;
  }

  /** Does what is due now. False: every request has had its end. */
  step(): bool {
    for (let kind = this.stack.next(); kind != NOTHING; kind = this.stack.next()) {
      if (kind == ECHO_ANSWER) this.answer(now());
    }
    const time = now();
    this.expire(time);
    const waiting = this.begun > 0 && this.request(this.begun).state == BEGUN;
    if (!waiting && this.canBegin && time >= this.nextAt) this.begin(time);
    if (this.begun > 0 && this.request(this.begun).state == BEGUN) this.trySending();
    this.stack.flush();
    return this.oldest <= this.settings.count;
  }

  /** When `step` has something to do even if no frame comes. */
  get dueAt(): i64 {
    let due = FOREVER;
    if (this.oldest <= this.begun) due = this.request(this.oldest).begunAt + this.settings.timeoutNs;
    if (this.begun > 0 && this.request(this.begun).state == BEGUN) {
      // Nobody to ask where no way leads there; and who is known needn't be asked, only the link has no room
      // yet.
      const hop = this.hop;
      return hop == 0 || this.stack.knows(hop) ? due : min(due, this.stack.askAt(hop));
    }
    return this.canBegin ? min(due, this.nextAt) : due;
  }

  /** A request is out, and its answer may come within microseconds. */
  get waitsForAnswer(): bool {
    return this.oldest <= this.begun;
  }

  private get canBegin(): bool {
    return this.begun < this.settings.count && this.begun - this.oldest < WINDOW - 1;
  }

  private get hop(): u32 {
    return this.stack.nextHop(this.settings.to);
  }

  /** The request's place; valid until the next call. */
  private request(sequence: i32): Request {
    this.found.at = this.requests + (sequence & (WINDOW - 1)) * REQUEST_BYTES;
    return this.found;
  }

  private begin(time: i64): void {
    this.begun++;
    this.statistics.transmitted++;
    this.nextAt = time + this.settings.intervalNs;
    this.request(this.begun).begin(this.begun, time);
  }

  private trySending(): void {
    const hop = this.hop;
    const mac = hop == 0 ? 0 : this.stack.resolve(hop);
    const request = this.request(this.begun);
    if (
      mac == 0 ||
      !this.stack.sendEcho(mac, this.settings.to, this.identifier, this.begun & 0xffff, this.settings.size)
    )
      return;
    request.state = SENT;
    request.sentAt = now();
    this.nextAt = request.sentAt + this.settings.intervalNs;
  }

  /** Ends the requests whose time is up; they were begun in order, so that is their order too. */
  private expire(time: i64): void {
    for (; this.oldest <= this.begun; this.oldest++) {
      const request = this.request(this.oldest);
      if (request.state == ANSWERED) continue;
      if (time - request.begunAt < this.settings.timeoutNs) return;
      request.state = TIMED_OUT;
      put("icmp_seq=");
      putNumber(request.sequence);
      put(" timeout");
      putLine();
    }
  }

  /** An answer has come: to the latest request with the 16 bits of its sequence. */
  private answer(time: i64): void {
    const stack = this.stack;
    if (stack.replyIdentifier != this.identifier || stack.replyFrom != this.settings.to) return;
    const behind = (this.begun - stack.replySequence) & 0xffff;
    const sequence = this.begun - behind;
    if (behind >= WINDOW || sequence < 1) return;
    const request = this.request(sequence);
    if (request.sequence != sequence || request.state == BEGUN) return;
    const roundTrip = time - request.sentAt;
    if (request.state == SENT) {
      request.state = ANSWERED;
      this.statistics.add(roundTrip);
      this.printAnswer(sequence, roundTrip, "");
    } else if (request.state == ANSWERED) {
      this.statistics.duplicates++;
      this.printAnswer(sequence, roundTrip, " (duplicate)");
    } else {
      this.statistics.late++;
      this.printAnswer(sequence, roundTrip, " (late)");
    }
  }

  private printAnswer(sequence: i32, roundTrip: i64, remark: string): void {
    putNumber(this.stack.replyBytes);
    put(" bytes from ");
    putIp(this.settings.to);
    put(": icmp_seq=");
    putNumber(sequence);
    put(" ttl=");
    putNumber(this.stack.replyTtl);
    put(" time=");
    putMilliseconds(roundTrip);
    put(" ms");
    put(remark);
    putLine();
  }
}
