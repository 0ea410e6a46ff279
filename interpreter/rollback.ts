// Going back to an older generation: what it declared, made whole again. Declarations only: what volumes,
// files and images hold stays as it is now.

import type { Model, Resource } from "../lang/index.ts";
import type { ImageFiles } from "./drivers/image-files.ts";
import { imageClass, lookAtImage } from "./drivers/image.ts";
import { pathOf, valueOf } from "./drivers/read.ts";
import { OperationError } from "./operation-error.ts";
import type { Generation, State } from "./state/state.ts";

/** What a running lab answers. */
export interface RolledBack {
  /** The new generation; the one that runs where there was nothing to change. */
  readonly generation: number;
  readonly changes: number;
  /** Whether the files say something else now: they wait until they change. */
  readonly held: boolean;
}

/**
 * The model of a generation, ready to be applied. Throws `OperationError` `failed`: no such generation, a
 * secret that this process has not seen, an image that has other content now.
 */
export function modelToRestore(state: State, number: number, running: Model, images: ImageFiles): Model {
  const { model } = generationOf(state, number);
  const revealed = state.reveal(model);
  if ("missing" in revealed) {
    const places = revealed.missing.slice(0, 3).join(", ");
    throw new OperationError(
      "failed",
      `Generation ${number} has secrets that are not stored, and other ones are given now: ${places}.`,
      "Give the old ones, or write its files with `vbus rollback --write`.",
    );
  }
  const now = new Map(running.resources.map((resource) => [resource.address, resource]));
  for (const image of revealed.model.resources) {
    if (image.kind === "image") checkImage(image, now.get(image.address), number, images);
  }
  return revealed.model;
}

/** Throws `OperationError` `failed` where it is not kept. */
export function generationOf(state: State, number: number): Generation {
  const found = state.generation(number);
  if (found !== undefined) return found;
  const all = state.generations();
  const [first, last] = [all[0]?.number, all.at(-1)?.number];
  const kept = first === undefined ? "none is" : `${first} to ${last} are`;
  throw new OperationError("failed", `There is no generation ${number}: ${kept} kept.`);
}

/** What a file held when it was compiled is gone where it holds something else now and doesn't run. */
function checkImage(image: Resource, now: Resource | undefined, number: number, images: ImageFiles): void {
  const wanted = digestOf(image);
  const class_ = imageClass(image.class);
  if (wanted === undefined || class_ === undefined || (now && digestOf(now) === wanted)) return;
  const file = lookAtImage(images, class_, (name) => valueOf(image, name));
  if (file === undefined || ("digest" in file && file.digest === wanted)) return;
  const path = pathOf(valueOf(image, "path"));
  const why = path === undefined ? "its files have" : `${path} has`;
  throw new OperationError(
    "failed",
    `The image ${image.address} of generation ${number} is gone: ${why} other content now.`,
    "Put the file back and try again.",
  );
}

function digestOf(image: Resource): string | undefined {
  const digest = valueOf(image, "digest");
  return digest.is === "string" ? digest.value : undefined;
}
