// Makes of an ordinary module one whose memory the host gives it: the memory that it defines (or imports)
// becomes the import `env.memory`, shared. Only sections about memories and tables are written anew; memory 0
// stays memory 0 and no function moves, so its code is as it was. The bytes have been validated by the
// engine.

import { TABLE_ENTRIES_MAX } from "../limits.ts";
import { EXTERN, HEADER_BYTES, Reader, SECTION, leb, readSections } from "./wasm-reader.ts";
import type { MemoryLimits, Section } from "./wasm-reader.ts";

/** A module that has no memory, or more than one, or one of 64 bits can't be a guest: one sentence why. */
export interface SharingProblem {
  readonly problem: string;
}
export interface SharedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** As the module says; without a maximum it may have all that there is. */
  readonly limits: MemoryLimits;
}

/** Pages of 64 KiB that a memory of 32 bits can have. */
const PAGES_MAX = 65_536;
const LIMITS = { none: 0, maximum: 1, shared: 3, wide: 4 } as const;
const TABLE_WITH_VALUE = 0x40;
const MEMORY_NAME = [3, ...Buffer.from("env"), 6, ...Buffer.from("memory")];

/** The same program on a shared memory that it imports. */
export function shareMemory(bytes: Uint8Array): SharedModule | SharingProblem {
  const sections = readSections(bytes);
  const find = (number: number): Section | undefined => sections.find((each) => each.number === number);
  const own = find(SECTION.memory);
  const imports = find(SECTION.import);
  const found = [
    ...(own ? ownMemories(bytes, own) : []),
    ...(imports ? importedMemories(bytes, imports) : []),
  ];
  const [memory] = found;
  if (memory === undefined) return { problem: "the module has no memory" };
  if (found.length > 1) return { problem: "the module has more than one memory" };
  if (memory.limits.minimum > PAGES_MAX || memory.wide)
    return { problem: "the module's memory has addresses of 64 bits" };
  const written = new Map<number, readonly number[] | Uint8Array>();
  written.set(SECTION.import, importSection(bytes, imports, memory));
  written.set(SECTION.memory, []);
  const tables = find(SECTION.table);
  if (tables) written.set(SECTION.table, boundTables(bytes, tables));
  return { bytes: assemble(bytes, sections, written), limits: memory.limits };
}

interface FoundMemory {
  readonly limits: MemoryLimits;
  readonly wide: boolean;
  /** Of an imported one: where its import begins and ends. */
  readonly from?: number;
  readonly to?: number;
}

function memoryAt(bytes: Uint8Array, reader: Reader): FoundMemory {
  const wide = ((bytes[reader.at] ?? 0) & LIMITS.wide) !== 0;
  return { limits: reader.limits(), wide };
}

function ownMemories(bytes: Uint8Array, section: Section): readonly FoundMemory[] {
  const reader = new Reader(bytes, section.body);
  const found: FoundMemory[] = [];
  for (let left = reader.u32(); left > 0 && reader.at < section.end; left--) {
    found.push(memoryAt(bytes, reader));
  }
  return found;
}

function importedMemories(bytes: Uint8Array, section: Section): readonly FoundMemory[] {
  const reader = new Reader(bytes, section.body);
  const found: FoundMemory[] = [];
  for (let left = reader.u32(); left > 0 && reader.at < section.end; left--) {
    const from = reader.at;
    reader.skip(reader.u32());
    reader.skip(reader.u32());
    const kind = reader.byte();
    if (kind === EXTERN.memory) found.push({ ...memoryAt(bytes, reader), from, to: reader.at });
    else reader.skipDescription(kind);
  }
  return found;
}

/** All imports but that of the memory, and behind them the shared one. */
function importSection(bytes: Uint8Array, section: Section | undefined, memory: FoundMemory): Uint8Array {
  const { minimum, maximum = PAGES_MAX } = memory.limits;
  const entry = [...MEMORY_NAME, EXTERN.memory, LIMITS.shared, ...leb(minimum), ...leb(maximum)];
  if (section === undefined) return Uint8Array.from([1, ...entry]);
  const reader = new Reader(bytes, section.body);
  const count = reader.u32();
  const { from = section.end, to = section.end } = memory;
  const kept = [bytes.subarray(reader.at, from), bytes.subarray(to, section.end)];
  const others = memory.from === undefined ? count : count - 1;
  return Buffer.concat([Uint8Array.from(leb(others + 1)), ...kept, Uint8Array.from(entry)]);
}

/** A table that says no maximum may not grow beyond what guests may have. */
function boundTables(bytes: Uint8Array, section: Section): Uint8Array {
  const reader = new Reader(bytes, section.body);
  const count = reader.u32();
  const out: Uint8Array[] = [Uint8Array.from(leb(count))];
  for (let left = count; left > 0 && reader.at < section.end; left--) {
    const from = reader.at;
    // An expression follows: the rest stays as it is, and the check of the bounds refuses it.
    if (bytes[from] === TABLE_WITH_VALUE) return bytes.subarray(section.body, section.end);
    reader.skipReferenceType();
    const typeEnd = reader.at;
    const { minimum, maximum } = reader.limits();
    if (maximum !== undefined) out.push(bytes.subarray(from, reader.at));
    else {
      const limit = Math.max(minimum, Math.floor(TABLE_ENTRIES_MAX / count));
      const limits = [LIMITS.maximum, ...leb(minimum), ...leb(limit)];
      out.push(bytes.subarray(from, typeEnd), Uint8Array.from(limits));
    }
  }
  return Buffer.concat(out);
}

/** The sections in their order, those in `written` with other contents: none where these are empty. */
function assemble(
  bytes: Uint8Array,
  sections: readonly Section[],
  written: ReadonlyMap<number, readonly number[] | Uint8Array>,
): Uint8Array<ArrayBuffer> {
  const out: Uint8Array[] = [bytes.subarray(0, HEADER_BYTES)];
  const put = (number: number): void => {
    const body = written.get(number) ?? [];
    if (body.length > 0) out.push(Uint8Array.from([number, ...leb(body.length)]), Uint8Array.from(body));
  };
  let imported = false;
  for (const { number, at, end } of sections) {
    // Imports come before everything but types, also where there were none.
    if (!imported && number >= SECTION.import) {
      put(SECTION.import);
      imported = true;
    }
    if (number === SECTION.import) continue;
    if (written.has(number)) put(number);
    else out.push(bytes.subarray(at, end));
  }
  if (!imported) put(SECTION.import);
  return new Uint8Array(Buffer.concat(out));
}
