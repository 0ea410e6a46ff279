// Builds lines of text without allocating, and writes them to the guest's log. One line at a time, of 1,024
// bytes at most: what is longer is cut.

import { BUS, BUS_WRITE, EAGAIN } from "./abi";
import { call, wait } from "./vbus";

const LINE_BYTES: i32 = 1024;
/** A full log is asked again this often, once a millisecond, then the rest of the line is lost. */
const LOG_TRIES: i32 = 1000;
const MILLISECOND: i64 = 1_000_000;

const line: usize = memory.data(1024, 16);
let length: i32 = 0;

/** Adds one byte. */
export function putByte(byte: u32): void {
  if (length < LINE_BYTES - 1) store<u8>(line + length++, byte);
}

/** Adds plain ASCII. */
export function put(text: string): void {
  for (let i = 0; i < text.length; i++) putByte(text.charCodeAt(i));
}

/** Adds bytes that are text already. */
export function putBytes(at: usize, count: i32): void {
  for (let i = 0; i < count; i++) putByte(load<u8>(at + i));
}

export function putNumber(value: i64): void {
  if (value < 0) putByte(45 /* - */);
  putDigits(value < 0 ? 0 - <u64>value : <u64>value, 1);
}

/** Adds a number with at least so many digits. */
export function putDigits(value: u64, digits: i32): void {
  let scale: u64 = 1;
  let count = 1;
  for (let rest = value / 10; rest > 0; rest /= 10, count++) scale *= 10;
  for (; count < digits; digits--) putByte(48 /* 0 */);
  for (; scale > 0; scale /= 10) putByte(48 + <u32>((value / scale) % 10));
}

export function putHex(value: u64, digits: i32): void {
  for (let shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
    const digit = (<u32>(value >> shift)) & 15;
    putByte(digit < 10 ? 48 + digit : 87 + digit);
  }
}

export function putIp(ip: u32): void {
  for (let shift = 24; shift >= 0; shift -= 8) {
    putNumber((ip >> shift) & 255);
    if (shift > 0) putByte(46 /* . */);
  }
}

export function putMac(mac: u64): void {
  for (let shift = 40; shift >= 0; shift -= 8) {
    putHex((mac >> shift) & 255, 2);
    if (shift > 0) putByte(58 /* : */);
  }
}

/** Adds nanoseconds as milliseconds with three places, such as `0.031`. */
export function putMilliseconds(ns: i64): void {
  const micros = (<u64>max<i64>(ns, 0) + 500) / 1000;
  putDigits(micros / 1000, 1);
  putByte(46 /* . */);
  putDigits(micros % 1000, 3);
}

/** Adds a number with commas: `16,700`. */
export function putGrouped(value: u64): void {
  let scale: u64 = 1;
  while (value / scale >= 1000) scale *= 1000;
  putDigits(value / scale, 1);
  for (scale /= 1000; scale > 0; scale /= 1000) {
    putByte(44 /* , */);
    putDigits((value / scale) % 1000, 3);
  }
}

/** Adds an amount as people say it, such as `250 MB`, `12.5 MB` or `1.0 Gbit/s`. */
export function putAmount(value: u64, unit: string): void {
  // What would be rounded up to 1000 has the next prefix: 999,500 is 1.0 M.
  let scale: u64 = 1;
  let prefix = 0;
  while (prefix < 4 && value >= scale * 1000 - scale / 2) {
    scale *= 1000;
    prefix++;
  }
  const tenths = scale == 1 ? 0 : rounded(value, scale / 10);
  if (scale == 1 || tenths >= 1000) putDigits(rounded(value, scale), 1);
  else putTenths(tenths);
  putByte(32);
  if (prefix > 0) putByte("kMGT".charCodeAt(prefix - 1));
  put(unit);
}

/** Adds nanoseconds as seconds with one place, such as `2.0 s`. */
export function putSeconds(ns: i64): void {
  putTenths(rounded(max<i64>(ns, 0), 100_000_000));
  put(" s");
}

/** `value / unit`, rounded half up, whatever the value. */
function rounded(value: u64, unit: u64): u64 {
  return value / unit + (value % unit >= unit - unit / 2 ? 1 : 0);
}

function putTenths(tenths: u64): void {
  putDigits(tenths / 10, 1);
  putByte(46 /* . */);
  putDigits(tenths % 10, 1);
}

/** Ends the line and writes it to the log. Waits for room, within bounds. */
export function putLine(): void {
  store<u8>(line + length++, 10 /* \n */);
  let written = 0;
  let tries = 0;
  while (written < length && tries < LOG_TRIES) {
    const taken = call(BUS, BUS_WRITE, line + written, length - written, 0);
    if (taken > 0) {
      written += taken;
    } else if (taken == 0 || taken == EAGAIN) {
      tries++;
      wait(MILLISECOND);
    } else {
      break;
    }
  }
  length = 0;
}

/** Writes one line of plain ASCII. */
export function print(text: string): void {
  put(text);
  putLine();
}
