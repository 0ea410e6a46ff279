// The sender of the closed loop: numbered frames, never more unacknowledged ones than the window, batches
// between signals. Logs `frames N bytes B ns T`; or, with --rtt, sends one frame at a time and logs `rtt
// p50_ns P p99_ns Q`.

import * as sdk from "../../stdlib/guests/sdk/index";
import { ACK, ANSWER, ASK, DATA, KIND_MASK, PROBE, SHORT_BYTES, wordOf, writeHead } from "./shared/frames";
import { Port } from "./shared/port";
import { BlastSettings } from "./shared/settings";

const MILLISECOND: i64 = 1_000_000;
/** Looks for acknowledgements before a short batch goes out. */
const SPINS_SHORT: i32 = 64;
/** The same before sleeping: about what a wake-up costs. */
const SPINS: i32 = 20_000;
/**
 * A receiver that isn't there yet is asked so often; one that is silent after so long, then after 4 times
 * that.
 */
const HELLO_EVERY: i64 = 10 * MILLISECOND;
const PROBE_EVERY: i64 = 100 * MILLISECOND;
const PATIENCE: i64 = 30_000 * MILLISECOND;
/** What is out when the guest is asked to stop may still be acknowledged. */
const STOP_GRACE: i64 = 100 * MILLISECOND;

const settings = new BlastSettings();
const port = new Port();

let sent: i64 = 0;
let acked: i64 = 0;
let missing: u32 = 0;
/** Questions that may still lie in the receiver's ring, where each takes a place. */
let asked: i32 = 0;
/** Kind, stream and sequence of the last frame that came. */
let gotKind: u32 = 0;
let gotSequence: u32 = 0;

export function main(): i32 {
  if (sdk.boot() < 0) return 1;
  if (!settings.read()) return 2;
  let buffers = 1;
  while (buffers < settings.batch) buffers *= 2;
  const bytes = max(settings.bytes, SHORT_BYTES);
  if (!port.open("blast", settings.ring, SHORT_BYTES, buffers, bytes)) return 1;
  if (!hello()) return 1;
  return settings.roundTrips > 0 ? measureRoundTrips() : measureStream();
}

/** Waits until the receiver is there. */
function hello(): bool {
  const end = sdk.now() + PATIENCE;
  while (!sdk.stopping() && sdk.now() < end) {
    probe(0);
    const until = sdk.now() + HELLO_EVERY;
    for (let left = HELLO_EVERY; left > 0 && !sdk.stopping(); left = until - sdk.now()) {
      while (receive()) if (gotKind == ACK && gotSequence == 0) return true;
      port.sleep(left);
    }
  }
  sdk.print("blast: nobody answers");
  return false;
}

function measureStream(): i32 {
  dress();
  if (settings.warm > 0 && !stream(sdk.now(), settings.warm, false)) return 1;
  const start = sdk.now();
  const completed = stream(start, settings.warm + settings.frames, settings.forNs > 0);
  report(sdk.now() - start);
  return completed ? 0 : 1;
}

/** Sends until `total` is sent and acknowledged. False: the receiver fell silent, or the device is gone. */
function stream(start: i64, total: i64, timed: bool): bool {
  let limit: i64 = timed ? i64.MAX_VALUE : total;
  let stopAt: i64 = 0;
  let heardAt = start;
  let idle = 0;
  // Event loop: ends when everything is acknowledged, or nobody has been heard for long.
  while (sent < limit || acked < sent) {
    if (stopAt == 0 && sdk.stopping()) {
      limit = sent;
      stopAt = sdk.now() + STOP_GRACE;
    }
    if (stopAt != 0 && sdk.now() > stopAt) return true;
    const left = min<i64>(limit - sent, settings.batch);
    const room = <i32>min<i64>(left, settings.window - (sent - acked) - asked);
    if (room > 0 && (room == left || idle > SPINS_SHORT)) {
      if (timed && sdk.now() - start >= settings.forNs) limit = sent;
      else if (!send(room)) return false;
      idle = 0;
    }
    if (takeAcks()) {
      idle = 0;
      heardAt = 0;
    } else if (++idle >= SPINS && stopAt == 0) {
      if (heardAt == 0) heardAt = sdk.now();
      port.sleep(PROBE_EVERY);
      if (takeAcks()) heardAt = 0;
      else if (sdk.now() - heardAt > PATIENCE) return silent();
      else if (sdk.now() - heardAt >= PROBE_EVERY << (2 * asked)) ask();
      if (timed && sdk.now() - start >= settings.forNs) limit = sent;
      idle = 0;
    }
  }
  return true;
}

/** Puts the numbers into the next frames, and sends them. */
function send(count: i32): bool {
  const bytes = settings.bytes;
  let sequence = <u32>sent;
  for (let i = 0; i < count; i++, sequence++) {
    const frame = port.tx.burstAt(i);
    store<u32>(frame, sequence, 16);
    if (settings.ends) store<u32>(frame + bytes - 4, sequence);
  }
  port.tx.postBurst(count, bytes);
  sent += count;
  return port.flush();
}

function takeAcks(): bool {
  let news = false;
  while (receive()) {
    if (gotKind != ACK) continue;
    const more = gotSequence - <u32>acked;
    if (more == 0 || more > <u32>(sent - acked)) continue;
    acked += more;
    if (acked == sent) asked = 0;
    news = true;
  }
  return news;
}

/** Something may have been lost at the end: the receiver learns what was sent, and answers what came. */
function ask(): void {
  asked++;
  probe(<u32>sent);
  dress();
}

function silent(): bool {
  sdk.print("blast: the receiver has fallen silent");
  return false;
}

/** Writes what all data frames have in common to every buffer. */
function dress(): void {
  for (let i = 0; i < port.tx.buffers; i++) {
    writeHead(port.tx.burstAt(i), settings.mac, port.facts.mac, DATA, settings.stream);
  }
}

function probe(sequence: u32): void {
  sendShort(PROBE, sequence);
}

function sendShort(kind: u32, sequence: u32): void {
  const frame = port.tx.reserve();
  if (frame == 0) return;
  writeHead(frame, settings.mac, port.facts.mac, kind, settings.stream);
  store<u32>(frame, sequence, 16);
  port.tx.post(SHORT_BYTES);
  port.flush();
}

/** Takes one frame of this stream. */
function receive(): bool {
  while (port.rx.take()) {
    const word = wordOf(port.rx.at, port.rx.length);
    if (word == 0 || <i32>(word >> 24) != settings.stream) continue;
    gotKind = word & KIND_MASK;
    gotSequence = load<u32>(port.rx.at, 16);
    if (gotKind == ACK) missing = load<u32>(port.rx.at, 20);
    return true;
  }
  return false;
}

function report(ns: i64): void {
  sdk.put("frames ");
  sdk.putNumber(acked - settings.warm);
  sdk.put(" bytes ");
  sdk.putNumber(settings.bytes);
  sdk.put(" ns ");
  sdk.putNumber(ns);
  sdk.putLine();
  if (missing == 0) return;
  sdk.put("missing ");
  sdk.putNumber(missing);
  sdk.putLine();
}

function measureRoundTrips(): i32 {
  const samples = new sdk.Samples(settings.roundTrips);
  let done = 0;
  let start = sdk.now();
  for (; done < settings.roundTrips && !sdk.stopping(); done++) {
    sendShort(ASK, done);
    if (!awaitAnswer(done, start + PATIENCE)) break;
    const end = sdk.now();
    samples.add(end - start);
    start = end;
  }
  sdk.put("rtt p50_ns ");
  sdk.putNumber(samples.percentile(50));
  sdk.put(" p99_ns ");
  sdk.putNumber(samples.percentile(99));
  sdk.put(" count ");
  sdk.putNumber(done);
  sdk.putLine();
  return done == settings.roundTrips ? 0 : 1;
}

function awaitAnswer(sequence: u32, end: i64): bool {
  // Event loop: ends with the answer, or when it is given up.
  while (!sdk.stopping()) {
    for (let i = 0; i < SPINS; i++) {
      while (receive()) if (gotKind == ANSWER && gotSequence == sequence) return true;
    }
    const left = end - sdk.now();
    if (left <= 0) return silent();
    port.sleep(left);
  }
  return false;
}
