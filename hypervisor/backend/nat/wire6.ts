// Bytes of the IPv6 packets that the gateway reads and writes (RFC 8200, 4443, 768). Addresses are texts of
// 32 hexadecimal digits in lower case; offsets are of the frame.

import { isIPv6 } from "node:net";
import { macText } from "../../datapath/mac-text.ts";
import { addWords, type Datagram, fold, IP, ip4Number, put16, UDP, UDP_BYTES } from "./wire.ts";

export const IPV6_BYTES = 40;
/** Where what a packet carries begins in a frame. */
export const BODY6 = IP + IPV6_BYTES;
/** Where its addresses stand. */
export const [SOURCE6, TARGET6] = [IP + 8, IP + 24];
export const TYPE_IPV6 = 0x86dd;
export const ICMP6 = 58;
/** The header of a piece of a longer packet. */
export const FRAGMENT = 44;
/** Types of ICMPv6 messages. */
export const ECHO6 = { request: 128, reply: 129 } as const;
/** No link of IPv6 carries less. */
export const LEAST_MTU6 = 1280;
export const [NOBODY, ALL_NODES] = ["0".repeat(32), `ff02${"1".padStart(28, "0")}`] as [string, string];

/** The digits of an address; undefined where the text is none. What stands behind a `%` doesn't count. */
export function ip6Of(text: string): string | undefined {
  const bare = text.replace(/%.*$/, "");
  if (!isIPv6(bare)) return undefined;
  const dotted = /[^:]+\.[^:]+$/.exec(bare)?.[0];
  const last = dotted === undefined ? "" : (ip4Number(dotted) ?? 0).toString(16).padStart(8, "0");
  const plain =
    dotted === undefined ? bare : `${bare.slice(0, -dotted.length)}${last.slice(0, 4)}:${last.slice(4)}`;
  const [head = [], tail = []] = plain.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const missing = plain.includes("::") ? 8 - head.length - tail.length : 0;
  const groups = [...head, ...Array.from({ length: missing }, () => "0"), ...tail];
  return groups
    .map((group) => group.padStart(4, "0"))
    .join("")
    .toLowerCase();
}

/** As programs take it; zeros are not left out. */
export function ip6Text(address: string): string {
  return (address.match(/.{4}/g) ?? []).join(":");
}

export function ip6Bytes(address: string): Uint8Array {
  return Buffer.from(address, "hex");
}

export function ip6At(frame: Uint8Array, at: number): string {
  return Buffer.from(frame.buffer, frame.byteOffset + at, 16).toString("hex");
}

/** Of many stations at once, or of none. */
export function isGroup6(address: string): boolean {
  return address.startsWith("ff");
}

/**
 * The last 16 digits of the address that a station gives itself by its MAC address (RFC 4291, appendix A).
 */
export function digitsOfMac(mac: Uint8Array): string {
  const [a, b, c, d, e, f] = mac as unknown as [number, number, number, number, number, number];
  return Buffer.from([a ^ 2, b, c, 0xff, 0xfe, d, e, f]).toString("hex");
}

/** The MAC address that such an address was made from; undefined where it wasn't. */
export function macOfDigits(address: string): string | undefined {
  if (address.slice(22, 26) !== "fffe") return undefined;
  const bytes = Buffer.from(address.slice(16, 22) + address.slice(26), "hex");
  bytes[0] = (bytes[0] as number) ^ 2;
  return macText(bytes);
}

/** The sum over the addresses, the protocol and the length, which every checksum of IPv6 covers too. */
function pseudoSum(frame: Uint8Array, protocol: number, length: number): number {
  return addWords(frame, SOURCE6, BODY6) + protocol + length;
}

/** Whether what a frame carries has a right checksum. Other than with IPv4, UDP has to have one. */
export function isWhole6(frame: Uint8Array, protocol: number, length = frame.length - BODY6): boolean {
  return fold(addWords(frame, BODY6, BODY6 + length, pseudoSum(frame, protocol, length))) === 0;
}

export interface Ip6Header {
  readonly protocol: number;
  readonly source: string;
  readonly target: string;
  /** Of what is carried. */
  readonly length: number;
  readonly hops?: number;
}

export function putIp6Header(
  frame: Uint8Array,
  { protocol, source, target, length, hops = 64 }: Ip6Header,
): void {
  put16(frame, IP, 0x6000);
  put16(frame, IP + 2, 0);
  put16(frame, IP + 4, length);
  put16(frame, IP + 6, (protocol << 8) | hops);
  frame.set(ip6Bytes(source), SOURCE6);
  frame.set(ip6Bytes(target), TARGET6);
}

/** A frame with this datagram, without its MAC addresses. It may be longer than the MTU. */
export function udp6Frame({ source, sourcePort, target, targetPort, payload }: Datagram<string>): Uint8Array {
  const length = UDP_BYTES + payload.length;
  const frame = new Uint8Array(BODY6 + length);
  putIp6Header(frame, { protocol: UDP, source, target, length });
  put16(frame, BODY6, sourcePort);
  put16(frame, BODY6 + 2, targetPort);
  put16(frame, BODY6 + 4, length);
  frame.set(payload, BODY6 + UDP_BYTES);
  const sum = addWords(frame, BODY6, frame.length, pseudoSum(frame, UDP, length));
  put16(frame, BODY6 + 6, fold(sum) || 0xffff);
  return frame;
}

/** A frame with this ICMPv6 message; its checksum is filled in. */
export function icmp6Frame(source: string, target: string, message: Uint8Array, hops = 64): Uint8Array {
  const frame = new Uint8Array(BODY6 + message.length);
  putIp6Header(frame, { protocol: ICMP6, source, target, length: message.length, hops });
  frame.set(message, BODY6);
  put16(frame, BODY6 + 2, 0);
  const sum = addWords(frame, BODY6, frame.length, pseudoSum(frame, ICMP6, message.length));
  put16(frame, BODY6 + 2, fold(sum));
  return frame;
}

export function isIp6Frame(frame: Uint8Array): boolean {
  return (frame[IP] as number) >>> 4 === 6;
}

/** Whether a datagram is of IPv6. */
export function isDatagram6(datagram: Datagram<number | string>): datagram is Datagram<string> {
  return typeof datagram.source === "string";
}
