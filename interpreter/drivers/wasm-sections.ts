// Reads the one thing about a WebAssembly module that the engine does not tell: the limits of its imported memory.
// The module has been validated before; still every read is bounded.

/** Limits of an imported memory, in bytes. */
export interface MemoryImport {
  readonly min: number;
  readonly max: number | undefined;
  readonly shared: boolean;
}

const PAGE = 65536;
const IMPORT_SECTION = 2;
const FUNCTION = 0;
const TABLE = 1;
const MEMORY = 2;
const GLOBAL = 3;

/** The memory that a valid module imports as `module.name`, if it does. */
export function memoryImport(bytes: Uint8Array, module: string, name: string): MemoryImport | undefined {
  let at = 8;
  // Bound: every section has at least two bytes.
  while (at < bytes.length) {
    const id = bytes[at] ?? 0;
    const cursor = new Cursor(bytes, at + 1);
    const length = cursor.number();
    if (id === IMPORT_SECTION) return findMemory(cursor, module, name);
    at = cursor.at + length;
  }
  return undefined;
}

function findMemory(cursor: Cursor, module: string, name: string): MemoryImport | undefined {
  const count = cursor.number();
  for (let index = 0; index < count; index++) {
    const wanted = cursor.text() === module;
    const named = cursor.text() === name;
    const kind = cursor.byte();
    if (kind === MEMORY) {
      const limits = cursor.limits();
      if (wanted && named) return limits;
    } else if (!skipImport(cursor, kind)) return undefined;
  }
  return undefined;
}

function skipImport(cursor: Cursor, kind: number): boolean {
  if (kind === FUNCTION) cursor.number();
  else if (kind === TABLE) {
    cursor.byte();
    cursor.limits();
  } else if (kind === GLOBAL) {
    cursor.byte();
    cursor.byte();
  } else return false;
  return true;
}

class Cursor {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.#bytes[this.at++] ?? 0;
  }

  /** LEB128, at most 32 bits (64-bit memories have more; they are refused elsewhere). */
  number(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  }

  text(): string {
    const length = this.number();
    const start = this.at;
    this.at += length;
    return new TextDecoder().decode(this.#bytes.subarray(start, this.at));
  }

  limits(): MemoryImport {
    const flags = this.byte();
    const min = this.number() * PAGE;
    const max = (flags & 1) === 0 ? undefined : this.number() * PAGE;
    return { min, max, shared: (flags & 2) !== 0 };
  }
}
