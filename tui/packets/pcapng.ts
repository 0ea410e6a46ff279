// Reads what the lab's captures are written as: pcapng, little-endian, times in nanoseconds. Blocks that are
// not needed here are passed over; a piece may end within a block.

/** A frame as it was captured. */
export interface CapturedFrame {
  /** The device that it was seen at. */
  readonly device: string;
  /** Milliseconds since 1970, with fractions. */
  readonly timeMs: number;
  readonly inbound: boolean;
  /** Its own length; `bytes` may be less of it. */
  readonly length: number;
  readonly bytes: Uint8Array;
  /** Why it ended otherwise than it was meant to. */
  readonly dropped?: string;
}

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const PACKET = 6;
const OPTION = { end: 0, comment: 1, name: 2, flags: 2 } as const;
const INBOUND = 1;
const HEAD_BYTES = 8;
/** No block of ours is longer: what says so is not pcapng. */
const BLOCK_BYTES_MAX = 1024 * 1024;
const DROPPED = "dropped: ";
const utf8 = new TextDecoder();
const padded = (length: number): number => (length + 3) & ~3;

export class PcapngReader {
  #rest: Uint8Array = new Uint8Array(0);
  #devices: string[] = [];

  /** The frames whose blocks end in this piece. Throws where it is no pcapng. */
  push(piece: Uint8Array): readonly CapturedFrame[] {
    const bytes = joined(this.#rest, new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const frames: CapturedFrame[] = [];
    let at = 0;
    // Bound: each turn goes on by a block, of 12 bytes at least.
    while (at + HEAD_BYTES <= bytes.length) {
      const length = view.getUint32(at + 4, true);
      if (length < 12 || length % 4 !== 0 || length > BLOCK_BYTES_MAX) throw new Error("no pcapng");
      if (at + length > bytes.length) break;
      const frame = this.#block(view.getUint32(at, true), bytes.subarray(at + HEAD_BYTES, at + length - 4));
      if (frame !== undefined) frames.push(frame);
      at += length;
    }
    this.#rest = bytes.slice(at);
    return frames;
  }

  #block(type: number, body: Uint8Array): CapturedFrame | undefined {
    if (type === SECTION) this.#devices = [];
    if (type === INTERFACE) {
      const name = optionsOf(body.subarray(8)).find(([code]) => code === OPTION.name)?.[1];
      this.#devices.push(name === undefined ? "?" : utf8.decode(name));
    }
    return type === PACKET && body.length >= 20 ? this.#packet(body) : undefined;
  }

  #packet(body: Uint8Array): CapturedFrame {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const kept = Math.min(view.getUint32(12, true), body.length - 20);
    const timeNs = (BigInt(view.getUint32(4, true)) << 32n) | BigInt(view.getUint32(8, true));
    const options = optionsOf(body.subarray(20 + padded(kept)));
    const comment = options.find(([code]) => code === OPTION.comment)?.[1];
    const flags = options.find(([code]) => code === OPTION.flags)?.[1];
    const said = comment === undefined ? "" : utf8.decode(comment);
    return {
      device: this.#devices[view.getUint32(0, true)] ?? "?",
      timeMs: Number(timeNs / 1000n) / 1000,
      inbound: flags?.[0] === INBOUND,
      length: view.getUint32(16, true),
      bytes: body.slice(20, 20 + kept),
      ...(said.startsWith(DROPPED) && { dropped: said.slice(DROPPED.length) }),
    };
  }
}

function optionsOf(bytes: Uint8Array): readonly (readonly [code: number, value: Uint8Array])[] {
  const found: (readonly [number, Uint8Array])[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Bound: each turn goes on by 4 bytes at least.
  for (let at = 0; at + 4 <= bytes.length;) {
    const code = view.getUint16(at, true);
    const length = view.getUint16(at + 2, true);
    if (code === OPTION.end) break;
    found.push([code, bytes.subarray(at + 4, at + 4 + length)]);
    at += 4 + padded(length);
  }
  return found;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
