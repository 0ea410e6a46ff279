// Reads the import section of a WebAssembly module: the engine's own reflection doesn't tell a memory's
// limits. Spec: WebAssembly core 3.0, 5.5.5. The bytes have been validated by the engine already.

export interface MemoryLimits {
  /** Pages of 64 KiB. */
  readonly minimum: number;
  readonly maximum?: number;
  readonly shared: boolean;
}

/** What a module can take beside its imported memory. */
export interface ModuleBounds {
  /** Memories of its own. */
  readonly ownMemories: number;
  /** Entries of all its tables when they have grown as far as they may; Infinity where nothing ends that. */
  readonly tableEntries: number;
  /** It declares types of the garbage-collected heap. */
  readonly heapTypes: boolean;
}

const SECTION = { type: 1, import: 2, table: 4, memory: 5 } as const;
const EXTERN = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
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

class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** LEB128, unsigned, at most five bytes for the numbers that are used here. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  }

  limits(): MemoryLimits {
    const flags = this.byte();
    const minimum = this.u32();
    const shared = (flags & 2) !== 0;
    return (flags & 1) === 0 ? { minimum, shared } : { minimum, maximum: this.u32(), shared };
  }

  skipDescription(kind: number): void {
    if (kind === EXTERN.function) this.u32();
    else if (kind === EXTERN.global) {
      this.#valueType();
      this.byte();
    } else if (kind === EXTERN.table) {
      this.#valueType();
      this.limits();
    } else if (kind === EXTERN.tag) {
      this.byte();
      this.u32();
    }
  }

  skipValueTypes(): void {
    for (let left = this.u32(); left > 0 && !this.atEnd(); left--) this.#valueType();
  }

  /** Answers the first byte of it. */
  skipReferenceType(): number {
    return this.#valueType();
  }

  #valueType(): number {
    const type = this.byte();
    if (type === 0x63 || type === 0x64) this.u32(); // A reference to a type by index.
    return type;
  }
}
