// One split virtqueue of a PC, from the device's side. Everything in it is the guest's: each word is read
// once and bounded, and what can't be ends the guest. Spec: virtio 1.1, 2.6. No allocation a turn.

import { PC_CHAIN_MAX } from "../../limits.ts";
import type { Emulator, VirtioRegisters } from "./emulator.ts";

const FLAG = { next: 1, write: 2 } as const;
const NO_INTERRUPT = 1;
const EVENT_INDEX = 29;
const DESCRIPTOR_BYTES = 16;
const USED_BYTES = 8;
const USED_INTERRUPT = 1;

/** Called where a queue has what can't be; does not return. */
export type BrokenQueue = () => never;

/** How far both sides are. */
export type SavedPlace = readonly [available: number, used: number, interruptFrom: number];

export interface QueueParts {
  readonly emulator: Pick<Emulator, "ram" | "ramBytes" | "wrote">;
  readonly registers: Pick<VirtioRegisters, "queues" | "is_feature_negotiated" | "raise_irq">;
  readonly index: number;
  readonly broken: BrokenQueue;
}

export class SplitQueue {
  readonly #parts: QueueParts;
  readonly #queue: VirtioRegisters["queues"][number];
  /** The next of what is available, and of what is used; 16 bits. */
  #available = 0;
  #used = 0;
  #interruptFrom = 0;
  /** The chain that `take` gave: its head, and its parts in order, those that may be written last. */
  #head = 0;
  readonly addresses = new Uint32Array(PC_CHAIN_MAX);
  readonly lengths = new Uint32Array(PC_CHAIN_MAX);
  /** Parts in all, and how many of them are to be read. */
  count = 0;
  readable = 0;
  /** Bytes of the parts to be read, and of those to be written. */
  readableBytes = 0;
  writableBytes = 0;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#queue = parts.registers.queues[parts.index] as VirtioRegisters["queues"][number];
  }

  /** The driver has begun anew. */
  reset(): void {
    this.#available = 0;
    this.#used = 0;
    this.#interruptFrom = 0;
  }

  /** Where it is, between two chains. */
  save(): SavedPlace {
    return [this.#available, this.#used, this.#interruptFrom];
  }

  /** It goes on from there; each is cut to its 16 bits. */
  restore([available, used, interruptFrom]: SavedPlace): void {
    this.#available = available & 0xffff;
    this.#used = used & 0xffff;
    this.#interruptFrom = interruptFrom & 0xffff;
  }

  /** Takes the next chain; false: there is none now. `give` it back before the next. */
  take(): boolean {
    const { enabled, size, avail_addr, used_addr, desc_addr } = this.#queue;
    if (!enabled || size === 0) return false;
    const waiting = (this.#u16(avail_addr + 2) - this.#available) & 0xffff;
    this.#hold(used_addr, 6 + size * USED_BYTES);
    if (this.#hasEvents) this.#setU16(used_addr + 4 + size * USED_BYTES, this.#available);
    if (waiting === 0) return false;
    if (waiting > size) this.#parts.broken();
    this.#head = this.#u16(avail_addr + 4 + (this.#available & (size - 1)) * 2);
    if (this.#head >= size) this.#parts.broken();
    this.#readChain(desc_addr, size);
    this.#available = (this.#available + 1) & 0xffff;
    return true;
  }

  /** The chain that was taken is to be taken again: there was no room for what it says. */
  putBack(): void {
    this.#available = (this.#available - 1) & 0xffff;
  }

  /** Gives the chain back with so many bytes written; the guest sees it at once, and is told at `flush`. */
  give(bytes: number): void {
    const { size, used_addr } = this.#queue;
    const at = used_addr + 4 + (this.#used & (size - 1)) * USED_BYTES;
    this.#hold(at, USED_BYTES);
    this.#setU16(at, this.#head);
    this.#setU16(at + 2, 0);
    this.#setU16(at + 4, bytes & 0xffff);
    this.#setU16(at + 6, bytes >>> 16);
    this.#used = (this.#used + 1) & 0xffff;
    this.#setU16(used_addr + 2, this.#used);
  }

  /** Interrupts the guest for what it was given since, if it wants that. */
  flush(): void {
    const { size, avail_addr } = this.#queue;
    const fresh = (this.#used - this.#interruptFrom) & 0xffff;
    if (fresh === 0) return;
    const wanted = this.#hasEvents
      ? ((this.#used - this.#u16(avail_addr + 4 + size * 2) - 1) & 0xffff) < fresh
      : (this.#u16(avail_addr) & NO_INTERRUPT) === 0;
    this.#interruptFrom = this.#used;
    if (wanted) this.#parts.registers.raise_irq(USED_INTERRUPT);
  }

  /** Copies from the parts to be read, past the first `skip` bytes of them; answers the bytes copied. */
  read(into: Uint8Array, skip: number): number {
    return this.#copy(into, skip, 0, this.readable, false);
  }

  /** The same into the parts to be written. */
  write(from: Uint8Array, skip: number): number {
    return this.#copy(from, skip, this.readable, this.count, true);
  }

  #copy(bytes: Uint8Array, skip: number, first: number, end: number, write: boolean): number {
    const { ram } = this.#parts.emulator;
    let done = 0;
    let before = skip;
    for (let part = first; part < end && done < bytes.length; part++) {
      const [address, length] = [this.addresses[part] as number, this.lengths[part] as number];
      if (before >= length) {
        before -= length;
        continue;
      }
      const from = address + before;
      const count = Math.min(length - before, bytes.length - done);
      before = 0;
      if (write) {
        ram.set(bytes.subarray(done, done + count), from);
        this.#parts.emulator.wrote(from, count);
      } else bytes.set(ram.subarray(from, from + count), done);
      done += count;
    }
    return done;
  }

  get #hasEvents(): boolean {
    return this.#parts.registers.is_feature_negotiated(EVENT_INDEX);
  }

  #readChain(table: number, size: number): void {
    this.count = 0;
    this.readable = 0;
    this.readableBytes = 0;
    this.writableBytes = 0;
    let index = this.#head;
    // Bound: PC_CHAIN_MAX parts.
    for (;;) {
      if (index >= size || this.count === PC_CHAIN_MAX) this.#parts.broken();
      const at = table + index * DESCRIPTOR_BYTES;
      const address = this.#u32(at);
      const length = this.#u32(at + 8);
      const flags = this.#u16(at + 12);
      if (this.#u32(at + 4) !== 0) this.#parts.broken();
      this.#hold(address, length);
      if ((flags & FLAG.write) === 0) {
        if (this.readable !== this.count) this.#parts.broken();
        this.readable++;
        this.readableBytes += length;
      } else this.writableBytes += length;
      this.addresses[this.count] = address;
      this.lengths[this.count] = length;
      this.count++;
      if ((flags & FLAG.next) === 0) return;
      index = this.#u16(at + 14);
    }
  }

  /** Ends the guest where these bytes are not in its RAM. */
  #hold(address: number, length: number): void {
    if ((address >>> 0) + length > this.#parts.emulator.ramBytes) this.#parts.broken();
  }

  #u16(address: number): number {
    this.#hold(address, 2);
    const { ram } = this.#parts.emulator;
    const at = address >>> 0;
    return (ram[at] as number) | ((ram[at + 1] as number) << 8);
  }

  #u32(address: number): number {
    return (this.#u16(address) | (this.#u16(address + 2) << 16)) >>> 0;
  }

  /** Where it lies has been checked. */
  #setU16(address: number, value: number): void {
    const { ram } = this.#parts.emulator;
    const at = address >>> 0;
    ram[at] = value;
    ram[at + 1] = value >>> 8;
  }
}
