// ICMP echo, the messages of ping.

import { load16, store16 } from "../bytes";
import { checksum, finish } from "./checksum";

export const ICMP_BYTES: i32 = 8;
export const ECHO_REPLY: u32 = 0;
export const ECHO_REQUEST: u32 = 8;

/** Writes the header over a payload that lies behind it already. */
export function writeEchoRequest(at: usize, identifier: u32, sequence: u32, payload: i32): void {
  store16(at, ECHO_REQUEST << 8);
  store16(at + 2, 0);
  store16(at + 4, identifier);
  store16(at + 6, sequence);
  store<u16>(at, checksum(at, ICMP_BYTES + payload), 2);
}

/** Makes the answer of a request with a right checksum, in place. */
export function turnIntoReply(at: usize): void {
  // Only the type changes, so only its part of the sum does.
  const total = <u64>(~load<u16>(at, 2) & 0xffff) + (~ECHO_REQUEST & 0xffff);
  store<u8>(at, ECHO_REPLY);
  store<u16>(at, finish(total), 2);
}

/** A whole message with a right checksum. */
export function checkIcmp(at: usize, bytes: i32): bool {
  return bytes >= ICMP_BYTES && checksum(at, bytes) == 0;
}

export function icmpType(at: usize): u32 {
  return load<u8>(at);
}

export function echoIdentifier(at: usize): u32 {
  return load16(at + 4);
}

export function echoSequence(at: usize): u32 {
  return load16(at + 6);
}
