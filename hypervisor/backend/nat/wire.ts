// Bytes of the packets that the gateway reads and writes: Ethernet, IPv4, UDP, ICMP. Addresses are numbers of
// 32 bits; offsets are of the frame.

export const ETHERNET_BYTES = 14;
export const IPV4_BYTES = 20;
export const UDP_BYTES = 8;
/** Where the packet, and where what it carries, begins in a frame. */
export const IP = ETHERNET_BYTES;
export const BODY = ETHERNET_BYTES + IPV4_BYTES;

export const TYPE_IPV4 = 0x0800;
export const TYPE_ARP = 0x0806;
export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;
/** Types of ICMP messages. */
export const ECHO = { reply: 0, request: 8 };
/** IPv4: a number of 32 bits. IPv6: 32 hexadecimal digits in lower case. */
export type Address = number | string;
export const BROADCAST = 0xffff_ffff;

export function get16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function get32(bytes: Uint8Array, at: number): number {
  return ((get16(bytes, at) << 16) | get16(bytes, at + 2)) >>> 0;
}

export function put32(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, value >>> 16);
  put16(bytes, at + 2, value & 0xffff);
}

/** A copy of some bytes; `slice` of a Buffer would be the same memory. */
export function copyOf(bytes: Uint8Array, start = 0, end = bytes.length): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end));
}

/** The number of a dotted address; undefined where it is none. */
export function ip4Number(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((value, part) => value * 256 + Number(part), 0);
}

export function ip4Text(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join(".");
}

export function macBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
}

/** The sum of 16-bit words for a checksum, not folded; `sum` is what was added before. */
export function addWords(bytes: Uint8Array, start: number, end: number, sum = 0): number {
  let at = start;
  for (; at + 1 < end; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  if (at < end) sum += (bytes[at] as number) << 8;
  return sum;
}

/** The checksum of a sum: 0 where it was over bytes with a right one. */
export function fold(sum: number): number {
  const once = (sum & 0xffff) + Math.floor(sum / 65_536);
  return ~((once & 0xffff) + (once >>> 16)) & 0xffff;
}

/** The sum over the addresses, the protocol and the length, which UDP's checksum covers too. */
function pseudoSum(frame: Uint8Array, protocol: number, length: number): number {
  return addWords(frame, IP + 12, IP + 20) + protocol + length;
}

/** Whether the UDP datagram of a frame is whole; one without a checksum is. */
export function isUdpWhole(frame: Uint8Array, length: number): boolean {
  if (get16(frame, BODY + 6) === 0) return true;
  return fold(addWords(frame, BODY, BODY + length, pseudoSum(frame, UDP, length))) === 0;
}

export interface IpHeader {
  readonly protocol: number;
  readonly source: number;
  readonly target: number;
  /** Of the packet, header included. */
  readonly length: number;
  readonly id: number;
  /** Flags and offset of a fragment. */
  readonly fragment?: number;
}

export function putIpHeader(frame: Uint8Array, header: IpHeader): void {
  put16(frame, IP, 0x4500);
  put16(frame, IP + 2, header.length);
  put16(frame, IP + 4, header.id);
  put16(frame, IP + 6, header.fragment ?? 0);
  put16(frame, IP + 8, (64 << 8) | header.protocol);
  put16(frame, IP + 10, 0);
  put32(frame, IP + 12, header.source);
  put32(frame, IP + 16, header.target);
  put16(frame, IP + 10, fold(addWords(frame, IP, BODY)));
}

export interface Datagram<A extends Address = number> {
  readonly source: A;
  readonly sourcePort: number;
  readonly target: A;
  readonly targetPort: number;
  readonly payload: Uint8Array;
}

/**
 * A frame with an IPv4 packet with this datagram, without its MAC addresses. It may be longer than the MTU.
 */
export function udpFrame(
  { source, sourcePort, target, targetPort, payload }: Datagram,
  id: number,
): Uint8Array {
  const length = UDP_BYTES + payload.length;
  const frame = new Uint8Array(BODY + length);
  putIpHeader(frame, { protocol: UDP, source, target, length: IPV4_BYTES + length, id });
  put16(frame, BODY, sourcePort);
  put16(frame, BODY + 2, targetPort);
  put16(frame, BODY + 4, length);
  frame.set(payload, BODY + UDP_BYTES);
  put16(frame, BODY + 6, fold(addWords(frame, BODY, frame.length, pseudoSum(frame, UDP, length))) || 0xffff);
  return frame;
}

/** A frame with this ICMP message; its checksum is filled in. */
export function icmpFrame(source: number, target: number, message: Uint8Array, id: number): Uint8Array {
  const frame = new Uint8Array(BODY + message.length);
  putIpHeader(frame, { protocol: ICMP, source, target, length: IPV4_BYTES + message.length, id });
  frame.set(message, BODY);
  put16(frame, BODY + 2, 0);
  put16(frame, BODY + 2, fold(addWords(frame, BODY, frame.length)));
  return frame;
}
