// Steps of tests asked against facts from a table: what is met, what isn't yet, what is drawn, what is done.

import { expect, test } from "vitest";
import {
  changeTest,
  openTests,
  showValue,
  type Live,
  type SetInput,
  type StagedTest,
  type Value,
} from "../index.ts";
import { FOLDER, testWorld } from "../world.test-support.ts";
import { renderDiagnostics } from "../report/render.ts";

const LAB = `param racks: int = 2
network lan { subnet = 10.0.0.0/24 }
network other { subnet = 10.0.1.0/24 }
image echo: wasm { path = "std:guests/echo" }
guest web for i in 1..racks {
  image = echo
  device eth0: venet { network = lan, ip = lan.subnet.host(9 + i) }
}
assert web[1].eth0.network == lan, "the first stays"
`;
const input = { root: `${FOLDER}/lab.vbus` };
const int = (value: number): Value => ({ is: "int", value });
const text = (value: string): Value => ({ is: "string", value });
const logOf = (...lines: string[]): Value => ({
  is: "record",
  fields: { text: text(`${lines.join("\n")}\n`), lines: { is: "list", items: lines.map(text) } },
});

/** Facts by `address.fact`; the rest isn't there yet. */
const table = (facts: Readonly<Record<string, Value | { readonly problem: string }>>): Live => ({
  read: ({ address }, fact) => facts[`${address}.${fact}`],
});

function opened(steps: string): StagedTest {
  const { tests, diagnostics, sources } = openTests(world(steps), input);
  expect(renderDiagnostics(diagnostics, sources, { colour: false, width: 100 })).toBe("");
  return tests[0] as StagedTest;
}
const world = (steps: string) => testWorld({ "lab.vbus": `${LAB}test "t" {\n${steps}\n}\n` });

test("conditions over live facts, declared values and lets are asked anew each time", () => {
  const staged = opened(`let up = web[1].restarts
  expect up == racks
  expect web[1].log.number("p50 = (.*) ms") in 1.0..2.0 && web[1].eth0.ip in lan.subnet
  expect all([for i, w in web: w.exit == 0])`);
  const ask = (step: number, live: Live) => staged.ask(step, live);
  expect([0, 1, 2].map((restarts) => ask(0, table({ "web[1].restarts": int(restarts) })))).toEqual([
    "unmet",
    "unmet",
    "met",
  ]);
  expect(ask(1, table({ "web[1].log": logOf("p50 = 1.5 ms") }))).toBe("met");
  expect(ask(1, table({ "web[1].log": logOf("p50 = 9.5 ms") }))).toBe("unmet");
  expect(ask(2, table({ "web[1].exit": int(0), "web[2].exit": int(0) }))).toBe("met");
  expect(ask(2, table({ "web[1].exit": int(0), "web[2].exit": { is: "none" } }))).toBe("unmet");
});

test("what isn't there yet is not met, also behind a negation; what nobody tells is broken", () => {
  const staged = opened("expect !(web[1].restarts == 3)\nexpect web[1].restarts == 3");
  expect(staged.ask(0, table({}))).toBe("unmet");
  expect(staged.explain(0, table({})).hint).toBe("`web[1].restarts` isn't there yet.");
  const answer = staged.ask(1, table({ "web[1].restarts": { problem: "Nobody counts." } }));
  expect(answer).toMatchObject({ broken: { code: "VB6004", message: "Nobody counts." } });
});

test("an explanation draws the values of the parts, and a log by its last line", () => {
  const staged = opened(`expect web[1].log.count("x") > racks within 2s, "many x"`);
  const diagnostic = staged.explain(0, table({ "web[1].log": logOf("a", "x") }));
  expect(diagnostic).toMatchObject({ code: "VB6001", message: "Expected within 2s: many x." });
  expect(diagnostic.values?.map((value) => value.text)).toEqual(["1", '2 lines, the last "x"', "2"]);
  expect(staged.durationMs(0)).toBe(2000);
});

test("asking a thousand times takes no more of the limits than asking once", () => {
  const staged = opened("expect (1..20_000).map(x => x + web[1].restarts).len() == 20_000");
  for (let i = 0; i < 100; i++) expect(staged.ask(0, table({ "web[1].restarts": int(i) }))).toBe("met");
  const endless = opened("expect (1..2_000_000).map(x => web[1].restarts).len() == 1");
  expect(endless.ask(0, table({ "web[1].restarts": int(1) }))).toMatchObject({ broken: { code: "VB3008" } });
});

test("what is set lies over the declarations, families included; assertions are asked again", () => {
  const steps = `do { set web[2].eth0.network = other
    set web[2].eth0.ip = 10.0.1.7, web[1].type("hi \${racks}") }
  do { set web[1].eth0.network = other, set web[1].eth0.ip = 10.0.1.8 }
  expect web[2].eth0.network == other && web[1].eth0.network == lan`;
  const staged = opened(steps);
  const sets = [0, 1].map((at) => staged.act(0, at) as unknown as SetInput);
  expect(staged.act(0, 2)).toMatchObject({
    is: "action",
    address: "web[1]",
    name: "type",
    args: [{ is: "string", value: "hi 2" }],
  });
  expect(staged.ask(2, table({}))).toBe("unmet");
  const changed = changeTest(world(steps), input, 0, sets);
  expect(changed.diagnostics).toEqual([]);
  const moved = changed.model?.resources.find(({ address }) => address === "web[2].eth0")?.attributes;
  expect(moved?.["network"]).toMatchObject({ value: { is: "ref", address: "other" }, origin: "set" });
  expect(moved?.["ip"]?.value).toEqual({ is: "ip", text: "10.0.1.7" });
  expect(changed.test?.ask(2, table({}))).toBe("met");
  const wrong = [0, 1].map((at) => staged.act(1, at) as unknown as SetInput);
  const refused = changeTest(world(steps), input, 0, [...sets, ...wrong]);
  expect(refused.test).toBeUndefined();
  expect(refused.diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
    "VB4001 the first stays.",
  ]);
});

test("parameters, timeout and seed are those of the test, and other tests keep theirs", () => {
  const own = "param racks = 3, timeout = 5s, seed = 7";
  const lab = `${LAB}test "three" { ${own} }\ntest "two" { expect true }\n`;
  const { tests } = openTests(testWorld({ "lab.vbus": lab }), input);
  const guests = tests.map(({ model }) => model.resources.filter(({ kind }) => kind === "guest").length);
  expect(guests).toEqual([3, 2]);
  expect(tests.map(({ timeoutMs }) => timeoutMs)).toEqual([5000, undefined]);
  expect(tests.map(({ name }) => name)).toEqual(["three", "two"]);
});

test("a parameter may read what the module declares, in its default and in a test", () => {
  const lab = `param pairs: int = base.div(2)
param twice: int = 2 * (lan.mtu / 1B).int()
let base = 6
network lan { subnet = 10.0.0.0/24 }
test "own" { param pairs = base * 2, expect pairs == 12 && twice == 3000 }
test "default" { expect pairs == 3 }
`;
  const { tests, diagnostics } = openTests(testWorld({ "lab.vbus": lab }), input);
  expect(diagnostics).toEqual([]);
  expect(tests.map((one) => one.ask(0, table({})))).toEqual(["met", "met"]);
  const circle = `param a: int = b\nlet b = a\ntest "t" { expect true }\n`;
  const told = openTests(testWorld({ "lab.vbus": circle }), input).diagnostics;
  expect(told.map(({ code }) => code)).toEqual(["VB3001"]);
});

test("a secret is shown nowhere: not in what is drawn, said, set or answered", () => {
  const lab = `param token: secret string = "hush hush"
image echo: wasm { path = "std:guests/echo" }
guest g { image = echo, args = token.split(" ") }
test "t" {
  let words = token.split(" ")
  expect words == ["x"] && "${"${token}"}!" == g.args[0], "it is ${"${token}"}"
  do { set g.args = ["--", ...token.split(" ")], set g.env = { A = token }, g.type(token) }
}
`;
  const secrets = testWorld({ "lab.vbus": lab });
  const { tests, sources } = openTests(secrets, input);
  const [staged] = tests as [StagedTest];
  const drawn = renderDiagnostics([staged.explain(0, table({}))], sources, { colour: false, width: 100 });
  expect(drawn).toContain("<secret>");
  const sets = [0, 1].map((at) => staged.act(1, at) as unknown as SetInput);
  const changed = changeTest(secrets, input, 0, sets);
  const guest = changed.model?.resources.find(({ address }) => address === "g")?.attributes;
  const shown = ["args", "env"].map((name) => showValue(guest?.[name]?.value ?? { is: "none" }));
  expect(shown).toEqual(['["--", <secret>, <secret>]', "{ A = <secret> }"]);
  const frame = drawn.split("\n").filter((line) => !/^\s*\d+ │/.test(line));
  expect(`${frame.join()}${shown.join()}`).not.toMatch(/hush/);
  expect(
    showValue(
      staged.model.resources.find(({ address }) => address === "g")?.attributes["args"]?.value ?? int(0),
    ),
  ).toBe("[<secret>, <secret>]");
});

test("mistakes in tests are mistakes of the file", () => {
  const codes = (steps: string) => openTests(world(steps), input).diagnostics.map(({ code }) => code);
  expect(codes("param rakcs = 3")).toEqual(["VB2001"]);
  expect(codes("param racks = 1, param racks = 2")).toEqual(["VB2005"]);
  expect(codes("timeout = 1s, timeout = 2s")).toEqual(["VB2005"]);
  expect(codes("let a = 1, let a = 2")).toEqual(["VB2005"]);
  expect(codes("timeout = web[1].uptime")).toEqual(["VB2020"]);
  expect(codes("do { set web[1].eth0.ip = web[1].log.text }")).toEqual(["VB2020"]);
  expect(codes("do { web[1].dance() }")).toEqual(["VB2004"]);
  expect(codes("param racks = 1, expect web[2].restarts == 0")).toEqual([]);
});
