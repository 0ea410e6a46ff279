// What an image of class `linux` is made of: a prepared set, or a kernel of the user's own, which takes its
// BIOS from a prepared set all the same.

import { readFileSync } from "node:fs";
import path from "node:path";
import type { Value } from "../../lang/index.ts";
import { judgePc, type PcFiles } from "../../hypervisor/index.ts";
import type { Environment } from "../control/paths.ts";
import type { ImageFile, ImageProblem } from "./image-files.ts";
import { stampOf, Unusable } from "./image-parts.ts";
import { PREPARED_FILES, preparedFolder, preparedName, readNote } from "./prepared-images.ts";
import { pathOf } from "./read.ts";

/** The set whose BIOS a kernel of one's own boots with. */
const BIOS_FROM = "debian-i386";

type Attributes = (name: string) => Value | undefined;

interface Seen {
  readonly stamp: string;
  readonly answer: ImageFile | ImageProblem;
}

/** Images of PCs, each read once for each state of its files. */
export class LinuxImages {
  readonly #seen = new Map<string, Seen>();
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** The image with these attributes, as its files are on disk now. */
  look(attributes: Attributes): ImageFile | ImageProblem {
    const names = ["from", "kernel", "initrd"].map((name) => pathOf(attributes(name)));
    const commandLine = textOf(attributes("command_line"));
    const [from, kernel, initrd] = names;
    try {
      const named = from === undefined ? ownFiles(kernel, initrd, this.#env) : preparedFiles(from, this.#env);
      const stamp = JSON.stringify([
        named,
        Object.values(named.files).map((file) => stampOf(file)),
        commandLine,
      ]);
      const key = JSON.stringify([names, commandLine]);
      const seen = this.#seen.get(key);
      if (seen?.stamp === stamp) return seen.answer;
      const answer = inspect(named, commandLine);
      this.#seen.set(key, { stamp, answer });
      return answer;
    } catch (error) {
      if (error instanceof Unusable) return { problem: error.message };
      throw error;
    }
  }
}

interface Named {
  /** What it is called in messages. */
  readonly name: string;
  readonly files: Readonly<Record<"kernel" | "bios" | "vgaBios", string>> & { readonly initrd?: string };
  readonly commandLine: string;
  readonly memoryMin: number;
  /** Where its booted states are, of a prepared image. */
  readonly states?: string;
}

function preparedFiles(from: string, env: Environment): Named {
  const name = preparedName(from);
  if (name === undefined)
    throw new Unusable(`${from} is no prepared image: these are called \`std:images/...\``);
  const folder = path.join(preparedFolder(env), name);
  const note = readNote(folder);
  if (note === undefined)
    throw new Unusable(`${from} has not been built here: \`npx vbus images build ${name}\` does that`);
  const files = Object.fromEntries(PREPARED_FILES.map((file) => [file, path.join(folder, file)]));
  const { commandLine, memoryMin } = note;
  return { name: from, files: files as unknown as Named["files"], commandLine, memoryMin, states: folder };
}

function ownFiles(kernel: string | undefined, initrd: string | undefined, env: Environment): Named {
  if (kernel === undefined) throw new Unusable("it names no kernel");
  const { files } = preparedFiles(`std:images/${BIOS_FROM}`, env);
  const { bios, vgaBios } = files;
  return {
    name: kernel,
    files: { kernel, ...(initrd !== undefined && { initrd }), bios, vgaBios },
    commandLine: "console=ttyS0",
    memoryMin: 0,
  };
}

function inspect(
  { name, files, commandLine, memoryMin, states }: Named,
  added: string,
): ImageFile | ImageProblem {
  const { initrd } = files;
  const read: PcFiles = {
    kernel: readFileSync(files.kernel),
    ...(initrd !== undefined && { initrd: readFileSync(initrd) }),
    bios: readFileSync(files.bios),
    vgaBios: readFileSync(files.vgaBios),
    commandLine: [commandLine, added].filter((part) => part !== "").join(" "),
    ...(states !== undefined && { states }),
  };
  const judged = judgePc(read, memoryMin);
  if ("problem" in judged) return { problem: `${name} can't be a guest: ${judged.problem}` };
  return { source: { class: "linux", files: read, memoryMin }, ...judged };
}

function textOf(value: Value | undefined): string {
  return value?.is === "string" ? value.value : "";
}
