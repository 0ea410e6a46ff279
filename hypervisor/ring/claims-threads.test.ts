// Three threads on one ring at the same time, a guest that receives as docs/abi.md says, and the host's
// receiver.

import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { createFabric, viewGuestMemory } from "../memory/fabric.ts";
import { resetRing } from "./claims.ts";
import { Receiver, type Taken } from "./receiver.test-support.ts";
import { Receiving, placeReceiving, prepareReceiving } from "./receiving.ts";
import type { SenderStart } from "./claims-sender.test-support.ts";

const FRAMES = 60_000;
const ROWS = [20, 21, 22];
const SIGNAL = 1024;
const START = 64;

/** How a receiver takes from a ring of `count` slots, and posts what it took again. */
interface Taker {
  take(): Taken | undefined;
  post(slot: number): void;
}

/** The host's own receiver in the same clothes. */
function hostReceiver(memory: ReturnType<typeof viewGuestMemory>, count: number): Taker {
  const place = { ...placeReceiving(4096, count, 64), signal: SIGNAL, buffers: 65_536 };
  prepareReceiving(memory, place);
  const receiving = new Receiving(memory, place);
  return {
    take() {
      if (!receiving.take()) return undefined;
      const { address, length } = receiving;
      return { slot: 0, position: 0, length, address };
    },
    post: () => receiving.give(),
  };
}

test.each([
  [16, "a guest"],
  [32, "a guest"],
  [256, "a guest"],
  [16, "the host"],
  [32, "the host"],
  [256, "the host"],
])("three threads on a ring of %i to %s: every frame once and in order", async (count, who) => {
  const fabric = createFabric();
  const wasm = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
  const memory = viewGuestMemory(wasm);
  const set = { count, offset: 4096, signal: SIGNAL, events: 512, number: 0, owner: 9, incarnation: 1 };
  resetRing(fabric, 6, set);
  const place = { count, offset: 4096, signal: SIGNAL, buffers: 65_536, bufferBytes: 64 };
  const guest = new Receiver(memory, place);
  if (who === "a guest") guest.postAll();
  const receiver: Taker = who === "a guest" ? guest : hostReceiver(memory, count);
  const workers = ROWS.map((row) => {
    const start: SenderStart = {
      fabric: fabric.memory,
      memory: wasm,
      ring: 6,
      row,
      frames: FRAMES,
      start: START,
      dirty: SIGNAL + 4,
    };
    return new Worker(new URL("./claims-sender.test-support.ts", import.meta.url), { workerData: start });
  });
  const ended = Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("exit", resolve))));
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("online", resolve))));
  Atomics.store(memory.i32, START >> 2, 1);
  Atomics.notify(memory.i32, START >> 2);
  const next = new Map(ROWS.map((row) => [row, 0]));
  const wrong: string[] = [];
  const end = process.hrtime.bigint() + 20_000_000_000n;
  // Bound: the frames that are sent, and 20 s.
  for (let total = 0; total < FRAMES * ROWS.length && process.hrtime.bigint() < end;) {
    const taken = receiver.take();
    if (!taken) {
      Atomics.wait(memory.i32, START >> 2, 1, 0.01);
      continue;
    }
    const row = memory.i32[taken.address >>> 2] as number;
    const number = memory.i32[(taken.address >>> 2) + 1] as number;
    if (next.get(row) !== number) wrong.push(`${row}: ${number}, not ${next.get(row)}`);
    next.set(row, number + 1);
    total++;
    receiver.post(taken.slot);
  }
  expect(wrong).toEqual([]);
  expect([...next.values()]).toEqual(ROWS.map(() => FRAMES));
  expect(await ended).toEqual([0, 0, 0]);
  expect(receiver.take()).toBeUndefined();
});
