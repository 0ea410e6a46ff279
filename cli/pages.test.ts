// Calls of `vbus` that pages name between the lines: the command is there, and it has the options.

import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { programOf } from "./call.test-support.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PAGES = [
  "README.md",
  "docs/*.md",
  "editors/**/*.md",
  "examples/*/README.md",
  "bench/README.md",
].flatMap((pattern) => globSync(pattern, { cwd: ROOT }));

const { commands } = programOf();
/** Options that every command has. */
const COMMON = ["--help", "--version"];

test("every call in the text is of a command that is there, with options that it has", () => {
  const calls = PAGES.flatMap((page) => {
    const text = readFileSync(path.join(ROOT, page), "utf8").replace(/^```[\s\S]*?^```$/gm, "");
    return [...text.matchAll(/`(?:npx )?vbus ([a-z][^`|]*)/g)].map(([, call = ""]) => ({ page, call }));
  });
  expect(calls.length).toBeGreaterThan(40);
  const wrong = calls.filter(({ call }) => {
    const [name = "", ...words] = call.split(/\s+/);
    const command = commands.find((one) => one.name() === name || one.aliases().includes(name));
    if (!command) return true;
    const known = [...COMMON, ...command.options.flatMap(({ short, long }) => [short, long])];
    return words
      .map((word) => word.split("=")[0] ?? "")
      .some((word) => /^--?[a-z]/.test(word) && !known.includes(word));
  });
  expect(wrong.map(({ page, call }) => `${page}: vbus ${call}`)).toEqual([]);
});
