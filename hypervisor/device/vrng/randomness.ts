// Where the bytes of a vrng come from: the host's own generator, or, where a seed is given, ChaCha20's
// keystream under a key of that seed and the device's address.

import { createCipheriv, createHash, randomFillSync } from "node:crypto";
import { RANDOM_BYTES_MAX } from "../../limits.ts";

/** Fills `length` bytes from `offset`, at most `RANDOM_BYTES_MAX`. */
export type Randomness = (into: Uint8Array, offset: number, length: number) => void;

export function hostRandomness(into: Uint8Array, offset: number, length: number): void {
  randomFillSync(into, offset, length);
}

/** 32 bytes. Another one for each device, so that two of one seed don't give the same. */
export function keyOf(seed: number, address: string): Uint8Array {
  return createHash("sha256").update(`vrng\0${seed}\0${address}`).digest();
}

const ZEROS = new Uint8Array(RANDOM_BYTES_MAX);

/** The same bytes for the same key, however they are asked for. */
export function seededRandomness(key: Uint8Array): Randomness {
  const stream = createCipheriv("chacha20", key, new Uint8Array(16));
  return (into, offset, length) => into.set(stream.update(ZEROS.subarray(0, length)), offset);
}
