;; The host's functions for metered modules (metered.ts) as functions of a module, which a table can hold; a trap; and nothing.
(module
  (import "host" "spent" (func $spent (result i32)))
  (import "host" "turn" (func $turn))
  (import "host" "wait32" (func $wait32 (param i32 i32 i64 i32) (result i32)))
  (import "host" "wait64" (func $wait64 (param i32 i64 i64 i32) (result i32)))
  (export "spent" (func $spent))
  (export "turn" (func $turn))
  (export "wait32" (func $wait32))
  (export "wait64" (func $wait64))
  (func (export "nothing"))
  (func (export "trap") unreachable))
