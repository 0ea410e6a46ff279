// Rings in a PC's RAM from the device's side: docs/abi.md, "Rings" and "The bridge of a PC". All of it is the
// guest's: each word is read once and bounded, what the host has written is not read back, and what can't be
// ends the guest. One thread runs the processor and this, so nothing is atomic. No allocation a turn.

import { RING_SLOTS_MAX, RING_SLOTS_MIN } from "../../limits.ts";
import { BRIDGE, DESCRIPTOR, LARGE, SIGNAL, SIGNAL_AT } from "../../ring/abi.ts";
import { isGiven, POSITIONS } from "../../ring/positions.ts";
import type { Emulator } from "./emulator.ts";
import { WrongSnapshot, type SavedRing } from "./saved.ts";

/** Called where the guest has written what can't be; does not return. */
export type BrokenBridge = () => never;

export interface BridgeRam {
  readonly emulator: Pick<Emulator, "ram" | "words" | "ramBytes" | "wrote">;
  readonly broken: BrokenBridge;
}

/** Where a ring is, as the guest says. */
export interface RamRingPlace {
  readonly offset: number;
  readonly count: number;
  readonly signal: number;
}

const ALIGNMENT = 64;
const SIGNAL_ALIGNMENT = 16;

/** Whether these bytes are in the RAM; both from 0 on, whole. */
export function isInside(ramBytes: number, address: number, length: number): boolean {
  return address + length <= ramBytes;
}

/** The place as `shm` is told it, in bytes from 0 on; undefined: no ring can be there. */
export function ringPlace(
  ramBytes: number,
  offset: number,
  bytes: number,
  signalOffset: number,
): RamRingPlace | undefined {
  const count = bytes / DESCRIPTOR.size;
  const signal = offset + signalOffset;
  const isPower = Number.isInteger(count) && (count & (count - 1)) === 0;
  if (!isPower || count < RING_SLOTS_MIN || count > RING_SLOTS_MAX) return undefined;
  if (offset % ALIGNMENT !== 0 || signal % SIGNAL_ALIGNMENT !== 0 || signal < 0) return undefined;
  const inside = isInside(ramBytes, offset, bytes) && isInside(ramBytes, signal, SIGNAL.size);
  return inside ? { offset, count, signal } : undefined;
}

/** Where a ring of a snapshot is. Throws `WrongSnapshot` where none can be. */
export function savedPlace(ramBytes: number, { offset, count, signal }: SavedRing): RamRingPlace {
  const place = ringPlace(ramBytes, offset, count * DESCRIPTOR.size, signal - offset);
  if (!place || offset < 0) throw new WrongSnapshot("a ring of the bridge is where none can be");
  return place;
}

class RamRing {
  readonly ram: BridgeRam;
  readonly #place: RamRingPlace;
  /** Of the next descriptor. */
  protected position = 0;
  /** Its descriptors may be of large frames. */
  protected large = false;
  /** How often the guest was told of a ring that the host fills. */
  protected published = 0;
  /** The ring has been gone round: slots have the turn that the host gave them then. */
  #round = false;
  /** What the descriptor said that was looked at. `size`: of a large frame, one segment's payload; else 0. */
  address = 0;
  length = 0;
  size = 0;

  constructor(ram: BridgeRam, place: RamRingPlace) {
    this.ram = ram;
    this.#place = place;
  }

  /** Where it is, and how far; `number`: by which the guest is signalled. */
  save(number: number): SavedRing {
    const [position, round, published] = [this.position, this.#round, this.published];
    return { ...this.#place, number, position, round, published };
  }

  /** It goes on from there. */
  restore({ position, round, published }: SavedRing): this {
    this.position = position & POSITIONS;
    this.#round = round;
    this.published = published | 0;
    return this;
  }

  /** The turn that the host left in the slot of `position`. */
  protected get left(): number {
    return this.#round ? (((this.position - this.#place.count) & POSITIONS) << 1) >>> 0 : 0;
  }

  /** Index of the first word of the descriptor of `position`. */
  protected get at(): number {
    return (this.#place.offset + (this.position & (this.#place.count - 1)) * DESCRIPTOR.size) >>> 2;
  }

  /** Reads the descriptor where its turn is `posted`; false where it still is what the host left. */
  protected look(posted: number): boolean {
    const { emulator, broken } = this.ram;
    const { words, ramBytes } = emulator;
    const { at } = this;
    const turn = (words[at + (DESCRIPTOR.turn >> 2)] as number) >>> 0;
    if (turn !== posted) return turn === this.left ? false : broken();
    this.address = (words[at] as number) >>> 0;
    this.#read(words[at + 1] as number);
    return isInside(ramBytes, this.address, this.length) || broken();
  }

  #read(word: number): void {
    this.size = this.large ? word >>> LARGE.segmentShift : 0;
    this.length = this.size > 0 ? word & LARGE.lengthMask : word >>> 0;
  }

  /** Gives the slot of `position` to the guest, and goes on to the next. */
  protected turnOver(): void {
    this.ram.emulator.words[this.at + (DESCRIPTOR.turn >> 2)] = this.position << 1;
    this.position = (this.position + 1) & POSITIONS;
    if ((this.position & (this.#place.count - 1)) === 0) this.#round = true;
  }

  protected readSignal(offset: number): number {
    return this.ram.emulator.words[(this.#place.signal + offset) >>> 2] as number;
  }

  protected writeSignal(offset: number, value: number): void {
    this.ram.emulator.words[(this.#place.signal + offset) >>> 2] = value;
  }
}

/** A ring that the guest fills. */
export class RamSending extends RamRing {
  /** Whether what is posted may be a large frame. */
  allowLarge(large: boolean): this {
    this.large = large;
    return this;
  }

  /** Takes the next frame: `address` and `length`; false: none is posted. `give` it back before the next. */
  take(): boolean {
    return this.look(((this.position << 1) | 1) >>> 0);
  }

  give(): void {
    this.turnOver();
  }

  /** Says when the guest is to kick: never, at each batch, or once it has posted so many more. */
  askForKick(when: "never" | "always" | number): void {
    if (typeof when === "number") this.writeSignal(SIGNAL.at, (this.position + when - 1) & POSITIONS);
    this.writeSignal(SIGNAL.enabled, when === "never" ? 0 : when === "always" ? 1 : SIGNAL_AT);
  }

  /** The guest wants to hear of slots that were given back. Asked once: it is then as if it had not. */
  takeWaiting(): boolean {
    if (this.readSignal(BRIDGE.waiting) === 0) return false;
    this.writeSignal(BRIDGE.waiting, 0);
    return true;
  }
}

/** A ring that the host fills. */
export class RamReceiving extends RamRing {
  /** Whether the guest has posted a buffer for the next frame. */
  hasRoom(): boolean {
    return this.look((this.left | 1) >>> 0);
  }

  /**
   * Gives the guest a frame in the buffer that was posted, with its length word; one that is too small
   * carries nothing.
   */
  put(frame: Uint8Array, word: number): void {
    const fits = frame.length <= this.length;
    if (fits) this.fill(0, frame);
    this.end(fits ? word : 0);
  }

  /** Writes into the buffer that was posted, whose `length` the caller has looked at. */
  fill(at: number, bytes: Uint8Array): void {
    const { emulator } = this.ram;
    emulator.ram.set(bytes, this.address + at);
    emulator.wrote(this.address + at, bytes.length);
  }

  /** Gives the guest what was written. */
  end(word: number): void {
    this.ram.emulator.words[this.at + 1] = word;
    this.turnOver();
  }

  /** What was put is all for now. True: the guest wants to be signalled. */
  publish(): boolean {
    this.published = (this.published + 1) | 0;
    this.writeSignal(SIGNAL.dirty, this.published);
    const enabled = this.readSignal(SIGNAL.enabled);
    if (enabled !== SIGNAL_AT) return enabled !== 0;
    return isGiven(this.readSignal(SIGNAL.at), this.position);
  }
}
