// Modules: files that can't be read, imports and their circles, folders as one scope; and what is watched
// after.

import { expect, test } from "vitest";
import { evaluate, type Evaluation } from "./index.ts";
import { codesOf, evaluateText, FOLDER, testWorld, type TestWorld } from "./world.test-support.ts";

function evaluateFiles(files: Record<string, string>, root: string, options: TestWorld = {}): Evaluation {
  return evaluate(testWorld(files, options), { root });
}

test.each([
  ["missing", "there is no such file"],
  ["not-utf8", "it is not UTF-8 text"],
  ["too-large", "it is larger than 1 MiB"],
  ["denied", "it may not be read"],
] as const)("a root module that is %s is one diagnostic with a span", (problem, words) => {
  const root = `${FOLDER}/lab.vbus`;
  const evaluation = evaluateFiles({}, root, { problems: { "lab.vbus": problem } });
  expect(codesOf(evaluation)).toEqual(["VB2019"]);
  expect(evaluation.diagnostics[0]?.message).toBe(`lab.vbus can't be read: ${words}.`);
  expect(evaluation.diagnostics[0]?.span).toEqual({ file: root, start: 0, end: 0 });
  expect(evaluation.inputs).toContain(root);
});

test("an imported file that can't be read is told at the import", () => {
  const files = { "lab.vbus": 'import "./big.vbus" as big\noutput n = big.x' };
  const evaluation = evaluateFiles(files, `${FOLDER}/lab.vbus`, { problems: { "big.vbus": "too-large" } });
  expect(codesOf(evaluation)).toEqual(["VB2019"]);
  expect(evaluation.diagnostics[0]?.span).toMatchObject({ start: 7, end: 19 });
});

test("imports make no circle", () => {
  const files = {
    "lab.vbus": 'import "a.vbus" as a',
    "a.vbus": 'import "b.vbus" as b',
    "b.vbus": 'import "a.vbus" as a',
  };
  const evaluation = evaluateFiles(files, `${FOLDER}/lab.vbus`);
  expect(codesOf(evaluation)).toEqual(["VB2018"]);
  expect(evaluation.diagnostics[0]?.message).toBe("Imports make a circle: a.vbus → b.vbus → a.vbus.");
});

test("a file that is missing is watched, so that a later save is seen", () => {
  const evaluation = evaluateText('import "./later.vbus" as later');
  expect(codesOf(evaluation)).toEqual(["VB2018"]);
  expect(evaluation.inputs).toContain(`${FOLDER}/later.vbus`);
});

test("what is read from an imported module", () => {
  const files = {
    "lab.vbus":
      'import "./parts.vbus" as parts\noutput n = parts.twice(parts.base)\n' +
      'let s: parts.Site = { name = "x" }\noutput s = s.weight',
    "parts.vbus":
      "param base: int = 21\nfn twice(n: int): int = n * 2\ntype Site { name: string, weight: int = 3 }",
  };
  const evaluation = evaluateFiles(files, `${FOLDER}/lab.vbus`);
  expect(evaluation.diagnostics).toEqual([]);
  expect(evaluation.model?.outputs.map(({ value }) => value)).toEqual([
    { is: "int", value: 42 },
    { is: "int", value: 3 },
  ]);
  expect(evaluation.model?.inputs).toEqual(
    expect.arrayContaining([`${FOLDER}/lab.vbus`, `${FOLDER}/parts.vbus`]),
  );
});

test("a component sees its own module, not the one that instantiates it", () => {
  const files = {
    "lab.vbus": 'import "./parts.vbus" as parts\nlet size = 1\nparts.box one { }\noutput n = one.n',
    "parts.vbus": "let size = 2\ncomponent box(factor: int = size * 10) { output n = size + factor }",
  };
  expect(evaluateFiles(files, `${FOLDER}/lab.vbus`).model?.outputs[0]?.value).toEqual({
    is: "int",
    value: 22,
  });
});

test("the files of a folder are one scope, and its name the lab's", () => {
  const files = { "a.vbus": "let one = two - 1", "b.vbus": "let two = 2\noutput n = one" };
  const evaluation = evaluateFiles(files, FOLDER);
  expect(evaluation.model?.outputs).toEqual([{ name: "n", value: { is: "int", value: 1 } }]);
  expect(evaluation.model?.lab).toBe("lab");
});

test("the lab's name comes from the caller, the block, or the folder", () => {
  expect(evaluateText("lab office { seed = 7 }").model?.lab).toBe("office");
  expect(evaluateText("lab office { }", { labName: "mine" }).model?.lab).toBe("mine");
  expect(evaluateText("").model?.lab).toBe("lab");
  expect(evaluateText("lab office { seed = 7 }").model?.resources.map((one) => one.address)).toEqual([
    "office",
  ]);
});

test("the same input gives the same model", () => {
  const text =
    "network lan { subnet = 10.0.0.0/24 }\nbus b { device eth for i in 1..5: venet { network = lan } }";
  expect(evaluateText(text).model).toEqual(evaluateText(text).model);
});
