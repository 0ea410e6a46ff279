// Large frames: TCP over IPv4 or IPv6, to be cut into segments of a size that the sender names and to be
// summed. What such a frame says is judged here, in a copy of the host's own; who gets the segments isn't.

import { FRAME_OVERHEAD, MTU_MAX, SEGMENT_BYTES_MIN } from "../limits.ts";
import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { RING, THREAD, ringAt, threadAt } from "../memory/layout.ts";
import { FEATURE } from "../ring/abi.ts";
import { TAG_AT, TAG_BYTES } from "./vlan.ts";

export const LARGE_FRAME_MAX = MTU_MAX + FRAME_OVERHEAD;
/** Ethernet with a tag, IPv4 or IPv6, and TCP, the longest of each. */
export const HEADERS_MAX = FRAME_OVERHEAD + 60 + 60;

const ETHERTYPE = { ipv4: 0x0800, ipv6: 0x86dd, tag: 0x8100 } as const;
const TCP = 6;
const IPV4_MIN = 20;
const IPV6_BYTES = 40;
const TCP_MIN = 20;
/** More follow, or this is not the first: a part of a datagram has no TCP header of its own. */
const FRAGMENT = 0x3fff;
/** Offsets in the headers. */
const IPV4 = { length: 2, id: 4, fragment: 6, protocol: 9, sum: 10, addresses: 12 } as const;
const IPV6 = { length: 4, next: 6, addresses: 8 } as const;
const SEGMENT = { sequence: 4, offset: 12, flags: 13, sum: 16 } as const;
const FLAG = { fin: 1, syn: 2, rst: 4, psh: 8, urg: 0x20, cwr: 0x80 } as const;

/** In the place of a counter: the receiver takes no large frames. */
export const NOT_WHOLE = -1;

/** Whether who owns a ring takes large frames as they are. */
export function takesWhole(fabric: Fabric, ring: number): boolean {
  const { i32 } = fabric;
  const owner = threadAt(i32[(ringAt(ring) + RING.owner) >> 2] as number);
  return ((i32[(owner + THREAD.features) >> 2] as number) & FEATURE.whole) !== 0;
}

type Bytes = Pick<GuestMemory, "u8">;

/** One a sender that sends such frames. Holds one of them: `judge`, then `load`, then `cut` in order. */
export class Cutter {
  /** The frame, and its headers once more: those of short segments come to lie over the first ones. */
  readonly u8 = new Uint8Array(LARGE_FRAME_MAX + HEADERS_MAX);
  readonly view = new DataView(this.u8.buffer);
  /** Where the segment lies that was cut last. */
  at = 0;
  #ip = 0;
  #tcp = 0;
  /** Bytes before the payload, of the whole frame, and of a segment's payload. */
  #headers = 0;
  #length = 0;
  #size = 0;
  #count = 0;
  #isIpv4 = false;
  #id = 0;
  #sequence = 0;
  #flags = 0;

  /**
   * Reads the headers of the frame of `length` bytes at `address`, which lies in `from`: how many segments of
   * `size` bytes it makes, or 0 where it can't be cut. `length` is at most `LARGE_FRAME_MAX`.
   */
  judge(from: Bytes, address: number, length: number, size: number, least = SEGMENT_BYTES_MIN): number {
    const { u8, view } = this;
    if (size < least) return 0;
    u8.set(from.u8.subarray(address, address + Math.min(length, HEADERS_MAX)));
    const isTagged = view.getUint16(TAG_AT) === ETHERTYPE.tag;
    const ip = TAG_AT + 2 + (isTagged ? TAG_BYTES : 0);
    const type = view.getUint16(ip - 2);
    const tcp = type === ETHERTYPE.ipv4 ? this.#judgeIpv4(ip, length) : this.#judgeIpv6(type, ip, length);
    if (tcp === 0) return 0;
    const headers = tcp + ((u8[tcp + SEGMENT.offset] as number) >>> 4) * 4;
    if (headers < tcp + TCP_MIN || headers > length) return 0;
    const count = Math.max(1, Math.ceil((length - headers) / size));
    const flags = u8[tcp + SEGMENT.flags] as number;
    if (count > 1 && (flags & (FLAG.syn | FLAG.rst | FLAG.urg)) !== 0) return 0;
    this.#ip = ip;
    this.#tcp = tcp;
    this.#headers = headers;
    this.#length = length;
    this.#size = size;
    this.#count = count;
    this.#isIpv4 = type === ETHERTYPE.ipv4;
    this.#id = view.getUint16(ip + IPV4.id);
    this.#sequence = view.getUint32(tcp + SEGMENT.sequence);
    this.#flags = flags;
    return count;
  }

  /** Where its headers lie, and what they come to. */
  get isIpv4(): boolean {
    return this.#isIpv4;
  }

  get ip(): number {
    return this.#ip;
  }

  get tcp(): number {
    return this.#tcp;
  }

  get headers(): number {
    return this.#headers;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes of the longest segment's frame, and of all of them. */
  get longest(): number {
    return Math.min(this.#headers + this.#size, this.#length);
  }

  get bytes(): number {
    return this.#length + (this.#count - 1) * this.#headers;
  }

  /** Takes over the payload of the frame that was judged; its headers stay those that were. */
  load(from: Bytes, address: number): void {
    const headers = this.#headers;
    this.u8.copyWithin(LARGE_FRAME_MAX, 0, headers);
    this.u8.set(from.u8.subarray(address + headers, address + this.#length), headers);
  }

  /**
   * Makes the next segment's frame, the first of `index` 0, and answers its bytes. It lies at `at`, its
   * headers over the end of the payload before it.
   */
  cut(index: number): number {
    const { u8, view } = this;
    const headers = this.#headers;
    const at = index * this.#size;
    const payload = Math.min(this.#size, this.#length - headers - at);
    const end = at + headers + payload;
    if (index > 0) u8.copyWithin(at, LARGE_FRAME_MAX, LARGE_FRAME_MAX + headers);
    this.at = at;
    const ip = at + this.#ip;
    const tcp = at + this.#tcp;
    if (this.#isIpv4) {
      view.setUint16(ip + IPV4.length, end - ip);
      view.setUint16(ip + IPV4.id, this.#id + index);
      view.setUint16(ip + IPV4.sum, 0);
      view.setUint16(ip + IPV4.sum, checksum(this.#sum(ip, tcp)));
    } else {
      view.setUint16(ip + IPV6.length, end - ip - IPV6_BYTES);
    }
    const after = index === this.#count - 1 ? 0 : FLAG.fin | FLAG.psh;
    view.setUint32(tcp + SEGMENT.sequence, this.#sequence + at);
    u8[tcp + SEGMENT.flags] = this.#flags & ~(after | (index === 0 ? 0 : FLAG.cwr));
    view.setUint16(tcp + SEGMENT.sum, 0);
    const from = this.#isIpv4 ? ip + IPV4.addresses : ip + IPV6.addresses;
    const addresses = this.#sum(from, from + (this.#isIpv4 ? 8 : 32));
    const sum = addresses + TCP + (end - tcp) + this.#sum(tcp, end);
    view.setUint16(tcp + SEGMENT.sum, checksum(sum));
    return end - at;
  }

  /** Where the TCP header of the frame begins, or 0. */
  #judgeIpv4(ip: number, length: number): number {
    const { u8, view } = this;
    if (length < ip + IPV4_MIN + TCP_MIN || (u8[ip] as number) >>> 4 !== 4) return 0;
    const tcp = ip + ((u8[ip] as number) & 0x0f) * 4;
    if (tcp < ip + IPV4_MIN || length < tcp + TCP_MIN) return 0;
    if (view.getUint16(ip + IPV4.length) !== length - ip) return 0;
    if ((view.getUint16(ip + IPV4.fragment) & FRAGMENT) !== 0) return 0;
    return u8[ip + IPV4.protocol] === TCP ? tcp : 0;
  }

  #judgeIpv6(type: number, ip: number, length: number): number {
    const { u8, view } = this;
    const tcp = ip + IPV6_BYTES;
    if (type !== ETHERTYPE.ipv6 || length < tcp + TCP_MIN || (u8[ip] as number) >>> 4 !== 6) return 0;
    if (view.getUint16(ip + IPV6.length) !== length - tcp) return 0;
    return u8[ip + IPV6.next] === TCP ? tcp : 0;
  }

  /** Of the 16-bit words from `from` on; more than 16 bits, and exact. */
  #sum(from: number, to: number): number {
    const { u8, view } = this;
    let sum = 0;
    let at = from;
    // Bound: LARGE_FRAME_MAX. Two words at a time: 65,536 is 1 in the arithmetic of RFC 1071.
    for (; at + 4 <= to; at += 4) sum += view.getUint32(at);
    if (at + 2 <= to) {
      sum += view.getUint16(at);
      at += 2;
    }
    return at < to ? sum + (u8[at] as number) * 256 : sum;
  }
}

/** The complement of a sum that is not 0, RFC 1071. */
function checksum(sum: number): number {
  return (0xffff - (sum % 0xffff)) % 0xffff;
}
