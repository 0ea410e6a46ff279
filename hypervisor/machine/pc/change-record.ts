// What records of changes of the bus have in common: docs/abi.md.

const NAME = { at: 16, bytes: 32 } as const;

/** The name of the device of the record that lies at `at`. */
export function readName(view: DataView, at: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at + NAME.at, NAME.bytes).slice();
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString();
}
