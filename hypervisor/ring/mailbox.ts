// One request at a time from a guest's thread to a host thread that does it, and its answer: words, and room
// for the data, in memory that only these two have. A guest's thread that is ended leaves it as it is; who
// opens it next waits until the host thread is through.

import { REQUEST_BYTES_MAX } from "../limits.ts";

/** Byte offsets. */
const STATE = 0;
const OP = 4;
const STATUS = 8;
const LENGTH = 12;
const OFFSET = 16;
const DATA = 64;
/** Nothing is asked; somebody asks; it is done and not taken yet. */
const IDLE = 0;
const ASKED = 1;
const DONE = 2;

export function createMailbox(): SharedArrayBuffer {
  return new SharedArrayBuffer(DATA + REQUEST_BYTES_MAX);
}

/** Views on a mailbox. Any of the two threads. */
export interface Mailbox {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  /** The request's data. */
  readonly data: Uint8Array;
}

export function viewMailbox(bytes: SharedArrayBuffer): Mailbox {
  return {
    i32: new Int32Array(bytes, 0, DATA / 4),
    f64: new Float64Array(bytes, 0, DATA / 8),
    data: new Uint8Array(bytes, DATA),
  };
}

/** What is asked; `length` bytes of `data` go with a write and come with a read. */
export interface Asked {
  readonly op: number;
  readonly offset: number;
  readonly length: number;
}

/** Asks, and waits for the status: 0, or a negative errno value. The guest's thread; it can be ended here. */
export function ask({ i32, f64 }: Mailbox, op: number, offset: number, length: number): number {
  i32[OP >> 2] = op;
  i32[LENGTH >> 2] = length;
  f64[OFFSET >> 3] = offset;
  Atomics.store(i32, STATE >> 2, ASKED); // X1: after the words, pairs with X3.
  Atomics.notify(i32, STATE >> 2);
  waitUntilDone(i32);
  const status = i32[STATUS >> 2] as number;
  Atomics.store(i32, STATE >> 2, IDLE);
  return status;
}

/** Waits for the end of what a guest asked that is gone, if it did. The guest's thread, when it opens it. */
export function takeOver({ i32 }: Mailbox): void {
  waitUntilDone(i32);
  Atomics.store(i32, STATE >> 2, IDLE);
}

function waitUntilDone(i32: Int32Array): void {
  // Bound: the host thread answers everything, at the latest when its peer is gone; or this thread is ended.
  while (Atomics.load(i32, STATE >> 2) === ASKED) Atomics.wait(i32, STATE >> 2, ASKED); // X2: pairs with X4.
}

/** The next request. The host thread. */
export async function nextAsked({ i32, f64 }: Mailbox): Promise<Asked> {
  // Bound: each turn waits until the state has changed.
  for (;;) {
    const state = Atomics.load(i32, STATE >> 2); // X3: pairs with X1.
    if (state === ASKED) break;
    const waiting = Atomics.waitAsync(i32, STATE >> 2, state);
    if (waiting.async) await waiting.value;
  }
  return {
    op: i32[OP >> 2] as number,
    offset: f64[OFFSET >> 3] as number,
    length: i32[LENGTH >> 2] as number,
  };
}

/** The request is done. The host thread. */
export function answerAsked({ i32 }: Mailbox, status: number): void {
  i32[STATUS >> 2] = status;
  Atomics.store(i32, STATE >> 2, DONE); // X4: after the status and the data, pairs with X2.
  Atomics.notify(i32, STATE >> 2);
}
