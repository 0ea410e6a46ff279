// Images: their classes, and what of them is read from their files.

import type { Value } from "../../lang/index.ts";
import type { ImageClass } from "../../hypervisor/index.ts";
import type { Driver } from "./driver.ts";
import type { ImageFile, ImageFiles, ImageProblem } from "./image-files.ts";
import { pathOf } from "./read.ts";

const CLASSES: readonly ImageClass[] = ["wasm", "wasi", "linux", "pc"];

export const imageDrivers: readonly Driver[] = CLASSES.map((name) => ({
  kind: "image",
  class: name,
  replaceFrom: "restart",
  answer: (attribute) => (attribute === "digest" ? "restart" : undefined),
}));

/** The class of that name, if guests can boot it. */
export function imageClass(name: string | undefined): ImageClass | undefined {
  return CLASSES.find((each) => each === name);
}

/** RAM of a guest whose image doesn't need more. */
const MEMORY_DEFAULT = 1 << 20;
/**
 * What a program gets beside what it is linked with: its heap. Only what it takes of it is the system's to
 * give.
 */
const HEAP_DEFAULT = 64 << 20;
/** A kernel of today with little beside it. */
const LINUX_DEFAULT = 96 << 20;
/** Enough for what boots from a CD. */
const PC_DEFAULT = 64 << 20;

/** What stands behind an image's attributes now; undefined where they don't name anything yet. */
export function lookAtImage(
  images: ImageFiles,
  class_: ImageClass,
  attributes: (name: string) => Value | undefined,
): ImageFile | ImageProblem | undefined {
  if (class_ === "linux") return images.linux.look(attributes);
  if (class_ === "pc") return images.pc.look(attributes);
  const path = pathOf(attributes("path"));
  return path === undefined ? undefined : images.look(path, class_);
}

/** What the files of an image say of it. */
export function fillImage(
  images: ImageFiles,
  class_: ImageClass,
  member: "memory" | "digest",
  attributes: (name: string) => Value | undefined,
): Value | { readonly problem: string } | undefined {
  const image = lookAtImage(images, class_, attributes);
  if (image === undefined || "problem" in image) return image;
  if (member === "memory") {
    return { is: "quantity", dimension: "size", value: memoryOf(class_, image) };
  }
  const wanted = attributes("sha256");
  if (wanted?.is === "string" && wanted.value !== image.digest) {
    return { problem: `its content has the hash ${image.digest}, not the one that \`sha256\` says` };
  }
  return { is: "string", value: image.digest };
}

/** Of a guest that doesn't say. */
function memoryOf(class_: ImageClass, { memoryMin, memoryMax }: ImageFile): number {
  if (class_ === "linux") return Math.max(memoryMin, LINUX_DEFAULT);
  if (class_ === "pc") return Math.max(memoryMin, PC_DEFAULT);
  return class_ === "wasi"
    ? Math.min(memoryMin + HEAP_DEFAULT, memoryMax)
    : Math.max(memoryMin, MEMORY_DEFAULT);
}
