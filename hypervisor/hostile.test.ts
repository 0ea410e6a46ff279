// One hostile guest after the other on the network of a well-behaved pair. The hostile one is dropped and
// counted or stopped with its reason; the pair loses nothing, and every claim and buffer is back in its
// place.

import { afterAll, beforeAll, expect, test } from "vitest";
import { HOSTILE } from "./hostile-guests.test-support.ts";
import { HostilePlace } from "./hostile-place.test-support.ts";
import { compileImage } from "./guest/image.ts";
import { wat } from "./wat.test-support.ts";

const place = new HostilePlace();

beforeAll(() => place.start());
afterAll(() => place.lab.close());

test.each(HOSTILE.map((which) => [which.name, which] as const))("%s", (_, which) => place.meet(which));

const MEMORY = '(import "env" "memory" (memory 1 1 shared))';
const MAIN = '(func (export "main") (result i32) (i32.const 0))';

/**
 * Arrays of the garbage-collected heap, one after the other: the assembler doesn't know them, so here are the
 * bytes.
 */
const HEAP_BOMB = [
  [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  [1, 12, 3, 0x5e, 0x7e, 1, 0x5e, 0x63, 0, 1, 0x60, 0, 1, 0x7f], // array of i64, array of those
  [2, 16, 1, 3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 3, 1, 16], // env.memory
  [3, 2, 1, 2],
  [7, 8, 1, 4, 0x6d, 0x61, 0x69, 0x6e, 0, 0],
  [10, 51, 1, 49, 2, 1, 0x63, 1, 1, 0x7f],
  [0x41, 0x90, 0xce, 0, 0xfb, 7, 1, 0x21, 0], // local 0 = 10,000 references
  [3, 0x40, 0x20, 0, 0x20, 1, 0x41, 0xa0, 0x8d, 6, 0xfb, 7, 0, 0xfb, 14, 1], // its next one = 100,000 i64
  [0x20, 1, 0x41, 1, 0x6a, 0x22, 1, 0x41, 0x90, 0xce, 0, 0x49, 0x0d, 0, 0x0b, 0x41, 0, 0x0b],
].flat();

test.each([
  ["types of the heap", () => Promise.resolve(new Uint8Array(HEAP_BOMB)), /garbage-collected heap/],
  ["a table without a maximum", () => wat(`(module ${MEMORY} (table 1 funcref) ${MAIN})`), /tables may grow/],
  [
    "a table that is too large",
    () => wat(`(module ${MEMORY} (table 1 262145 funcref) ${MAIN})`),
    /tables may grow/,
  ],
  ["a second memory", () => wat(`(module ${MEMORY} (memory 1) ${MAIN})`), /memory of its own/],
  [
    "another import",
    () => wat(`(module ${MEMORY} (import "env" "f" (func)) ${MAIN})`),
    /`env.f`, which a guest may not/,
  ],
  [
    "memory that isn't shared",
    () => wat(`(module (import "env" "memory" (memory 1)) ${MAIN})`),
    /as shared memory/,
  ],
  ["no main", () => wat(`(module ${MEMORY})`), /no function `main`/],
  ["no module", () => Promise.resolve(new Uint8Array(16)), /not a WebAssembly module/],
] as const)("an image with %s is refused", async (_, bytes, message) => {
  const outcome = await compileImage(await bytes());
  expect(outcome.ok ? "taken" : outcome.refusal.message).toMatch(message);
});

test("afterwards the pair has lost nothing", async () => {
  const { exchanged, wrong } = await place.end();
  expect(exchanged).toBeGreaterThan(20_000);
  expect(wrong).toEqual([]);
});
