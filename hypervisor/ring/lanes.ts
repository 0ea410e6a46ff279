// The messages that wait in a channel, in memory that only host code holds: a queue, a lane, for each sender.
// A lane is filled by one thread, its sender's, and emptied by any receiver's. Nobody waits for anybody, and
// a thread may be ended at any call of `Atomics`: a message is sent when its sender has moved `tail`, and
// received when a receiver has moved `head`, which it does only after it has copied it.
//
// A receiver that was slower than another has copied a message that is not its own, or, where the sender has
// used the cell again since, a mixture. Its compare-and-swap fails then, and nobody ever sees the copy.

import { CHANNEL_BYTES_MAX, CHANNEL_ENDS_MAX, CHANNEL_TRIES } from "../limits.ts";
import type { GuestMemory } from "../memory/fabric.ts";

/** Why a message was not taken; cells of a lane. */
export const REFUSED = { full: 0, tooBig: 1, malformed: 2 } as const;

/** Byte offsets in a channel's memory. */
const CHANNEL = {
  /** How many entries of `receivers`, and how many lanes, have ever been used. Control, atomic. */
  receiversUsed: 0,
  lanesUsed: 4,
  /** 1 where a sender that finds its lane full is told so at once. Control, atomic. */
  refuses: 8,
  /** i32 each: port + 1 of a device that receives, or 0 for a free place. Control, atomic. */
  receivers: 64,
  lanes: 64 + CHANNEL_ENDS_MAX * 4,
} as const;

/** A lane's row: a cache line for each of those who write to it. */
const LANE = {
  /** Free-running position of the next message. The sender, atomic. */
  tail: 0,
  /** Float64: bytes of all messages so far, and how many these were. The sender. */
  bytes: 8,
  messages: 16,
  /** Float64 each: messages that were not taken, by `REFUSED`. The sender. */
  refused: 24,
  /** Port + 1 of its sender, 0: free. Control, atomic. */
  sender: 48,
  /** Free-running position of the first message that waits. Compare-and-swap by receivers. */
  head: 64,
  /** 1 while the sender waits for room. The sender, and receivers. */
  wanted: 128,
  size: 192,
} as const;

/** A message. What stands before its bytes. */
const CELL = {
  length: 0,
  priority: 4,
  /** Float64: bytes of all messages before it. */
  bytesBefore: 8,
  size: 16,
} as const;

/** What a channel is made with. */
export interface LaneShape {
  readonly stream: boolean;
  /** Messages of one sender that wait at most. */
  readonly depth: number;
  /** Bytes of a message at most. */
  readonly messageMax: number;
}

/** A channel's memory with its shape: what threads are given of it. */
export interface LaneMemory extends LaneShape {
  readonly buffer: SharedArrayBuffer;
}

function laneCells(depth: number): number {
  return 2 ** Math.ceil(Math.log2(depth)); // Positions wrap at 2^32: a power of two.
}

function cellBytes(messageMax: number): number {
  return CELL.size + Math.ceil(messageMax / 16) * 16;
}

/** How many may send at the same time. */
export function sendersMax({ depth, messageMax }: LaneShape): number {
  return Math.min(
    CHANNEL_ENDS_MAX,
    Math.floor(CHANNEL_BYTES_MAX / (laneCells(depth) * cellBytes(messageMax))),
  );
}

/** The system gives pages when they are first touched. */
export function createLanes(shape: LaneShape): LaneMemory {
  const cells = sendersMax(shape) * laneCells(shape.depth) * cellBytes(shape.messageMax);
  const rows = CHANNEL.lanes + CHANNEL_ENDS_MAX * LANE.size;
  return { ...shape, buffer: new SharedArrayBuffer(rows + cells) };
}

/** Bytes up to here are copied word by word, which makes no object. */
const WORDS_MAX = 512;

/** One thread's view of a channel. No allocation for messages up to `WORDS_MAX` bytes. */
export class Lanes {
  readonly shape: LaneMemory;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly u8: Uint8Array;
  readonly #mask: number;
  readonly #cellBytes: number;
  /** Of the lane that this thread fills: where its head was last. */
  #headSeen = 0;
  #headLane = -1;
  /** Lane that `take` took from last, so that the others have their turn. */
  #last = 0;
  /** Of one lane: up to where there were messages when its `tail` was read last. */
  #tailSeen = 0;
  #tailLane = -1;
  /** 1 for each lane that `take` has taken from since its sender was looked for. */
  readonly #touched = new Uint8Array(CHANNEL_ENDS_MAX);
  /** How many messages `take` took. */
  messages = 0;

  constructor(shape: LaneMemory) {
    this.shape = shape;
    this.i32 = new Int32Array(shape.buffer);
    this.f64 = new Float64Array(shape.buffer);
    this.u8 = new Uint8Array(shape.buffer);
    this.#mask = laneCells(shape.depth) - 1;
    this.#cellBytes = cellBytes(shape.messageMax);
  }

  /**
   * Puts a message into a lane of the caller's own: `length` bytes at `address` of `memory`, both checked.
   * False: there is no room. Right after it the caller counts the message, in a straight line.
   */
  put(lane: number, memory: GuestMemory, address: number, length: number, priority: number): boolean {
    const i32 = this.i32;
    const row = this.#lane(lane) >> 2;
    const tail = i32[row] as number; // Nobody else writes it.
    if (this.#headLane !== lane || ((tail - this.#headSeen) | 0) >= this.shape.depth) {
      this.#headLane = lane;
      this.#headSeen = Atomics.load(i32, row + (LANE.head >> 2)); // Q1: pairs with Q5.
      if (((tail - this.#headSeen) | 0) >= this.shape.depth) return false;
    }
    const cell = this.#cell(lane, tail);
    const bytes = (row << 2) + LANE.bytes;
    const before = this.f64[bytes >> 3] as number;
    i32[(cell + CELL.length) >> 2] = length;
    i32[(cell + CELL.priority) >> 2] = priority;
    this.f64[(cell + CELL.bytesBefore) >> 3] = before;
    copy(memory, address, this, cell + CELL.size, length);
    Atomics.store(i32, row, (tail + 1) | 0); // Q2: the commit; pairs with Q4.
    // Up to the next `Atomics` nothing ends the thread.
    this.f64[bytes >> 3] = before + length;
    this.f64[(bytes >> 3) + 1] = (this.f64[(bytes >> 3) + 1] as number) + 1;
    return true;
  }

  /** The sender of a full lane is going to wait. True: there is room meanwhile, it should try again. */
  wantRoom(lane: number): boolean {
    const row = this.#lane(lane) >> 2;
    Atomics.store(this.i32, row + (LANE.wanted >> 2), 1); // Q6: before Q7, pairs with Q8.
    this.#headSeen = Atomics.load(this.i32, row + (LANE.head >> 2)); // Q7: pairs with Q5.
    return (((this.i32[row] as number) - this.#headSeen) | 0) < this.shape.depth;
  }

  /** Before the first `take` of a call: positions go round, and what was seen long ago says nothing. */
  lookAnew(): void {
    this.#tailLane = -1;
  }

  /**
   * Takes the next message, the most urgent first, into `capacity` bytes at `address` of `memory`, both
   * checked and at least `messageMax`; of a stream, as many as there is room for. `own` is a lane that is
   * left out. The answer is the number of bytes: 0, nothing waits; -1, others were quicker. Right after it
   * the caller counts `messages`, in a straight line.
   */
  take(own: number, memory: GuestMemory, address: number, capacity: number): number {
    // Bound: CHANNEL_TRIES; each turn but the last is one in which another receiver took something.
    for (let tries = 0; tries < CHANNEL_TRIES; tries++) {
      const lane = this.#mostUrgent(own);
      if (lane < 0) return 0;
      const bytes = this.#takeFrom(lane, memory, address, capacity);
      if (bytes > 0) return bytes;
    }
    return -1;
  }

  /** The lane with the most urgent message, in turn among several, or -1. */
  #mostUrgent(own: number): number {
    const i32 = this.i32;
    const used = Atomics.load(i32, CHANNEL.lanesUsed >> 2);
    let found = -1;
    let urgent = -1;
    for (let step = 1; step <= used; step++) {
      const lane = (this.#last + step) % used;
      if (lane === own) continue;
      const row = this.#lane(lane) >> 2;
      const head = Atomics.load(i32, row + (LANE.head >> 2)); // Q3: confirmed by Q5.
      if (this.#ahead(lane, row, head) <= 0) continue;
      const priority = i32[(this.#cell(lane, head) + CELL.priority) >> 2] as number;
      if (priority <= urgent) continue;
      found = lane;
      urgent = priority;
    }
    return found;
  }

  /**
   * Messages that wait in a lane from `head` on, as far as is known: the cache line of `tail` is its sender's
   * while there are some.
   */
  #ahead(lane: number, row: number, head: number): number {
    const known = (this.#tailSeen - head) | 0;
    if (lane === this.#tailLane && known > 0) return known;
    const tail = Atomics.load(this.i32, row); // Q4: after Q3, pairs with Q2.
    this.#tailLane = lane;
    this.#tailSeen = tail;
    return (tail - head) | 0;
  }

  /** 0 where another was quicker. */
  #takeFrom(lane: number, memory: GuestMemory, address: number, capacity: number): number {
    const i32 = this.i32;
    const row = this.#lane(lane) >> 2;
    const head = Atomics.load(i32, row + (LANE.head >> 2)); // Q3.
    const waiting = this.#ahead(lane, row, head);
    let bytes = 0;
    let messages = 0;
    // Bound: the messages that wait, of which a datagram takes one.
    for (; messages < waiting && (messages === 0 || this.shape.stream); messages++) {
      const cell = this.#cell(lane, (head + messages) | 0);
      const length = i32[(cell + CELL.length) >> 2] as number;
      if (bytes + length > capacity) break;
      copy(this, cell + CELL.size, memory, address + bytes, length);
      bytes += length;
    }
    if (messages === 0) return 0;
    const next = (head + messages) | 0;
    // Q5: the commit; pairs with Q1 and Q7. Before Q8.
    if (Atomics.compareExchange(i32, row + (LANE.head >> 2), head, next) !== head) return 0;
    this.#last = lane;
    this.#touched[lane] = 1;
    this.messages = messages;
    return bytes;
  }

  /**
   * A port whose guest waits for room, and that is to be told since half of its lane is empty: the answer is
   * -1 where there is no other. One that is told for each message would sleep for each.
   */
  waitingSender(): number {
    const i32 = this.i32;
    const used = Atomics.load(i32, CHANNEL.lanesUsed >> 2);
    for (let lane = 0; lane < used; lane++) {
      if (this.#touched[lane] === 0 || this.waiting(lane) > this.shape.depth >> 1) continue;
      this.#touched[lane] = 0;
      const row = this.#lane(lane) >> 2;
      if (Atomics.load(i32, row + (LANE.wanted >> 2)) === 0) continue; // Q8: pairs with Q6.
      Atomics.store(i32, row + (LANE.wanted >> 2), 0);
      return Atomics.load(i32, row + (LANE.sender >> 2)) - 1;
    }
    return -1;
  }

  /** Where in `f64` a lane counts what was not taken. */
  refusedCell(lane: number, reason: number): number {
    return ((this.#lane(lane) + LANE.refused) >> 3) + reason;
  }

  /** A sender that finds its lane full is told so, and does not wait. */
  get refuses(): boolean {
    return Atomics.load(this.i32, CHANNEL.refuses >> 2) !== 0;
  }

  /** Control. */
  setRefuses(refuses: boolean): void {
    Atomics.store(this.i32, CHANNEL.refuses >> 2, refuses ? 1 : 0);
  }

  /** How many entries `receiver` has. */
  get receiversUsed(): number {
    return Atomics.load(this.i32, CHANNEL.receiversUsed >> 2);
  }

  /** The port of a device that receives, or -1. */
  receiver(index: number): number {
    return Atomics.load(this.i32, (CHANNEL.receivers >> 2) + index) - 1;
  }

  /** Lists a port among those that receive. False: there is no room. Control. */
  addReceiver(port: number): boolean {
    const i32 = this.i32;
    const first = CHANNEL.receivers >> 2;
    for (let index = 0; index < CHANNEL_ENDS_MAX; index++) {
      if (i32[first + index] !== 0) continue;
      Atomics.store(i32, first + index, port + 1);
      if (index >= this.receiversUsed) Atomics.store(i32, CHANNEL.receiversUsed >> 2, index + 1);
      return true;
    }
    return false;
  }

  /** Control. */
  removeReceiver(port: number): void {
    for (let index = 0; index < this.receiversUsed; index++)
      if (this.receiver(index) === port) Atomics.store(this.i32, (CHANNEL.receivers >> 2) + index, 0);
  }

  /**
   * A lane for a sender, -1: there is none. One that it had before goes on; one whose sender is gone serves
   * another as soon as it is empty and `isFree`. Control.
   */
  addSender(port: number, isFree: (lane: number) => boolean): number {
    const i32 = this.i32;
    const most = sendersMax(this.shape);
    let found = -1;
    for (let lane = 0; lane < most; lane++) {
      const sender = (i32[(this.#lane(lane) + LANE.sender) >> 2] as number) - 1;
      if (sender === port) return lane;
      if (found < 0 && (sender < 0 || (isFree(lane) && this.waiting(lane) === 0))) found = lane;
    }
    if (found < 0) return -1;
    Atomics.store(i32, (this.#lane(found) + LANE.wanted) >> 2, 0);
    Atomics.store(i32, (this.#lane(found) + LANE.sender) >> 2, port + 1);
    if (found >= this.lanesUsed) Atomics.store(i32, CHANNEL.lanesUsed >> 2, found + 1);
    return found;
  }

  get lanesUsed(): number {
    return Atomics.load(this.i32, CHANNEL.lanesUsed >> 2);
  }

  /** Messages that wait in a lane now. Any thread. */
  waiting(lane: number): number {
    const row = this.#lane(lane) >> 2;
    const head = Atomics.load(this.i32, row + (LANE.head >> 2));
    return (Atomics.load(this.i32, row) - head) | 0;
  }

  /** Bytes of all messages of a lane that were received; for observers. */
  bytesReceived(lane: number): number {
    const row = this.#lane(lane) >> 2;
    const all = this.f64[((row << 2) + LANE.bytes) >> 3] as number;
    if (this.waiting(lane) <= 0) return all;
    const head = Atomics.load(this.i32, row + (LANE.head >> 2));
    return this.f64[(this.#cell(lane, head) + CELL.bytesBefore) >> 3] as number;
  }

  /** Messages of a lane that were received; for observers. */
  received(lane: number): number {
    const all = this.f64[(this.#lane(lane) + LANE.messages) >> 3] as number;
    return Math.max(0, all - this.waiting(lane));
  }

  /** Lets a test begin anywhere on the circle of positions. Nobody sends or receives yet. */
  startAt(lane: number, position: number): void {
    const row = this.#lane(lane) >> 2;
    Atomics.store(this.i32, row + (LANE.head >> 2), position | 0);
    Atomics.store(this.i32, row, position | 0);
  }

  #lane(lane: number): number {
    return CHANNEL.lanes + lane * LANE.size;
  }

  /** Byte offset of the cell of a position. */
  #cell(lane: number, position: number): number {
    const index = lane * (this.#mask + 1) + (position & this.#mask);
    return CHANNEL.lanes + CHANNEL_ENDS_MAX * LANE.size + index * this.#cellBytes;
  }
}

interface Bytes {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
}

/** Copies bytes: few of them, and aligned, as words. */
function copy(from: Bytes, at: number, into: Bytes, to: number, length: number): void {
  if (length > WORDS_MAX || ((at | to) & 3) !== 0) {
    into.u8.set(from.u8.subarray(at, at + length), to);
    return;
  }
  const source = from.i32;
  const target = into.i32;
  const words = length >>> 2;
  for (let word = 0, first = at >>> 2, place = to >>> 2; word < words; word++)
    target[place + word] = source[first + word] as number;
  for (let byte = words << 2; byte < length; byte++) into.u8[to + byte] = from.u8[at + byte] as number;
}
