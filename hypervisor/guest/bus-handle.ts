// Handle 0: what a guest asks the bus itself. Pointers have been checked to lie in the guest's memory.

import { LOG_WRITE_MAX } from "../limits.ts";
import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { setEvents, setFeatures } from "../memory/threads.ts";
import { ABI_VERSION, BUS, CHANGE, EAGAIN, EINVAL, ENOENT, ENOSPC, EPROTO, EVENT } from "../ring/abi.ts";
import type { LogWriter } from "../ring/log-ring.ts";
import { touchEvents } from "../ring/signal.ts";
import type { Changes } from "./changes.ts";

const NEGOTIATE_BYTES = 16;
const CLOCK_BYTES = 16;

export interface BusParts {
  readonly fabric: Fabric;
  readonly thread: number;
  readonly memory: GuestMemory;
  readonly boot: Uint8Array;
  readonly log: LogWriter;
  readonly changes: Changes;
  /** Bits of the features that the guest is offered. */
  readonly offered: number;
  readonly nowNs: () => number;
  readonly wallNs: () => bigint;
  /** Tells control that ports were opened or closed. */
  readonly portsChanged: () => void;
  /** Remembers where the event area is. */
  readonly setEvents: (offset: number) => void;
}

export class BusHandle {
  readonly #parts: BusParts;

  constructor(parts: BusParts) {
    this.#parts = parts;
  }

  /** The verb `call` on handle 0. */
  call(func: number, pointer: number, length: number): number {
    switch (func) {
      case BUS.negotiate:
        return this.#negotiate(pointer, length);
      case BUS.boot:
        return this.#boot(pointer, length);
      case BUS.events:
        return this.#events(pointer, length);
      case BUS.nextChange:
        return this.#nextChange(pointer, length);
      case BUS.write:
        return this.#write(pointer, length);
      case BUS.clock:
        return this.#clock(pointer, length);
      default:
        return ENOENT;
    }
  }

  #negotiate(pointer: number, length: number): number {
    if (length < NEGOTIATE_BYTES) return ENOSPC;
    const { fabric, thread, offered, memory } = this.#parts;
    const { view } = memory;
    const version = view.getUint32(pointer, true);
    const wanted = view.getUint32(pointer + 8, true); // Read once; no feature has a higher bit.
    if (version !== ABI_VERSION) return EPROTO;
    setFeatures(fabric, thread, wanted & offered);
    view.setUint32(pointer, ABI_VERSION, true);
    view.setBigUint64(pointer + 8, BigInt(wanted & offered), true);
    return 0;
  }

  #boot(pointer: number, length: number): number {
    const { boot, memory } = this.#parts;
    if (length < boot.length) return ENOSPC;
    memory.u8.set(boot, pointer);
    return boot.length;
  }

  #events(pointer: number, length: number): number {
    if (length < EVENT.size) return ENOSPC;
    if (pointer === 0 || pointer % EVENT.size !== 0) return EINVAL;
    const { fabric, thread, memory } = this.#parts;
    touchEvents(memory, pointer);
    setEvents(fabric, thread, pointer);
    this.#parts.setEvents(pointer);
    return 0;
  }

  #nextChange(pointer: number, length: number): number {
    if (length < CHANGE.size) return ENOSPC;
    return this.#parts.changes.next(this.#parts.memory.u8.subarray(pointer, pointer + CHANGE.size)) ? 1 : 0;
  }

  #write(pointer: number, length: number): number {
    if (length === 0) return 0;
    const taken = this.#parts.log.write(this.#parts.memory.u8, pointer, Math.min(length, LOG_WRITE_MAX));
    return taken === 0 ? EAGAIN : taken;
  }

  #clock(pointer: number, length: number): number {
    if (length < CLOCK_BYTES) return ENOSPC;
    const { memory, nowNs, wallNs } = this.#parts;
    memory.view.setBigUint64(pointer, BigInt(nowNs()), true);
    memory.view.setBigUint64(pointer + 8, wallNs(), true);
    return 0;
  }
}
