// The host half of vrng on the guest's thread: fills a buffer of the guest's with random bytes.

import { countAt, leavePort, portExists } from "../../datapath/port.ts";
import { RANDOM_BYTES_MAX } from "../../limits.ts";
import { COUNTER } from "../../memory/layout.ts";
import { EINVAL, ENODEV, ENOENT, VRNG } from "../../ring/abi.ts";
import type { Connection, ConnectionParts, DeviceNotice } from "../connection.ts";
import { hostRandomness, seededRandomness, type Randomness } from "./randomness.ts";

export class VrngConnection implements Connection {
  device: DeviceNotice;
  readonly #parts: ConnectionParts;
  readonly #randomness: Randomness;

  /** The caller has taken the port. With a seed, each opening begins anew. */
  constructor(device: DeviceNotice, parts: ConnectionParts) {
    this.device = device;
    this.#parts = parts;
    this.#randomness = device.randomKey ? seededRandomness(device.randomKey) : hostRandomness;
  }

  changed(device: DeviceNotice): void {
    this.device = device;
  }

  wanted(): void {
    // It has no rings.
  }

  call(func: number, pointer: number, length: number): number {
    const { fabric, memory } = this.#parts;
    const { port } = this.device;
    if (!portExists(fabric, port)) return ENODEV;
    if (func !== VRNG.fill) return ENOENT;
    if (length > RANDOM_BYTES_MAX) return EINVAL;
    this.#randomness(memory.u8, pointer, length);
    countAt(fabric, port, COUNTER.randomBytes, length);
    return length;
  }

  register(): number {
    return ENOENT;
  }

  signal(): number {
    return 0;
  }

  beforeSleep(): void {
    // Nothing wakes a guest from here.
  }

  afterWake(): void {
    // As `beforeSleep`.
  }

  close(): void {
    leavePort(this.#parts.fabric, this.device.port);
  }
}
