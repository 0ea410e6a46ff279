// The reader of sections: right on good modules, and it ends without a throw on any bytes at all.

import fc from "fast-check";
import { expect, test } from "vitest";
import { wat } from "../wat.test-support.ts";
import { boundsOf, importedMemory } from "./wasm-sections.ts";

const SEED = Number(process.env["SEED"] ?? 20_261_123);

const RICH = `(module
  (type $t (func (param i32 i64 f32 f64 funcref externref) (result i32 i64)))
  (import "a" "f" (func (type $t))) (import "a" "t" (table 1 5 funcref)) (import "a" "g" (global (mut i64)))
  (import "env" "memory" (memory 3 700 shared))
  (table 2 10 funcref) (table 0 100 externref)
  (func (export "main") (result i32) (i32.const 0)))`;

test("limits of the imported memory behind other imports, and tables added up", async () => {
  const bytes = await wat(RICH);
  expect(importedMemory(bytes)).toEqual({ minimum: 3, maximum: 700, shared: true });
  expect(boundsOf(bytes)).toEqual({ ownMemories: 0, tableEntries: 110, heapTypes: false });
});

test("no memory, memory without a maximum, memories of its own", async () => {
  const none = await wat("(module)");
  expect([importedMemory(none), boundsOf(none).tableEntries]).toEqual([undefined, 0]);
  const open = await wat('(module (import "e" "m" (memory 7)) (memory 1) (memory 2) (table 1 funcref))');
  expect(importedMemory(open)).toEqual({ minimum: 7, shared: false });
  expect(boundsOf(open)).toEqual({ ownMemories: 2, tableEntries: Infinity, heapTypes: false });
});

test("cut off or spoiled anywhere, the reader ends and throws nothing", { timeout: 300_000 }, async () => {
  console.log(`wasm-sections: seed ${SEED}`);
  const bytes = await wat(RICH);
  for (let length = 0; length <= bytes.length; length++) {
    const cut = bytes.slice(0, length);
    expect(() => [importedMemory(cut), boundsOf(cut)]).not.toThrow();
  }
  const spoiled = fc.record({ at: fc.nat(bytes.length - 1), by: fc.nat(255), cut: fc.nat(bytes.length) });
  fc.assert(
    fc.property(fc.array(spoiled, { minLength: 1, maxLength: 4 }), (changes) => {
      const copy = bytes.slice(0, Math.max(8, changes[0]?.cut ?? 0));
      for (const { at, by } of changes) if (at < copy.length) copy[at] = by;
      expect(() => [importedMemory(copy), boundsOf(copy)]).not.toThrow();
    }),
    { seed: SEED, numRuns: 2000 },
  );
});
