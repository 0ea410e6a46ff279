// IPv6 packets that are longer than a frame (RFC 8200, 4.5): puts together what guests send in pieces, and
// cuts what goes to them. As with IPv4, pieces that overlap or don't fit lose the whole packet.

import { IP, get16, get32, put16, put32 } from "./wire.ts";
import { BODY6, FRAGMENT, ip6At, IPV6_BYTES, SOURCE6, TARGET6 } from "./wire6.ts";
import type { Fragments } from "./fragments.ts";

const HEADER_BYTES = 8;

/** The whole packet, as a frame, once this bare piece of it, whose next header is FRAGMENT, was the last. */
export function takePiece6(fragments: Fragments, frame: Uint8Array): Uint8Array | undefined {
  if (frame.length < BODY6 + HEADER_BYTES) return undefined;
  const protocol = frame[BODY6] as number;
  const word = get16(frame, BODY6 + 2);
  const key = `${ip6At(frame, SOURCE6)} ${ip6At(frame, TARGET6)} ${get32(frame, BODY6 + 4)} ${protocol}`;
  const isLast = (word & 1) === 0;
  const bytes = fragments.add(key, {
    start: word & 0xfff8,
    isLast,
    bytes: frame.subarray(BODY6 + HEADER_BYTES),
  });
  if (!bytes) return undefined;
  const whole = new Uint8Array(BODY6 + bytes.length);
  whole.set(frame.subarray(0, BODY6));
  whole.set(bytes, BODY6);
  whole[IP + 6] = protocol;
  put16(whole, IP + 4, bytes.length);
  return whole;
}

/** The packet of a frame as frames that each carry at most `mtu` bytes; itself where it fits. */
export function cut6(frame: Uint8Array, mtu: number, id: number): readonly Uint8Array[] {
  if (frame.length - IP <= mtu) return [frame];
  const step = (mtu - IPV6_BYTES - HEADER_BYTES) & ~7;
  const frames: Uint8Array[] = [];
  // Bound: 65,535 bytes in steps of at least 1232.
  for (let start = BODY6; start < frame.length; start += step) {
    const part = frame.subarray(start, Math.min(start + step, frame.length));
    const piece = new Uint8Array(BODY6 + HEADER_BYTES + part.length);
    piece.set(frame.subarray(0, BODY6));
    put16(piece, IP + 4, HEADER_BYTES + part.length);
    piece[IP + 6] = FRAGMENT;
    piece[BODY6] = frame[IP + 6] as number;
    put16(piece, BODY6 + 2, (start - BODY6) | (start + step < frame.length ? 1 : 0));
    put32(piece, BODY6 + 4, id);
    piece.set(part, BODY6 + HEADER_BYTES);
    frames.push(piece);
  }
  return frames;
}
