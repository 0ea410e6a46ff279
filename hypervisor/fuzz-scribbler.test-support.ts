// The fuzzer's second thread: shares the memory of a guest, as no guest has it, and writes into its rings,
// signals and event area while host code works on them. What it may write is told by a mode; see `MODES`.

import { receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";
import { FRAME_KINDS, FRAME_BYTES, MEMORY, PLACES } from "./fuzz-calls.test-support.ts";
import { randomOf } from "./random.test-support.ts";

/** To the thread: the guest that it is at from now on, how, and with which chance. */
export interface ScribbleLetter {
  readonly memory?: WebAssembly.Memory;
  readonly mode: ScribbleMode;
  readonly seed: number;
}

/** Signals and events alone; what descriptors say too; also whose they are; anything. */
export type ScribbleMode = "signals" | "lengths" | "pointers" | "turns" | "all";

const { port, end } = workerData as { readonly port: MessagePort; readonly end: SharedArrayBuffer };
const ended = new Int32Array(end);
const REST_MS = 0.03;
const LENGTHS = [0, 13, 14, 64, 1514, 1519, 2048, 16_384, 65_554, -1, 2 ** 31 - 1];
const ADDRESSES = [0, -64, MEMORY - 64, MEMORY - 10, MEMORY, 2 ** 31, 0xfffff000];

let i32: Int32Array = new Int32Array(MEMORY / 4);
let mode: ScribbleMode = "signals";
let random = randomOf(1);
const below = (count: number): number => Math.floor(random() * count);

function scribbleSignals(): void {
  const from = below(2) === 0 ? PLACES.events : PLACES.signals;
  Atomics.store(i32, (from >> 2) + below(16), below(4) - 1);
}

function scribbleDescriptor(): void {
  const at = (PLACES.rings >> 2) + below((PLACES.buffers - PLACES.rings) / 16) * 4;
  const what = mode === "all" ? below(3) : { signals: 3, pointers: 0, lengths: 1, turns: 2 }[mode];
  if (what === 0) {
    const good = PLACES.buffers + below(FRAME_KINDS) * FRAME_BYTES;
    Atomics.store(i32, at, below(4) === 0 ? (ADDRESSES[below(ADDRESSES.length)] as number) : good);
  }
  if (what === 1) Atomics.store(i32, at + 1, LENGTHS[below(LENGTHS.length)] as number);
  if (what === 2) Atomics.xor(i32, at + 2, below(4) === 0 ? 1 << below(32) : 1);
  if (what === 3) scribbleSignals();
}

// Bound: the test says when. Letters are read between strokes. It rests between bursts: the fuzzed guest and
// the pair would pay for a core of its own.
while (Atomics.wait(ended, 0, 0, REST_MS) === "timed-out") {
  const letter = receiveMessageOnPort(port)?.message as ScribbleLetter | undefined;
  if (letter) {
    if (letter.memory) i32 = new Int32Array(letter.memory.buffer);
    mode = letter.mode;
    random = randomOf(letter.seed);
  }
  for (let stroke = 0; stroke < 200; stroke++) {
    if (stroke % 4 === 0) scribbleSignals();
    else scribbleDescriptor();
  }
}
