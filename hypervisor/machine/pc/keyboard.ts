// What is typed on a console as keys of a PC's keyboard: a US one, as a BIOS reads it. Scan codes, set 1.

const RELEASED = 0x80;
const SHIFT = 0x2a;
const CONTROL = 0x1d;

/** From the first key's scan code on: without and with shift. */
const ROWS: readonly (readonly [code: number, plain: string, shifted: string])[] = [
  [0x02, "1234567890-=", "!@#$%^&*()_+"],
  [0x10, "qwertyuiop[]", "QWERTYUIOP{}"],
  [0x1e, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
  [0x2b, "\\zxcvbnm,./", "|ZXCVBNM<>?"],
];
const OTHERS: Readonly<Record<string, number>> = {
  "\u001b": 0x01,
  "\b": 0x0e,
  "\u007f": 0x0e,
  "\t": 0x0f,
  "\n": 0x1c,
  "\r": 0x1c,
  " ": 0x39,
};

interface Key {
  readonly code: number;
  readonly with?: number;
}

const KEYS: ReadonlyMap<number, Key> = new Map(
  [...keysOf()].map(([character, key]) => [character.charCodeAt(0), key]),
);

function* keysOf(): Generator<[string, Key]> {
  for (const [first, plain, shifted] of ROWS) {
    for (const [index, character] of [...plain].entries()) {
      const code = first + index;
      yield [character, { code }];
      yield [shifted[index] as string, { code, with: SHIFT }];
      // Control and a letter, unless that is a key of its own: the last one counts.
      if (/[a-z]/.test(character))
        yield [String.fromCharCode(character.charCodeAt(0) - 96), { code, with: CONTROL }];
    }
  }
  for (const [character, code] of Object.entries(OTHERS)) yield [character, { code }];
}

/** The codes that the keyboard sends for a byte that was typed; none where there is no such key. */
export function scanCodes(byte: number): readonly number[] {
  const key = KEYS.get(byte);
  if (!key) return [];
  const pressed = [key.code, key.code | RELEASED];
  return key.with === undefined ? pressed : [key.with, ...pressed, key.with | RELEASED];
}
