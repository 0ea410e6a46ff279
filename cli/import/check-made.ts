// Checks a text that stands in no file yet.

import path from "node:path";
import { askFile, type Parameters } from "../../interpreter/index.ts";
import { evaluate, type Evaluation } from "../../lang/index.ts";

/** What `vbus check` would say if `file` held this text. */
export function checkMade(file: string, text: string, params: Parameters = {}): Promise<Evaluation> {
  return askFile({ file: path.resolve(file), params }, (world, input) => {
    const readText: typeof world.readText = (name) => (name === input.root ? { text } : world.readText(name));
    const kindOf: typeof world.kindOf = (name) => (name === input.root ? "file" : world.kindOf(name));
    return evaluate({ ...world, readText, kindOf }, input);
  });
}
