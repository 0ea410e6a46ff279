// The grammar for editors colours as the language reads: every token of every example and of the standard
// library, compared with our own lexer and checker. The grammar knows no names; where it can't know, it is
// not asked.

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as oniguruma from "vscode-oniguruma";
import { INITIAL, parseRawGrammar, Registry, type IGrammar } from "vscode-textmate";
import { beforeAll, expect, test } from "vitest";
import { openWritten } from "../interpreter/index.ts";
import { LabService, type TokenKind } from "../lang/index.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const SYNTAX = path.join(root, "editors/vscode/syntaxes/vbus.tmLanguage.json");

let grammar: IGrammar;
beforeAll(async () => {
  const wasm = createRequire(import.meta.url).resolve("vscode-oniguruma/release/onig.wasm");
  await oniguruma.loadWASM(new Uint8Array(readFileSync(wasm)).buffer);
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => parseRawGrammar(readFileSync(SYNTAX, "utf8"), SYNTAX),
  });
  const loaded = await registry.loadGrammar("source.vbus");
  if (!loaded) throw new Error("the grammar can't be read");
  grammar = loaded;
});

/** The innermost scope that says what a character is, by offset. */
function scopesOf(text: string): string[] {
  const scopes: string[] = [];
  let stack = INITIAL;
  for (const line of text.split("\n")) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, stack);
    stack = ruleStack;
    for (const { startIndex, endIndex, scopes: found } of tokens) {
      const said = found.findLast((scope) => !/^(punctuation|meta\.embedded|source)/.test(scope)) ?? "";
      const inside = found.findLastIndex((scope) => scope.startsWith("meta.embedded"));
      const inString = found.findLastIndex((scope) => scope.startsWith("string"));
      const scope = inside > inString && said.startsWith("string") ? "" : said;
      for (let at = startIndex; at < Math.min(endIndex, line.length); at++) scopes.push(scope);
    }
    scopes.push("");
  }
  return scopes;
}

/** What the grammar has to say of a token of each kind; of other names, what it must not. */
const SAID: Partial<Readonly<Record<TokenKind, RegExp>>> = {
  comment: /^comment/,
  string: /^(string|constant\.character)/,
  number: /^(constant\.numeric|keyword\.other\.unit)/,
  decorator: /^storage\.modifier/,
  keyword: /^(keyword|storage\.modifier|constant\.language)/,
};
const NEVER = /^(comment|string|constant\.numeric|keyword|storage|constant\.language)/;

function filesIn(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".vbus"))
    .map((name) => path.join(folder, name))
    .toSorted();
}

const files = [...filesIn("examples"), ...filesIn("stdlib")];

test("there is something to compare", () => {
  expect(files.length).toBeGreaterThan(15);
});

test.each(files)("%s is coloured as it is read", async (name) => {
  const text = readFileSync(path.join(root, name), "utf8");
  const written = await openWritten({}, new Map());
  const service = new LabService();
  const file = name.startsWith("stdlib/")
    ? `std:${name.slice("stdlib/".length).replace(/^(?!prelude\/)(.*)\.vbus$/, "$1")}`
    : path.join(root, name);
  const start = name.startsWith("stdlib/prelude/") ? "std:prelude" : file;
  service.refresh(written.world, { root: start });
  const scopes = scopesOf(text);
  const wrong: string[] = [];
  const coloured = service.coloured(file);
  expect(coloured.length).toBeGreaterThan(5);
  for (const { start: at, end, kind } of coloured) {
    const wanted = SAID[kind];
    for (const offset of [at, end - 1]) {
      const said = scopes[offset] ?? "";
      if (wanted ? wanted.test(said) : !NEVER.test(said)) continue;
      const line = text.slice(0, offset).split("\n").length;
      wrong.push(`${name}:${line}: ${text.slice(at, end)} is ${kind}, the grammar says ${said || "nothing"}`);
      break;
    }
  }
  expect(wrong).toEqual([]);
});
