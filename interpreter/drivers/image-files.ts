// What is known of image files: content, digest, and whether it is a guest at all. Read once for each state
// of a file. Compiles nothing for running; the hypervisor does that from the same bytes.

import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { judgeImage, prepareImage, type ImageSource, type ModuleClass } from "../../hypervisor/index.ts";
import type { GivenFiles } from "../given-files.ts";
import type { Environment } from "../control/paths.ts";
import { errorCode, errorText } from "../operation-error.ts";
import { stampOfFacts } from "./image-parts.ts";
import { LinuxImages } from "./linux-image.ts";
import { PcImages } from "./pc-image.ts";

/** A readable guest image. `digest` is SHA-256 in hexadecimal. */
export interface ImageFile {
  /** What the hypervisor is given. */
  readonly source: ImageSource;
  readonly digest: string;
  /** Bytes of RAM that the module asks for at least, and the most that it can use. */
  readonly memoryMin: number;
  readonly memoryMax: number;
}
/** Why a file is none; a sentence for the user. */
export interface ImageProblem {
  readonly problem: string;
}

const IMAGE_BYTES_MAX = 256 << 20;
/** What a WebAssembly module begins with. */
const MAGIC = [0x00, 0x61, 0x73, 0x6d];

/** A file may be looked at as an image of several classes. */
interface NamedImage {
  readonly path: string;
  readonly class: ModuleClass;
}

const keyOf = ({ path, class: class_ }: NamedImage): string => `${class_} ${path}`;

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
  /** Those of classes `linux` and `pc`, which are several files each. */
  readonly linux: LinuxImages;
  readonly pc: PcImages;

  constructor(
    resolve: (path: string) => string | undefined,
    given?: GivenFiles,
    env: Environment = process.env,
  ) {
    this.linux = new LinuxImages(env);
    this.pc = new PcImages(env);
    this.#resolve = resolve;
    this.#given = given;
  }

  /** The image of a class behind an absolute path or a `std:` name, as it is on disk now. */
  look(path: string, class_: ModuleClass = "wasm"): ImageFile | ImageProblem {
    const given = this.#given?.get(path);
    if (given !== undefined) {
      if (given.length > IMAGE_BYTES_MAX) return { problem: `${path} is larger than 256MiB` };
      // A copy: guests boot from it later, and whoever gave it may go on writing.
      return this.#take({ path, class: class_ }, "given", new Uint8Array(given));
    }
    const file = this.#resolve(path);
    if (file === undefined) return { problem: `there is no ${path} in the standard library` };
    try {
      const facts = statSync(file, { bigint: true });
      if (!facts.isFile()) return { problem: `${path} is not a file` };
      if (facts.size > BigInt(IMAGE_BYTES_MAX)) return { problem: `${path} is larger than 256MiB` };
      return this.#read({ path, class: class_ }, file, stampOfFacts(facts));
    } catch (error) {
      if (errorCode(error) === "ENOENT") return { problem: `${path} is not there` };
      if (errorCode(error) === "EACCES") return { problem: `${path} may not be read` };
      return { problem: `${path} can't be read: ${errorText(error)}` };
    }
  }

  #read(named: NamedImage, file: string, stamp: string): ImageFile | ImageProblem {
    const seen = this.#seen.get(keyOf(named));
    if (seen?.stamp === stamp) return seen.answer;
    return this.#take(named, stamp, new Uint8Array(readFileSync(file)));
  }

  #take(named: NamedImage, stamp: string, bytes: Uint8Array<ArrayBuffer>): ImageFile | ImageProblem {
    const seen = this.#seen.get(keyOf(named));
    const digest = createHash("sha256").update(bytes).digest("hex");
    const old = seen?.answer;
    const same = old !== undefined && "digest" in old && old.digest === digest;
    const answer = same ? old : inspect(named, bytes, digest);
    this.#seen.set(keyOf(named), { stamp, answer });
    return answer;
  }
}

function inspect(
  { path, class: class_ }: NamedImage,
  bytes: Uint8Array,
  digest: string,
): ImageFile | ImageProblem {
  const prepared = prepareImage(bytes, class_);
  if ("problem" in prepared) return { problem: `${path} can't be a guest: ${prepared.problem}` };
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(prepared.bytes);
  } catch (error) {
    const isWasm = MAGIC.every((byte, index) => bytes[index] === byte);
    const why = isWasm
      ? `is not a valid WebAssembly module: ${errorText(error)}`
      : "is not a WebAssembly module";
    return { problem: `${path} ${why}` };
  }
  const judged = judgeImage(module, prepared.bytes, class_);
  if ("problem" in judged) return { problem: `${path} can't be a guest: ${judged.problem}` };
  return { source: { class: class_, bytes }, digest, ...judged };
}
