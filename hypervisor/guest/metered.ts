// Makes of a guest's module one that can share a thread: at each loop and each call it pays from a store of
// fuel, and where that is empty it asks the host whether its turn goes on. Its own wait instructions become
// calls of the host, and its start function an export, so that both can suspend it. Only things at the end of
// their sections are added: no index moves. The bytes have been judged as an image. See docs/decisions/0051.

import { FUEL, METERED_TABLE_ENTRIES_MAX } from "../limits.ts";
import { Reader, SECTION, leb, readSections, signedLeb, type Section } from "./wasm-reader.ts";
import { boundsOf } from "./wasm-sections.ts";
import { readInstruction } from "./wasm-instructions.ts";

/** What a metered module exports beside what it did, by names that no other may have. */
export const METERED = { calls: "vbus calls", fuel: "vbus fuel", start: "vbus start" } as const;
/** Places in the table of host functions: `spent: () -> i32`, `turn: () -> ()` and the two waits. */
export const CALL = { spent: 0, turn: 1, wait32: 2, wait64: 3, count: 4 } as const;

export type Metered = { readonly bytes: Uint8Array<ArrayBuffer> } | { readonly problem: string };

const I32 = 0x7f;
const I64 = 0x7e;
const FUNCREF = 0x70;
const EXPORT = { function: 0, table: 1, global: 3 } as const;
const FUNCTION = 0x60;
/** Types of the host's functions, by `CALL`, and that of `bulk: i32 -> i32`. */
const TYPES = [
  [FUNCTION, 0, 1, I32],
  [FUNCTION, 0, 0],
  [FUNCTION, 4, I32, I32, I64, I32, 1, I32],
  [FUNCTION, 4, I32, I64, I64, I32, 1, I32],
  [FUNCTION, 1, I32, 1, I32],
] as const;
const BULK_TYPE = CALL.count;
/** A unit of fuel is so many bytes of code that are passed, or of memory that one instruction moves. */
const CODE_SHIFT = 5;
const BULK_SHIFT = 6;
/** A function that is shorter, calls nothing and has no loop pays nothing of its own. */
const FREE_BYTES = 512;

/** Indices of what is added. */
interface Added {
  /** The first of `TYPES`. */
  readonly type: number;
  readonly table: number;
  readonly fuel: number;
  /** Functions: asks the host; the same for bulk instructions; the waits. */
  readonly ask: number;
  readonly bulk: number;
  readonly wait32: number;
  readonly wait64: number;
}

/** The same module, metered; or one sentence why it can't be. */
export function meterModule(bytes: Uint8Array): Metered {
  const { tableEntries } = boundsOf(bytes);
  if (tableEntries > METERED_TABLE_ENTRIES_MAX)
    return { problem: `a shared guest's tables may not grow beyond ${METERED_TABLE_ENTRIES_MAX} entries` };
  const sections = readSections(bytes);
  const body = (number: number): Section | undefined => sections.find((each) => each.number === number);
  const code = body(SECTION.code);
  const exports = body(SECTION.export);
  if (code === undefined || exports === undefined)
    return { problem: "the module has no function of its own" };
  if (exportsReserved(bytes, exports)) return { problem: "the module exports a name of the host's" };
  const count = (number: number): number => countOf(bytes, body(number));
  const functions = importedFunctions(bytes, body(SECTION.import)) + count(SECTION.function);
  const added: Added = {
    type: count(SECTION.type),
    table: count(SECTION.table),
    fuel: count(SECTION.global),
    ask: functions,
    bulk: functions + 1,
    wait32: functions + 2,
    wait64: functions + 3,
  };
  const bodies = meterCode(bytes, code, added);
  if (bodies === undefined) return { problem: "the module has an instruction that a shared guest may not" };
  const start = body(SECTION.start);
  const startOf = start && new Reader(bytes, start.body).u32();
  const more = new Map<number, readonly (readonly number[])[]>([
    [SECTION.type, TYPES],
    [SECTION.function, [1, BULK_TYPE, CALL.wait32, CALL.wait64].map((type) => leb(added.type + type))],
    [SECTION.table, [[FUNCREF, 1, CALL.count, CALL.count]]],
    [SECTION.global, [[I32, 1, 0x41, ...signedLeb(FUEL), 0x0b]]],
    [SECTION.export, exportsOf(added, startOf)],
  ]);
  return { bytes: assemble(bytes, sections, more, bodies) };
}

function exportsOf(added: Added, start: number | undefined): readonly (readonly number[])[] {
  return [
    [...name(METERED.calls), EXPORT.table, ...leb(added.table)],
    [...name(METERED.fuel), EXPORT.global, ...leb(added.fuel)],
    ...(start === undefined ? [] : [[...name(METERED.start), EXPORT.function, ...leb(start)]]),
  ];
}

function name(text: string): readonly number[] {
  return [text.length, ...Buffer.from(text)];
}

function exportsReserved(bytes: Uint8Array, section: Section): boolean {
  const reader = new Reader(bytes, section.body);
  for (let left = reader.u32(); left > 0 && !reader.atEnd(); left--) {
    const length = reader.u32();
    const text = Buffer.from(bytes.subarray(reader.at, reader.at + length)).toString();
    if (Object.values<string>(METERED).includes(text)) return true;
    reader.skip(length + 1);
    reader.u32();
  }
  return false;
}

function countOf(bytes: Uint8Array, section: Section | undefined): number {
  return section === undefined ? 0 : new Reader(bytes, section.body).u32();
}

function importedFunctions(bytes: Uint8Array, section: Section | undefined): number {
  if (section === undefined) return 0;
  const reader = new Reader(bytes, section.body);
  let found = 0;
  for (let left = reader.u32(); left > 0 && !reader.atEnd(); left--) {
    reader.skip(reader.u32());
    reader.skip(reader.u32());
    const kind = reader.byte();
    if (kind === EXPORT.function) found++;
    reader.skipDescription(kind);
  }
  return found;
}

/** Where a function pays, and what. */
interface Toll {
  readonly at: number;
  /** Bytes of the guest's code that are left out there. */
  readonly skip: number;
  readonly code: readonly number[];
}

/** The new code section without its header; undefined where an instruction can't be read. */
function meterCode(bytes: Uint8Array, section: Section, added: Added): Uint8Array | undefined {
  const reader = new Reader(bytes, section.body);
  const count = reader.u32();
  const own = helpers(added);
  const out: Uint8Array[] = [Uint8Array.from(leb(count + own.length))];
  for (let left = count; left > 0 && !reader.atEnd(); left--) {
    const size = reader.u32();
    const from = reader.at;
    const tolls = tollsOf(bytes, from, from + size, added);
    if (tolls === undefined) return undefined;
    const length = tolls.reduce((sum, { code, skip }) => sum + code.length - skip, size);
    out.push(Uint8Array.from(leb(length)));
    let at = from;
    for (const toll of tolls) {
      out.push(bytes.subarray(at, toll.at), Uint8Array.from(toll.code));
      at = toll.at + toll.skip;
    }
    out.push(bytes.subarray(at, from + size));
    reader.skip(size);
  }
  for (const body of own) out.push(Uint8Array.from([...leb(body.length), ...body]));
  return Buffer.concat(out);
}

/** In the order of the code; undefined where an instruction can't be read. */
function tollsOf(bytes: Uint8Array, from: number, end: number, added: Added): Toll[] | undefined {
  const reader = new Reader(bytes, from);
  for (let left = reader.u32(); left > 0 && !reader.atEnd(); left--) {
    reader.u32();
    reader.skipReferenceType();
  }
  const begin = reader.at;
  const tolls: Toll[] = [];
  /** Of each open block: where it began, and its place among `tolls` if it is a loop. */
  const open: { readonly at: number; readonly loop: number }[] = [];
  let pays = end - from > FREE_BYTES;
  // Bound: the body's bytes; each instruction has one at least.
  while (reader.at < end) {
    const { at } = reader;
    const kind = readInstruction(reader);
    if (kind === "unknown") return undefined;
    if (kind === "call" || kind === "loop" || kind === "bulk") pays = true;
    if (kind === "block") open.push({ at, loop: -1 });
    if (kind === "loop") {
      open.push({ at, loop: tolls.length });
      tolls.push({ at: reader.at, skip: 0, code: [] }); // Its price is known where it ends.
    }
    if (kind === "end" || kind === "delegate") {
      const block = open.pop();
      if (block && block.loop >= 0)
        tolls[block.loop] = { ...(tolls[block.loop] as Toll), code: payment(reader.at - block.at, added) };
    }
    if (kind === "bulk") tolls.push({ at, skip: 0, code: [0x10, ...leb(added.bulk)] });
    if (kind === "wait32" || kind === "wait64")
      tolls.push({ at, skip: reader.at - at, code: waiting(bytes, at, added[kind]) });
  }
  if (pays) tolls.unshift({ at: begin, skip: 0, code: payment(end - begin, added) });
  return tolls;
}

/** Takes fuel for so many bytes of code, and asks the host where none is left. */
function payment(bytes: number, { fuel, ask }: Added): readonly number[] {
  const price = 1 + (bytes >>> CODE_SHIFT);
  const global = leb(fuel);
  // fuel = fuel - price; if (fuel <= 0) ask()
  const take = [0x23, ...global, 0x41, ...signedLeb(price), 0x6b, 0x24, ...global];
  return [...take, 0x23, ...global, 0x41, 0, 0x4c, 0x04, 0x40, 0x10, ...leb(ask), 0x0b];
}

/** The call that stands for a wait instruction: its offset is one more operand. */
function waiting(bytes: Uint8Array, at: number, helper: number): readonly number[] {
  const reader = new Reader(bytes, at + 1);
  reader.u32();
  if ((reader.u32() & 0x40) !== 0) reader.u32();
  return [0x41, ...signedLeb(reader.u32() | 0), 0x10, ...leb(helper)];
}

/** Bodies of the functions that are added: `ask`, `bulk` and the waits. */
function helpers({ type, table, fuel, ask }: Added): readonly (readonly number[])[] {
  const call = (which: number): number[] => [0x41, which, 0x11, ...leb(type + which), ...leb(table)];
  const get = (local: number): number[] => [0x20, local];
  const global = leb(fuel);
  const wait = (which: number): number[] => [0, ...[0, 1, 2, 3].flatMap(get), ...call(which), 0x0b];
  // fuel = FUEL; if (spent()) turn()
  const refill = [0, 0x41, ...signedLeb(FUEL), 0x24, ...global];
  const asking = [...call(CALL.spent), 0x04, 0x40, ...call(CALL.turn), 0x0b, 0x0b];
  // fuel = fuel - (length >> BULK_SHIFT); if (fuel <= 0) ask(); length
  const take = [0, 0x23, ...global, ...get(0), 0x41, BULK_SHIFT, 0x76, 0x6b, 0x24, ...global];
  const look = [0x23, ...global, 0x41, 0, 0x4c, 0x04, 0x40, 0x10, ...leb(ask), 0x0b, ...get(0), 0x0b];
  return [[...refill, ...asking], [...take, ...look], wait(CALL.wait32), wait(CALL.wait64)];
}

/** Sections in the order in which a module has them; 13 is that of tags, 12 the count of data segments. */
const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

/** The sections with `more` entries at their ends, with other code, and without a start. */
function assemble(
  bytes: Uint8Array,
  sections: readonly Section[],
  more: ReadonlyMap<number, readonly (readonly number[])[]>,
  code: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const out: Uint8Array[] = [bytes.subarray(0, 8)];
  const put = (number: number, parts: readonly Uint8Array[]): void => {
    const size = parts.reduce((sum, { length }) => sum + length, 0);
    out.push(Uint8Array.from([number, ...leb(size)]), ...parts);
  };
  for (const number of ORDER) {
    const section = sections.find((each) => each.number === number);
    const entries = more.get(number);
    if (number === SECTION.start) continue;
    if (number === SECTION.code) put(number, [code]);
    else if (entries) {
      const reader = new Reader(bytes, section?.body ?? bytes.length);
      const count = section ? reader.u32() : 0;
      const kept = section ? bytes.subarray(reader.at, section.end) : new Uint8Array();
      put(number, [Uint8Array.from(leb(count + entries.length)), kept, Uint8Array.from(entries.flat())]);
    } else if (section) put(number, [bytes.subarray(section.body, section.end)]);
  }
  return new Uint8Array(Buffer.concat(out));
}
