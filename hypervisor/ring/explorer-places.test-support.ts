// Where the explorer's threads and its control find what they share: words of the baton, places in memory.

import type { RingPlace } from "./receiver.test-support.ts";

export const RUN = { threadsMax: 7, stepsMax: 4000, planMax: 32 } as const;

/** Indices into the i32 array that all of them have; only who has the baton writes, but for `turn`. */
export const BATON = {
  /** Whose turn it is: a thread from 1 on, 0 for control. */
  turn: 0,
  steps: 1,
  planNext: 2,
  /** At which of its calls of `Atomics` the first thread is killed; 0 for never. */
  killAt: 3,
  /** The thread that reaps it, 0 where nobody does; the one that receives. */
  reaper: 4,
  receiver: 5,
  /** Calls of `Atomics` by the first thread. */
  calls: 6,
  /** The run is over: who is blocked ends. */
  over: 7,
  /** Bytes of the message in `text`; 0 where nothing failed. */
  failed: 8,
  count: 9,
  start: 10,
  state: 16,
  frames: 24,
  arrived: 32,
  text: 48,
  plan: 128,
  trace: 256,
  size: 256 + RUN.stepsMax,
} as const;

export const STATE = { runnable: 0, blocked: 1, finished: 2, killed: 3, waiting: 4, absent: 5 } as const;

export const RING_INDEX = 3;
export const OWNER = 7;
export const EVENTS = 512;
export const SIGNAL_AT = 1024;

/** The ring of `count` slots in the guest's memory. */
export const PLACE = (count: number): RingPlace => ({
  count,
  offset: 4096,
  signal: SIGNAL_AT,
  buffers: 32_768,
  bufferBytes: 16,
});

/** What a thread starts with. */
export interface ThreadStart {
  readonly fabric: WebAssembly.Memory;
  readonly memory: WebAssembly.Memory;
  readonly baton: SharedArrayBuffer;
  /** From 1 on; the first may be killed. */
  readonly id: number;
  readonly role: "send" | "receive" | "reap";
}
