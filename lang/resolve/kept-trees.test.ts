// A text is parsed once while it is kept; another text, or one that was pushed out, is parsed anew.

import { expect, test } from "vitest";
import { parse } from "../syntax/index.ts";
import { keeping } from "./kept-trees.ts";

function counting() {
  const parsed: string[] = [];
  const kept = keeping((file, text) => {
    parsed.push(`${file}: ${text.length}`);
    return parse(file, text.slice(0, 20));
  });
  return { kept, parsed };
}

test("the same text of a file is parsed once", () => {
  const { kept, parsed } = counting();
  const first = kept("a.vbus", "let a = 1");
  expect(kept("a.vbus", "let a = 1")).toBe(first);
  expect(kept("b.vbus", "let a = 1")).not.toBe(first);
  expect(kept("a.vbus", "let a = 22")).not.toBe(first);
  expect(kept("a.vbus", "let a = 1")).not.toBe(first);
  expect(parsed).toEqual(["a.vbus: 9", "b.vbus: 9", "a.vbus: 10", "a.vbus: 9"]);
});

test("what is kept is bounded: the text asked for longest ago is parsed anew", () => {
  const { kept, parsed } = counting();
  const large = `let a = 1${" ".repeat(2 ** 20)}`;
  for (const file of ["std:prelude", "1", "std:prelude", "2", "std:prelude", "3", "4"]) kept(file, large);
  expect(parsed.map((line) => line.split(":")[0])).toEqual(["std", "1", "2", "3", "4"]);
  parsed.length = 0;
  kept("std:prelude", large);
  kept("1", large);
  expect(parsed.map((line) => line.split(":")[0])).toEqual(["1"]);
});
