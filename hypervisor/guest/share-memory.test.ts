// An ordinary module becomes one on a shared memory that it imports: with the same code, a table that ends
// somewhere, and never with an exception, whatever the bytes.

import fc from "fast-check";
import { expect, test } from "vitest";
import { TABLE_ENTRIES_MAX } from "../limits.ts";
import { wat } from "../wat.test-support.ts";
import { shareMemory } from "./share-memory.ts";
import { boundsOf, importedMemory } from "./wasm-sections.ts";

const SEED = Number(process.env["SEED"] ?? 20_261_126);

const ORDINARY = `(module
  (type $t (func (param i32) (result i32)))
  (import "a" "twice" (func $twice (type $t)))
  (table 3 funcref)
  (memory (export "memory") 2)
  (global $g (mut i32) (i32.const 40))
  (elem (i32.const 0) $peek)
  (data (i32.const 16) "\\2a\\00\\00\\00")
  (func $peek (type $t) (i32.load (local.get 0)))
  (func (export "peek") (type $t) (call_indirect (type $t) (local.get 0) (i32.const 0)))
  (func (export "double") (type $t) (call $twice (local.get 0)))
  (func (export "grow") (type $t) (memory.grow (local.get 0)))
  (func (export "global") (result i32) (global.get $g)))`;

const memoryOf = (minimum: number, maximum: number): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: minimum, maximum, shared: true });

async function shared(text: string): Promise<ReturnType<typeof shareMemory>> {
  return shareMemory(await wat(text));
}

test("its code does what it did, on a memory that ends where the host says", async () => {
  const made = await shared(ORDINARY);
  if ("problem" in made) throw new Error(made.problem);
  expect(made.limits).toEqual({ minimum: 2, shared: false });
  expect(importedMemory(made.bytes)).toEqual({ minimum: 2, maximum: 65_536, shared: true });
  expect(boundsOf(made.bytes)).toEqual({
    ownMemories: 0,
    tableEntries: TABLE_ENTRIES_MAX,
    heapTypes: false,
  });
  const memory = memoryOf(2, 5);
  const imports = { env: { memory }, a: { twice: (n: number) => n * 2 } };
  const exports = new WebAssembly.Instance(new WebAssembly.Module(made.bytes), imports).exports as Record<
    string,
    (n?: number) => number
  >;
  expect([exports["peek"]?.(16), exports["double"]?.(21), exports["global"]?.()]).toEqual([42, 42, 40]);
  expect([exports["grow"]?.(3), exports["grow"]?.(1), memory.buffer.byteLength]).toEqual([2, -1, 5 * 65_536]);
  expect(exports["memory"]).toBe(memory);
});

test.each([
  ["an import", '(module (import "x" "y" (memory 3 9)) (import "x" "z" (func)))', { minimum: 3, maximum: 9 }],
  ["nothing but a memory", "(module (memory 1 4))", { minimum: 1, maximum: 4 }],
  ["a shared one of its own", "(module (memory 1 4 shared))", { minimum: 1, maximum: 4 }],
  ["a table with an end", "(module (memory 1) (table 1 7 funcref))", { minimum: 1, maximum: 65_536 }],
])("a module with %s", async (_, text, limits) => {
  const made = await shared(text);
  if ("problem" in made) throw new Error(made.problem);
  expect(WebAssembly.validate(made.bytes)).toBe(true);
  expect(importedMemory(made.bytes)).toEqual({ ...limits, shared: true });
  expect(boundsOf(made.bytes).tableEntries).toBe(text.includes("table") ? 7 : 0);
});

test.each([
  ["no memory", "(module)"],
  ["more than one memory", '(module (import "e" "m" (memory 7)) (memory 1))'],
])("a module with %s is refused", async (problem, text) => {
  expect(await shared(text)).toEqual({ problem: `the module has ${problem}` });
});

test("a memory of 64 bits is refused", () => {
  const bytes = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 4, 1]);
  expect(shareMemory(bytes)).toEqual({ problem: "the module's memory has addresses of 64 bits" });
});

test("any bytes end without an exception", async () => {
  const bytes = await wat(ORDINARY);
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(bytes.length), (changes, cut) => {
      const copy = bytes.slice(0, cut === 0 ? undefined : cut);
      for (const [at, value] of changes) copy[at] = value;
      shareMemory(copy);
    }),
    { seed: SEED, numRuns: 2000 },
  );
});
