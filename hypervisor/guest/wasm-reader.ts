// Reads the bytes of a WebAssembly module, number by number. Spec: WebAssembly core 3.0, 5. Never throws, and
// ends on any bytes: beyond the end there are zeros.

/** Limits of a memory in pages of 64 KiB, or of a table in entries. */
export interface MemoryLimits {
  readonly minimum: number;
  readonly maximum?: number;
  readonly shared: boolean;
}

/** What a module begins with: the magic word and the version. */
export const HEADER_BYTES = 8;
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  code: 10,
} as const;
export const EXTERN = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;

export class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Offset of the next byte. */
  get at(): number {
    return this.#at;
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  peek(): number {
    return this.#bytes[this.#at] ?? 0;
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

  /** A number in LEB128 of any width, with a sign or without. */
  skipLeb(): void {
    // Bound: the bytes that there are; beyond them are zeros.
    while (this.byte() >= 0x80);
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

/** A section: where it begins, where its contents begin, and where it ends. */
export interface Section {
  readonly number: number;
  readonly at: number;
  readonly body: number;
  readonly end: number;
}

/** All sections in their order. */
export function readSections(bytes: Uint8Array): readonly Section[] {
  const found: Section[] = [];
  const reader = new Reader(bytes, HEADER_BYTES);
  while (!reader.atEnd()) {
    const { at } = reader;
    const number = reader.byte();
    const size = reader.u32();
    const body = reader.at;
    reader.skip(size);
    found.push({ number, at, body, end: Math.min(body + size, bytes.length) });
  }
  return found;
}

/** LEB128, unsigned. */
export function leb(value: number): readonly number[] {
  const out: number[] = [];
  let rest = value;
  // Bound: five bytes for the numbers that are used here.
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    out.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return out;
}

/** LEB128 with a sign, of a number of 32 bits. */
export function signedLeb(value: number): readonly number[] {
  const out: number[] = [];
  let rest = value;
  // Bound: five bytes.
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40)) return [...out, low];
    out.push(low | 0x80);
  }
}
