// Large frames as a guest would write them, and segments as a receiver reads them. Sums are added up word by
// word with their carries: not the way that the code does it.

import { LARGE } from "./ring/abi.ts";

export interface LargeFrame {
  readonly to: readonly number[];
  readonly from: readonly number[];
  readonly payload: readonly number[];
  readonly ipv6?: boolean;
  /** Its 802.1Q tag. */
  readonly vlan?: number;
  /** Bytes of options, a multiple of 4. */
  readonly ipOptions?: number;
  readonly tcpOptions?: number;
  readonly flags?: number;
  readonly sequence?: number;
  readonly id?: number;
}

export const FLAGS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 0x10, urg: 0x20, cwr: 0x80 } as const;

const two = (value: number): number[] => [(value >>> 8) & 255, value & 255];
const four = (value: number): number[] => [...two(value >>> 16), ...two(value)];
const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);

/** What stands where the sums belong is wrong: the host finishes them. */
const NO_SUM = [0xde, 0xad];

/** The bytes of a frame whose lengths are right. */
export function largeFrame(frame: LargeFrame): number[] {
  const { payload, tcpOptions = 0, ipOptions = 0, flags = FLAGS.ack, ipv6 = false } = frame;
  const tcp = [
    ...two(40_000),
    ...two(80),
    ...four(frame.sequence ?? 1),
    ...four(77),
    ((20 + tcpOptions) / 4) << 4,
    flags,
    ...two(1000),
    ...NO_SUM,
    ...two(0),
    ...Array.from({ length: tcpOptions }, () => 1),
    ...payload,
  ];
  const ip = ipv6
    ? [0x60, 0, 0, 0, ...two(tcp.length), 6, 64, 0xfd, ...zeros(14), 1, 0xfd, ...zeros(14), 2]
    : [
        0x40 | ((20 + ipOptions) / 4),
        0,
        ...two(20 + ipOptions + tcp.length),
        ...two(frame.id ?? 9),
        ...two(0x4000),
        64,
        6,
        ...NO_SUM,
        ...four(0x0a000001),
        ...four(0x0a000002),
        ...zeros(ipOptions).fill(1),
      ];
  const tag = frame.vlan === undefined ? [] : [0x81, 0, ...two(frame.vlan)];
  return [...frame.to, ...frame.from, ...tag, ...two(ipv6 ? 0x86dd : 0x0800), ...ip, ...tcp];
}

/** The length word of a large frame. */
export function wordOf(bytes: number, segment: number): number {
  return bytes | (segment << LARGE.segmentShift) | 0;
}

interface Segment {
  readonly payload: readonly number[];
  readonly flags: number;
  readonly sequence: number;
  /** IPv4's identification; 0 of IPv6. */
  readonly id: number;
  /** What is wrong with it. */
  readonly wrong: readonly string[];
}

/** Reads one frame as strictly as a host does. */
export function readSegment(frame: readonly number[]): Segment {
  const wrong: string[] = [];
  const word = (at: number): number => ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0);
  const ip = word(12) === 0x8100 ? 18 : 14;
  const isIpv6 = word(ip - 2) === 0x86dd;
  const tcp = ip + (isIpv6 ? 40 : ((frame[ip] ?? 0) & 15) * 4);
  const end = isIpv6 ? ip + 40 + word(ip + 4) : ip + word(ip + 2);
  if (end !== frame.length) wrong.push(`says ${end} bytes, has ${frame.length}`);
  if (!isIpv6 && sumOf(frame.slice(ip, tcp)) !== 0xffff) wrong.push("the sum of its IP header");
  const addresses = isIpv6 ? frame.slice(ip + 8, ip + 40) : frame.slice(ip + 12, ip + 20);
  const pseudo = [...addresses, 0, 6, ...two(end - tcp)];
  if (sumOf([...pseudo, ...frame.slice(tcp)]) !== 0xffff) wrong.push("the sum of its TCP segment");
  return {
    payload: frame.slice(tcp + ((frame[tcp + 12] ?? 0) >> 4) * 4),
    flags: frame[tcp + 13] ?? 0,
    sequence: word(tcp + 4) * 65_536 + word(tcp + 6),
    id: isIpv6 ? 0 : word(ip + 4),
    wrong,
  };
}

function sumOf(bytes: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}
