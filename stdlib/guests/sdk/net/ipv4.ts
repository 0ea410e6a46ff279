// IPv4 headers. Fragments are neither made nor taken, options are skipped.

import { load16, load32, store16, store32 } from "../bytes";
import { checksum } from "./checksum";

export const IPV4_BYTES: i32 = 20;
export const IPV4_LENGTH_MAX: i32 = 65_535;
export const PROTOCOL_ICMP: u32 = 1;
export const PROTOCOL_TCP: u32 = 6;
export const PROTOCOL_UDP: u32 = 17;

const TTL: u32 = 64;
const DONT_FRAGMENT: u32 = 0x4000;
const MORE_FRAGMENTS_AND_OFFSET: u32 = 0x3fff;

let identification: u32 = 0;

/** Writes a header for `payload` bytes. */
export function writeIpv4(at: usize, source: u32, target: u32, protocol: u32, payload: i32): void {
  store16(at, 0x4500);
  store16(at + 2, IPV4_BYTES + payload);
  store16(at + 4, identification++);
  store16(at + 6, DONT_FRAGMENT);
  store<u8>(at, TTL, 8);
  store<u8>(at, protocol, 9);
  store16(at + 10, 0);
  store32(at + 12, source);
  store32(at + 16, target);
  store<u16>(at, checksum(at, IPV4_BYTES), 10);
}

/** The header's length if this is a whole and sound packet within `bytes`, else 0. */
export function checkIpv4(at: usize, bytes: i32): i32 {
  if (bytes < IPV4_BYTES || load<u8>(at) >> 4 != 4) return 0;
  const header = ((<i32>load<u8>(at)) & 15) << 2;
  const total = totalLength(at);
  if (header < IPV4_BYTES || total < header || total > bytes) return 0;
  if ((load16(at + 6) & MORE_FRAGMENTS_AND_OFFSET) != 0) return 0;
  return checksum(at, header) == 0 ? header : 0;
}

export function totalLength(at: usize): i32 {
  return load16(at + 2);
}

export function timeToLive(at: usize): u32 {
  return load<u8>(at, 8);
}

export function protocolOf(at: usize): u32 {
  return load<u8>(at, 9);
}

export function sourceIp(at: usize): u32 {
  return load32(at + 12);
}

export function targetIp(at: usize): u32 {
  return load32(at + 16);
}

/** One host: not 0.0.0.0, not a group, not everybody. */
export function isHost(ip: u32): bool {
  return ip != 0 && ip < 0xe0000000;
}
