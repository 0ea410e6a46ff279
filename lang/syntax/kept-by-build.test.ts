// What the build has kept is what this process would make: the trees beside the compiled modules, and the
// parser's table among them.

import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deserialize } from "node:v8";
import { expect, test } from "vitest";
import { parse } from "./index.ts";
import { lookaheadTable } from "./parser.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("every module of the standard library has its tree in what is built", () => {
  const kept = deserialize(readFileSync(`${root}dist/stdlib/trees.bin`)) as Record<
    string,
    { readonly text: string; readonly tree: Uint8Array }
  >;
  const modules = globSync("stdlib/**/*.vbus", { cwd: root });
  expect(Object.keys(kept).length).toBe(modules.length);
  for (const [name, { text, tree }] of Object.entries(kept)) {
    const rest = name.slice("std:".length);
    expect(text).toBe(
      readFileSync(`${root}stdlib/${rest.endsWith(".vbus") ? rest : `${rest}.vbus`}`, "utf8"),
    );
    expect(deserialize(tree)).toEqual(parse(name, text).module);
  }
});

test("the parser in what is built has the table of the grammar as it is", () => {
  const [chunk, ...more] = globSync("dist/chunks/*.js", { cwd: root })
    .map((name) => readFileSync(root + name, "utf8"))
    .flatMap((text) => /^const LOOKAHEAD_TABLE = (\{[\s\S]*?\n\});$/m.exec(text)?.[1] ?? []);
  expect(more).toEqual([]);
  expect(Function(`return ${chunk}`)()).toEqual(JSON.parse(JSON.stringify(lookaheadTable())));
});
