// One end of TCP, moved step by step by a test: its exports do what a guest's loop does. AssemblyScript.

import { BootText, NOTHING, SEGMENT, STATION_OPEN, Station, boot } from "../sdk/index";
import { Tcp } from "../sdk/net/tcp";
import { TcpConnection } from "../sdk/net/tcp-connection";

const RECEIVE_BYTES: i32 = 16_384;
const SEND_BYTES: i32 = 32_768;
/** Of an end whose windows scale. */
const WIDE_BYTES: i32 = 262_144;
const CONNECTIONS: i32 = 4;
const CHUNK: i32 = 8192;

const station = new Station("end");
const nameless = new BootText();
const scratch = heap.alloc(CHUNK);
let tcp: Tcp | null = null;
let one: TcpConnection | null = null;
/** States that the connection has been in, as bits. */
let seen: u32 = 0;
let written: u32 = 0;
let received: u32 = 0;
let wrong: u32 = 0;

export function begin(): i32 {
  return beginWith(RECEIVE_BYTES, SEND_BYTES);
}

export function beginWide(): i32 {
  return beginWith(WIDE_BYTES, WIDE_BYTES);
}

function beginWith(receiveBytes: i32, sendBytes: i32): i32 {
  if (boot() < 0) return -1;
  tcp = new Tcp(CONNECTIONS, receiveBytes, sendBytes);
  station.stack.takesSegments = true;
  return station.open(nameless, 64) == STATION_OPEN ? 0 : -2;
}

export function listen(port: u32): bool {
  return tcp!.listen(port);
}

export function connect(ip: u32, port: u32): bool {
  one = tcp!.connect(station.stack, ip, port);
  return one != null;
}

/** Deals with what has come, then with timers: nanoseconds on the clock when to be asked again. */
export function step(): i64 {
  const stack = station.stack;
  station.follow();
  for (let found = stack.next(); found != NOTHING; found = stack.next()) {
    if (found != SEGMENT) continue;
    tcp!.receive(stack);
    note();
  }
  if (one == null) one = tcp!.accept();
  return due();
}

/** Timers alone. */
export function due(): i64 {
  note();
  const at = tcp!.step();
  note();
  station.stack.flush();
  return at;
}

function note(): void {
  if (one != null) seen |= 1 << one!.state;
}

/** Another connection is accepted, when there is one. */
export function forget(): void {
  one = null;
  seen = written = received = wrong = 0;
}

/** Writes up to so many bytes, each told by its place, and answers how many went in. */
export function write(bytes: i32): i32 {
  let all = 0;
  while (all < bytes) {
    const count = min(bytes - all, CHUNK);
    for (let i = 0; i < count; i++) store<u8>(scratch + i, pattern(written + i));
    const took = one!.write(scratch, count);
    written += took;
    all += took;
    if (took < count) break;
  }
  return all;
}

/** Reads up to so many bytes, notes those that aren't what `write` wrote, and answers how many. */
export function read(bytes: i32): i32 {
  const count = one!.read(scratch, min(bytes, CHUNK));
  for (let i = 0; i < count; i++) if (load<u8>(scratch + i) != <u8>pattern(received + i)) wrong++;
  received += count;
  return count;
}

function pattern(place: u32): u32 {
  return (place * 0x9e37_79b1) >> 24;
}

/** Reads bytes to where a test looks, and writes from there. */
export function scratchAt(): usize {
  return scratch;
}
export function readRaw(bytes: i32): i32 {
  return one!.read(scratch, min(bytes, CHUNK));
}
export function writeRaw(bytes: i32): i32 {
  return one!.write(scratch, bytes);
}

export function end(): void {
  one!.end();
}
export function close(): void {
  one!.close();
}
export function abort(): void {
  one!.abort();
}
export function state(): i32 {
  return one == null ? -1 : one!.state;
}
export function ended(): i32 {
  return one!.ended;
}
export function states(): u32 {
  return seen;
}
export function atEnd(): bool {
  return one!.atEnd;
}
export function readable(): i32 {
  return one!.readable;
}
export function drained(): bool {
  return one!.drained;
}
export function receivedBytes(): u32 {
  return received;
}
export function wrongBytes(): u32 {
  return wrong;
}
export function retransmits(): i32 {
  return <i32>tcp!.counts.retransmits;
}
export function openCount(): i32 {
  return tcp!.open;
}
export function congestionWindow(): i32 {
  return one!.reno.window;
}
