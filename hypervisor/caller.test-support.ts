// A real guest that a test leads verb by verb: it calls what it is told, and its memory is the test's to
// write meanwhile. See test-guests/caller.wat.txt.

import { compileImage } from "./guest/image.ts";
import type { DeviceSpec, GuestSpec, Image } from "./hypervisor.ts";
import { must } from "./machine-room.test-support.ts";
import type { MachineRoom } from "./machine-room.ts";
import type { GuestMemory } from "./memory/fabric.ts";
import { DESCRIPTOR, EVENT, SIGNAL } from "./ring/abi.ts";
import { testGuest, wat } from "./wat.test-support.ts";

const PAGES = 16;
const VERB = { end: 0, open: 1, close: 2, call: 3, shm: 4, signal: 5, wait: 6 } as const;
const ASKED = 256;
const DONE = 257;
const WHAT = 258;
const ANSWER = 259;
const ARGUMENTS = 260;
/** Where a caller has its event area, and where memory begins that nobody uses. */
const EVENTS = 2048;
const FREE = 65_536;

/** An image for callers. */
export async function callerImage(): Promise<Image> {
  return must(await compileImage(await wat(testGuest("caller").replaceAll("%PAGES%", String(PAGES)))));
}

export class Caller {
  readonly room: MachineRoom;
  readonly id: string;
  readonly memory: GuestMemory;
  #free = FREE;

  private constructor(room: MachineRoom, id: string) {
    this.room = room;
    this.id = id;
    this.memory = room.guests.memoryOf(id) as GuestMemory;
  }

  /** Boots one that has these devices on a bus of its own, and listens to events. */
  static async boot(
    room: MachineRoom,
    id: string,
    image: Image,
    devices: readonly DeviceSpec[],
    more: Partial<GuestSpec> = {},
  ): Promise<Caller> {
    const { hypervisor } = room;
    const bus = `${id}.bus`;
    if (!hypervisor.buses().some((one) => one.id === bus)) must(hypervisor.createBus(bus));
    for (const spec of devices) {
      if (hypervisor.device(`${id}.${spec.name}`)) continue;
      must(hypervisor.addDevice(bus, `${id}.${spec.name}`, spec));
    }
    const spec = { bus, image, args: [], env: {}, memory: PAGES * 65_536, ...more };
    must(await hypervisor.bootGuest(id, spec));
    const caller = new Caller(room, id);
    await caller.call(0, 3, EVENTS, EVENT.size);
    return caller;
  }

  /** `bytes` of its memory, aligned to 64. */
  allocate(bytes: number): number {
    const at = this.#free;
    this.#free += Math.ceil(bytes / 64) * 64;
    return at;
  }

  open(device: number): Promise<number> {
    return this.#do(VERB.open, device, 1);
  }
  close(handle: number): Promise<number> {
    return this.#do(VERB.close, handle);
  }
  call(handle: number, func: number, at: number, bytes: number): Promise<number> {
    return this.#do(VERB.call, handle, func, at, bytes, 0);
  }
  signal(number: number): Promise<number> {
    return this.#do(VERB.signal, number);
  }
  /** `ms` below zero: for ever. */
  wait(ms: number): Promise<number> {
    this.memory.view.setBigInt64(ARGUMENTS * 4, BigInt(Math.round(ms * 1e6)), true);
    return this.#do(VERB.wait);
  }
  /** Returns from main. Answers when that is asked, not done. */
  end(exit: number): void {
    this.#ask(VERB.end, [exit]);
  }

  /** Registers a ring of `count` descriptors with buffers of `bytes` each. */
  async ring(handle: number, id: number, count: number, bytes: number, prio = 0): Promise<CallersRing> {
    const at = this.allocate(count * DESCRIPTOR.size);
    const signal = this.allocate(SIGNAL.size);
    const buffers = this.allocate(count * bytes);
    this.memory.u8.fill(0, at, at + count * DESCRIPTOR.size);
    const length = count * DESCRIPTOR.size;
    const number = await this.#do(VERB.shm, handle, id, prio, at, length, signal - at, 0);
    return new CallersRing(this, { number, at, signal, buffers, count, bytes });
  }

  /** The bits of `pending`, which are cleared. */
  takePending(word: number): number {
    return Atomics.exchange(this.memory.i32, ((EVENTS + EVENT.pending) >> 2) + word, 0);
  }

  get sleeps(): boolean {
    return Atomics.load(this.memory.i32, (EVENTS + EVENT.sleeping) >> 2) !== 0;
  }

  #ask(verb: number, args: readonly number[]): number {
    const { i32 } = this.memory;
    i32[WHAT] = verb;
    for (const [index, value] of args.entries()) i32[ARGUMENTS + index] = value;
    const asked = Atomics.add(i32, ASKED, 1) + 1;
    Atomics.notify(i32, ASKED);
    return asked;
  }

  /** Rejects where the guest ends instead of answering. */
  async #do(verb: number, ...args: readonly number[]): Promise<number> {
    const { i32 } = this.memory;
    const asked = this.#ask(verb, args);
    // Bound: the guest's answer, or its end.
    for (let done = Atomics.load(i32, DONE); done !== asked; done = Atomics.load(i32, DONE)) {
      await Atomics.waitAsync(i32, DONE, done, 100).value;
      const facts = this.room.hypervisor.guest(this.id);
      const alive = facts && ["running", "paused", "stopping"].includes(facts.state);
      if (!alive && Atomics.load(i32, DONE) !== asked)
        throw new Error(`${this.id} is ${facts?.state}: ${facts?.reason}`);
    }
    return i32[ANSWER] as number;
  }
}

interface RingPlace {
  readonly number: number;
  readonly at: number;
  readonly signal: number;
  readonly buffers: number;
  readonly count: number;
  readonly bytes: number;
}

/** A ring in a caller's memory, as a guest would use it. */
export class CallersRing {
  readonly caller: Caller;
  readonly place: RingPlace;
  /** Positions that were posted, and those that were looked at. */
  posted = 0;
  taken = 0;

  constructor(caller: Caller, place: RingPlace) {
    this.caller = caller;
    this.place = place;
  }

  get number(): number {
    return this.place.number;
  }

  /** i32 index of a slot's descriptor. */
  descriptor(position: number): number {
    return (this.place.at + (position % this.place.count) * DESCRIPTOR.size) >> 2;
  }

  /** Posts bytes to send. */
  send(...messages: readonly (readonly number[])[]): void {
    for (const bytes of messages) {
      const buffer = this.place.buffers + (this.posted % this.place.count) * this.place.bytes;
      this.caller.memory.u8.set(bytes, buffer);
      this.write(this.posted, buffer, bytes.length, this.posted * 2 + 1);
      this.posted++;
    }
  }

  /** Posts empty buffers, `many` of them. */
  post(many: number): void {
    for (let n = 0; n < many; n++) {
      const slot = this.posted % this.place.count;
      const buffer = this.place.buffers + slot * this.place.bytes;
      const turn = this.posted < this.place.count ? 1 : ((this.posted - this.place.count) * 2) | 1;
      this.write(this.posted, buffer, this.place.bytes, turn);
      this.posted++;
    }
  }

  write(position: number, address: number, length: number, turn: number): void {
    const { i32 } = this.caller.memory;
    const at = this.descriptor(position);
    i32[at] = address;
    i32[at + 1] = length;
    Atomics.store(i32, at + 2, turn);
  }

  /** What has come in order since the last look. */
  take(): number[][] {
    const { i32, u8 } = this.caller.memory;
    const found: number[][] = [];
    while (this.taken < this.posted) {
      const at = this.descriptor(this.taken);
      if (Atomics.load(i32, at + 2) !== this.taken * 2) break;
      const [address, length] = [i32[at] as number, i32[at + 1] as number];
      found.push([...u8.subarray(address, address + length)]);
      this.taken++;
    }
    return found;
  }

  /** Lengths that the host wrote for what it gave back. */
  lengths(): number[] {
    return this.take().map(({ length }) => length);
  }

  enable(wanted: boolean): void {
    Atomics.store(this.caller.memory.i32, (this.place.signal + SIGNAL.enabled) >> 2, wanted ? 1 : 0);
  }
}
