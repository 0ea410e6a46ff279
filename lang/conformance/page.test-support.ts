// What the tests read of docs/language.md: its code blocks, its prose, and the things that both may name.

import { readFileSync } from "node:fs";
import { evaluate, type Evaluation } from "../index.ts";
import { FOLDER, testWorld } from "../world.test-support.ts";

/** The page, whole. */
export const pageText = readFileSync(new URL("../../docs/language.md", import.meta.url), "utf8");

/** Declared for a snippet that names them and declares none of that name itself. */
const AROUND: ReadonlyMap<string, string> = new Map([
  ["lan", "network lan { subnet = 10.0.0.0/24 }"],
  ["echo", 'image echo: wasm { path = "std:guests/echo" }'],
  ["ping", 'image ping: wasm { path = "std:guests/ping" }'],
  ["store", "volume store: memory { size = 1MiB }"],
  ["pipe", "channel pipe { }"],
]);

const declares = (text: string, name: string): boolean =>
  new RegExp(`\\b(network|image|volume|channel|guest|let|param)\\s+${name}\\b`).test(text);

/** A snippet with what it needs, below its own lines so that they keep their numbers. */
export function withAround(text: string): string {
  const needed = [...AROUND].filter(
    ([name]) => new RegExp(`\\b${name}\\b`).test(text) && !declares(text, name),
  );
  return [text, ...needed.map(([, declaration]) => declaration)].join("\n");
}

/** Evaluates a snippet as the root module, other files beside it. */
export function evaluateSnippet(
  text: string,
  files: Readonly<Record<string, string>> = {},
  flags: Readonly<Record<string, string>> = {},
): Evaluation {
  const world = testWorld({ ...files, "lab.vbus": withAround(text) });
  return evaluate(world, { root: `${FOLDER}/lab.vbus`, labName: "page", params: { flags } });
}

export interface Block {
  readonly line: number;
  readonly text: string;
  /** Other files that were shown before it. */
  readonly files: Readonly<Record<string, string>>;
}

/** The blocks of the language on the page; those marked as files stand beside the ones after them. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  const files: Record<string, string> = {};
  for (const match of page.matchAll(/(?:<!-- file: (\S+) -->\s*)?^```vbus\n([\s\S]*?)^```$/gm)) {
    const [whole, file, text = ""] = match;
    if (file !== undefined) {
      files[file] = text;
      continue;
    }
    const line = page.slice(0, match.index + whole.indexOf("```")).split("\n").length;
    blocks.push({ line, text, files: { ...files } });
  }
  return blocks;
}

/** Lines of prose: a sentence each. No titles, tables, comments or code. */
export const sentences: readonly string[] = pageText
  .replace(/^```[\s\S]*?^```$/gm, "")
  .split("\n")
  .filter((line) => line !== "" && !/^(#|\||<!--)/.test(line));
