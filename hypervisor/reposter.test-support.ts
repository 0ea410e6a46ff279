// A thread that shares a guest's memory, as no guest has it: posts each of 1024 descriptors again as soon as
// the host has given it back. It ends when word 13 of the guest's report is not 0.

import { workerData } from "node:worker_threads";

const { memory, ring } = workerData as { readonly memory: WebAssembly.Memory; readonly ring: number };
const i32 = new Int32Array(memory.buffer);
const SLOTS = 1024;
const END = (64 >> 2) + 13;

// Bound: the test says when.
while (Atomics.load(i32, END) === 0) {
  for (let slot = 0; slot < SLOTS; slot++) {
    const at = (ring >> 2) + slot * 4 + 2;
    const turn = Atomics.load(i32, at);
    if ((turn & 1) === 0) Atomics.store(i32, at, (turn + SLOTS * 2) | 1);
  }
}
