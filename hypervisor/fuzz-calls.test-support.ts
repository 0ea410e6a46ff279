// What the fuzzer has a guest call: sequences of one to eight calls, by chance and by recipe, the same for
// the same seed. A class of devices is a row of CLASSES.

import { LARGE_FRAME_MAX } from "./datapath/offload.ts";
import { wordOf } from "./large-frames.test-support.ts";
import { RING_SLOTS_MIN, SEGMENT_BYTES_MIN } from "./limits.ts";
import { REQUEST } from "./ring/abi.ts";

/** Bytes of the fuzzed guest's memory, and what lies where; see test-guests/fuzzed.wat.txt. */
export const MEMORY = 512 * 1024;
export const PLACES = { events: 192, signals: 256, rings: 4096, buffers: 65_536, end: 131_072 } as const;
export const FRAME_BYTES = 2048;
/** Kinds of frames that stand ready in the buffers. */
export const FRAME_KINDS = 8;
/** Each of them is TCP, and could be cut, where it has so many bytes. */
export const LARGE_BYTES = 2000;
/** Requests to a disk that stand ready behind them, and where they have their data. */
export const REQUESTS = { at: 81_920, count: 64, bytes: 32, data: 86_016 } as const;

/** Where control writes what it last asked a guest for, when it wants other rings of a device. */
export const TICKET_AT = 2048;

export const LAST_HANDLE = 0x5a5a5a01;
export const LAST_NUMBER = 0x5a5a5a02;
export const OWN_PLACE = 0x5a5a5a03;

/** What a call does, by the number that the guest knows it by. */
const DO = {
  open: 0,
  close: 1,
  call: 2,
  shm: 3,
  signal: 4,
  wait: 5,
  store: 6,
  frames: 7,
  buffers: 8,
} as const;
type Verb = keyof typeof DO;

interface FuzzedClass {
  readonly name: string;
  /** Ids of devices of this class on the guest's bus. */
  readonly devices: readonly number[];
  /** Functions that it has. */
  readonly functions: readonly number[];
  /** Bytes that are right for what its sending ring carries. */
  readonly lengths: readonly number[];
}

export const DISKS = [10, 11, 12, 13] as const;
/** A new class is one more row, and a device of it on the fuzzed guest's bus. */
const CLASSES: readonly FuzzedClass[] = [
  { name: "venet", devices: [1, 3, 4], functions: [1, 2], lengths: [14, 64, 64, 600, 1514, 1518] },
  { name: "vblk", devices: DISKS, functions: [1], lengths: [REQUEST.size] },
  { name: "vconsole", devices: [2], functions: [1], lengths: [0, 1, 80, 4096, 16_384] },
  { name: "vchan", devices: [5, 6, 9], functions: [1], lengths: [0, 1, 64, 64, 65] },
  { name: "vclock", devices: [7], functions: [1, 2, 3, 4, 5], lengths: [0] },
  { name: "vrng", devices: [8], functions: [1], lengths: [0] },
];
const BUS_FUNCTIONS = [1, 2, 3, 4, 5, 6] as const;

const EDGES = [0, 1, -1, 2, 7, 8, 255, 256, 2 ** 31 - 1, -(2 ** 31), MEMORY, MEMORY - 1, MEMORY + 1] as const;
const POINTERS = [0, 1, 3, 64, PLACES.events, 512, 4096, 8192, 20_480, PLACES.buffers, 65_537] as const;
const POINTER_EDGES = [16, 64, 128, 1, 0, -1].map((back) => MEMORY - back);
const LENGTHS = [
  0, 1, 13, 15, 16, 27, 28, 63, 64, 127, 128, 256, 1024, 1519, 16_384, 16_385, 65_555,
] as const;
/** Where rings may get into each other's way, and into that of those that have their own place. */
const RINGS = [4096, 20_480, 45_056, 47_104, 49_152] as const;

/** Chance that what is sent lies where it may: what lies elsewhere ends the guest. */
const RIGHT_PLACE = 0.99;

/** One call, as it is printed. */
export interface FuzzedCall {
  readonly verb: Verb;
  readonly args: readonly number[];
}

/** One of the guest's calls as its words. */
export function wordsOf({ verb, args }: FuzzedCall): number[] {
  const words = [DO[verb], ...args];
  return [...words, ...Array.from({ length: 8 - words.length }, () => 0)];
}

export class Sequences {
  readonly #random: () => number;

  /** `random` gives numbers from 0 to below 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  next(): FuzzedCall[] {
    const recipe = this.#pick([
      () => this.#byChance(),
      () => this.#byChance(),
      () => this.#open(),
      () => this.#send(),
      () => this.#send(),
      () => this.#large(),
      () => this.#receive(),
      () => this.#ask(),
      () => this.#bus(),
      () => this.#sleep(),
      () => this.#numbers(),
      () => this.#swap(),
    ]);
    const calls = recipe().slice(0, 8);
    // One call of some recipes is not as it should be.
    if (this.#chance(0.15)) calls[this.#below(calls.length)] = this.#any();
    return calls;
  }

  #byChance(): FuzzedCall[] {
    return Array.from({ length: 1 + this.#below(8) }, () => this.#any());
  }

  /** Opens a device with both of its rings; what was open before goes first, where that is so. */
  #open(): FuzzedCall[] {
    const { devices } = this.#pick(CLASSES);
    return [
      call("call", 0, 3, PLACES.events, 64, 0),
      ...(this.#chance(0.7) ? [call("close", 1 + this.#below(4))] : []),
      call("open", this.#pick(devices), 1),
      this.#shm(LAST_HANDLE, 0),
      this.#shm(LAST_HANDLE, 1),
      call("buffers", LAST_HANDLE, PLACES.buffers + 32_768, this.#pick([2048, 2048, 64, 13])),
    ];
  }

  #send(): FuzzedCall[] {
    const handle = this.#handle();
    const lengths = this.#chance(0.8) ? this.#pick(CLASSES).lengths : LENGTHS;
    const frame = PLACES.buffers + this.#below(FRAME_KINDS) * FRAME_BYTES;
    const address = this.#chance(RIGHT_PLACE) ? frame : this.#pick(POINTER_EDGES);
    const step = this.#pick([0, 0, FRAME_BYTES]);
    return [
      call("frames", handle, address, this.#pick(lengths), step, 1 + this.#below(step > 0 ? 8 : 600)),
      call("signal", this.#chance(0.4) ? LAST_NUMBER : this.#pick([32, 33, 34, 35, 64])),
      ...(this.#chance(0.2) ? [call("signal", 32)] : []),
    ];
  }

  /** Frames to be cut, by a guest that took the features for it, mostly as they should be. */
  #large(): FuzzedCall[] {
    const good = this.#pick([SEGMENT_BYTES_MIN, 1000, 1400]);
    const bad = this.#pick([
      wordOf(LARGE_BYTES, SEGMENT_BYTES_MIN - 1),
      wordOf(LARGE_BYTES, 1500),
      wordOf(LARGE_BYTES - 1, good),
      wordOf(LARGE_FRAME_MAX + 1, good),
      wordOf(13, good),
    ]);
    const frame = PLACES.buffers + this.#below(FRAME_KINDS) * FRAME_BYTES;
    return [
      call("store", 512, 1),
      call("store", 520, this.#pick([15, 15, 4, 8])),
      call("call", 0, 1, 512, 16, 0),
      call(
        "frames",
        this.#handle(),
        this.#chance(RIGHT_PLACE) ? frame : this.#pick(POINTER_EDGES),
        this.#chance(0.7) ? wordOf(LARGE_BYTES, good) : bad,
        this.#pick([0, FRAME_BYTES]),
        1 + this.#below(8),
      ),
      call("signal", this.#chance(0.6) ? LAST_NUMBER : this.#pick([32, 33, 34])),
    ];
  }

  #receive(): FuzzedCall[] {
    const handle = this.#handle();
    return [
      call(
        "buffers",
        handle,
        this.#chance(0.998) ? PLACES.buffers + 32_768 : this.#pick(POINTER_EDGES),
        2048,
      ),
      call("store", PLACES.signals + 16 * this.#below(4), this.#below(2)),
      call("wait", this.#pick([0, 1, 1000, 50_000])),
      call("buffers", handle, PLACES.buffers + 32_768, this.#chance(0.998) ? 2048 : this.#pick(EDGES)),
    ];
  }

  /** Requests of a disk, which another device takes for frames. */
  #ask(): FuzzedCall[] {
    const handle = this.#handle();
    const first = REQUESTS.at + this.#below(REQUESTS.count) * REQUESTS.bytes;
    const address = this.#chance(RIGHT_PLACE) ? first : this.#pick([first + 4, ...POINTER_EDGES]);
    const length = this.#chance(0.998) ? REQUEST.size : this.#pick(LENGTHS);
    return [
      call("frames", handle, address, length, this.#pick([0, REQUESTS.bytes]), 1 + this.#below(8), 1),
      call("signal", this.#chance(0.6) ? LAST_NUMBER : this.#pick([32, 33, 34])),
    ];
  }

  #bus(): FuzzedCall[] {
    return [
      call("store", 512, this.#pick([1, 1, 0, 2, -1])),
      call("store", 520, this.#pick([3, 15, 0, -1])),
      call("call", 0, 1, 512, this.#pick([16, 16, 15, 64]), 0),
      ...Array.from({ length: 1 + this.#below(4) }, () =>
        call("call", 0, this.#pick(BUS_FUNCTIONS), this.#pick([512, 1024, 192, 576]), this.#pick(LENGTHS), 0),
      ),
    ];
  }

  #sleep(): FuzzedCall[] {
    return [
      call("call", 0, 3, this.#chance(0.9) ? PLACES.events : 320, 64, 0),
      call("store", PLACES.events + 32 + 4 * this.#below(8), this.#below(3)),
      call("wait", this.#pick([0, 1, 1000, 20_000, this.#chance(0.02) ? -1 : 5])),
      call("store", PLACES.events + 32, 0),
    ];
  }

  /** All queues of a disk at one priority: with those of the other disks they use up its numbers. */
  #numbers(): FuzzedCall[] {
    const [first, listens] = [this.#below(2), this.#chance(0.3)];
    const bytes = RING_SLOTS_MIN * 16;
    return [
      call("open", this.#pick(DISKS), 1),
      ...Array.from({ length: listens ? 5 : 7 }, (_, id) =>
        call("shm", LAST_HANDLE, first + id, 1, OWN_PLACE, bytes, OWN_PLACE, 0),
      ),
      call("store", 512, 1),
      call("call", this.#handle(), 2, 512, 16, 0),
    ];
  }

  /** Other rings in the place of those that it has, as control asks for all the time. */
  #swap(): FuzzedCall[] {
    const handle = this.#handle();
    const bytes = (RING_SLOTS_MIN << this.#below(4)) * 16;
    const staged = (id: number): FuzzedCall[] =>
      this.#chance(0.9) ? [call("shm", handle, id, id, OWN_PLACE, bytes, OWN_PLACE, 1)] : [];
    return [
      ...(this.#chance(0.3) ? [call("frames", handle, PLACES.buffers, 64, 0, 4)] : []),
      ...staged(0),
      ...staged(1),
      call("call", handle, 2, TICKET_AT, 4, 0),
      call("call", handle, 2, TICKET_AT, 4, 0),
      call("signal", LAST_NUMBER),
      call("call", handle, 2, TICKET_AT, 4, 0),
    ];
  }

  #any(): FuzzedCall {
    const verb = this.#pick([
      "open",
      "close",
      "call",
      "call",
      "shm",
      "shm",
      "signal",
      "wait",
      "store",
    ] as const);
    switch (verb) {
      case "open":
        return call(
          verb,
          this.#pick([1, 2, 3, 4, 5, 6, 7, 8, 9, ...DISKS, ...EDGES]),
          this.#pick([1, 1, 1, 0, 2, -1]),
        );
      case "close":
      case "signal":
        return call(verb, this.#pick([1, 2, 3, 4, 32, 33, LAST_NUMBER, ...EDGES]));
      case "call":
        return call(verb, this.#handle(), this.#function(), this.#pointer(), this.#length(), this.#flags());
      case "shm":
        return this.#shm(this.#handle(), this.#pick([0, 1, 1, 2, -1]));
      case "wait":
        return call(verb, this.#pick([0, 1, 1000, 20_000]));
      case "store":
        return call(
          verb,
          this.#pick([PLACES.events, PLACES.signals, 512]) + 4 * this.#below(16),
          this.#edge(),
        );
    }
  }

  #shm(handle: number, id: number): FuzzedCall {
    const priority = this.#chance(0.95) ? id : this.#edge();
    if (this.#chance(0.9)) {
      const bytes = (RING_SLOTS_MIN << this.#below(4)) * 16;
      return call("shm", handle, id, priority, OWN_PLACE, bytes, OWN_PLACE, this.#flags());
    }
    const at = this.#chance(0.5) ? this.#pick(RINGS) : this.#pointer();
    const bytes = this.#chance(0.5) ? (RING_SLOTS_MIN << this.#below(7)) * 16 : this.#length();
    const signal = PLACES.signals + 16 * this.#below(16) - at;
    return call(
      "shm",
      handle,
      id,
      priority,
      at,
      bytes,
      this.#chance(0.5) ? signal : this.#edge(),
      this.#flags(),
    );
  }

  #handle(): number {
    if (this.#chance(0.3)) return LAST_HANDLE;
    return this.#chance(0.9) ? this.#below(5) : this.#edge();
  }

  #function(): number {
    return this.#pick([...BUS_FUNCTIONS, ...this.#pick(CLASSES).functions, 0, 7, -1]);
  }

  #pointer(): number {
    if (this.#chance(0.2)) return this.#pick(POINTER_EDGES);
    return this.#chance(0.9) ? this.#pick(POINTERS) : this.#edge();
  }

  #length(): number {
    return this.#chance(0.9) ? this.#pick(LENGTHS) : this.#edge();
  }

  #flags(): number {
    return this.#chance(0.97) ? 0 : this.#edge();
  }

  #edge(): number {
    return this.#pick(EDGES);
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)] as T;
  }
}

function call(verb: Verb, ...args: readonly number[]): FuzzedCall {
  return { verb, args };
}
