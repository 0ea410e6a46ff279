// For tests: models and definitions from a text, through the real language, without files of one's own.

import type { Allocations, Model } from "../../lang/index.ts";
import { evaluate } from "../../lang/index.ts";
import { ImageFiles } from "../drivers/image-files.ts";
import { makeWorld, resolveFile } from "../world.ts";
import { desiredOf } from "./definition.ts";
import type { Definition } from "./definition.ts";

const ROOT = "/somewhere/office/lab.vbus";
const images = new ImageFiles(resolveFile);
const outside = makeWorld({}, images);

/** The checked model of a text that must check. */
export function modelOf(text: string, allocations: Allocations = {}): Model {
  const world = {
    ...outside,
    readText: (path: string) => (path === ROOT ? { text } : outside.readText(path)),
    kindOf: (path: string) =>
      (path === ROOT ? "file" : outside.kindOf(path)) as "file" | "folder" | "missing",
  };
  const { model, diagnostics } = evaluate(world, { root: ROOT, params: {}, allocations });
  if (model === undefined) throw new Error(diagnostics.map((one) => `${one.code} ${one.message}`).join("\n"));
  return model;
}

export function definitionOf(text: string, allocations: Allocations = {}): Definition {
  return desiredOf(modelOf(text, allocations));
}

export { images };
