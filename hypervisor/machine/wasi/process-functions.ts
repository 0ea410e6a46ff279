// Arguments, environment, clocks and chance.

import { WASI_RANDOM_CHUNK } from "../../limits.ts";
import { BOOT_RECORD } from "../../ring/abi.ts";
import { CLOCK } from "./abi.ts";
import type { ProgramMemory } from "./program-memory.ts";
import { Refused } from "./refused.ts";

/** What a program finds when it starts; each ends with a zero byte. */
interface Texts {
  readonly args: readonly Uint8Array[];
  readonly env: readonly Uint8Array[];
}

/** Times and chance as the thread has them. */
export interface HostFacts {
  readonly nowNs: () => number;
  readonly wallNs: () => bigint;
  /** Processor time of this thread. */
  readonly cpuNs: () => bigint;
  readonly random: (into: Uint8Array) => void;
}

/** Nobody can tell finer times apart here. */
const RESOLUTION_NS = 1_000n;

export class ProcessFunctions {
  readonly #memory: ProgramMemory;
  readonly #texts: Texts;
  readonly #host: HostFacts;

  /** `boot` is the boot information of the ABI; the guest's name is the program's. */
  constructor(memory: ProgramMemory, boot: Uint8Array, host: HostFacts) {
    this.#memory = memory;
    this.#texts = textsOf(boot);
    this.#host = host;
  }

  argsSizes(count: number, bytes: number): number {
    return this.#sizes(this.#texts.args, count, bytes);
  }

  args(pointers: number, buffer: number): number {
    return this.#put(this.#texts.args, pointers, buffer);
  }

  environSizes(count: number, bytes: number): number {
    return this.#sizes(this.#texts.env, count, bytes);
  }

  environ(pointers: number, buffer: number): number {
    return this.#put(this.#texts.env, pointers, buffer);
  }

  clockResolution(clock: number, out: number): number {
    if (clock >>> 0 > CLOCK.thread) throw new Refused("EINVAL");
    this.#memory.setU64(out, RESOLUTION_NS);
    return 0;
  }

  clockTime(clock: number, out: number): number {
    this.#memory.setU64(out, this.#time(clock));
    return 0;
  }

  random(into: number, length: number): number {
    const bytes = this.#memory.bytes(into, length);
    // Bound: the program's memory.
    for (let from = 0; from < bytes.length; from += WASI_RANDOM_CHUNK) {
      this.#host.random(bytes.subarray(from, Math.min(bytes.length, from + WASI_RANDOM_CHUNK)));
    }
    return 0;
  }

  #time(clock: number): bigint {
    const { nowNs, wallNs, cpuNs } = this.#host;
    if (clock === CLOCK.realtime) return wallNs();
    if (clock === CLOCK.monotonic) return BigInt(Math.floor(nowNs()));
    // A program is all that runs on its thread.
    if (clock === CLOCK.process || clock === CLOCK.thread) return cpuNs();
    throw new Refused("EINVAL");
  }

  #sizes(texts: readonly Uint8Array[], count: number, bytes: number): number {
    this.#memory.setU32(count, texts.length);
    this.#memory.setU32(
      bytes,
      texts.reduce((sum, text) => sum + text.length, 0),
    );
    return 0;
  }

  #put(texts: readonly Uint8Array[], pointers: number, buffer: number): number {
    let at = buffer >>> 0;
    for (const [index, text] of texts.entries()) {
      this.#memory.bytes(at, text.length).set(text);
      this.#memory.setU32((pointers >>> 0) + index * 4, at);
      at += text.length;
    }
    return 0;
  }
}

function textsOf(boot: Uint8Array): Texts {
  const view = new DataView(boot.buffer, boot.byteOffset, boot.byteLength);
  const args: Uint8Array[] = [];
  const env: Uint8Array[] = [];
  // Bound: the records of the boot information, which is the host's own.
  for (let at = 0; at < boot.length;) {
    const length = view.getUint16(at + 2, true);
    const text = Uint8Array.from([...boot.subarray(at + 4, at + 4 + length), 0]);
    const type = boot[at];
    if (type === BOOT_RECORD.guest || type === BOOT_RECORD.argument) args.push(text);
    if (type === BOOT_RECORD.environment) env.push(text);
    at += 4 + length;
  }
  return { args, env };
}
