// Segments of TCP that came one behind the other, as one large frame for a guest that takes such, and the
// sums of what else came. Nothing waits for more: what is there together is given together. No allocation a
// frame.

import { SEGMENT_BYTES_MIN } from "../../limits.ts";
import { LARGE_FRAME_MAX } from "../../datapath/offload.ts";
import { LARGE } from "../../ring/abi.ts";

const ETHERTYPE = { ipv4: 0x0800, ipv6: 0x86dd } as const;
const [TCP, UDP] = [6, 17];
/** A frame lies here in the copy, so that what is behind its Ethernet header is aligned to words. */
const FRAME_AT = 2;
const TYPE_AT = FRAME_AT + 12;
const IP_AT = FRAME_AT + 14;
const IPV4_MIN = 20;
const IPV6_BYTES = 40;
const TCP_MIN = 20;
const UDP_BYTES = 8;
const IP_BYTES_MAX = 0xffff;
const HEADERS_MAX = IP_AT + 60 + 60;
/** More follow, or this is not the first. */
const FRAGMENT = 0x3fff;
const DONT_FRAGMENT = 0x4000;
const FLAG = { psh: 8, ack: 0x10 } as const;
/** What may differ from segment to segment, by words as a little-endian processor reads them. */
const IPV4_DIFFERS = [0xffff0000, 0x0000ffff, 0xffff0000] as const;
const IPV6_DIFFERS = [0, 0x0000ffff] as const;
const TCP_DIFFERS = [0, 0xffffffff, 0, FLAG.psh << 8, 0x0000ffff] as const;

/** What a frame is. */
export const FRAME = { plain: 0, summed: 1, segment: 2 } as const;

export class Gather {
  readonly #u8 = new Uint8Array(FRAME_AT + LARGE_FRAME_MAX + 4);
  readonly #words = new Uint32Array(this.#u8.buffer, 0, this.#u8.length >>> 2);
  readonly #view = new DataView(this.#u8.buffer);
  /** Headers of the segment that a large frame began with. */
  readonly #first = new Uint8Array(HEADERS_MAX);
  readonly #firstWords = new Uint32Array(this.#first.buffer);
  readonly #firstView = new DataView(this.#first.buffer);
  /** Of the frame that was read: where TCP begins and the headers end, and the bytes behind them. */
  #tcp = 0;
  #headers = 0;
  #payload = 0;
  #isIpv4 = false;
  #mayFollow = false;
  #firstHeaders = 0;
  /** Of the large frame: 0 is none. */
  #size = 0;
  #sequence = 0;
  #frames = 0;
  /** Bytes that the large frame has so far. */
  length = 0;

  /** Whether a large frame was begun, and not ended. */
  get open(): boolean {
    return this.#size > 0;
  }

  /** Where the payload of the segment that was read begins in its frame. */
  get payloadAt(): number {
    return this.#headers - FRAME_AT;
  }

  /** Looks at a frame, and answers one of `FRAME`. What has a sum that is wrong stays plain. */
  read(frame: Uint8Array): number {
    const { length } = frame;
    if (length > LARGE_FRAME_MAX || length < IP_AT - FRAME_AT + IPV4_MIN) return FRAME.plain;
    const end = FRAME_AT + length;
    this.#u8.set(frame, FRAME_AT);
    this.#u8.fill(0, end, end + 3);
    const type = this.#view.getUint16(TYPE_AT);
    if (type === ETHERTYPE.ipv4) return this.#readIpv4(end);
    return type === ETHERTYPE.ipv6 ? this.#readIpv6(end) : FRAME.plain;
  }

  /** The length word of a frame that was read and is given by itself. */
  word(kind: number, length: number): number {
    const size = Math.max(this.#payload, SEGMENT_BYTES_MIN);
    return kind === FRAME.plain || size > LARGE.segmentMax ? length : wordOf(length, size);
  }

  /** The segment that was read begins a large frame. False: it can't be followed. */
  begin(): boolean {
    const { psh } = FLAG;
    const flags = this.#u8[this.#tcp + 13] as number;
    if (this.#payload < SEGMENT_BYTES_MIN || this.#payload > LARGE.segmentMax || (flags & psh) !== 0)
      return false;
    // Bound: HEADERS_MAX.
    for (let word = 0; word < this.#headers >>> 2; word++)
      this.#firstWords[word] = this.#words[word] as number;
    this.#firstHeaders = this.#headers;
    this.#size = this.#payload;
    this.#sequence = (this.#view.getUint32(this.#tcp + 4) + this.#payload) >>> 0;
    this.#frames = 1;
    this.#mayFollow = true;
    this.length = this.#headers - FRAME_AT + this.#payload;
    return true;
  }

  /** Whether the segment that was read goes on where the large frame ends; it is then a part of it. */
  follows(room: number): boolean {
    const { psh } = FLAG;
    const tcp = this.#tcp;
    const length = this.length + this.#payload;
    const most = Math.min(room, IP_BYTES_MAX + IP_AT - FRAME_AT);
    if (!this.#mayFollow || this.#payload > this.#size || length > most) return false;
    if (this.#view.getUint32(tcp + 4) !== this.#sequence || !this.#isAlike()) return false;
    const flags = this.#u8[tcp + 13] as number;
    this.#sequence = (this.#sequence + this.#payload) >>> 0;
    this.#frames++;
    this.#mayFollow = this.#payload === this.#size && (flags & psh) === 0;
    this.#first[tcp + 13] = (this.#first[tcp + 13] as number) | (flags & psh);
    this.length = length;
    return true;
  }

  /** Ends the large frame: its length word. `headers` then has what is to stand before its payload. */
  end(): number {
    const word = wordOf(this.length, this.#size);
    this.#size = 0;
    if (this.#frames === 1) return word;
    const view = this.#firstView;
    if (view.getUint16(TYPE_AT) === ETHERTYPE.ipv6)
      view.setUint16(IP_AT + 4, this.length + FRAME_AT - IP_AT - IPV6_BYTES);
    else {
      view.setUint16(IP_AT + 2, this.length + FRAME_AT - IP_AT);
      view.setUint16(IP_AT + 10, 0);
      let sum = 0;
      const bytes = ((this.#first[IP_AT] as number) & 0x0f) * 4;
      for (let at = 0; at < bytes; at += 2) sum += view.getUint16(IP_AT + at);
      view.setUint16(IP_AT + 10, 0xffff - (sum % 0xffff));
    }
    return word;
  }

  /** Headers of the large frame that was ended; the sum of TCP in them is that of its first segment. */
  get headers(): Uint8Array {
    return this.#first.subarray(FRAME_AT, this.#firstHeaders);
  }

  #readIpv4(end: number): number {
    const view = this.#view;
    const first = this.#u8[IP_AT] as number;
    const at = IP_AT + (first & 0x0f) * 4;
    if (first >>> 4 !== 4 || at < IP_AT + IPV4_MIN || at > end) return FRAME.plain;
    const fragment = view.getUint16(IP_AT + 6);
    if (view.getUint16(IP_AT + 2) !== end - IP_AT || (fragment & FRAGMENT) !== 0) return FRAME.plain;
    if (this.#sum(IP_AT, at) % 0xffff !== 0) return FRAME.plain;
    this.#isIpv4 = true;
    const kind = this.#readRest(this.#u8[IP_AT + 9] as number, at, end, this.#sum(IP_AT + 12, IP_AT + 20));
    return kind === FRAME.segment && (fragment & DONT_FRAGMENT) === 0 ? FRAME.summed : kind;
  }

  #readIpv6(end: number): number {
    const at = IP_AT + IPV6_BYTES;
    if (at > end || (this.#u8[IP_AT] as number) >>> 4 !== 6) return FRAME.plain;
    if (this.#view.getUint16(IP_AT + 4) !== end - at) return FRAME.plain;
    this.#isIpv4 = false;
    return this.#readRest(this.#u8[IP_AT + 6] as number, at, end, this.#sum(IP_AT + 8, at));
  }

  #readRest(protocol: number, at: number, end: number, addresses: number): number {
    const view = this.#view;
    const isTcp = protocol === TCP;
    const bytes = end - at;
    if ((!isTcp && protocol !== UDP) || bytes < (isTcp ? TCP_MIN : UDP_BYTES)) return FRAME.plain;
    if (!isTcp && (view.getUint16(at + 6) === 0 || view.getUint16(at + 4) !== bytes)) return FRAME.plain;
    // A word that is read the other way round is 256 times itself in the arithmetic of RFC 1071.
    if ((addresses + (protocol + bytes) * 256 + this.#sum(at, end)) % 0xffff !== 0) return FRAME.plain;
    this.#tcp = at;
    this.#headers = isTcp ? at + ((this.#u8[at + 12] as number) >>> 4) * 4 : at + UDP_BYTES;
    this.#payload = end - this.#headers;
    if (!isTcp) return FRAME.summed;
    if (this.#headers < at + TCP_MIN || this.#payload < 0) return FRAME.plain;
    const flags = this.#u8[at + 13] as number;
    const carries = (flags & ~FLAG.psh) === FLAG.ack && this.#payload > 0;
    return carries ? FRAME.segment : FRAME.summed;
  }

  /** Of the words from `from` on, both multiples of four; behind the frame there are zeros. Exact. */
  #sum(from: number, to: number): number {
    const words = this.#words;
    let sum = 0;
    // Bound: LARGE_FRAME_MAX.
    for (let word = from >>> 2; word < (to + 3) >>> 2; word++) sum += words[word] as number;
    return sum;
  }

  /** Whether the headers are those of the first segment, but for what differs in each. */
  #isAlike(): boolean {
    const [ip, tcp, end] = [IP_AT >>> 2, this.#tcp >>> 2, this.#headers >>> 2];
    const differs: readonly number[] = this.#isIpv4 ? IPV4_DIFFERS : IPV6_DIFFERS;
    // Bound: HEADERS_MAX.
    for (let word = 0; word < end; word++) {
      const other = ((this.#words[word] as number) ^ (this.#firstWords[word] as number)) >>> 0;
      if (other === 0) continue;
      const may = (word >= tcp ? TCP_DIFFERS[word - tcp] : differs[word - ip]) ?? 0;
      if ((other & ~may) !== 0) return false;
    }
    return true;
  }
}

function wordOf(length: number, size: number): number {
  return length | (size << LARGE.segmentShift);
}
