// One run of `stream`: finds the receiver, sends, and asks at the end what has come.

import {
  DATAGRAM,
  FOREVER,
  NOTHING,
  Station,
  now,
  put,
  putAmount,
  putGrouped,
  putIp,
  putLine,
  putSeconds,
  stopping,
} from "../sdk/index";
import { Pace } from "./pace";
import { Settings } from "./settings";
import { putCounts, putTransfer } from "./words";
import * as wire from "./wire";

const MILLISECOND: i64 = 1_000_000;
const SECOND: i64 = 1000 * MILLISECOND;
/** A receiver is looked for this long: it may be booting. */
const ARP_PATIENCE: i64 = 10 * SECOND;
/** What a slow link hasn't taken at the end, it may take within this. */
const DRAIN_PATIENCE: i64 = 10 * SECOND;
/** It is asked for its report so often, and each time so long after. */
const FINISHES: i32 = 10;
const FINISH_EVERY: i64 = 100 * MILLISECOND;
/** A report that misses something is asked for again so often: what is missing may be on its way. */
const SHORT_REPORTS: i32 = 3;
/** Times nearer than this are waited for awake: sleeping takes about as long. */
const SLEEP_MIN: i64 = 30_000;

export class Run {
  private settings: Settings;
  private station: Station;
  private mac: u64 = 0;
  private sent: i64 = 0;
  /** The receiver's last report, if there was one. */
  private reported: bool = false;
  private counts: wire.Counts = new wire.Counts();
  private number: u32;
  private startAt: i64 = 0;
  private endAt: i64 = 0;
  private lineAt: i64 = 0;
  private lineSent: i64 = 0;
  /** Reports that have come, to the FINISH with the right number. */
  private reports: i32 = 0;

  constructor(settings: Settings, station: Station) {
    this.settings = settings;
    this.station = station;
    this.number = <u32>(now() ^ station.stack.venet.facts.mac);
    station.stack.port = 49_152 + (this.number & 0x3fff);
  }

  /** Finds out where the receiver is. False: it isn't to be found. */
  find(): bool {
    const stack = this.station.stack;
    const hop = stack.nextHop(this.settings.to);
    const endAt = now() + ARP_PATIENCE;
    while (hop != 0 && now() < endAt && this.goesOn()) {
      this.mac = stack.resolve(hop);
      if (this.mac != 0) return true;
      this.station.rest(min(stack.askAt(hop), endAt));
    }
    return false;
  }

  /** Sends until the time or the number is reached, or something ends it. */
  send(): void {
    this.startAt = now();
    this.lineAt = this.startAt + SECOND;
    const endAt = this.startAt + this.settings.forNs;
    const pace = new Pace(this.startAt, this.settings.size, this.settings.rate);
    while (this.sent < this.settings.count && this.goesOn()) {
      const time = now();
      if (time >= this.lineAt) this.printSecond();
      if (time >= endAt) break;
      const due = min(pace.due(time, this.sent), this.settings.count - this.sent);
      const went = this.sendBatch(due);
      if (went > 0) pace.went(time, this.sent, went);
      const nextAt = min(min(pace.nextAt, this.lineAt), endAt);
      // Where there is no room, the rest ends when the link takes more.
      if (!this.station.stack.hasRoom) this.station.rest(endAt);
      else if (nextAt - time >= SLEEP_MIN) this.station.rest(nextAt);
    }
    this.drain(now() + DRAIN_PATIENCE);
    this.endAt = now();
  }

  /** Everything went out, to a device that is still there, and nothing is known to be lost. */
  get well(): bool {
    const stack = this.station.stack;
    return this.sent > 0 && !stack.gone && stack.sleepNs == FOREVER && (this.complete || !this.reported);
  }

  /** Asks the receiver what has come, until it says that all has, or has said otherwise often enough. */
  finish(): void {
    let shorts = 0;
    for (let asked = 0; asked < FINISHES && shorts < SHORT_REPORTS; asked++) {
      // Where there is no room for it now, there will be the next time.
      this.sendOne(wire.FINISH, wire.HEAD_BYTES);
      this.station.stack.flush();
      const nextAt = now() + FINISH_EVERY;
      const before = this.reports;
      while (this.goesOn() && now() < nextAt) {
        if (this.reports > before && this.complete) return;
        this.station.rest(nextAt);
      }
      if (this.reports > before) shorts++;
      if (stopping()) return;
    }
  }

  printEnd(): void {
    put("sent ");
    putTransfer(this.sent * this.settings.size, this.endAt - this.startAt);
    put(", ");
    putGrouped(this.sent);
    put(" datagrams");
    if (this.station.stack.sleepNs != FOREVER) put(", and the link has not taken all of them");
    putLine();
    putIp(this.settings.to);
    if (this.reported) {
      put(" got ");
      putCounts(this.counts, this.sent);
    } else {
      put(" sent no report");
    }
    putLine();
  }

  private get complete(): bool {
    return this.reported && this.counts.received >= <u64>this.sent;
  }

  /** Deals with what came. False: asked to stop, or the device is gone. */
  private goesOn(): bool {
    const stack = this.station.stack;
    for (let found = stack.next(); found != NOTHING; found = stack.next()) {
      if (found == DATAGRAM) this.readReport();
    }
    return !stopping() && this.station.follow();
  }

  private readReport(): void {
    const stack = this.station.stack;
    const at = stack.datagramAt;
    if (wire.kindOf(at, stack.datagramBytes) != wire.REPORT) return;
    if (stack.datagramFrom != this.settings.to || stack.datagramPort != this.settings.port) return;
    if (wire.runOf(at) != this.number || wire.numberOf(at) != <u64>this.sent) return;
    this.counts.read(at);
    this.reported = true;
    this.reports++;
  }

  /** Sends so many with one signal, fewer where there is no room, and answers how many. */
  private sendBatch(count: i64): i64 {
    let went: i64 = 0;
    while (went < count && this.sendOne(wire.DATA, this.settings.size)) {
      went++;
      this.sent++;
    }
    this.station.stack.flush();
    return went;
  }

  private sendOne(kind: u32, bytes: i32): bool {
    const stack = this.station.stack;
    const at = stack.startDatagram(this.mac, this.settings.to, bytes);
    if (at == 0) return false;
    wire.writeHead(at, kind, this.number, this.sent);
    // Buffers have been used before, also for others' answers.
    memory.fill(at + wire.HEAD_BYTES, 0, bytes - wire.HEAD_BYTES);
    stack.sendDatagram(this.settings.port);
    return true;
  }

  private drain(endAt: i64): void {
    const stack = this.station.stack;
    while (this.goesOn() && now() < endAt) {
      stack.flush();
      if (stack.sleepNs == FOREVER) return;
      this.station.rest(min(endAt, now() + stack.sleepNs));
    }
  }

  private printSecond(): void {
    const sent = this.sent - this.lineSent;
    const bytes: u64 = sent * this.settings.size;
    putSeconds(this.lineAt - this.startAt);
    put(": ");
    putAmount(bytes, "B");
    put(", ");
    putAmount(bytes * 8, "bit/s");
    put(", ");
    putGrouped(sent);
    put(" datagrams");
    putLine();
    this.lineSent = this.sent;
    this.lineAt += SECOND;
  }
}
