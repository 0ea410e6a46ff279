// What an image of class `pc` is made of: images of a disk, a CD and a floppy disk, and a BIOS, which is the
// user's, else a prepared image's, else the one that the system has installed.

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Value } from "../../lang/index.ts";
import {
  judgePc,
  tooLargeMedium,
  wrongMedium,
  MEDIA,
  type Medium,
  type PcFiles,
} from "../../hypervisor/index.ts";
import type { Environment } from "../control/paths.ts";
import type { ImageFile, ImageProblem } from "./image-files.ts";
import { stampOf, Unusable } from "./image-parts.ts";
import { preparedFolder, readNote } from "./prepared-images.ts";
import { pathOf } from "./read.ts";

/** The prepared image with a BIOS, and where Debian's package `seabios` has the same files. */
const PREPARED = "debian-i386";
const SYSTEM = "/usr/share/seabios";
const BIOS = {
  bios: { prepared: "bios", system: "bios-256k.bin" },
  vgaBios: { prepared: "vgaBios", system: "vgabios-stdvga.bin" },
} as const;
type Firmware = keyof typeof BIOS;

type Attributes = (name: string) => Value | undefined;
type Named = Readonly<Record<Firmware, string>> & Readonly<Partial<Record<Medium, string>>>;

interface Seen {
  readonly stamp: string;
  readonly answer: ImageFile | ImageProblem;
}

/** Images of PCs that boot by their BIOS, each read once for each state of its files. */
export class PcImages {
  readonly #seen = new Map<string, Seen>();
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** The image with these attributes, as its files are on disk now. */
  look(attributes: Attributes): ImageFile | ImageProblem {
    const shown = attributes("console");
    const onScreen = shown?.is === "variant" && shown.name === "screen";
    try {
      const named = this.#name(attributes);
      const key = JSON.stringify([named, onScreen]);
      const stamp = stampsOf(named);
      const seen = this.#seen.get(key);
      if (seen?.stamp === stamp) return seen.answer;
      const answer = inspect(named, onScreen ? "screen" : "serial");
      if (stampsOf(named) !== stamp) throw new Unusable("its files changed while they were read: try again");
      this.#seen.set(key, { stamp, answer });
      return answer;
    } catch (error) {
      if (error instanceof Unusable) return { problem: error.message };
      throw error;
    }
  }

  #name(attributes: Attributes): Named {
    const media = MEDIA.flatMap((medium) => {
      const file = pathOf(attributes(medium));
      return file === undefined ? [] : [[medium, file]];
    });
    return {
      ...(Object.fromEntries(media) as Partial<Record<Medium, string>>),
      bios: pathOf(attributes("bios")) ?? this.#firmware("bios"),
      vgaBios: pathOf(attributes("vga_bios")) ?? this.#firmware("vgaBios"),
    };
  }

  #firmware(which: Firmware): string {
    const folder = path.join(preparedFolder(this.#env), PREPARED);
    if (readNote(folder) !== undefined) return path.join(folder, BIOS[which].prepared);
    const file = path.join(SYSTEM, BIOS[which].system);
    if (existsSync(file)) return file;
    throw new Unusable(
      "there is no BIOS: Debian's package `seabios` has one, " +
        `\`npx vbus images build ${PREPARED}\` gets one, ` +
        "and `bios` and `vga_bios` name others",
    );
  }
}

function inspect(named: Named, shown: "serial" | "screen"): ImageFile | ImageProblem {
  const media: Partial<Record<Medium, Uint8Array>> = {};
  for (const medium of MEDIA) {
    const file = named[medium];
    if (file === undefined) continue;
    const bytes = readFileSync(file);
    const wrong = wrongMedium(medium, bytes);
    if (wrong !== undefined) return { problem: `${file} ${wrong}` };
    media[medium] = bytes;
  }
  const read: PcFiles = {
    bios: readFileSync(named.bios),
    vgaBios: readFileSync(named.vgaBios),
    commandLine: "",
    media: { ...media, console: shown },
  };
  const judged = judgePc(read, 0);
  if ("problem" in judged) return { problem: `a PC can't boot this: ${judged.problem}` };
  return { source: { class: "pc", files: read, memoryMin: 0 }, ...judged };
}

function stampsOf(named: Named): string {
  const media = MEDIA.map((medium) => {
    const file = named[medium];
    return file === undefined ? "" : stampOf(file, tooLargeMedium(medium));
  });
  return JSON.stringify([...media, stampOf(named.bios), stampOf(named.vgaBios)]);
}
