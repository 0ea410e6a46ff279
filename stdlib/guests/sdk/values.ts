// Reads values from text as the lab writes them: `20ms`, `1.5s`, `1KiB`, `10.0.0.2`, `02:00:00:00:00:01`.
// Each answers BAD for a text that is no such value. Nothing here allocates.

import { textEquals } from "./bytes";

export const BAD: i64 = i64.MIN_VALUE;

const LARGEST: i64 = 1_000_000_000_000_000_000;

function isDigit(byte: u32): bool {
  return byte >= 48 && byte <= 57;
}

/** Digits only. */
export function readNumber(at: usize, length: i32): i64 {
  if (length == 0 || length > 18) return BAD;
  let value: i64 = 0;
  for (let i = 0; i < length; i++) {
    const byte = load<u8>(at + i);
    if (!isDigit(byte)) return BAD;
    value = value * 10 + (byte - 48);
  }
  return value;
}

/** How many of the first bytes belong to a decimal number. */
function decimalLength(at: usize, length: i32): i32 {
  let i = 0;
  while (i < length && isDigit(load<u8>(at + i))) i++;
  if (i + 1 < length && load<u8>(at + i) == 46 /* . */ && isDigit(load<u8>(at + i + 1))) {
    for (i++; i < length && isDigit(load<u8>(at + i));) i++;
  }
  return i;
}

/** A decimal number times `scale`, rounded down, or BAD where it is too large. */
function readScaled(at: usize, length: i32, scale: i64): i64 {
  let whole = 0;
  while (whole < length && load<u8>(at + whole) != 46 /* . */) whole++;
  let value = readNumber(at, whole);
  if (value == BAD || value > LARGEST / scale) return BAD;
  value *= scale;
  let part = scale;
  for (let i = whole + 1; i < length && part > 0; i++) {
    // 1.5 is 1 and 5 tenths; `part` is what a digit of this place counts, as long as it counts anything.
    const digit = <i64>(load<u8>(at + i) - 48);
    value += (digit * part) / 10;
    part /= 10;
  }
  return value;
}

function durationScale(at: usize, length: i32): i64 {
  if (textEquals(at, length, "ns")) return 1;
  if (textEquals(at, length, "us")) return 1_000;
  if (textEquals(at, length, "ms")) return 1_000_000;
  if (textEquals(at, length, "s")) return 1_000_000_000;
  if (textEquals(at, length, "min")) return 60_000_000_000;
  if (textEquals(at, length, "h")) return 3_600_000_000_000;
  if (textEquals(at, length, "d")) return 86_400_000_000_000;
  return 0;
}

/** Nanoseconds. */
export function readDuration(at: usize, length: i32): i64 {
  const digits = decimalLength(at, length);
  const scale = durationScale(at + digits, length - digits);
  return digits == 0 || scale == 0 ? BAD : readScaled(at, digits, scale);
}

function sizeScale(at: usize, length: i32): i64 {
  if (length == 0 || textEquals(at, length, "B")) return 1;
  if (textEquals(at, length, "KiB")) return 1 << 10;
  if (textEquals(at, length, "MiB")) return 1 << 20;
  if (textEquals(at, length, "GiB")) return 1 << 30;
  if (textEquals(at, length, "kB") || textEquals(at, length, "KB")) return 1_000;
  if (textEquals(at, length, "MB")) return 1_000_000;
  if (textEquals(at, length, "GB")) return 1_000_000_000;
  return 0;
}

/** Bytes; a number alone is bytes too. */
export function readSize(at: usize, length: i32): i64 {
  const digits = decimalLength(at, length);
  const scale = sizeScale(at + digits, length - digits);
  return digits == 0 || scale == 0 ? BAD : readScaled(at, digits, scale);
}

function rateScale(at: usize, length: i32): i64 {
  if (textEquals(at, length, "bps")) return 1;
  if (textEquals(at, length, "kbps")) return 1_000;
  if (textEquals(at, length, "Mbps")) return 1_000_000;
  if (textEquals(at, length, "Gbps")) return 1_000_000_000;
  return 0;
}

/** Bits per second. */
export function readRate(at: usize, length: i32): i64 {
  const digits = decimalLength(at, length);
  const scale = rateScale(at + digits, length - digits);
  return digits == 0 || scale == 0 ? BAD : readScaled(at, digits, scale);
}

/** An IPv4 address as a number of 32 bits. */
export function readIp(at: usize, length: i32): i64 {
  let value: i64 = 0;
  let start = 0;
  for (let part = 0; part < 4; part++) {
    let end = start;
    while (end < length && isDigit(load<u8>(at + end))) end++;
    const byte = end - start > 3 ? BAD : readNumber(at + start, end - start);
    if (byte < 0 || byte > 255) return BAD;
    if (part < 3 && (end == length || load<u8>(at + end) != 46) /* . */) return BAD;
    if (part == 3 && end != length) return BAD;
    value = (value << 8) | byte;
    start = end + 1;
  }
  return value;
}

/** A MAC address as a number of 48 bits. */
export function readMac(at: usize, length: i32): i64 {
  if (length != 17) return BAD;
  let value: i64 = 0;
  for (let i = 0; i < length; i++) {
    const byte = <u32>load<u8>(at + i);
    if (i % 3 == 2) {
      if (byte != 58 /* : */) return BAD;
      continue;
    }
    const letter = byte | 32;
    if (isDigit(byte)) value = (value << 4) | (byte - 48);
    else if (letter >= 97 && letter <= 102) value = (value << 4) | (letter - 87);
    else return BAD;
  }
  return value;
}
