// Instances of `pump.wat`, one for each pair of memories that this thread moves frames between; the hottest
// are kept.

import { PAIRS_MAX } from "../limits.ts";
import type { Fabric, GuestMemory, OwnMemory } from "../memory/fabric.ts";

/** See `pump.wat` for the parameters; all are unsigned 32-bit numbers. */
export type Pump = (
  thread: number,
  port: number,
  portRow: number,
  ring: number,
  txRing: number,
  txMask: number,
  txPosition: number,
  txLimit: number,
  rxLimit: number,
  frameMax: number,
  header0: number,
  header1: number,
  header2: number,
  frames: number,
  batchBytes: number,
  maxBytes: number,
  generation: number,
  spare: number,
) => number;

/** Set in the pump's answer where positions were passed over while it held a claim. */
export const PUMP_PASSED = 0x40000000;

/**
 * The pumps from one guest's memory, least recently used dropped first. An instance costs about 10 µs and 2
 * KiB.
 */
export class Pumps {
  readonly #module: WebAssembly.Module;
  readonly #fabric: Fabric;
  readonly #own: OwnMemory;
  readonly #most: number;
  readonly #pairs = new Map<GuestMemory, Pump>();

  /** Keeps at most `most` instances. */
  constructor(module: WebAssembly.Module, fabric: Fabric, own: OwnMemory, most = PAIRS_MAX) {
    this.#module = module;
    this.#fabric = fabric;
    this.#own = own;
    this.#most = most;
  }

  /** Undefined where only its bytes are known. */
  to(receiver: GuestMemory): Pump | undefined {
    const known = this.#pairs.get(receiver);
    if (known) {
      this.#pairs.delete(receiver);
      this.#pairs.set(receiver, known);
      return known;
    }
    if (!receiver.memory) return undefined;
    const host = { tx: this.#own.memory, rx: receiver.memory, fabric: this.#fabric.memory };
    const { pump } = new WebAssembly.Instance(this.#module, { host }).exports;
    if (this.#pairs.size >= this.#most) {
      for (const oldest of this.#pairs.keys()) {
        this.#pairs.delete(oldest);
        break;
      }
    }
    this.#pairs.set(receiver, pump as Pump);
    return pump as Pump;
  }
}

/** The last byte of a 4 GiB memory can't be said in 32 bits: there the pump leaves it out. */
export function limitOf(memory: GuestMemory): number {
  return Math.min(memory.byteLength, 0xffff_ffff);
}
