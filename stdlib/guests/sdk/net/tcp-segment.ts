// TCP segments as they lie in a packet, and the arithmetic of their sequence numbers (RFC 9293, 3.1 and 3.4).

import { load16, load32, store16, store32 } from "../bytes";
import { finish, sum } from "./checksum";
import { PROTOCOL_TCP } from "./ipv4";

export const TCP_BYTES: i32 = 20;
/** The options that are sent, and only with SYN: the largest segment that is taken, and how windows scale. */
export const MSS_OPTION_BYTES: i32 = 4;
export const SCALE_OPTION_BYTES: i32 = 4;
export const FIN: u32 = 1;
export const SYN: u32 = 2;
export const RST: u32 = 4;
export const PSH: u32 = 8;
export const ACK: u32 = 16;

/** What a peer takes that doesn't say. */
export const MSS_DEFAULT: i32 = 536;
/** What a header can say; times 2^shift where both ends scale (RFC 7323, 2). */
export const WINDOW_MAX: i32 = 65_535;
const SHIFT_MAX: i32 = 14;
/** The peer doesn't scale windows. */
export const UNSCALED: i32 = -1;

/** `a` lies before `b` on the circle of 2^32 sequence numbers. */
export function before(a: u32, b: u32): bool {
  return <i32>(a - b) < 0;
}

export function later(a: u32, b: u32): u32 {
  return before(a, b) ? b : a;
}

function checksumWith(ip: usize, at: usize, bytes: i32): u16 {
  const addresses = sum(ip + 12, 8, 0);
  return finish(sum(at, bytes, addresses + bswap<u16>(<u16>PROTOCOL_TCP) + bswap<u16>(<u16>bytes)));
}

/** Writes a header without options; `window` is what stands in it. Ports, then `sealTcp`, make it whole. */
export function writeTcp(at: usize, sequence: u32, acknowledge: u32, flags: u32, window: i32): void {
  store32(at + 4, sequence);
  store32(at + 8, acknowledge);
  store16(at + 12, (((<u32>TCP_BYTES) >> 2) << 12) | flags);
  store16(at + 14, window);
  store32(at + 16, 0);
}

/** Adds the options of a SYN to its header, which is longer by `synOptionBytes(shift)` then. */
export function writeSynOptions(at: usize, mss: i32, shift: i32): void {
  const header = <u32>(TCP_BYTES + synOptionBytes(shift));
  store16(at + 12, ((header >> 2) << 12) | flagsOf(at));
  store32(at + TCP_BYTES, 0x0204_0000 | (<u32>mss));
  if (shift != UNSCALED) store32(at + TCP_BYTES + MSS_OPTION_BYTES, 0x0103_0300 | (<u32>shift));
}

export function synOptionBytes(shift: i32): i32 {
  return MSS_OPTION_BYTES + (shift == UNSCALED ? 0 : SCALE_OPTION_BYTES);
}

/**
 * Writes the ports and, over the whole segment of `bytes`, the checksum. The IPv4 header at `ip` is there.
 */
export function sealTcp(ip: usize, at: usize, bytes: i32, sourcePort: u32, targetPort: u32): void {
  store16(at, sourcePort);
  store16(at + 2, targetPort);
  store<u16>(at, checksumWith(ip, at, bytes), 16);
}

/** The header's length if this is a sound segment, else 0. */
export function checkTcp(ip: usize, at: usize, bytes: i32): i32 {
  if (bytes < TCP_BYTES) return 0;
  const header = headerBytes(at);
  if (header < TCP_BYTES || header > bytes) return 0;
  return checksumWith(ip, at, bytes) == 0 ? header : 0;
}

export function headerBytes(at: usize): i32 {
  return ((<i32>load<u8>(at, 12)) >> 4) << 2;
}
export function sourcePort(at: usize): u32 {
  return load16(at);
}
export function targetPort(at: usize): u32 {
  return load16(at + 2);
}
export function sequenceOf(at: usize): u32 {
  return load32(at + 4);
}
export function acknowledgeOf(at: usize): u32 {
  return load32(at + 8);
}
export function flagsOf(at: usize): u32 {
  return (<u32>load<u8>(at, 13)) & 63;
}
export function windowOf(at: usize): i32 {
  return load16(at + 14);
}

/** The largest segment that the peer takes, from the options of its SYN. */
export function mssOf(at: usize): i32 {
  const option = optionOf(at, 2, MSS_OPTION_BYTES);
  return option == 0 ? MSS_DEFAULT : max(<i32>load16(option + 2), 1);
}

/** How the peer scales its windows, from the options of its SYN: a shift, or `UNSCALED`. */
export function shiftOf(at: usize): i32 {
  const option = optionOf(at, 3, 3);
  return option == 0 ? UNSCALED : min(<i32>load<u8>(option, 2), SHIFT_MAX);
}

/** Where an option of this kind and length lies, or 0. */
function optionOf(at: usize, wanted: i32, bytes: i32): usize {
  const end = at + headerBytes(at);
  // Bound: each round goes at least a byte on, and a header ends after 60.
  for (let option = at + TCP_BYTES; option < end;) {
    const kind = <i32>load<u8>(option);
    if (kind == 0) break;
    if (kind == 1) {
      option++;
      continue;
    }
    if (option + 1 >= end) break;
    const length = <i32>load<u8>(option, 1);
    if (length < 2 || option + length > end) break;
    if (kind == wanted && length == bytes) return option;
    option += length;
  }
  return 0;
}
