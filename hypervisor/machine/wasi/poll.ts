// poll_oneoff: sleeps until one of many things has happened. Clocks are waited for in the host's own wait, to
// the nanosecond that it can; streams and files are ready or are told of.

import { WASI_POLL_MAX } from "../../limits.ts";
import { CLOCK, ERRNO, EVENT_TYPE, POLL_EVENT, RIGHT, SUBSCRIPTION, SUBSCRIPTION_ABSOLUTE } from "./abi.ts";
import type { Streams } from "../streams.ts";
import type { Handles } from "./handles.ts";
import type { ProgramMemory } from "./program-memory.ts";
import { Refused, settle } from "./refused.ts";

/** One subscription, read once. */
interface Subscription {
  readonly userdata: bigint;
  readonly type: number;
  /** When it is due, nanoseconds of the monotonic clock; of a clock only. */
  readonly dueNs: number;
  /** Of a descriptor: it is the input stream, which may have to be waited for. */
  readonly waits: boolean;
  readonly error: number;
}

export interface PollParts {
  readonly memory: ProgramMemory;
  readonly handles: Handles;
  readonly streams: Streams;
  readonly nowNs: () => number;
  readonly wallNs: () => bigint;
}

export class Poll {
  readonly #parts: PollParts;

  constructor(parts: PollParts) {
    this.#parts = parts;
  }

  /** The subscriptions, checked; then `wait`. */
  read(from: number, count: number, into: number, out: number): readonly Subscription[] {
    const { memory } = this.#parts;
    const many = count >>> 0;
    if (many === 0 || many > WASI_POLL_MAX) throw new Refused("EINVAL");
    memory.bytes(from, many * SUBSCRIPTION.size);
    memory.bytes(into, many * POLL_EVENT.size);
    memory.bytes(out, 4);
    return Array.from({ length: many }, (_, index) =>
      this.#subscription((from >>> 0) + index * SUBSCRIPTION.size),
    );
  }

  /** Sleeps until at least one is due. */
  wait(subscriptions: readonly Subscription[]): void {
    const { streams, nowNs } = this.#parts;
    const due = Math.min(...subscriptions.map(({ dueNs }) => dueNs));
    // Bound: each turn ends because of time, or something typed, or goes back to sleep; the guest's end ends
    // it.
    while (!subscriptions.some((each) => this.#isReady(each, nowNs()))) {
      streams.sleep(due === Infinity ? -1 : Math.max(0, due - nowNs()));
    }
  }

  /** One event for each that is ready. */
  write(subscriptions: readonly Subscription[], into: number, out: number): void {
    const { memory, nowNs } = this.#parts;
    const now = nowNs();
    let count = 0;
    for (const each of subscriptions) {
      if (!this.#isReady(each, now)) continue;
      const at = (into >>> 0) + count * POLL_EVENT.size;
      memory.bytes(at, POLL_EVENT.size).fill(0);
      memory.setU64(at, each.userdata);
      memory.setU16(at + POLL_EVENT.error, each.error);
      memory.setU8(at + POLL_EVENT.type, each.type);
      if (each.type !== EVENT_TYPE.clock) memory.setU64(at + POLL_EVENT.bytes, 1n);
      count++;
    }
    memory.setU32(out, count);
  }

  #isReady({ error, type, dueNs, waits }: Subscription, nowNs: number): boolean {
    if (error !== 0) return true;
    if (type === EVENT_TYPE.clock) return nowNs >= dueNs;
    return !waits || this.#parts.streams.readable;
  }

  #subscription(at: number): Subscription {
    const { memory, handles } = this.#parts;
    const userdata = memory.u64(at);
    const type = memory.bytes(at + SUBSCRIPTION.type, 1)[0] as number;
    let dueNs = Infinity;
    let waits = false;
    const error = settle(() => {
      if (type === EVENT_TYPE.clock) dueNs = this.#due(at);
      else if (type === EVENT_TYPE.read || type === EVENT_TYPE.write) {
        const descriptor = memory.u32(at + SUBSCRIPTION.descriptor);
        const handle = handles.get(descriptor, RIGHT.poll);
        waits = handle.is === "stream" && type === EVENT_TYPE.read;
        if (waits && handle.is === "stream" && handle.direction === "out") throw new Refused("EBADF");
      } else throw new Refused("EINVAL");
      return ERRNO.success;
    });
    return { userdata, type, dueNs, waits, error };
  }

  /** Times that are further away than a number can say are never. */
  #due(at: number): number {
    const { memory, nowNs, wallNs } = this.#parts;
    const clock = memory.u32(at + SUBSCRIPTION.clock);
    const time = memory.u64(at + SUBSCRIPTION.timeout);
    const absolute = (memory.u16(at + SUBSCRIPTION.flags) & SUBSCRIPTION_ABSOLUTE) !== 0;
    if (clock !== CLOCK.realtime && clock !== CLOCK.monotonic) throw new Refused("ENOTSUP");
    const now = BigInt(nowNs());
    const left = !absolute ? time : clock === CLOCK.realtime ? time - wallNs() : time - now;
    const due = Number(now + left);
    return due > Number.MAX_SAFE_INTEGER ? Infinity : due;
  }
}
