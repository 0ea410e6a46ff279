// The header before each frame of a TAP interface that was attached with one: what the kernel left undone of
// a frame, or may leave undone of ours. It is judged like a guest's: a namespace's programs can write it.
//
// Spec: linux/virtio_net.h, `struct virtio_net_hdr`; numbers as this machine has them: little-endian.

import { addWords, ETHERNET_BYTES, fold, put16 } from "../nat/wire.ts";

export const VNET_BYTES = 10;
/** The answer of `readVnet` for what can't be. */
export const WRONG = -1;

const AT = { flags: 0, type: 1, headers: 2, segment: 4, sumFrom: 6, sumAt: 8 } as const;
const NEEDS_SUM = 1;
const TYPE = { none: 0, tcp4: 1, tcp6: 4, ecn: 0x80 } as const;
/** Where the sum stands in a TCP header, where the flags do, and the one for a window that was halved. */
const [TCP_SUM, TCP_FLAGS, CWR] = [16, 13, 0x80];
const TCP = 6;
const [IPV4_SUM, IPV4_ADDRESSES, IPV6_ADDRESSES] = [10, 12, 8];

/**
 * Reads the header of a message, and finishes the sum of the frame behind it where that is asked. The answer:
 * 0, or how much payload each segment of this large frame has, whose sums are not right; or `WRONG`.
 */
export function readVnet(message: Uint8Array): number {
  if (message.length < VNET_BYTES) return WRONG;
  const type = message[AT.type] as number;
  if (type !== TYPE.none) {
    const family = type & ~TYPE.ecn;
    return family === TYPE.tcp4 || family === TYPE.tcp6 ? get(message, AT.segment) || WRONG : WRONG;
  }
  if (((message[AT.flags] as number) & NEEDS_SUM) === 0) return 0;
  const from = VNET_BYTES + get(message, AT.sumFrom);
  const at = from + get(message, AT.sumAt);
  if (from < VNET_BYTES + ETHERNET_BYTES || at + 2 > message.length) return WRONG;
  // What stands there is a part of the sum. 0 is how UDP says that there is none.
  put16(message, at, fold(addWords(message, from, message.length)) || 0xffff);
  return 0;
}

/** The headers of a large frame that has been judged, as offsets in it; see `Cutter`. */
export interface LargeFrame {
  readonly isIpv4: boolean;
  readonly ip: number;
  readonly tcp: number;
  /** Bytes before the payload, and of a segment's payload. */
  readonly headers: number;
  readonly size: number;
}

/** Says of a large frame of `bytes`, whose headers lie behind this one, what is to be done with it. */
export function writeLarge(message: Uint8Array, bytes: number, large: LargeFrame): void {
  const { headers, size, isIpv4 } = large;
  const [ip, tcp] = [VNET_BYTES + large.ip, VNET_BYTES + large.tcp];
  const length = bytes - large.tcp;
  const isOne = bytes <= headers + size;
  const ecn = ((message[tcp + TCP_FLAGS] as number) & CWR) === 0 ? 0 : TYPE.ecn;
  message[AT.flags] = NEEDS_SUM;
  message[AT.type] = isOne ? TYPE.none : (isIpv4 ? TYPE.tcp4 : TYPE.tcp6) | ecn;
  put(message, AT.headers, headers);
  put(message, AT.segment, isOne ? 0 : size);
  put(message, AT.sumFrom, large.tcp);
  put(message, AT.sumAt, TCP_SUM);
  if (isIpv4) {
    put16(message, ip + IPV4_SUM, 0);
    put16(message, ip + IPV4_SUM, fold(addWords(message, ip, tcp)));
  }
  const from = ip + (isIpv4 ? IPV4_ADDRESSES : IPV6_ADDRESSES);
  const addresses = addWords(message, from, from + (isIpv4 ? 8 : 32));
  put16(message, tcp + TCP_SUM, ~fold(addresses + TCP + length) & 0xffff);
}

function get(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

function put(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}
