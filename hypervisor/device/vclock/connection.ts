// The host half of vclock on the guest's thread: what time it is, and two timers that set a bit of `pending`.

import { countLate, recordLateness } from "../../datapath/meter.ts";
import { countAt, leavePort, portExists } from "../../datapath/port.ts";
import { CLOCK_PERIOD_NS_MIN } from "../../limits.ts";
import { COUNTER } from "../../memory/layout.ts";
import { EINVAL, ENODEV, ENOENT, ENOSPC, VCLOCK } from "../../ring/abi.ts";
import { raise } from "../../ring/signal.ts";
import type { Connection, ConnectionParts, DeviceNotice } from "../connection.ts";
import { BelievedClock } from "./believed-clock.ts";
import { Deadline, Period } from "./timers.ts";

export class VclockConnection implements Connection {
  device: DeviceNotice;
  readonly #parts: ConnectionParts;
  readonly #clock: BelievedClock;
  readonly #deadline: Deadline;
  readonly #period: Period;
  /** The signal number of its timers, -1 for none. */
  #number = -1;

  /** The caller has taken the port. */
  constructor(device: DeviceNotice, parts: ConnectionParts) {
    this.device = device;
    this.#parts = parts;
    const { offsetNs, drift } = beliefOf(device);
    this.#clock = new BelievedClock(offsetNs, drift, parts.steadyNowNs, parts.wallNs);
    const ring = (lateNs: number): void => this.#ring(lateNs);
    this.#deadline = new Deadline(ring);
    this.#period = new Period(ring);
    parts.timers.add(this.#deadline);
    parts.timers.add(this.#period);
  }

  changed(device: DeviceNotice): void {
    const { offsetNs, drift } = beliefOf(device);
    this.#clock.set(offsetNs, drift);
    this.device = device;
  }

  wanted(): void {
    // It has no rings.
  }

  call(func: number, pointer: number, length: number): number {
    if (!portExists(this.#parts.fabric, this.device.port)) return ENODEV;
    switch (func) {
      case VCLOCK.now:
        return this.#now(pointer, length);
      case VCLOCK.listen:
        return this.#listen(pointer, length);
      case VCLOCK.deadline:
        return this.#armDeadline(pointer, length);
      case VCLOCK.period:
        return this.#armPeriod(pointer, length);
      case VCLOCK.ticks:
        return this.#ticks(pointer, length);
      default:
        return ENOENT;
    }
  }

  register(): number {
    return ENOENT;
  }

  signal(): number {
    return 0; // There is nothing to work off.
  }

  beforeSleep(): void {
    // Timers say themselves how late they are.
  }

  afterWake(): void {
    // As `beforeSleep`.
  }

  close(): void {
    const { fabric, timers } = this.#parts;
    timers.remove(this.#deadline);
    timers.remove(this.#period);
    leavePort(fabric, this.device.port);
  }

  #now(pointer: number, length: number): number {
    if (length < 16) return ENOSPC;
    const { memory, steadyNowNs } = this.#parts;
    memory.view.setBigUint64(pointer, BigInt(Math.floor(steadyNowNs())), true);
    memory.view.setBigUint64(pointer + 8, BigInt.asUintN(64, this.#clock.wallNs()), true);
    return 0;
  }

  /** The signal number that the timers have from now on. */
  #listen(pointer: number, length: number): number {
    if (length < 4) return ENOSPC;
    const { memory, takeNumber, freeNumber, events } = this.#parts;
    const priority = memory.view.getUint32(pointer, true);
    if (priority > 7 || events === 0) return EINVAL;
    if (this.#number >= 0) freeNumber(this.#number);
    this.#number = takeNumber(priority, this);
    return this.#number < 0 ? ENOSPC : this.#number;
  }

  #armDeadline(pointer: number, length: number): number {
    if (length < 8) return ENOSPC;
    const { memory, timers } = this.#parts;
    const dueNs = Number(memory.view.getBigUint64(pointer, true));
    this.#deadline.dueNs = dueNs === 0 ? Infinity : dueNs;
    timers.look();
    return 0;
  }

  #armPeriod(pointer: number, length: number): number {
    if (length < 16) return ENOSPC;
    const { memory, timers, steadyNowNs } = this.#parts;
    const periodNs = Number(memory.view.getBigUint64(pointer, true)); // Read once, as is the other.
    const firstNs = Number(memory.view.getBigUint64(pointer + 8, true));
    if (periodNs !== 0 && periodNs < CLOCK_PERIOD_NS_MIN) return EINVAL;
    this.#period.periodNs = periodNs;
    this.#period.dueNs = periodNs === 0 ? Infinity : firstNs === 0 ? steadyNowNs() + periodNs : firstNs;
    timers.look();
    return 0;
  }

  #ticks(pointer: number, length: number): number {
    if (length < 32) return ENOSPC;
    const { view } = this.#parts.memory;
    const { fired, missed, lastNs } = this.#period;
    view.setBigUint64(pointer, BigInt(fired), true);
    view.setBigUint64(pointer + 8, BigInt(missed), true);
    view.setBigUint64(pointer + 16, BigInt(Math.round(lastNs)), true);
    view.setBigUint64(pointer + 24, BigInt(this.#deadline.fired), true);
    return 0;
  }

  #ring(lateNs: number): void {
    const { fabric, thread, memory, events, urgency } = this.#parts;
    const { port } = this.device;
    countAt(fabric, port, COUNTER.ticks, 1);
    recordLateness(fabric, port, lateNs);
    if (lateNs > urgency.deadlineNs) countLate(fabric, thread, port);
    if (this.#number >= 0) raise(fabric, thread, memory, events, this.#number);
  }
}

function beliefOf({ clock }: DeviceNotice): NonNullable<DeviceNotice["clock"]> {
  return clock ?? { offsetNs: 0, drift: 0 };
}
