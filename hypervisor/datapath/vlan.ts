// 802.1Q on a segment: what becomes of a frame's tag on its way from one port to another. A port with a VLAN
// is its untagged member: what it sends is tagged on the segment, and it gets what bears that tag, without
// it. A port without one sees the segment as it is.

/** What is done to a frame before it is written to its receiver. */
export const TAG = { keep: 0, insert: 1, strip: 2, refuse: 3 } as const;

export const TAG_BYTES = 4;
/** Where the tag stands: behind the addresses. */
export const TAG_AT = 12;
/** The first two bytes of a tag, as the low half of a little-endian word. */
const TPID = 0x0081;
const VID_MAX = 4094;

/** The VLAN that a frame names by its tag, 0 where it has none; `word` is what stands at `TAG_AT`. */
export function vlanOfTag(word: number): number {
  if ((word & 0xffff) !== TPID) return 0;
  const vlan = (((word >>> 16) & 0x0f) << 8) | (word >>> 24);
  return vlan <= VID_MAX ? vlan : 0; // 0 is a priority without a VLAN; 4095 is reserved.
}

/** The four bytes of a tag as a little-endian word. */
export function tagOf(vlan: number): number {
  return TPID | (((vlan >>> 8) & 0x0f) << 16) | ((vlan & 0xff) << 24);
}

/** Bytes that a frame grows by. */
export function growthOf(action: number): number {
  return action === TAG.insert ? TAG_BYTES : action === TAG.strip ? -TAG_BYTES : 0;
}

/**
 * `named` is the VLAN of the frame's own tag; `from` and `to` are those of the ports, 0 for none. A tag
 * inside a frame from a port with a VLAN is that VLAN's own affair.
 */
export function tagAction(from: number, named: number, to: number): number {
  if (from !== 0) return to === 0 ? TAG.insert : to === from ? TAG.keep : TAG.refuse;
  if (to === 0) return TAG.keep;
  return named === to ? TAG.strip : TAG.refuse;
}

/**
 * Copies the first `bytes` bytes of the frame at `from`, as they are after `action`: with the tag of `vlan`
 * where it is inserted, without its own where that is stripped.
 */
export function copyTagged(
  u8: Uint8Array,
  from: number,
  into: Uint8Array,
  to: number,
  bytes: number,
  action: number,
  vlan: number,
): void {
  if (action === TAG.keep) {
    into.set(u8.subarray(from, from + bytes), to);
    return;
  }
  const rest = from + TAG_AT + (action === TAG.strip ? TAG_BYTES : 0);
  const done = TAG_AT + (action === TAG.insert ? TAG_BYTES : 0);
  into.set(u8.subarray(from, from + TAG_AT), to);
  if (action === TAG.insert) {
    const word = tagOf(vlan);
    for (let byte = 0; byte < TAG_BYTES; byte++) into[to + TAG_AT + byte] = word >>> (8 * byte);
  }
  into.set(u8.subarray(rest, rest + Math.max(0, bytes - done)), to + done);
}
