// The boot information of a guest as bytes: docs/abi.md, "The bus, handle 0".

import { BOOT_BYTES_MAX } from "../limits.ts";
import { BOOT_RECORD } from "../ring/abi.ts";

export interface BootFacts {
  readonly lab: string;
  readonly guest: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const encoder = new TextEncoder();

/** The records one after the other, or undefined where they are more than a guest can be given. */
export function encodeBoot(facts: BootFacts): Uint8Array | undefined {
  const records: [number, string][] = [
    [BOOT_RECORD.lab, facts.lab],
    [BOOT_RECORD.guest, facts.guest],
    ...facts.args.map((text): [number, string] => [BOOT_RECORD.argument, text]),
    ...Object.entries(facts.env).map(([key, text]): [number, string] => [
      BOOT_RECORD.environment,
      `${key}=${text}`,
    ]),
  ];
  const parts: Uint8Array[] = [];
  let total = 0;
  for (const [type, text] of records) {
    const bytes = encoder.encode(text);
    const head = new Uint8Array([type, 0, bytes.length & 0xff, bytes.length >> 8]);
    if (bytes.length > 0xffff) return undefined;
    parts.push(head, bytes);
    total += head.length + bytes.length;
  }
  if (total > BOOT_BYTES_MAX) return undefined;
  const out = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
