// A vblk as a disk of v86's own IDE, as that is shipped, with a station on the guest's bus at the other end.
// For benches: a lab's file can't say it, and a PC has one. Its driver is loaded after it is there.

import { REQUEST_BYTES_MAX } from "../../limits.ts";
import type { DiskFacts, DiskParts } from "./disk-card.ts";
import { DiskStation } from "./disk-station.ts";
import { DriveBuffer } from "./media-buffer.ts";

export class OwnDisk {
  facts: DiskFacts;
  readonly #station: DiskStation;

  /** Undefined where the device can't be opened, or the PC has its disk already. */
  static plug(parts: DiskParts, facts: DiskFacts): OwnDisk | undefined {
    const station = DiskStation.open(parts.verbs, parts.memory, parts.at, facts.id);
    if (!station) return undefined;
    if (parts.emulator.addOwnDisk(new StationBuffer(station, facts.bytes)))
      return new OwnDisk(facts, station);
    station.close();
    return undefined;
  }

  private constructor(facts: DiskFacts, station: DiskStation) {
    this.facts = facts;
    this.#station = station;
  }

  changed(facts: DiskFacts): void {
    this.facts = facts;
  }

  remove(): void {
    this.#station.close();
  }

  /** Everything is done when the guest asks for it. */
  move(): number {
    return 0;
  }
}

/** v86 is answered at once, so the volume has to: one in memory, without a rate. */
class StationBuffer extends DriveBuffer {
  readonly #station: DiskStation;

  constructor(station: DiskStation, bytes: number) {
    super(bytes);
    this.#station = station;
  }

  get_from_cache(start: number, length: number): Uint8Array {
    if (length <= REQUEST_BYTES_MAX) {
      this.#ask("read", start, length);
      return this.#station.data.subarray(0, length);
    }
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += REQUEST_BYTES_MAX) {
      const part = Math.min(REQUEST_BYTES_MAX, length - at);
      this.#ask("read", start + at, part);
      bytes.set(this.#station.data.subarray(0, part), at);
    }
    return bytes;
  }

  set(start: number, bytes: Uint8Array, done: () => void): void {
    for (let at = 0; at < bytes.length; at += REQUEST_BYTES_MAX) {
      const part = bytes.subarray(at, at + REQUEST_BYTES_MAX);
      this.#station.data.set(part);
      this.#ask("write", start + at, part.length);
    }
    done();
  }

  #ask(op: "read" | "write", offset: number, length: number): void {
    this.#station.post(op, offset, length);
    if (this.#station.work() > 0 || this.#station.status() !== 0)
      throw new Error("the volume of v86's own disk does not answer at once");
  }
}
