// Writes pcapng (draft-ietf-opsawg-pcapng): the blocks that a capture is made of, little-endian, with
// timestamps in nanoseconds since 1970. Pure: numbers and texts in, bytes out.

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;
/** Type and total length before a block's body, the total length again behind it. */
const BLOCK_OVERHEAD = 12;
const PACKET_HEAD = 20;

const OPTION = {
  comment: 1,
  application: 4,
  interfaceName: 2,
  interfaceDescription: 3,
  interfaceTimeResolution: 9,
  packetFlags: 2,
  statisticsStart: 2,
  statisticsEnd: 3,
  statisticsReceived: 4,
  statisticsDropped: 5,
} as const;

/** Bits of `epb_flags`: as seen from the interface. */
export const DIRECTION = { inbound: 1, outbound: 2 } as const;

type Option = readonly [code: number, value: Uint8Array];

const utf8 = new TextEncoder();
const padded = (length: number): number => (length + 3) & ~3;

/** The first block; names the program that writes. */
export function sectionHeader(application: string): Uint8Array {
  const body = new DataView(new ArrayBuffer(16));
  body.setUint32(0, BYTE_ORDER_MAGIC, true);
  body.setUint16(4, 1, true); // Version 1.0.
  body.setBigInt64(8, -1n, true); // The section's length is not known.
  return block(SECTION_HEADER, body, [text(OPTION.application, application)]);
}

/** An Ethernet interface. The first one that is written has the number 0. */
export function interfaceDescription(name: string, description: string, snaplen: number): Uint8Array {
  const body = new DataView(new ArrayBuffer(8));
  body.setUint16(0, LINKTYPE_ETHERNET, true);
  body.setUint32(4, snaplen, true);
  return block(INTERFACE_DESCRIPTION, body, [
    text(OPTION.interfaceName, name),
    text(OPTION.interfaceDescription, description),
    [OPTION.interfaceTimeResolution, Uint8Array.of(9)],
  ]);
}

/** What an interface has seen since `startNs`: all that came, of which `dropped` are missing here. */
export function interfaceStatistics(
  index: number,
  times: { readonly startNs: bigint; readonly endNs: bigint },
  counts: { readonly received: number; readonly dropped: number },
): Uint8Array {
  const body = new DataView(new ArrayBuffer(12));
  body.setUint32(0, index, true);
  setTime(body, 4, times.endNs);
  return block(INTERFACE_STATISTICS, body, [
    [OPTION.statisticsStart, timeBytes(times.startNs)],
    [OPTION.statisticsEnd, timeBytes(times.endNs)],
    [OPTION.statisticsReceived, count(counts.received)],
    [OPTION.statisticsDropped, count(counts.dropped)],
  ]);
}

/** One frame: its interface, when, which way (`DIRECTION`), its own length, and a remark or none. */
export interface PacketHead {
  readonly index: number;
  readonly timeNs: bigint;
  readonly direction: number;
  readonly length: number;
  readonly comment: string | undefined;
}

/** `frame` is what has been kept of it. */
export function enhancedPacket(head: PacketHead, frame: Uint8Array): Uint8Array {
  const body = new DataView(new ArrayBuffer(PACKET_HEAD + padded(frame.length)));
  body.setUint32(0, head.index, true);
  setTime(body, 4, head.timeNs);
  body.setUint32(12, frame.length, true);
  body.setUint32(16, head.length, true);
  new Uint8Array(body.buffer).set(frame, PACKET_HEAD);
  const flags = Uint8Array.of(head.direction, 0, 0, 0);
  const comment = head.comment === undefined ? [] : [text(OPTION.comment, head.comment)];
  return block(ENHANCED_PACKET, body, [[OPTION.packetFlags, flags], ...comment]);
}

function block(type: number, body: DataView, options: readonly Option[]): Uint8Array {
  let total = BLOCK_OVERHEAD + body.byteLength + 4; // The options end with one of their own.
  for (const [, value] of options) total += 4 + padded(value.length);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, total, true);
  bytes.set(new Uint8Array(body.buffer), 8);
  let at = 8 + body.byteLength;
  for (const [code, value] of options) {
    view.setUint16(at, code, true);
    view.setUint16(at + 2, value.length, true);
    bytes.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  view.setUint32(total - 4, total, true);
  return bytes;
}

/** Longer texts are cut: an option's length has 16 bits. */
const text = (code: number, value: string): Option => [code, utf8.encode(value).subarray(0, 0xffff)];

function count(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(value), true);
  return new Uint8Array(view.buffer);
}

/** The upper half comes first. */
function setTime(view: DataView, at: number, timeNs: bigint): void {
  view.setUint32(at, Number(timeNs >> 32n), true);
  view.setUint32(at + 4, Number(timeNs & 0xffff_ffffn), true);
}

function timeBytes(timeNs: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  setTime(view, 0, timeNs);
  return new Uint8Array(view.buffer);
}
