// A vblk as the bridge of a PC has it: a station on the guest's bus, and a queue in the PC's RAM. A request
// names parts of the RAM, whose data goes through the memory beside it, one request at a time; it is done
// within the kick, unless the volume's rate makes it wait.

import { PC_BUDGET_REQUESTS, PC_CHAIN_MAX, REQUEST_BYTES_MAX } from "../../limits.ts";
import {
  BRIDGE_PART_BYTES,
  CHANGE,
  CLASS_NUMBER,
  EBUSY,
  EINVAL,
  ENOENT,
  ENOSPC,
  REQUEST,
  REQUEST_OP,
  VBLK,
} from "../../ring/abi.ts";
import { idOf, type BridgeDevice, type RingOfPc, type SignalGuest } from "./bridge-device.ts";
import { isInside, RamSending, ringPlace, savedPlace, type BridgeRam } from "./bridge-rings.ts";
import type { DiskStation } from "./disk-station.ts";
import type { SavedBridged } from "./saved.ts";

/** Parts of a request: as many as a virtio disk's chain has beside its header and its status. */
const PARTS_MAX = PC_CHAIN_MAX - 2;
const ALIGNMENT = 8;
const OPS = Object.keys(REQUEST_OP) as readonly (keyof typeof REQUEST_OP)[];
/** From here on the upper word of an offset says more than any volume has. */
const OFFSET_HIGH_MAX = 2 ** 20;

export class BridgeDisk implements BridgeDevice {
  readonly class = CLASS_NUMBER.vblk;
  record: Uint8Array;
  readonly #ram: BridgeRam;
  readonly #station: DiskStation;
  readonly #signal: SignalGuest;
  #opened = false;
  #queue: { readonly ring: RamSending; readonly number: number } | undefined;
  /** The request that was taken: where it is, and its parts, as they were read once. */
  #at = 0;
  #op: keyof typeof REQUEST_OP = "read";
  #count = 0;
  readonly #addresses = new Uint32Array(PARTS_MAX);
  readonly #lengths = new Uint32Array(PARTS_MAX);
  /** The volume has a request; `#forgotten`: of a queue that is not there any more. */
  #busy = false;
  #forgotten = false;

  constructor(parts: { ram: BridgeRam; station: DiskStation; signal: SignalGuest }, record: Uint8Array) {
    this.#ram = parts.ram;
    this.#station = parts.station;
    this.#signal = parts.signal;
    this.record = record;
  }

  changed(record: Uint8Array): void {
    this.record = record;
  }

  remove(): void {
    this.reset();
    this.#station.close();
  }

  /** Nobody has it open any more; what the volume has is done, and answered to nobody. */
  reset(): void {
    this.#opened = false;
    this.#queue = undefined;
    this.#forgotten = this.#busy;
  }

  /** The volume has a request. */
  get busy(): boolean {
    return this.#busy;
  }

  save(): SavedBridged {
    const queue = this.#queue?.ring.save(this.#queue.number) ?? null;
    return { id: idOf(this), opened: this.#opened, rings: [queue] };
  }

  restore({ opened, rings: [queue] }: SavedBridged): void {
    this.#opened = opened;
    if (!queue) return;
    const place = savedPlace(this.#ram.emulator.ramBytes, queue);
    this.#queue = { ring: new RamSending(this.#ram, place).restore(queue), number: queue.number };
  }

  open(): number {
    if (this.#opened) return EBUSY;
    this.#opened = true;
    return 0;
  }

  call(func: number, pointer: number, length: number): number {
    if (func !== VBLK.info) return ENOENT;
    if (length < VBLK.factsBytes) return ENOSPC;
    const { emulator } = this.#ram;
    emulator.ram.set(this.record.subarray(CHANGE.facts, CHANGE.facts + VBLK.factsBytes), pointer);
    emulator.wrote(pointer, VBLK.factsBytes);
    return 0;
  }

  shm(id: number, at: RingOfPc, number: number): number {
    const place = ringPlace(this.#ram.emulator.ramBytes, at.offset, at.bytes, at.signalOffset);
    if (id !== 0) return ENOENT;
    if (!place) return EINVAL;
    this.#forgotten = this.#busy;
    this.#queue = { ring: new RamSending(this.#ram, place), number };
    this.#queue.ring.askForKick("always");
    return number;
  }

  /** Only ring 0 is there. True: it is a ring that the guest fills. */
  kick(ring: number): boolean {
    if (ring !== 0 || !this.#queue) return false;
    this.move();
    return true;
  }

  collect(): number {
    return this.move();
  }

  /** Does what the guest asks for. Microseconds after which to call it again; 0: everything is done. */
  move(): number {
    let waitUs = 0;
    let done = 0;
    // Bound: PC_BUDGET_REQUESTS.
    while (done < PC_BUDGET_REQUESTS && (this.#busy || this.#queue?.ring.take() === true)) {
      const refused = this.#busy ? 0 : this.#begin();
      if (refused === 0) waitUs = this.#station.work();
      if (waitUs > 0) break;
      this.#end(refused);
      done++;
    }
    if (done > 0 && this.#queue?.ring.takeWaiting() === true) this.#signal(this.#queue.number);
    return done === PC_BUDGET_REQUESTS ? 1 : waitUs;
  }

  /** Looks at the request that was taken. 0: the volume has it now; else how it ends. */
  #begin(): number {
    const { emulator, broken } = this.#ram;
    const { address, length } = (this.#queue as { ring: RamSending }).ring;
    const parts = (length - REQUEST.size) / BRIDGE_PART_BYTES;
    if (address % ALIGNMENT !== 0 || !Number.isInteger(parts) || parts < 0 || parts > PARTS_MAX) broken();
    const { words } = emulator;
    const head = address >>> 2;
    // Each word is read once: a driver has nothing to rewrite meanwhile, but the answer goes into the same.
    const word = (offset: number): number => (words[head + (offset >> 2)] as number) >>> 0;
    const [op, low, high, bytes] = [
      word(REQUEST.op),
      word(REQUEST.offset),
      word(REQUEST.offset + 4),
      word(REQUEST.length),
    ];
    this.#at = address;
    this.#count = parts;
    let sum = 0;
    // Bound: PARTS_MAX.
    for (let part = 0; part < parts; part++) {
      const at = REQUEST.size + part * BRIDGE_PART_BYTES;
      const [from, count] = [word(at), word(at + 4)];
      if (!isInside(emulator.ramBytes, from, count)) broken();
      this.#addresses[part] = from;
      this.#lengths[part] = count;
      sum += count;
    }
    const name = OPS[op];
    if (name === undefined || high >= OFFSET_HIGH_MAX) return EINVAL;
    const hasData = name === "read" || name === "write";
    if (sum !== (hasData ? bytes : 0) || (hasData && bytes > REQUEST_BYTES_MAX)) return EINVAL;
    this.#op = name;
    if (name === "write") this.#gather();
    this.#station.post(name, high * 2 ** 32 + low, bytes);
    this.#busy = true;
    return 0;
  }

  /** The request is over: refused, or done by the volume. */
  #end(refused: number): void {
    const status = refused === 0 ? this.#station.status() : refused;
    this.#busy = false;
    const forgotten = this.#forgotten;
    this.#forgotten = false;
    if (forgotten || !this.#queue) return;
    if (status === 0 && this.#op === "read") this.#scatter();
    this.#ram.emulator.words[(this.#at + REQUEST.status) >>> 2] = status;
    this.#queue.ring.give();
  }

  #gather(): void {
    const { ram } = this.#ram.emulator;
    const { data } = this.#station;
    let at = 0;
    for (let part = 0; part < this.#count; part++) {
      const [from, count] = [this.#addresses[part] as number, this.#lengths[part] as number];
      data.set(ram.subarray(from, from + count), at);
      at += count;
    }
  }

  #scatter(): void {
    const { emulator } = this.#ram;
    const { ram } = emulator;
    const { data } = this.#station;
    let at = 0;
    for (let part = 0; part < this.#count; part++) {
      const [to, count] = [this.#addresses[part] as number, this.#lengths[part] as number];
      ram.set(data.subarray(at, at + count), to);
      emulator.wrote(to, count);
      at += count;
    }
  }
}
