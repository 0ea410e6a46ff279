// The boot information of a guest as bytes: docs/abi.md, "The bus, handle 0".

import { BOOT_BYTES_MAX } from "../limits.ts";
import { BOOT_RECORD } from "../ring/abi.ts";

export interface BootFacts {
  readonly lab: string;
  readonly guest: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const HEAD_BYTES = 4;
/** Written to before it is known how long the records are. */
const room = Buffer.alloc(BOOT_BYTES_MAX);

/** The records one after the other, or undefined where they are more than a guest can be given. */
export function encodeBoot({ lab, guest, args, env }: BootFacts): Uint8Array | undefined {
  let at = write(0, BOOT_RECORD.lab, lab);
  at = write(at, BOOT_RECORD.guest, guest);
  for (const text of args) at = write(at, BOOT_RECORD.argument, text);
  for (const [key, text] of Object.entries(env)) at = write(at, BOOT_RECORD.environment, `${key}=${text}`);
  return at === Infinity ? undefined : new Uint8Array(room.subarray(0, at));
}

/** Where the next record begins; beyond the room, where this one has none. */
function write(at: number, type: number, text: string): number {
  const length = Buffer.byteLength(text);
  const end = at + HEAD_BYTES + length;
  if (length > 0xffff || end > BOOT_BYTES_MAX) return Infinity;
  room.writeUInt16LE(type, at);
  room.writeUInt16LE(length, at + 2);
  room.write(text, at + HEAD_BYTES);
  return end;
}
