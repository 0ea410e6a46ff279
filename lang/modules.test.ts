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

const SHARED = {
  "common.vbus":
    'network lan { subnet = 10.0.0.0/24 }\nimage echo: wasm { path = "std:guests/echo" }\n' +
    "guest web for n in 1..2 { image = echo, device eth0: venet { network = lan } }\n" +
    'assert web[1].eth0.ip in lan.subnet, "inside"',
  "far.vbus": 'import "./common.vbus" as base\nbus far { device eth0: venet { network = base.lan } }',
};

test("what an imported module declares is in the lab, under the name that it was imported by", () => {
  const files = {
    ...SHARED,
    "lab.vbus":
      'import "./common.vbus" as common\nguest own { image = common.echo, device eth0: venet ' +
      "{ network = common.lan } }\noutput ip = common.web[2].eth0.ip",
  };
  const { model, diagnostics } = evaluateFiles(files, `${FOLDER}/lab.vbus`);
  expect(diagnostics).toEqual([]);
  expect(model?.resources.map(({ address }) => address)).toEqual([
    "lab",
    "common.lan",
    "common.echo",
    "common.web[1]",
    "common.web[1].bus",
    "common.web[1].eth0",
    "common.web[2]",
    "common.web[2].bus",
    "common.web[2].eth0",
    "own",
    "own.bus",
    "own.eth0",
  ]);
  expect(model?.outputs).toEqual([{ name: "ip", value: { is: "ip", text: "10.0.0.3" } }]);
  const own = model?.resources.find(({ address }) => address === "own.eth0");
  expect(own?.needs).toContain("common.lan");
});

test("a module that is imported by two ways is there once, under the shortest name", () => {
  const files = {
    ...SHARED,
    "lab.vbus": 'import "./far.vbus" as west\nimport "./common.vbus" as common',
    "deep.vbus": 'import "./far.vbus" as west',
  };
  const addresses = (root: string): string[] | undefined =>
    evaluateFiles(files, `${FOLDER}/${root}`).model?.resources.map(({ address }) => address);
  expect(addresses("lab.vbus")).toEqual(expect.arrayContaining(["common.lan", "west.far", "west.far.eth0"]));
  expect(addresses("lab.vbus")?.filter((address) => address.endsWith("lan"))).toHaveLength(1);
  expect(addresses("deep.vbus")).toEqual(expect.arrayContaining(["west.base.lan", "west.far.eth0"]));
});

test("an assertion of an imported module is asked, and its mistakes stand in its file", () => {
  const files = {
    "lab.vbus": 'import "./common.vbus" as common',
    "common.vbus": 'network lan { subnet = 10.0.0.0/24 }\nassert lan.mtu > 9000B, "jumbo frames"',
  };
  const { diagnostics } = evaluateFiles(files, `${FOLDER}/lab.vbus`);
  expect(diagnostics.map(({ code, span }) => [code, span.file])).toEqual([
    ["VB4001", `${FOLDER}/common.vbus`],
  ]);
});

test("a lab is declared in the root module only", () => {
  const files = { "lab.vbus": 'import "./other.vbus" as other', "other.vbus": "lab inner { }" };
  expect(codesOf(evaluateFiles(files, `${FOLDER}/lab.vbus`))).toEqual(["VB2010"]);
});
