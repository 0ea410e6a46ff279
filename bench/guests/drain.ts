// The receiver of the closed loop: takes frames, checks that no sequence number is missing, acknowledges, and
// answers round trips. Ends after `--frames` of them, or when it is asked to stop; logs what it has seen.

import * as sdk from "../../stdlib/guests/sdk/index";
import {
  ACK,
  ANSWER,
  ASK,
  DATA,
  DATA_BYTES_MAX,
  DATA_BYTES_MIN,
  KIND_MASK,
  PROBE,
  SHORT_BYTES,
  STREAMS,
} from "./shared/frames";
import { wordOf, writeHead } from "./shared/frames";
import { Port } from "./shared/port";

const USAGE: string = "usage: drain [--frames N] [--bytes B] [--ring N] [--ack K] [--ends 1]";
/** Looks at the empty ring before the rest is acknowledged, and before sleeping. */
const SPINS_ACK: i32 = 1000;
const SPINS: i32 = 20_000;
/** Turns of the loop before the guest looks whether it has to end. */
const TURNS: i32 = 64;
const BURST: i32 = 32;
const TX_BUFFERS: i32 = 64;

/**
 * One stream: the sequence that must come next, how many came since the last ACK, how many never came, the
 * sender.
 */
const STREAM_BYTES: usize = 24;
const EXPECTED: usize = 0;
const UNACKED: usize = 4;
const MISSING: usize = 8;
const SENDER: usize = 16;
const streams: usize = memory.data(192, 8);

const options = new sdk.Options("drain", USAGE);
const port = new Port();
let frames: i64 = 0;
let bytes: i32 = 64;
let ring: i32 = 256;
/** Also the last word of each frame is checked: a second cache line of each, which the rivals don't touch. */
let ends: bool = false;
let ackEvery: u32 = 64;

let received: i64 = 0;
let missing: i64 = 0;
let reordered: i64 = 0;
let damaged: i64 = 0;
/** Turns since something came. */
let idle: i32 = 0;

function readOptions(): void {
  while (options.next()) {
    if (options.is("--frames")) frames = options.number("a number", 0, i64.MAX_VALUE);
    else if (options.is("--bytes"))
      bytes = <i32>options.size("28 to 65554 bytes", DATA_BYTES_MIN, DATA_BYTES_MAX);
    else if (options.is("--ring")) ring = <i32>options.number("a power of two from 16 to 1024", 16, 1024);
    else if (options.is("--ack")) ackEvery = <u32>options.number("a number from 1 to 1024", 1, 1024);
    else if (options.is("--ends")) ends = options.number("0 or 1", 0, 1) == 1;
    else options.unknown();
  }
  if (!options.failed && (ring & (ring - 1)) != 0)
    options.refuse("--ring needs a power of two from 16 to 1024");
}

export function main(): i32 {
  if (sdk.boot() < 0) return 1;
  readOptions();
  if (options.failed) return 2;
  // Room for a short frame at least: probes and questions come too.
  if (!port.open("drain", ring, max(bytes, SHORT_BYTES), TX_BUFFERS, SHORT_BYTES)) return 1;
  // Event loop: ends with the frames, with the device, or when the guest is asked to stop.
  while (!sdk.stopping() && (frames == 0 || received + missing < frames) && turns()) continue;
  acknowledgeAll();
  report();
  return 0;
}

/**
 * So many turns of the loop; false: the device is gone. Exported, so that it stays a function: V8 compiles
 * anew what is called often, and never what runs for ever.
 */
export function turns(): bool {
  for (let turn = 0; turn < TURNS; turn++) {
    const count = port.rx.burst(BURST);
    if (count > 0) {
      for (let i = 0; i < count; i++) take(port.rx.burstAt(i), port.rx.burstLength(i));
      port.rx.giveBurst(count);
      idle = 0;
      if (!port.flush()) return false;
    } else if (port.rx.take()) {
      take(port.rx.at, port.rx.length);
      port.rx.give();
      idle = 0;
      if (!port.flush()) return false;
    } else {
      idle++;
      if (idle == SPINS_ACK && !acknowledgeAll()) return false;
      if (idle < SPINS) continue;
      port.sleep(sdk.FOREVER);
      idle = 0;
      return true;
    }
  }
  return true;
}

function take(frame: usize, length: i32): void {
  const word = load<u32>(frame, 12);
  const stream = streams + <usize>((word >> 24) & (STREAMS - 1)) * STREAM_BYTES;
  const sequence = load<u32>(frame, 16);
  if ((word & KIND_MASK) == DATA && sequence == load<u32>(stream, EXPECTED) && length >= DATA_BYTES_MIN) {
    if (ends && load<u32>(frame + length - 4) != sequence) damaged++;
    store<u32>(stream, sequence + 1, EXPECTED);
    received++;
    const unacked = load<u32>(stream, UNACKED) + 1;
    store<u32>(stream, unacked, UNACKED);
    if (unacked >= ackEvery) acknowledge(stream, (word >> 24) & (STREAMS - 1));
  } else {
    takeRare(frame, length, stream, sequence);
  }
}

/**
 * Everything but the data frame that is next. What it answers goes out when the buffers have been given back:
 * a sender that hears of room may use it at once.
 */
function takeRare(frame: usize, length: i32, stream: usize, sequence: u32): void {
  const word = wordOf(frame, length);
  const number = (word >> 24) & (STREAMS - 1);
  const kind = word & KIND_MASK;
  if (kind == DATA) {
    const ahead = sequence - load<u32>(stream, EXPECTED);
    received++;
    if (ahead < 0x80000000) {
      count(stream, ahead);
      store<u32>(stream, sequence + 1, EXPECTED);
    } else {
      // It was taken for missing, and comes late.
      reordered++;
      count(stream, 0xffffffff);
    }
  } else if (kind == PROBE) {
    store<u64>(stream, sdk.loadMac(frame + 6), SENDER);
    if (sequence == 0) {
      store<u32>(stream, 0, EXPECTED);
      store<u32>(stream, 0, MISSING);
    }
    const ahead = sequence - load<u32>(stream, EXPECTED);
    if (ahead < 0x80000000) {
      count(stream, ahead);
      store<u32>(stream, sequence, EXPECTED);
    }
    acknowledge(stream, number);
  } else if (kind == ASK) {
    reply(sdk.loadMac(frame + 6), ANSWER, number, sequence, 0);
  }
}

function count(stream: usize, more: u32): void {
  missing += <i32>more;
  store<u32>(stream, load<u32>(stream, MISSING) + more, MISSING);
}

function acknowledgeAll(): bool {
  for (let number = 0; number < STREAMS; number++) {
    const stream = streams + <usize>number * STREAM_BYTES;
    if (load<u32>(stream, UNACKED) > 0) acknowledge(stream, number);
  }
  return port.flush();
}

function acknowledge(stream: usize, number: i32): void {
  const sender = load<u64>(stream, SENDER);
  store<u32>(stream, 0, UNACKED);
  if (sender != 0) reply(sender, ACK, number, load<u32>(stream, EXPECTED), load<u32>(stream, MISSING));
}

function reply(target: u64, kind: u32, number: i32, sequence: u32, missed: u32): void {
  let frame = port.tx.reserve();
  if (frame == 0) {
    port.flush();
    frame = port.tx.reserve();
  }
  // No room after a flush: the device is gone, or the lab stops.
  if (frame == 0) return;
  writeHead(frame, target, port.facts.mac, kind, number);
  store<u32>(frame, sequence, 16);
  store<u32>(frame, missed, 20);
  port.tx.post(SHORT_BYTES);
}

function report(): void {
  sdk.put("received ");
  sdk.putNumber(received);
  sdk.put(" missing ");
  sdk.putNumber(missing);
  sdk.put(" reordered ");
  sdk.putNumber(reordered);
  if (damaged > 0) sdk.put(" damaged ");
  if (damaged > 0) sdk.putNumber(damaged);
  sdk.putLine();
}
