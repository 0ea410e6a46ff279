// Where each instruction of a WebAssembly function ends, and what it is to whoever meters the function. Spec:
// WebAssembly core 3.0, 5.4; threads; legacy exceptions. The bytes have been validated by the engine.

import type { Reader } from "./wasm-reader.ts";

/**
 * `bulk`: its last operand says how much it does. `wait32`, `wait64`: sleeps. `unknown`: where it ends can't
 * be said.
 */
export type Instruction =
  "plain" | "block" | "loop" | "end" | "delegate" | "call" | "bulk" | "wait32" | "wait64" | "unknown";

const NO_TYPE = 0x40;
const REFERENCE = [0x63, 0x64];
const OP = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  try: 0x06,
  end: 0x0b,
  brTable: 0x0e,
  callIndirect: 0x11,
  returnCallIndirect: 0x13,
  delegate: 0x18,
  selectTypes: 0x1c,
  tryTable: 0x1f,
  i32: 0x41,
  i64: 0x42,
  f32: 0x43,
  f64: 0x44,
  refNull: 0xd0,
  bulk: 0xfc,
  simd: 0xfd,
  atomic: 0xfe,
} as const;
/** Followed by one index or depth: branches, exceptions, calls, variables, tables, memory size. */
const WITH_INDEX = new Set([
  0x07, 0x08, 0x09, 0x0c, 0x0d, 0x10, 0x12, 0x14, 0x15, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x3f, 0x40,
  0xd2, 0xd5, 0xd6,
]);
/** Followed by nothing: control, `drop`, `select`, arithmetic, references. */
const ALONE = new Set([0x00, 0x01, 0x05, 0x0a, 0x0f, 0x19, 0x1a, 0x1b, 0xd1, 0xd3, 0xd4]);
const CALLS = new Set([0x10, 0x11, 0x12, 0x13, 0x14, 0x15]);

/** Reads one instruction and tells what it was. */
export function readInstruction(reader: Reader): Instruction {
  const op = reader.byte();
  if (op === OP.end) return "end";
  if (op === OP.loop || op === OP.block || op === OP.if || op === OP.try) {
    skipBlockType(reader);
    return op === OP.loop ? "loop" : "block";
  }
  if (op === OP.callIndirect || op === OP.returnCallIndirect) {
    reader.u32();
    reader.u32();
    return "call";
  }
  if (WITH_INDEX.has(op)) {
    reader.u32();
    return CALLS.has(op) ? "call" : "plain";
  }
  if (ALONE.has(op) || (op >= 0x45 && op <= 0xc4)) return "plain";
  if (op >= 0x28 && op <= 0x3e) return skipMemory(reader);
  switch (op) {
    case OP.delegate:
      reader.u32();
      return "delegate";
    case OP.tryTable:
      return skipTryTable(reader);
    case OP.brTable:
      for (let left = reader.u32() + 1; left > 0 && !reader.atEnd(); left--) reader.u32();
      return "plain";
    case OP.selectTypes:
      reader.skipValueTypes();
      return "plain";
    case OP.i32:
    case OP.i64:
    case OP.refNull:
      reader.skipLeb();
      return "plain";
    case OP.f32:
      reader.skip(4);
      return "plain";
    case OP.f64:
      reader.skip(8);
      return "plain";
    case OP.bulk:
      return readBulk(reader);
    case OP.simd:
      return readSimd(reader);
    case OP.atomic:
      return readAtomic(reader);
    default:
      return "unknown";
  }
}

/** Nothing, a type, or a number of one. */
function skipBlockType(reader: Reader): void {
  const first = reader.peek();
  if (first === NO_TYPE) reader.skip(1);
  else if (REFERENCE.includes(first)) reader.skipReferenceType();
  else reader.skipLeb();
}

function skipTryTable(reader: Reader): Instruction {
  skipBlockType(reader);
  for (let left = reader.u32(); left > 0 && !reader.atEnd(); left--) {
    const isForAll = reader.byte() >= 2;
    if (!isForAll) reader.u32();
    reader.u32();
  }
  return "block";
}

/** Alignment, maybe the number of a memory, offset. */
function skipMemory(reader: Reader): Instruction {
  if ((reader.u32() & 0x40) !== 0) reader.u32();
  reader.u32();
  return "plain";
}

function readBulk(reader: Reader): Instruction {
  const op = reader.u32();
  if (op <= 7) return "plain"; // Numbers that are cut off.
  if (op > 17) return "unknown";
  reader.u32();
  const [dataDrop, elemDrop, tableSize] = [9, 13, 16];
  if (op === dataDrop || op === elemDrop || op === tableSize) return "plain";
  // Those that name two things: init and copy of memories and tables.
  if (op === 8 || op === 10 || op === 12 || op === 14) reader.u32();
  return "bulk";
}

function readSimd(reader: Reader): Instruction {
  const op = reader.u32();
  if (op <= 11 || op === 92 || op === 93) return skipMemory(reader);
  if (op === 12 || op === 13) reader.skip(16);
  else if (op >= 21 && op <= 34) reader.skip(1);
  else if (op >= 84 && op <= 91) {
    skipMemory(reader);
    reader.skip(1);
  }
  return op <= 0x113 ? "plain" : "unknown";
}

function readAtomic(reader: Reader): Instruction {
  const op = reader.u32();
  if (op === 3) {
    reader.skip(1);
    return "plain";
  }
  if (op > 0x4e) return "unknown";
  skipMemory(reader);
  if (op === 1) return "wait32";
  return op === 2 ? "wait64" : "plain";
}
