// Trees that were kept are given for their own texts, and for no others.

import { writeFileSync } from "node:fs";
import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { serialize } from "node:v8";
import { expect, test } from "vitest";
import { treesIn } from "./kept-trees.ts";

const TREE = { file: "std:a", items: [], span: { file: "std:a", start: 0, end: 9 } };

test("a kept tree is given for its text, the same each time, and no tree for another text or file", () => {
  using folder = mkdtempDisposableSync(path.join(tmpdir(), "vbus-trees-"));
  const file = path.join(folder.path, "trees.bin");
  writeFileSync(file, serialize({ "std:a": { text: "let a = 1", tree: serialize(TREE) } }));
  const treeOf = treesIn(file);
  expect(treeOf("std:a", "let a = 1")).toEqual(TREE);
  expect(treeOf("std:a", "let a = 1")).toBe(treeOf("std:a", "let a = 1"));
  expect(treeOf("std:a", "let a = 2")).toBeUndefined();
  expect(treeOf("std:b", "let a = 1")).toBeUndefined();
  expect(treeOf("std:constructor", "let a = 1")).toBeUndefined();
});

test.each([
  ["there is no file", undefined],
  ["what is there is of another kind", "no values"],
])("everything is parsed where %s", (_, text) => {
  using folder = mkdtempDisposableSync(path.join(tmpdir(), "vbus-trees-"));
  const file = path.join(folder.path, "trees.bin");
  if (text !== undefined) writeFileSync(file, text);
  expect(treesIn(file)("std:a", "let a = 1")).toBeUndefined();
});
