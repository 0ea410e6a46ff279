// Datagrams that are longer than a frame: puts together what guests send in pieces, and cuts what goes to
// them. Pieces that overlap or don't fit lose the whole datagram; so do too many at once.

import { NAT_FRAGMENT_MS, NAT_FRAGMENTED_MAX } from "../../limits.ts";
import { BODY, get16, get32, IP, IPV4_BYTES, putIpHeader } from "./wire.ts";

const MORE = 0x2000;
const OFFSET = 0x1fff;

interface Pieces {
  readonly since: number;
  readonly bytes: Uint8Array;
  /** One bit for each 8 bytes that have come. */
  readonly have: Uint8Array;
  units: number;
  /** Where the farthest piece ends. */
  end: number;
  /** Of what is carried, once the last piece is there. */
  length: number | undefined;
}

/** A piece of what a packet carries: from where on, and whether it is the last one. */
export interface Piece {
  readonly start: number;
  readonly isLast: boolean;
  readonly bytes: Uint8Array;
}

/** Whether a packet is a piece of a longer one. */
export function isFragment(frame: Uint8Array): boolean {
  return (get16(frame, IP + 6) & (MORE | OFFSET)) !== 0;
}

export class Fragments {
  readonly #nowMs: () => number;
  readonly #waiting = new Map<string, Pieces>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The whole packet, as a frame, once this was its last missing piece. */
  take(frame: Uint8Array): Uint8Array | undefined {
    const [source, target, id] = [get32(frame, IP + 12), get32(frame, IP + 16), get16(frame, IP + 4)];
    const protocol = frame[IP + 9] as number;
    const word = get16(frame, IP + 6);
    const bytes = this.add(`${source} ${target} ${id} ${protocol}`, {
      start: (word & OFFSET) * 8,
      isLast: (word & MORE) === 0,
      bytes: frame.subarray(BODY, IP + get16(frame, IP + 2)),
    });
    if (!bytes) return undefined;
    const whole = new Uint8Array(BODY + bytes.length);
    whole.set(frame.subarray(0, BODY));
    whole.set(bytes, BODY);
    putIpHeader(whole, { protocol, source, target, length: IPV4_BYTES + bytes.length, id });
    return whole;
  }

  /** What the pieces with this key carry, once this was the last missing one; its caller's to read. */
  add(key: string, piece: Piece): Uint8Array | undefined {
    const now = this.#nowMs();
    let pieces = this.#waiting.get(key);
    if (pieces && now - pieces.since > NAT_FRAGMENT_MS) pieces = undefined;
    if (!pieces) {
      pieces = {
        since: now,
        bytes: new Uint8Array(65_536),
        have: new Uint8Array(8192),
        units: 0,
        end: 0,
        length: undefined,
      };
      this.#waiting.delete(key);
      this.#waiting.set(key, pieces);
      if (this.#waiting.size > NAT_FRAGMENTED_MAX)
        this.#waiting.delete(this.#waiting.keys().next().value as string);
    }
    if (!add(pieces, piece)) {
      this.#waiting.delete(key);
      return undefined;
    }
    const { length } = pieces;
    if (length === undefined || pieces.units !== Math.ceil(length / 8)) return undefined;
    this.#waiting.delete(key);
    return pieces.bytes.subarray(0, length);
  }
}

/** False: the piece contradicts the others. */
function add(pieces: Pieces, { start, isLast, bytes }: Piece): boolean {
  const { length } = bytes;
  if (start + length > 65_535 - IPV4_BYTES || length === 0 || (!isLast && length % 8 !== 0)) return false;
  if (isLast && pieces.length !== undefined) return false;
  pieces.end = Math.max(pieces.end, start + length);
  if (isLast) pieces.length = start + length;
  if (pieces.length !== undefined && pieces.end > pieces.length) return false;
  // Bound: 8192 units of 8 bytes.
  for (let unit = start / 8; unit < (start + length) / 8; unit++) {
    if (pieces.have[unit] === 1) return false;
    pieces.have[unit] = 1;
    pieces.units++;
  }
  pieces.bytes.set(bytes, start);
  return true;
}

/** The packet of a frame as frames that each carry at most `mtu` bytes; itself where it fits. */
export function cut(frame: Uint8Array, mtu: number): readonly Uint8Array[] {
  if (frame.length - IP <= mtu) return [frame];
  const step = (mtu - IPV4_BYTES) & ~7;
  const [source, target, id] = [get32(frame, IP + 12), get32(frame, IP + 16), get16(frame, IP + 4)];
  const protocol = frame[IP + 9] as number;
  const frames: Uint8Array[] = [];
  // Bound: 65,535 bytes in steps of at least 552.
  for (let start = BODY; start < frame.length; start += step) {
    const part = frame.subarray(start, Math.min(start + step, frame.length));
    const piece = new Uint8Array(BODY + part.length);
    const more = start + step < frame.length ? MORE : 0;
    const fragment = more | ((start - BODY) / 8);
    putIpHeader(piece, { protocol, source, target, length: IPV4_BYTES + part.length, id, fragment });
    piece.set(part, BODY);
    frames.push(piece);
  }
  return frames;
}
