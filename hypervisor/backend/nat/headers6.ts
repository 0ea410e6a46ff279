// Headers between an IPv6 packet's own and what it carries (RFC 8200, 4), which guests may chain as they
// like: those that say nothing to a gateway are taken out, packets with others are none of ours.

import { NAT_HEADER_BYTES_MAX } from "../../limits.ts";
import { IP, put16 } from "./wire.ts";
import { BODY6 } from "./wire6.ts";

const [HOP_BY_HOP, ROUTING, FOR_TARGET] = [0, 43, 60];
/** Of an option: what to do where it is not known; 0 says to pass over it. */
const UNKNOWN = 0xc0;
const [PAD_ONE, ROUTER_ALERT] = [0, 5];

/**
 * The packet of a frame without them: itself where it has none. Undefined: it is not well formed, wants what
 * we don't do, or has more than NAT_HEADER_BYTES_MAX of them.
 */
export function bareOf(frame: Uint8Array): Uint8Array | undefined {
  let next = frame[IP + 6] as number;
  let at = BODY6;
  // Bound: NAT_HEADER_BYTES_MAX in steps of at least 8.
  while (next === HOP_BY_HOP || next === ROUTING || next === FOR_TARGET) {
    if (at + 8 > frame.length || (next === HOP_BY_HOP && at !== BODY6)) return undefined;
    const end = at + 8 + (frame[at + 1] as number) * 8;
    if (end > frame.length || end - BODY6 > NAT_HEADER_BYTES_MAX) return undefined;
    if (next === ROUTING ? frame[at + 3] !== 0 : !mayPassOver(frame, at + 2, end)) return undefined;
    next = frame[at] as number;
    at = end;
  }
  if (at === BODY6) return frame;
  const bare = new Uint8Array(frame.length - (at - BODY6));
  bare.set(frame.subarray(0, BODY6));
  bare.set(frame.subarray(at), BODY6);
  bare[IP + 6] = next;
  put16(bare, IP + 4, bare.length - BODY6);
  return bare;
}

function mayPassOver(frame: Uint8Array, start: number, end: number): boolean {
  let at = start;
  // Bound: NAT_HEADER_BYTES_MAX; each turn moves on.
  while (at < end) {
    const type = frame[at] as number;
    if (type === PAD_ONE) {
      at++;
      continue;
    }
    if (at + 2 > end || ((type & UNKNOWN) !== 0 && type !== ROUTER_ALERT)) return false;
    at += 2 + (frame[at + 1] as number);
  }
  return at === end;
}
