// Reads the import section of a WebAssembly module: the engine's own reflection doesn't tell a memory's
// limits. Spec: WebAssembly core 3.0, 5.5.5. The bytes have been validated by the engine already.

import { EXTERN, Reader, SECTION, type MemoryLimits } from "./wasm-reader.ts";

/** What a module can take beside its imported memory. */
export interface ModuleBounds {
  /** Memories of its own. */
  readonly ownMemories: number;
  /** Entries of all its tables when they have grown as far as they may; Infinity where nothing ends that. */
  readonly tableEntries: number;
  /** It declares types of the garbage-collected heap. */
  readonly heapTypes: boolean;
}

const FUNCTION_TYPE = 0x60;

/** The limits of the imported memory, undefined where none is imported. */
export function importedMemory(bytes: Uint8Array): MemoryLimits | undefined {
  const reader = sectionOf(bytes, SECTION.import);
  if (!reader) return undefined;
  for (let left = reader.u32(); left > 0 && !reader.atEnd(); left--) {
    reader.skip(reader.u32());
    reader.skip(reader.u32());
    const kind = reader.byte();
    if (kind === EXTERN.memory) return reader.limits();
    reader.skipDescription(kind);
  }
  return undefined;
}

/** Where a module's own appetite ends. */
export function boundsOf(bytes: Uint8Array): ModuleBounds {
  return {
    ownMemories: sectionOf(bytes, SECTION.memory)?.u32() ?? 0,
    tableEntries: tableEntries(sectionOf(bytes, SECTION.table)),
    heapTypes: hasHeapTypes(sectionOf(bytes, SECTION.type)),
  };
}

function tableEntries(reader: Reader | undefined): number {
  let entries = 0;
  for (let left = reader?.u32() ?? 0; reader && left > 0 && !reader.atEnd(); left--) {
    if (reader.skipReferenceType() === TABLE_WITH_VALUE) return Infinity; // An expression follows.
    entries += reader.limits().maximum ?? Infinity;
  }
  return entries;
}

function hasHeapTypes(reader: Reader | undefined): boolean {
  for (let left = reader?.u32() ?? 0; reader && left > 0 && !reader.atEnd(); left--) {
    if (reader.byte() !== FUNCTION_TYPE) return true;
    reader.skipValueTypes();
    reader.skipValueTypes();
  }
  return false;
}

const TABLE_WITH_VALUE = 0x40;

/** A reader of the first section with this number, undefined where there is none. */
function sectionOf(bytes: Uint8Array, wanted: number): Reader | undefined {
  const reader = new Reader(bytes, 8);
  while (!reader.atEnd()) {
    const section = reader.byte();
    const size = reader.u32();
    if (section === wanted) return reader;
    reader.skip(size);
  }
  return undefined;
}
