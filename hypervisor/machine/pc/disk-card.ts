// A vblk as a PC sees it: a virtio disk whose other side is a station on the guest's bus. Linux calls the
// first one /dev/vda. A request's data goes through the memory beside the PC's RAM, one request at a time.

import { PC_BUDGET_REQUESTS, PC_CHAIN_MAX, PC_QUEUE_MAX, REQUEST_BYTES_MAX } from "../../limits.ts";
import type { GuestMemory } from "../../memory/fabric.ts";
import { CHANGE, VBLK, type REQUEST_OP } from "../../ring/abi.ts";
import type { BusVerbs } from "../streams.ts";
import { readName } from "./change-record.ts";
import { DiskStation, type DiskPlace } from "./disk-station.ts";
import { DRIVER_OK, type Emulator, type VirtioDevice, type VirtioRegisters } from "./emulator.ts";
import type { SavedSlot } from "./saved.ts";
import { SplitQueue, type BrokenQueue } from "./split-queue.ts";
import { placeOf, restoreRegisters, saveRegisters } from "./virtio-state.ts";

/** Spec: virtio 1.1, 5.2.3. */
const FEATURE = {
  sizeMax: 1,
  partsMax: 2,
  readonly: 5,
  blockSize: 6,
  flush: 9,
  discard: 13,
  eventIndex: 29,
  version1: 32,
} as const;
const TYPE = 2;
const SECTOR = 512;
/** Spec: virtio 1.1, 5.2.6. */
const REQUEST = { in: 0, out: 1, flush: 4, name: 8, discard: 11 } as const;
const STATUS = { ok: 0, failed: 1, unsupported: 2 } as const;
const HEADER_BYTES = 16;
const NAME_BYTES = 20;
const DISCARD_BYTES = 16;
/** Parts of a request beside its header and its status; so many of this size are a request of the bus. */
const PARTS_MAX = PC_CHAIN_MAX - 2;
const PART_BYTES = 16 * 1024;

/** What is known of a vblk: docs/abi.md, the class facts of a change record. */
export interface DiskFacts {
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  readonly readonly: boolean;
  /** It is to be on the bridge, or on the emulator's own IDE; neither: a virtio disk. */
  readonly bridged: boolean;
  readonly own: boolean;
}

/** Reads the record that lies at `at`. */
export function readDiskFacts(view: DataView, at: number): DiskFacts {
  return {
    id: view.getUint32(at + 4, true),
    name: readName(view, at),
    bytes: Number(view.getBigUint64(at + CHANGE.facts, true)),
    readonly: view.getUint32(at + CHANGE.facts + 12, true) !== 0,
    bridged: view.getUint32(at + CHANGE.facts + VBLK.model, true) === VBLK.onBridge,
    own: view.getUint32(at + CHANGE.facts + VBLK.model, true) === VBLK.own,
  };
}

export interface DiskParts {
  readonly emulator: Emulator;
  readonly verbs: BusVerbs;
  readonly memory: GuestMemory;
  readonly at: DiskPlace;
  readonly broken: BrokenQueue;
}

export class DiskCard {
  facts: DiskFacts;
  readonly #station: DiskStation;
  readonly #registers: VirtioRegisters;
  readonly #queue: SplitQueue;
  readonly #broken: BrokenQueue;
  readonly #header = new Uint8Array(HEADER_BYTES + DISCARD_BYTES);
  readonly #view = new DataView(this.#header.buffer);
  readonly #status = new Uint8Array(1);
  /** Bytes that the request which the volume has is to read; below zero: it has none. */
  #reading = -1;
  /** Its chain is not there any more: the driver has begun anew. */
  #forgotten = false;
  #gone = false;

  /** Undefined where the device can't be opened. */
  static plug(parts: DiskParts, facts: DiskFacts): DiskCard | undefined {
    const station = DiskStation.open(parts.verbs, parts.memory, parts.at, facts.id);
    return station && new DiskCard(parts, facts, station);
  }

  private constructor({ emulator, broken }: DiskParts, facts: DiskFacts, station: DiskStation) {
    this.facts = facts;
    this.#station = station;
    this.#broken = broken;
    this.#registers = emulator.addVirtio({
      name: `vbus-${facts.name}`,
      type: TYPE,
      queues: [{ size: PC_QUEUE_MAX, kick: () => void this.move() }],
      features: Object.values(FEATURE).filter((each) => each !== FEATURE.readonly || facts.readonly),
      fields: this.#fields(),
      driverReset: () => {
        this.#queue.reset();
        this.#forgotten = this.#reading >= 0;
      },
    });
    this.#queue = new SplitQueue({ emulator, registers: this.#registers, index: 0, broken });
  }

  /** The device has changed: its size is what a disk tells. */
  changed(facts: DiskFacts): void {
    const grown = facts.bytes !== this.facts.bytes;
    this.facts = facts;
    if (grown && (this.#registers.device_status & DRIVER_OK) !== 0) this.#registers.notify_config_changes();
  }

  /** The volume has a request. */
  get busy(): boolean {
    return this.#reading >= 0;
  }

  /** Between two runs of the processor, while it is not busy. */
  save(): SavedSlot {
    const [registers, places] = [saveRegisters(this.#registers), [this.#queue.save()]];
    return { kind: "disk", id: this.facts.id, registers, places };
  }

  /** The driver goes on from there. Throws `WrongSnapshot`. */
  restore({ registers, places }: SavedSlot & { readonly kind: "card" | "disk" }): void {
    restoreRegisters(this.#registers, registers);
    this.#queue.restore(placeOf(places, 0));
  }

  /** The device is gone: the disk stays, and each request fails. */
  remove(): void {
    this.#gone = true;
    this.#station.close();
  }

  /** Does what the guest asks for. Microseconds after which to call it again; 0: everything is done. */
  move(): number {
    let waitUs = 0;
    let done = 0;
    // Bound: PC_BUDGET_REQUESTS.
    while (done < PC_BUDGET_REQUESTS && (this.#reading >= 0 || this.#queue.take())) {
      const status = this.#reading >= 0 ? undefined : this.#begin();
      if (status === undefined) waitUs = this.#gone ? 0 : this.#station.work();
      if (waitUs > 0) break;
      this.#end(status);
      done++;
    }
    this.#queue.flush();
    return done === PC_BUDGET_REQUESTS ? 1 : waitUs;
  }

  /** Looks at the chain that was taken. Its status, or undefined where the volume has it now. */
  #begin(): number | undefined {
    const queue = this.#queue;
    if (queue.readableBytes < HEADER_BYTES || queue.writableBytes < 1) return this.#broken();
    this.#header.fill(0);
    queue.read(this.#header, 0);
    const type = this.#view.getUint32(0, true);
    if (this.#gone) return STATUS.failed;
    const offset = this.#sectors(8);
    if (type === REQUEST.in) return this.#post("read", offset, queue.writableBytes - 1);
    if (type === REQUEST.out) return this.#post("write", offset, queue.readableBytes - HEADER_BYTES);
    if (type === REQUEST.flush) return this.#post("flush", 0, 0);
    if (type === REQUEST.discard) return this.#discard();
    if (type !== REQUEST.name) return STATUS.unsupported;
    const name = new Uint8Array(Math.min(NAME_BYTES, queue.writableBytes - 1));
    name.set(Buffer.from(this.facts.name).subarray(0, name.length));
    queue.write(name, 0);
    return STATUS.ok;
  }

  #discard(): number | undefined {
    if (this.#queue.readableBytes !== HEADER_BYTES + DISCARD_BYTES) return STATUS.unsupported;
    const length = this.#view.getUint32(HEADER_BYTES + 8, true) * SECTOR;
    if (this.#view.getUint32(HEADER_BYTES + 12, true) !== 0) return STATUS.unsupported;
    return this.#post("discard", this.#sectors(HEADER_BYTES), length);
  }

  /** What can't be is refused here: the volume's size may have changed since the driver asked. */
  #post(op: keyof typeof REQUEST_OP, offset: number, length: number): number | undefined {
    if (length > REQUEST_BYTES_MAX || offset + length > this.facts.bytes) return STATUS.failed;
    if (op === "write") this.#queue.read(this.#station.data.subarray(0, length), HEADER_BYTES);
    this.#station.post(op, offset, length);
    this.#reading = op === "read" ? length : 0;
    return undefined;
  }

  /** Gives the chain back, with this status or what the volume says. */
  #end(known: number | undefined): void {
    const asked = known === undefined;
    const failed = asked && (this.#gone || this.#station.status() !== 0);
    const status = known ?? (failed ? STATUS.failed : STATUS.ok);
    const length = asked && !failed ? this.#reading : 0;
    const forgotten = this.#forgotten;
    this.#reading = -1;
    this.#forgotten = false;
    if (forgotten) return;
    if (length > 0) this.#queue.write(this.#station.data.subarray(0, length), 0);
    this.#status[0] = status;
    this.#queue.write(this.#status, this.#queue.writableBytes - 1);
    this.#queue.give(length + 1);
  }

  /** The number of a sector that stands there, in bytes; more than any volume has is so here, too. */
  #sectors(at: number): number {
    return (this.#view.getUint32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true)) * SECTOR;
  }

  #fields(): VirtioDevice["fields"] {
    const sectors = (): number => Math.floor(this.facts.bytes / SECTOR);
    return [
      ["capacity", 4, () => sectors() | 0],
      ["capacity_high", 4, () => Math.floor(sectors() / 2 ** 32)],
      ["size_max", 4, () => PART_BYTES],
      ["seg_max", 4, () => PARTS_MAX],
      ["geometry", 4, () => 0],
      ["blk_size", 4, () => SECTOR],
      ["topology", 4, () => 0],
      ["opt_io_size", 4, () => 0],
      ["writeback", 4, () => 0],
      ["max_discard_sectors", 4, () => REQUEST_BYTES_MAX / SECTOR],
      ["max_discard_seg", 4, () => 1],
      ["discard_sector_alignment", 4, () => 1],
    ];
  }
}
