// The files that an image of a PC is made of, as they are on disk now.

import { statSync, type BigIntStats } from "node:fs";
import { errorCode, errorText } from "../operation-error.ts";

const FILE_BYTES_MAX = 256 << 20;

/** A file that is not what it should be; a sentence for the user. */
export class Unusable extends Error {}

/** What changes when a file does. Throws `Unusable`; `tooLarge` is what it says of one that is. */
export function stampOf(file: string, tooLarge = "is larger than 256MiB"): string {
  try {
    const facts = statSync(file, { bigint: true });
    if (!facts.isFile()) throw new Unusable(`${file} is not a file`);
    if (facts.size > BigInt(FILE_BYTES_MAX)) throw new Unusable(`${file} ${tooLarge}`);
    return stampOfFacts(facts);
  } catch (error) {
    if (error instanceof Unusable) throw error;
    const why = errorCode(error) === "ENOENT" ? "is not there" : `can't be read: ${errorText(error)}`;
    throw new Unusable(`${file} ${why}`);
  }
}

/** The same of facts that were just asked for. */
export function stampOfFacts({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [ino, size, mtimeNs, ctimeNs].join(" ");
}
