// Colours of diagnostics, or none.

export interface Paint {
  readonly error: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly note: (text: string) => string;
  readonly value: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly dim: (text: string) => string;
}

const plain = (text: string): string => text;
const wrap =
  (code: number, off = 39) =>
  (text: string): string =>
    `\u001b[${code}m${text}\u001b[${off}m`;

export function paintFor(colour: boolean): Paint {
  if (!colour) return { error: plain, warning: plain, note: plain, value: plain, strong: plain, dim: plain };
  return {
    error: wrap(31),
    warning: wrap(33),
    note: wrap(34),
    value: wrap(36),
    strong: wrap(1, 22),
    dim: wrap(2, 22),
  };
}
