// What is known of image files: content, digest, and whether it is a guest at all. Read once for each state
// of a file. Compiles nothing for running; the hypervisor does that from the same bytes.

import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { checkBounds, checkModule, importedMemory } from "../../hypervisor/index.ts";
import type { GivenFiles } from "../given-files.ts";
import { errorCode, errorText } from "../operation-error.ts";

/** A readable guest image. `digest` is SHA-256 in hexadecimal. */
export interface ImageFile {
  readonly bytes: Uint8Array;
  readonly digest: string;
  /** Bytes of RAM that the module asks for at least. */
  readonly memoryMin: number;
}
/** Why a file is none; a sentence for the user. */
export interface ImageProblem {
  readonly problem: string;
}

const IMAGE_BYTES_MAX = 256 << 20;
const PAGE = 65_536;
/** What a WebAssembly module begins with. */
const MAGIC = [0x00, 0x61, 0x73, 0x6d];

interface Seen {
  readonly stamp: string;
  readonly answer: ImageFile | ImageProblem;
}

/**
 * A cache by path, refreshed whenever the file's stamp differs. `resolve` turns `std:` names into files;
 * what is `given` hides the disk.
 */
export class ImageFiles {
  readonly #seen = new Map<string, Seen>();
  readonly #resolve: (path: string) => string | undefined;
  readonly #given: GivenFiles | undefined;

  constructor(resolve: (path: string) => string | undefined, given?: GivenFiles) {
    this.#resolve = resolve;
    this.#given = given;
  }

  /** The image behind an absolute path or a `std:` name, as it is on disk now. */
  look(path: string): ImageFile | ImageProblem {
    const given = this.#given?.get(path);
    if (given !== undefined) {
      if (given.length > IMAGE_BYTES_MAX) return { problem: `${path} is larger than 256MiB` };
      // A copy: guests boot from it later, and whoever gave it may go on writing.
      return this.#take(path, "given", new Uint8Array(given));
    }
    const file = this.#resolve(path);
    if (file === undefined) return { problem: `there is no ${path} in the standard library` };
    try {
      const facts = statSync(file, { bigint: true });
      if (!facts.isFile()) return { problem: `${path} is not a file` };
      if (facts.size > BigInt(IMAGE_BYTES_MAX)) return { problem: `${path} is larger than 256MiB` };
      return this.#read(path, file, stampOf(facts));
    } catch (error) {
      if (errorCode(error) === "ENOENT") return { problem: `${path} is not there` };
      if (errorCode(error) === "EACCES") return { problem: `${path} may not be read` };
      return { problem: `${path} can't be read: ${errorText(error)}` };
    }
  }

  #read(path: string, file: string, stamp: string): ImageFile | ImageProblem {
    const seen = this.#seen.get(path);
    if (seen?.stamp === stamp) return seen.answer;
    return this.#take(path, stamp, new Uint8Array(readFileSync(file)));
  }

  #take(path: string, stamp: string, bytes: Uint8Array<ArrayBuffer>): ImageFile | ImageProblem {
    const seen = this.#seen.get(path);
    const digest = createHash("sha256").update(bytes).digest("hex");
    const old = seen?.answer;
    const same = old !== undefined && "digest" in old && old.digest === digest;
    const answer = same ? old : inspect(path, bytes, digest);
    this.#seen.set(path, { stamp, answer });
    return answer;
  }
}

function stampOf(facts: BigIntStats): string {
  return [facts.ino, facts.size, facts.mtimeNs, facts.ctimeNs].join(" ");
}

function inspect(path: string, bytes: Uint8Array<ArrayBuffer>, digest: string): ImageFile | ImageProblem {
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(bytes);
  } catch (error) {
    const isWasm = MAGIC.every((byte, index) => bytes[index] === byte);
    const why = isWasm
      ? `is not a valid WebAssembly module: ${errorText(error)}`
      : "is not a WebAssembly module";
    return { problem: `${path} ${why}` };
  }
  const wrong = checkModule(module) ?? checkBounds(bytes);
  if (wrong !== undefined) return { problem: `${path} can't be a guest: ${wrong}` };
  const memory = importedMemory(bytes);
  if (memory?.shared !== true) {
    return { problem: `${path} can't be a guest: the module must import \`env.memory\` as shared memory` };
  }
  return { bytes, digest, memoryMin: memory.minimum * PAGE };
}
