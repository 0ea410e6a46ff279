// WebAssembly text → an image of the machine room, for guests that only tests have. Nothing of it ships.

import { readFileSync } from "node:fs";
import wabt from "wabt";
import { compileImage } from "./guest/image.ts";
import type { Image } from "./hypervisor.ts";

const FEATURES = {
  threads: true,
  exceptions: true,
  tail_call: true,
  multi_memory: true,
  bulk_memory: true,
  reference_types: true,
  sign_extension: true,
  mutable_globals: true,
} as const;

/** Assembles a whole module, `(module ...)`. Throws where the text is wrong; the engine judges the rest. */
export async function wat(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const assembler = await wabt();
  const module = assembler.parseWat("test.wat", text, FEATURES);
  module.resolveNames();
  const { buffer } = module.toBinary({});
  module.destroy();
  return new Uint8Array(buffer);
}

/** A guest that says where it is to be told of events, and sleeps. */
export const SLEEPER = `(module
  (import "vbus" "call" (func $call (param i32 i32 i32 i32 i32) (result i32)))
  (import "vbus" "wait" (func $wait (param i64) (result i32)))
  (import "env" "memory" (memory 1 1 shared))
  (func (export "main") (result i32)
    (drop (call $call (i32.const 0) (i32.const 3) (i32.const 192) (i32.const 64) (i32.const 0)))
    (call $wait (i64.const -1))))`;

/** What the placeholders `%NAME%` of test-guests/base.wat.txt stand for. */
export interface GuestShape {
  /** Descriptors of the rings, and bytes of one buffer. */
  readonly rx: number;
  readonly rxSize: number;
  readonly tx: number;
  readonly txSize: number;
  /** Six bytes each. */
  readonly from: readonly number[];
  readonly to: readonly number[];
}

const BUFFERS_AT = 65_536;

/** Bytes of memory that a guest of this shape needs. */
export function memoryOf(shape: GuestShape): number {
  return Math.ceil((BUFFERS_AT + shape.rx * shape.rxSize + shape.tx * shape.txSize) / 65_536) * 65_536;
}

function word(bytes: readonly number[]): number {
  return bytes.reduce((sum, byte, index) => sum + byte * 2 ** (8 * index), 0);
}

function placeholders(shape: GuestShape): Record<string, number> {
  const { rx, rxSize, tx, txSize, from, to } = shape;
  return {
    RX_COUNT: rx,
    RX_MASK: rx - 1,
    RX_LENGTH: rx * 16,
    RX_SIZE: rxSize,
    RX_BYTES: rx * rxSize,
    TX_MASK: tx - 1,
    TX_LENGTH: tx * 16,
    TX_SIZE: txSize,
    TO_LOW: word(to.slice(0, 4)),
    TO_HIGH_FROM_LOW: word([...to.slice(4), ...from.slice(0, 2)]),
    FROM_REST: word(from.slice(2)),
  };
}

/** Reads a file of test-guests/ by name. */
export function testGuest(name: string): string {
  return readFileSync(new URL(`./test-guests/${name}.wat.txt`, import.meta.url), "utf8");
}

/** The image of a guest: base.wat.txt and `body` in one module. */
export async function guestImage(
  body: string,
  shape: GuestShape,
  values: Readonly<Record<string, number>> = {},
): Promise<Image> {
  const known: Record<string, number> = { ...placeholders(shape), ...values };
  const text = `(module\n${testGuest("base")}\n${body}\n)`.replace(/%(\w+)%/g, (_, name: string) => {
    const value = known[name];
    if (value === undefined) throw new Error(`no value for %${name}%`);
    return String(value);
  });
  const outcome = await compileImage(await wat(text));
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}
