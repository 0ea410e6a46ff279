// A clock of the bus: what time it is, as the lab wants this guest to believe, and two timers that end a
// sleep.

import * as abi from "./abi";
import { call, close, open } from "./vbus";

const cell: usize = memory.data(32, 8);

export class Vclock {
  /** The device's number on the bus while it is open, else 0. */
  id: i32 = 0;
  /** Ticks of `period` that came, and those that nobody was there for, as of the last `readTicks`. */
  ticks: i64 = 0;
  missed: i64 = 0;
  /** When the newest of them was due, on the clock of `now`. */
  dueAt: i64 = 0;

  private handle: i32 = 0;

  get isOpen(): bool {
    return this.id != 0;
  }

  /** `prio`: the word of `pending` in which the timers signal, 7 the most urgent. 0, or an errno value. */
  open(id: i32, prio: i32): i32 {
    const handle = open(id, abi.ABI_VERSION);
    if (handle < 0) return handle;
    this.handle = handle;
    this.id = id;
    store<u32>(cell, prio);
    const number = call(handle, abi.VCLOCK_LISTEN, cell, 4, 0);
    if (number < 0) this.close();
    return min(number, 0);
  }

  close(): void {
    close(this.handle);
    this.id = 0;
  }

  /** Nanoseconds on a clock that never jumps. */
  now(): i64 {
    call(this.handle, abi.VCLOCK_NOW, cell, 16, 0);
    return load<i64>(cell);
  }

  /** Nanoseconds since 1970, as this guest believes. */
  wallNow(): i64 {
    call(this.handle, abi.VCLOCK_NOW, cell, 16, 0);
    return load<i64>(cell, 8);
  }

  /** Ends a sleep at `at` on the clock of `now`; 0: no more. */
  deadline(at: i64): i32 {
    store<i64>(cell, at);
    return call(this.handle, abi.VCLOCK_DEADLINE, cell, 8, 0);
  }

  /** Ends a sleep every so many nanoseconds, first at `first`, or after the first of them; 0: no more. */
  period(ns: i64, first: i64 = 0): i32 {
    store<i64>(cell, ns);
    store<i64>(cell, first, 8);
    return call(this.handle, abi.VCLOCK_PERIOD, cell, 16, 0);
  }

  readTicks(): i32 {
    const result = call(this.handle, abi.VCLOCK_TICKS, cell, 32, 0);
    this.ticks = load<i64>(cell);
    this.missed = load<i64>(cell, 8);
    this.dueAt = load<i64>(cell, 16);
    return result;
  }
}
