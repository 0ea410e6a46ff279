// UDP datagrams. Their checksum covers the IPv4 addresses too.

import { load16, store16 } from "../bytes";
import { finish, sum } from "./checksum";
import { PROTOCOL_UDP } from "./ipv4";

export const UDP_BYTES: i32 = 8;
export const PORT_ECHO: u32 = 7;

function checksumWith(ip: usize, at: usize, bytes: i32): u16 {
  const addresses = sum(ip + 12, 8, 0);
  return finish(sum(at, bytes, addresses + bswap<u16>(<u16>PROTOCOL_UDP) + bswap<u16>(<u16>bytes)));
}

/**
 * Writes the header over a payload that lies behind it already. The IPv4 header at `ip` is written before.
 */
export function writeUdp(ip: usize, at: usize, sourcePort: u32, targetPort: u32, payload: i32): void {
  store16(at, sourcePort);
  store16(at + 2, targetPort);
  store16(at + 4, UDP_BYTES + payload);
  store16(at + 6, 0);
  const check = checksumWith(ip, at, UDP_BYTES + payload);
  // 0 would say that there is no checksum.
  store<u16>(at, check == 0 ? 0xffff : check, 6);
}

/** The datagram's length with its header if it is sound, else 0. */
export function checkUdp(ip: usize, at: usize, bytes: i32): i32 {
  if (bytes < UDP_BYTES) return 0;
  const length = <i32>load16(at + 4);
  if (length < UDP_BYTES || length > bytes) return 0;
  return load16(at + 6) == 0 || checksumWith(ip, at, length) == 0 ? length : 0;
}

export function sourcePort(at: usize): u32 {
  return load16(at);
}

export function targetPort(at: usize): u32 {
  return load16(at + 2);
}
