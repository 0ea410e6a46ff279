// The six verbs: the only door between a guest's code and the host. Every argument is a guest's and may be
// anything; every answer below zero is an errno value. Runs on the guest's own thread.

import { FAULT } from "../datapath/fault.ts";
import type { Connection, ConnectionParts, DeviceNotice } from "../device/connection.ts";
import { GoneConnection } from "../device/gone-connection.ts";
import { openDevice } from "../device/open.ts";
import { RING_SLOTS_MAX, RING_SLOTS_MIN } from "../limits.ts";
import type { BusVerbs } from "../machine/streams.ts";
import { inside } from "../memory/fabric.ts";
import { WHERE } from "../memory/layout.ts";
import {
  enterHost,
  faultOf,
  featuresOf,
  leaveHost,
  markFault,
  setWhere,
  whereOf,
} from "../memory/threads.ts";
import {
  DESCRIPTOR,
  EBADF,
  EFAULT,
  EINVAL,
  ENOENT,
  ENOSPC,
  EPROTO,
  FEATURE,
  SHM,
  SIGNAL,
} from "../ring/abi.ts";
import { askToStop } from "../ring/signal.ts";
import { BusHandle, type BusParts } from "./bus-handle.ts";
import { sleepUntil } from "./sleep.ts";

/** Thrown through a guest's frames to end it; what it was is in its fault word. */
export class GuestEnd extends Error {}

const DEVICE_VERSION = 1;
const HANDLES_MAX = 256;

export interface VerbParts
  extends Omit<ConnectionParts, "events" | "freeNumber" | "takeNumber">, Omit<BusParts, "setEvents"> {}

/**
 * Sleeps on the event area at `events`, of which `seen` is known, until there is news or the clock shows
 * `endNs`.
 */
export type AsideSleep = (events: number, seen: number, endNs: number) => Promise<boolean>;

/** The imports that a guest's module is given, beside its memory. */
export class Verbs {
  readonly #parts: VerbParts;
  readonly #bus: BusHandle;
  readonly #handles = new Map<number, Connection>();
  /** By signal number: who works it off. */
  readonly #signals: (Connection | undefined)[] = [];
  /** Bits of signal numbers in use, by priority. */
  readonly #used = new Uint32Array(8);
  /** A verb runs, or was left by an exception, which may have been anywhere: then there is no other. */
  #inside = false;
  #events = 0;
  #wakeSeen = 0;
  #stopping = false;

  constructor(parts: VerbParts) {
    this.#parts = parts;
    const setEvents = (offset: number): void => {
      this.#events = offset;
      this.#wakeSeen = parts.memory.i32[offset >>> 2] as number;
      if (this.#stopping) askToStop(parts.memory, offset);
    };
    this.#bus = new BusHandle({ ...parts, setEvents });
  }

  /** Control wants the guest to end: it is told where it looks, as soon as there is such a place. */
  askToStop(): void {
    this.#stopping = true;
    askToStop(this.#parts.memory, this.#events);
  }

  /** The functions of the import module `vbus`. */
  imports(): BusVerbs {
    return {
      open: (id, version) => this.#guard(() => this.#open(id, version)),
      close: (handle) => this.#guard(() => this.#close(handle)),
      call: (handle, func, pointer, length, flags) =>
        this.#guard(() => this.#call(handle, func, pointer >>> 0, length >>> 0, flags)),
      shm: (handle, id, prio, pointer, length, signal, flags) =>
        this.#guard(() => this.#shm(handle, id, prio, pointer >>> 0, length >>> 0, signal, flags)),
      signal: (number) => this.#signal(number),
      wait: (timeoutNs) => this.#guard(() => this.#wait(timeoutNs)),
    };
  }

  /**
   * The verb `wait` of a guest that shares its thread. `sleep` answers as `sleepUntil`, and is where others
   * have the thread.
   */
  async waitAside(timeoutNs: bigint, sleep: AsideSleep): Promise<number> {
    const { fabric, thread, readMail, steadyNowNs } = this.#parts;
    if (this.#guard(() => (this.#events === 0 ? EINVAL : 0)) !== 0) return EINVAL;
    this.#inside = true;
    const endNs = timeoutNs < 0n ? Infinity : steadyNowNs() + Number(timeoutNs);
    for (const connection of this.#handles.values()) connection.beforeSleep();
    setWhere(fabric, thread, WHERE.asleep);
    const woken = await sleep(this.#events, this.#wakeSeen, endNs);
    const answer = this.#awake(woken);
    this.#inside = false;
    leaveHost(fabric, thread, readMail);
    return answer;
  }

  /** Does host code's work as one more verb. */
  inHost(work: () => number): number {
    return this.#guard(work);
  }

  /** Lets every handle go. After the guest has returned; the reaper does it for one that was killed. */
  closeAll(): void {
    setWhere(this.#parts.fabric, this.#parts.thread, WHERE.host);
    for (const handle of this.#handles.keys()) this.#close(handle);
    setWhere(this.#parts.fabric, this.#parts.thread, WHERE.guest);
  }

  /**
   * The thread was interrupted, maybe in the middle of a verb: then nothing is done here. A paused guest
   * stands still; true where that can't be, since it sleeps in a wait of its own.
   */
  interrupted(mayBeInOwnWait: () => boolean): boolean {
    const { fabric, thread, readMail } = this.#parts;
    if (whereOf(fabric, thread) !== WHERE.guest) return false;
    if (mayBeInOwnWait()) return true;
    leaveHost(fabric, thread, readMail);
    return false;
  }

  /** A device has changed. */
  changeDevice(device: DeviceNotice): void {
    for (const connection of this.#handles.values())
      if (connection.device.id === device.id) connection.changed(device);
  }

  /** A device is to have other rings, if the guest has it open. */
  wantDevice(device: DeviceNotice, ticket: number): void {
    for (const connection of this.#handles.values())
      if (connection.device.id === device.id) connection.wanted(device, ticket);
  }

  /** A device is gone: what the guest has open of it answers ENODEV until it is closed. */
  dropDevice(id: number): void {
    for (const [handle, connection] of this.#handles) {
      if (connection.device.id !== id || connection instanceof GoneConnection) continue;
      const gone = new GoneConnection(connection.device);
      this.#handles.set(handle, gone);
      for (let number = 0; number < this.#signals.length; number++) {
        if (this.#signals[number] === connection) this.#signals[number] = gone;
      }
      connection.close();
      this.#parts.portsChanged();
    }
  }

  #guard(verb: () => number): number {
    const { fabric, thread, readMail, timers, steadyNowNs } = this.#parts;
    if (this.#inside) throw this.#ended(new RangeError("a verb before this one was left half-way"));
    this.#inside = true;
    try {
      enterHost(fabric, thread, readMail);
      readMail();
      if (timers.nextNs !== Infinity) timers.fire(steadyNowNs());
      if (faultOf(fabric, thread) !== 0) throw new GuestEnd();
      const answer = verb();
      this.#inside = false;
      leaveHost(fabric, thread, readMail);
      return answer;
    } catch (error) {
      throw this.#ended(error);
    }
  }

  /** The short path: the same as the other verbs without a closure. */
  #signal(number: number): number {
    const { fabric, thread, readMail, timers, steadyNowNs } = this.#parts;
    if (this.#inside) throw this.#ended(new RangeError("a verb before this one was left half-way"));
    this.#inside = true;
    try {
      enterHost(fabric, thread, readMail);
      readMail();
      if (timers.nextNs !== Infinity) timers.fire(steadyNowNs());
      if (faultOf(fabric, thread) !== 0) throw new GuestEnd();
      const connection = this.#signals[number];
      const answer = connection ? connection.signal(number) : EBADF;
      this.#inside = false;
      leaveHost(fabric, thread, readMail);
      return answer;
    } catch (error) {
      throw this.#ended(error);
    }
  }

  /**
   * A guest that calls with no stack left could leave host code half-way: it ends, and the reaper tidies
   * up.
   */
  #ended(error: unknown): unknown {
    if (error instanceof RangeError) markFault(this.#parts.fabric, this.#parts.thread, FAULT.hostStack);
    return error;
  }

  #open(id: number, version: number): number {
    const device = this.#parts.changes.present(id);
    if (!device) return ENOENT;
    if (version !== DEVICE_VERSION) return EPROTO;
    const handle = this.#freeHandle();
    if (handle < 0) return ENOSPC;
    const connection = openDevice(device, this.#connectionParts());
    if (typeof connection === "number") return connection;
    this.#handles.set(handle, connection);
    this.#parts.portsChanged();
    return handle;
  }

  #connectionParts(): ConnectionParts {
    const parts = this.#parts;
    const events = (): number => this.#events;
    return {
      ...parts,
      freeNumber: (number) => this.#freeNumber(number),
      takeNumber: (priority, connection) => {
        const number = this.#takeNumber(priority);
        if (number >= 0) this.#signals[number] = connection;
        return number;
      },
      get events() {
        return events();
      },
    };
  }

  #close(handle: number): number {
    const connection = this.#handles.get(handle);
    if (!connection) return EBADF;
    this.#handles.delete(handle);
    for (let number = 0; number < this.#signals.length; number++) {
      if (this.#signals[number] === connection) this.#freeNumber(number);
    }
    if (connection instanceof GoneConnection) return 0;
    connection.close();
    this.#parts.portsChanged();
    return 0;
  }

  #call(handle: number, func: number, pointer: number, length: number, flags: number): number {
    if (flags !== 0) return EINVAL;
    if (!inside(this.#parts.memory, pointer, length)) return EFAULT;
    if (handle === 0) return this.#bus.call(func, pointer, length);
    const connection = this.#handles.get(handle);
    return connection ? connection.call(func, pointer, length) : EBADF;
  }

  #shm(
    handle: number,
    id: number,
    prio: number,
    at: number,
    length: number,
    signalOffset: number,
    flags: number,
  ): number {
    const connection = this.#handles.get(handle);
    if (!connection) return EBADF;
    const count = length / DESCRIPTOR.size;
    const staged = flags === SHM.staged && this.#took(FEATURE.reconfigure);
    if ((flags !== 0 && !staged) || prio < 0 || prio > 7) return EINVAL;
    if (length % DESCRIPTOR.size !== 0) return EINVAL;
    if (count < RING_SLOTS_MIN || count > RING_SLOTS_MAX || (count & (count - 1)) !== 0) return EINVAL;
    const signal = at + signalOffset;
    if (at % 64 !== 0 || signal % 16 !== 0 || this.#events === 0) return EINVAL;
    const { memory } = this.#parts;
    if (!inside(memory, at, length) || signal < 0 || signal + SIGNAL.size > memory.byteLength) return EFAULT;
    const number = this.#takeNumber(prio);
    if (number < 0) return ENOSPC;
    const refused = connection.register({ id, number, offset: at, count, signal, staged });
    if (refused !== 0) {
      this.#freeNumber(number);
      return refused;
    }
    this.#signals[number] = connection;
    return number;
  }

  #took(feature: number): boolean {
    return (featuresOf(this.#parts.fabric, this.#parts.thread) & feature) !== 0;
  }

  #wait(timeoutNs: bigint): number {
    const { steadyNowNs, fabric, thread } = this.#parts;
    if (this.#events === 0) return EINVAL;
    const endNs = timeoutNs < 0n ? Infinity : steadyNowNs() + Number(timeoutNs);
    for (const connection of this.#handles.values()) connection.beforeSleep();
    setWhere(fabric, thread, WHERE.asleep);
    return this.#awake(sleepUntil(this.#parts, this.#events, this.#wakeSeen, endNs));
  }

  #awake(woken: boolean): number {
    const { memory, fabric, thread, readMail } = this.#parts;
    setWhere(fabric, thread, WHERE.host);
    this.#wakeSeen = memory.i32[this.#events >>> 2] as number;
    if (woken) for (const connection of this.#handles.values()) connection.afterWake();
    readMail();
    if (faultOf(fabric, thread) !== 0) throw new GuestEnd();
    return woken ? 1 : 0;
  }

  #freeHandle(): number {
    for (let handle = 1; handle < HANDLES_MAX; handle++) if (!this.#handles.has(handle)) return handle;
    return -1;
  }

  #takeNumber(prio: number): number {
    const used = this.#used[prio] as number;
    for (let bit = 0; bit < 32; bit++) {
      if ((used & (1 << bit)) !== 0) continue;
      this.#used[prio] = used | (1 << bit);
      return prio * 32 + bit;
    }
    return -1;
  }

  #freeNumber(number: number): void {
    const prio = number >>> 5;
    this.#used[prio] = (this.#used[prio] as number) & ~(1 << (number & 31));
    this.#signals[number] = undefined;
  }
}
