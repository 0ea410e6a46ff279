// Images: their classes, and what of them is read from their files.

import type { Value } from "../../lang/index.ts";
import type { ImageClass } from "../../hypervisor/index.ts";
import type { Driver } from "./driver.ts";
import type { ImageFiles } from "./image-files.ts";
import { pathOf } from "./read.ts";

const CLASSES: readonly ImageClass[] = ["wasm", "wasi"];

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

/** What the file of an image says of it. */
export function fillImage(
  images: ImageFiles,
  class_: ImageClass,
  member: "memory" | "digest",
  attributes: (name: string) => Value | undefined,
): Value | { readonly problem: string } | undefined {
  const path = pathOf(attributes("path"));
  if (path === undefined) return undefined;
  const image = images.look(path, class_);
  if ("problem" in image) return image;
  if (member === "memory") {
    const { memoryMin, memoryMax } = image;
    const heap = Math.min(memoryMin + HEAP_DEFAULT, memoryMax);
    const value = class_ === "wasi" ? heap : Math.max(memoryMin, MEMORY_DEFAULT);
    return { is: "quantity", dimension: "size", value };
  }
  const wanted = attributes("sha256");
  if (wanted?.is === "string" && wanted.value !== image.digest) {
    return { problem: `its content has the hash ${image.digest}, not the one that \`sha256\` says` };
  }
  return { is: "string", value: image.digest };
}
