// A thread of lanes.test.ts: sends numbered messages in one lane, or receives until all have come.

import { parentPort, workerData } from "node:worker_threads";
import { viewGuestMemory } from "../memory/fabric.ts";
import { Lanes, type LaneMemory } from "./lanes.ts";

export interface LaneThreadStart {
  readonly shape: LaneMemory;
  readonly role: "send" | "receive";
  readonly lane: number;
  /** Messages of each of the two senders. */
  readonly count: number;
  /** i32: messages that were received. */
  readonly done: SharedArrayBuffer;
}

const { shape, role, lane, count, done } = workerData as LaneThreadStart;
const lanes = new Lanes(shape);
const memory = viewGuestMemory(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
const { i32 } = memory;
const received = new Int32Array(done);
/** By lane: the numbers that came here. */
const got: number[][] = [[], []];

function send(): void {
  for (let number = 0; number < count; number++) {
    i32[0] = lane;
    // A word at each end: a message that is a mixture of two is seen.
    i32[1] = number;
    i32[15] = number;
    // Bound: the receivers, which take until all have come.
    while (!lanes.put(lane, memory, 0, 64, 0)) Atomics.wait(received, 1, 0, 0.01);
  }
}

function receive(): void {
  let calls = 0;
  // Bound: the senders' messages.
  while (Atomics.load(received, 0) < 2 * count) {
    // As at the head of a call, now and then.
    if ((calls++ & 7) === 0) lanes.lookAnew();
    if (lanes.take(-1, memory, 0, 64) <= 0) continue;
    if (i32[1] !== i32[15]) throw new Error(`a mixture of ${i32[1]} and ${i32[15]}`);
    got[i32[0] as number]?.push(i32[1] as number);
    Atomics.add(received, 0, 1);
  }
}

if (role === "send") send();
else receive();
parentPort?.postMessage(got);
