// Reads captures of Ethernet: pcap and pcapng, of either byte order, with times to the microsecond or the
// nanosecond. Piece by piece; what stands in the file is not believed, and its sizes are bounded.

import { open, type FileHandle } from "node:fs/promises";
import { REPLAY_BLOCK_MAX } from "../../limits.ts";

/** Spec: draft-ietf-opsawg-pcap. */
const PCAP_MICROSECONDS = 0xa1b2c3d4;
const PCAP_NANOSECONDS = 0xa1b23c4d;
/** Spec: draft-ietf-opsawg-pcapng. */
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE = 1;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const BYTE_ORDER = 0x1a2b3c4d;
const OPTION_TIME_RESOLUTION = 9;
const ETHERNET = 1;

/** A frame as it was kept, valid until the next one; nanoseconds since the first. */
export interface RecordedFrame {
  readonly frame: Uint8Array;
  readonly timeNs: number;
}

interface Interface {
  readonly linkType: number;
  /** Time stamps of a second. */
  readonly perSecond: bigint;
}

/** Why a file can't be played, a sentence. */
export class CaptureError extends Error {}

export class CaptureReader {
  readonly #file: FileHandle;
  #buffer = new Uint8Array(REPLAY_BLOCK_MAX);
  #from = 0;
  #to = 0;
  #littleEndian = true;
  /** Of pcapng; of pcap the one interface that there is. */
  #interfaces: Interface[] = [];
  #isPcapng = false;
  #firstNs: bigint | undefined;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Throws a `CaptureError` where it is no capture, and the system's error where it can't be read. */
  static async open(path: string): Promise<CaptureReader> {
    const reader = new CaptureReader(await open(path, "r"));
    try {
      await reader.#begin();
      return reader;
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Undefined at the end. Throws a `CaptureError` where the file breaks its format. */
  next(): Promise<RecordedFrame | undefined> {
    return this.#isPcapng ? this.#nextBlock() : this.#nextRecord();
  }

  async #begin(): Promise<void> {
    if (!(await this.#have(24))) throw new CaptureError("it is too short for a capture");
    const magic = this.#number(0);
    if (magic === SECTION_HEADER) {
      this.#isPcapng = true;
      return;
    }
    const swapped = this.#view().getUint32(0, false);
    this.#littleEndian = magic === PCAP_MICROSECONDS || magic === PCAP_NANOSECONDS;
    const kind = this.#littleEndian ? magic : swapped;
    if (kind !== PCAP_MICROSECONDS && kind !== PCAP_NANOSECONDS) throw new CaptureError("it is no capture");
    const perSecond = kind === PCAP_NANOSECONDS ? 1_000_000_000n : 1_000_000n;
    // Above the link type stand flags about checksums.
    this.#interfaces = [{ linkType: this.#number(20) & 0xffff, perSecond }];
    this.#from += 24;
    if (this.#interfaces[0]?.linkType !== ETHERNET) throw new CaptureError("its frames are not Ethernet's");
  }

  async #nextRecord(): Promise<RecordedFrame | undefined> {
    if (!(await this.#have(16))) return undefined;
    const [seconds, parts, kept] = [this.#number(0), this.#number(4), this.#number(8)];
    await this.#demand(16 + kept);
    const { perSecond } = this.#interfaces[0] as Interface;
    const timeNs = this.#since(BigInt(seconds) * perSecond + BigInt(parts), perSecond);
    const frame = this.#buffer.subarray(this.#from + 16, this.#from + 16 + kept);
    this.#from += 16 + kept;
    return { frame, timeNs };
  }

  async #nextBlock(): Promise<RecordedFrame | undefined> {
    // Bound: the file; each turn reads a block.
    while (await this.#have(12)) {
      if (this.#number(0) === SECTION_HEADER) this.#beginSection();
      const [type, total] = [this.#number(0), this.#number(4)];
      if (total < 12 || total % 4 !== 0) throw new CaptureError("a block's length can't be");
      await this.#demand(total);
      const found = this.#readBlock(type, total);
      this.#from += total;
      if (found) return found;
    }
    return undefined;
  }

  #beginSection(): void {
    this.#interfaces = [];
    const order = this.#view().getUint32(8, true);
    this.#littleEndian = order === BYTE_ORDER;
    if (!this.#littleEndian && this.#view().getUint32(8, false) !== BYTE_ORDER)
      throw new CaptureError("a section's byte order can't be");
  }

  #readBlock(type: number, total: number): RecordedFrame | undefined {
    if (type === INTERFACE && total >= 20) {
      this.#interfaces.push({ linkType: this.#number(8) & 0xffff, perSecond: this.#resolution(total) });
      return undefined;
    }
    const simple = type === SIMPLE_PACKET && total >= 16;
    if (!simple && (type !== ENHANCED_PACKET || total < 32)) return undefined;
    const of = this.#interfaces[simple ? 0 : this.#number(8)];
    if (!of) throw new CaptureError("a frame is of an interface that is not there");
    const kept = simple ? Math.min(this.#number(8), total - 16) : this.#number(20);
    const head = simple ? 12 : 28;
    if (head + kept + 4 > total) throw new CaptureError("a frame is longer than its block");
    if (of.linkType !== ETHERNET) return undefined;
    const frame = this.#buffer.subarray(this.#from + head, this.#from + head + kept);
    if (simple) return { frame, timeNs: 0 };
    const stamp = (BigInt(this.#number(12)) << 32n) | BigInt(this.#number(16));
    return { frame, timeNs: this.#since(stamp, of.perSecond) };
  }

  /** Time stamps a second of the interface whose block is here. */
  #resolution(total: number): bigint {
    let at = 16;
    // Bound: the block; each turn is an option.
    while (at + 8 <= total - 4) {
      const [code, length] = [this.#short(at), this.#short(at + 2)];
      if (code === 0) break;
      if (code === OPTION_TIME_RESOLUTION && length === 1) {
        const value = this.#buffer[this.#from + at + 4] as number;
        const power = BigInt(value & 0x7f);
        if (power > 18n) throw new CaptureError("an interface's time resolution can't be");
        return (value & 0x80) !== 0 ? 1n << power : 10n ** power;
      }
      at += 4 + ((length + 3) & ~3);
    }
    return 1_000_000n;
  }

  #since(stamp: bigint, perSecond: bigint): number {
    const timeNs = (stamp * 1_000_000_000n) / perSecond;
    this.#firstNs ??= timeNs;
    return Number(timeNs - this.#firstNs);
  }

  #view(): DataView {
    return new DataView(this.#buffer.buffer, this.#from);
  }

  #number(at: number): number {
    return this.#view().getUint32(at, this.#littleEndian);
  }

  #short(at: number): number {
    return this.#view().getUint16(at, this.#littleEndian);
  }

  /** As `#have`; throws where the file ends before. */
  async #demand(bytes: number): Promise<void> {
    if (bytes > REPLAY_BLOCK_MAX)
      throw new CaptureError(`a part of it is longer than ${REPLAY_BLOCK_MAX} bytes`);
    if (!(await this.#have(bytes))) throw new CaptureError("it ends in the middle of a frame");
  }

  /** Whether so many bytes are there to be read; at most `REPLAY_BLOCK_MAX`. */
  async #have(bytes: number): Promise<boolean> {
    // Bound: the buffer; each turn reads some, or it is the file's end.
    while (this.#to - this.#from < bytes) {
      if (this.#from > 0) {
        this.#buffer.copyWithin(0, this.#from, this.#to);
        [this.#from, this.#to] = [0, this.#to - this.#from];
      }
      const { bytesRead } = await this.#file.read(this.#buffer, this.#to);
      if (bytesRead === 0) return false;
      this.#to += bytesRead;
    }
    return true;
  }
}
