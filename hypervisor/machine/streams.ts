// The driver of a guest's streams where that knows nothing of the bus (a WASI program, a PC): it opens the
// guest's console as a guest's own code would, by the verbs and with rings in a small memory beside the
// guest's. Where there is no console, text goes to the log and nothing is typed. Runs as the guest does:
// paused, killed and counted like it.

import { LOG_WRITE_MAX } from "../limits.ts";
import type { GuestMemory } from "../memory/fabric.ts";
import {
  ABI_VERSION,
  BUS,
  CHANGE,
  CLASS_NUMBER,
  DESCRIPTOR,
  EAGAIN,
  EVENT,
  SIGNAL,
  VCONSOLE,
} from "../ring/abi.ts";
import { POSITIONS } from "../ring/positions.ts";
import { placeReceiving, prepareReceiving, Receiving } from "../ring/receiving.ts";
import { changeCount, isAskedToStop, takePending } from "../ring/signal.ts";

/** The verbs as a guest calls them. */
export type BusVerbs = {
  open(id: number, version: number): number;
  close(handle: number): number;
  call(handle: number, func: number, pointer: number, length: number, flags: number): number;
  shm(
    handle: number,
    id: number,
    prio: number,
    pointer: number,
    length: number,
    signal: number,
    flags: number,
  ): number;
  signal(number: number): number;
  wait(timeoutNs: bigint): number;
};

/** Has a ring worked off. Microseconds after which to call again; 0: all is done, or the ring can't be. */
export function workOff(verbs: BusVerbs, signal: number): number {
  let answer = verbs.signal(signal);
  // Bound: what was posted; each turn works off a budget of it.
  while (answer === 1) answer = verbs.signal(signal);
  return answer > 1 ? answer : 0;
}

/** Thrown where the guest is asked to end: it does so at its next call. */
export class ProgramStop extends Error {}

/** Bytes of the memory beside the guest's, and what lies where. */
export const DRIVER_BYTES = 131_072;
const AT = { events: 64, change: 128, out: 512, in: 1024, text: 98_304 } as const;
const SLOTS = 16;
const NEGOTIATE_BYTES = 16;
/** The most that is typed in one piece. */
const TYPED_BYTES = 4096;
const VERSION = 1;
/** A log that is full is looked at again after this. */
const LOG_WAIT_NS = 1_000_000;
/** Ctrl-D: what was typed before it is all there is for now. */
const END_OF_INPUT = 4;

interface OpenConsole {
  readonly id: number;
  readonly handle: number;
  readonly incoming: Receiving;
  readonly outgoing: number;
  /** The next position of the ring of what is shown. */
  position: number;
}

export class Streams {
  readonly #verbs: BusVerbs;
  readonly #memory: GuestMemory;
  readonly #place = placeReceiving(AT.in, SLOTS, TYPED_BYTES);
  #open: OpenConsole | undefined;
  #changesSeen = -1;
  /** What was typed and not yet read. */
  #typed: Uint8Array = new Uint8Array();
  readonly #otherChange: (at: number) => void;

  /**
   * `memory` has `DRIVER_BYTES` for this driver alone. `otherChange` is told where in it the record of a
   * change lies that is none of a console; it may call verbs.
   */
  constructor(verbs: BusVerbs, memory: GuestMemory, otherChange: (at: number) => void = () => undefined) {
    this.#verbs = verbs;
    this.#memory = memory;
    this.#otherChange = otherChange;
  }

  /** Once, before anything else. */
  begin(): void {
    this.#verbs.call(0, BUS.events, AT.events, EVENT.size, 0);
  }

  /** Asks for features, by bits: what it is given is what both know. */
  take(features: number): void {
    const { view } = this.#memory;
    view.setUint32(AT.change, ABI_VERSION, true);
    view.setUint32(AT.change + 4, 0, true);
    view.setBigUint64(AT.change + 8, BigInt(features), true);
    this.#verbs.call(0, BUS.negotiate, AT.change, NEGOTIATE_BYTES, 0);
  }

  /** It has a console now. */
  get present(): boolean {
    return this.#open !== undefined;
  }

  /**
   * Takes note of what the guest was told: outside a verb, since it calls some. Throws `ProgramStop` where it
   * is asked to end.
   */
  attend(): void {
    if (this.asked) throw new ProgramStop();
    this.lookAtDevices();
  }

  /** The guest is asked to end. */
  get asked(): boolean {
    return isAskedToStop(this.#memory, AT.events);
  }

  /** Whoever looks at rings and then dozes calls this first: what is signalled from now on is not missed. */
  takeSignals(): void {
    for (let word = 0; word < 8; word++) takePending(this.#memory, AT.events, word);
  }

  /** Sleeps for so many nanoseconds, or until something is signalled. */
  doze(ns: number): void {
    this.#verbs.wait(BigInt(Math.ceil(ns)));
  }

  /** What was typed, at most so many bytes, as it was typed; none: nothing. */
  typed(room: number): Uint8Array {
    this.#takeTyped();
    const got = this.#typed.subarray(0, room);
    this.#typed = this.#typed.subarray(got.length);
    return got;
  }

  /** Shows at most `LOG_WRITE_MAX` bytes, and sleeps until there is room for them. */
  show(parts: readonly Uint8Array[]): number {
    let length = 0;
    for (const part of parts) {
      const count = Math.min(part.length, LOG_WRITE_MAX - length);
      this.#memory.u8.set(part.subarray(0, count), AT.text + length);
      length += count;
    }
    if (length > 0 && !(this.present && this.#showOnConsole(length))) this.#log(length);
    return length;
  }

  /** Whether a read would not wait: something was typed, or nothing ever will be. */
  get readable(): boolean {
    this.#takeTyped();
    return this.#typed.length > 0 || !this.present;
  }

  /** Reads at most `room` bytes, and sleeps until there is one; none: the end of the input. */
  read(room: number): Uint8Array {
    // Bound: each turn sleeps until something was typed; the guest's end ends it.
    while (!this.readable) this.sleep(-1);
    const end = this.#typed.indexOf(END_OF_INPUT);
    if (end === 0) {
      this.#typed = this.#typed.subarray(1);
      return new Uint8Array();
    }
    const got = this.#typed.subarray(0, Math.min(room, end < 0 ? Infinity : end));
    this.#typed = this.#typed.subarray(got.length);
    return got;
  }

  /** Sleeps for so many nanoseconds, below zero without an end, or until it is told something. */
  sleep(ns: number): void {
    this.takeSignals();
    if (this.#takeTyped()) return;
    this.#verbs.wait(ns < 0 ? -1n : BigInt(Math.ceil(ns)));
    this.attend();
  }

  /** False where the console is gone: the text is still to be shown. */
  #showOnConsole(length: number): boolean {
    const open = this.#open;
    if (!open) return false;
    const { i32 } = this.#memory;
    const descriptor = (AT.out + (open.position & (SLOTS - 1)) * DESCRIPTOR.size) >>> 2;
    i32[descriptor] = AT.text;
    i32[descriptor + 1] = length;
    i32[descriptor + (DESCRIPTOR.turn >> 2)] = (open.position << 1) | 1;
    open.position = (open.position + 1) & POSITIONS;
    let answer = this.#verbs.signal(open.outgoing);
    // Bound: the log is emptied by the control thread; the guest's end ends it.
    while (answer > 0) {
      this.sleep(answer > 1 ? answer * 1000 : 0);
      if (this.#open !== open) return false;
      answer = this.#verbs.signal(open.outgoing);
    }
    return answer === 0;
  }

  #log(length: number): void {
    let done = 0;
    // Bound: as `#showOnConsole`.
    while (done < length) {
      const taken = this.#verbs.call(0, BUS.write, AT.text + done, length - done, 0);
      if (taken === EAGAIN) this.sleep(LOG_WAIT_NS);
      else if (taken < 0) return;
      else done += taken;
    }
  }

  /** Whether there was a piece, and room for it: what is not read stays in the ring. */
  #takeTyped(): boolean {
    const incoming = this.#open?.incoming;
    if (!incoming || this.#typed.length >= TYPED_BYTES || !incoming.take()) return false;
    const { address, length } = incoming;
    const piece = this.#memory.u8.slice(address, address + length);
    incoming.give();
    this.#typed = this.#typed.length === 0 ? piece : Buffer.concat([this.#typed, piece]);
    return true;
  }

  /** Devices come and go; the first console that can be opened is the program's. */
  lookAtDevices(): void {
    const count = changeCount(this.#memory, AT.events);
    if (count === this.#changesSeen) return;
    this.#changesSeen = count;
    const { view } = this.#memory;
    // Bound: each turn takes one of the changes of a bus of at most 255 devices.
    while (this.#verbs.call(0, BUS.nextChange, AT.change, CHANGE.size, 0) === 1) {
      const [type, id, class_] = [0, 4, 8].map((at) => view.getUint32(AT.change + at, true));
      if (class_ !== CLASS_NUMBER.vconsole) this.#otherChange(AT.change);
      if (type === CHANGE.removed && id === this.#open?.id) this.#close();
      if (type === CHANGE.added && class_ === CLASS_NUMBER.vconsole && !this.#open)
        this.#tryOpen(id as number);
    }
  }

  #close(): void {
    if (this.#open) this.#verbs.close(this.#open.handle);
    this.#open = undefined;
  }

  #tryOpen(id: number): void {
    const handle = this.#verbs.open(id, VERSION);
    if (handle < 0) return;
    const bytes = SLOTS * DESCRIPTOR.size;
    const { offset, signal } = this.#place;
    this.#memory.u8.fill(0, AT.out, AT.out + bytes + SIGNAL.size);
    this.#memory.u8.fill(0, offset, signal + SIGNAL.size);
    prepareReceiving(this.#memory, this.#place);
    const incoming = this.#verbs.shm(handle, VCONSOLE.in, 0, offset, bytes, signal - offset, 0);
    const outgoing = this.#verbs.shm(handle, VCONSOLE.out, 0, AT.out, bytes, bytes, 0);
    if (incoming < 0 || outgoing < 0) {
      this.#verbs.close(handle);
      return;
    }
    this.#open = {
      id,
      handle,
      incoming: new Receiving(this.#memory, this.#place),
      outgoing,
      position: 0,
    };
  }
}
