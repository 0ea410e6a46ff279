// Values of expressions and where values came from, over the same evaluation; secrets stay hidden in both.

import { expect, test } from "vitest";
import { evaluateExpression, explainValues, showValue, valueJson, type Provenance } from "../index.ts";
import { FOLDER, testWorld, type TestWorld } from "../world.test-support.ts";

const LAB = `param count: int = 2
param token: secret string = "hunter2"
let base = 1000B
image echo: wasm { path = "std:guests/echo" }
network lan { subnet = 10.0.0.0/24, mtu = base * 2 }
component pair(size: int = 1) { guest one for i in 1..size { image = echo, labels = { n = i } } }
pair p { size = count }
guest web for name in ["a", "b"] {
  image = echo
  args = ["--name", name, "--token", token]
  env = { PEER = server.eth0.ip }
  device eth0: venet { network = lan }
}
guest server { image = echo, device eth0: venet { network = lan, mtu = 1400B } }
`;

const input = { root: `${FOLDER}/lab.vbus` };
const ask = (text: string, lab = LAB) => evaluateExpression(testWorld({ "lab.vbus": lab }), input, text);
const why = (
  question: string,
  more: { readonly flags?: Record<string, string>; readonly world?: TestWorld } = {},
) =>
  explainValues(
    testWorld({ "lab.vbus": LAB }, more.world),
    { ...input, params: { ...(more.flags && { flags: more.flags }) } },
    question,
  );

test.each([
  ["1 + 1", "2", "int"],
  ["server.eth0.ip", "10.0.0.4", "ip"],
  ["web.keys()", '["a", "b"]', "[string]"],
  ['web["a"].eth0', 'web["a"].eth0', "device of class venet"],
  ["[for n in 1..count: n * base]", "[1kB, 2kB]", "[size]"],
  ["{ a = none, b = server.restart }", "{ a = none, b = never }", "{ a: none, b: Restart }"],
  ["token", "<secret>", "secret string"],
  ['"x${token}"', "<secret>", "string"],
  ['token.split("t")[0]', "<secret>", "secret string"],
  ['[for x in ["hunter2", "b"] when x == token: x]', "[<secret>]", "[string]"],
])("%s is %s", (text, shown, type) => {
  const { value, type: told, diagnostics } = ask(text);
  expect(diagnostics).toEqual([]);
  expect([value && showValue(value), told]).toEqual([shown, type]);
  expect(JSON.stringify(value && valueJson(value))).not.toContain("hunter2");
});

test.each([
  ["nothing", "VB2001", 0, 7],
  ["(1 + ", "VB1022", 0, 0],
  ["1\nlet b = 2", "VB3007", 0, 11],
  ["[1][count]", "VB3004", 0, 10],
  ["server.log", "VB2020", 7, 10],
])("%j is told as %s", (text, code, start, end) => {
  const { value, diagnostics, sources } = ask(text);
  expect(value).toBeUndefined();
  expect(diagnostics.map((one) => one.code)).toEqual([code]);
  const [{ span } = { span: undefined }] = diagnostics;
  expect(sources.get(span?.file ?? "")).toBe(text);
  if (end > 0) expect([span?.start, span?.end]).toEqual([start, end]);
});

test("where the files are wrong, that is told, and nothing else", () => {
  const { value, diagnostics } = ask("nothing", "network lan { }");
  expect(value).toBeUndefined();
  expect(diagnostics.map(({ code }) => code)).toEqual(["VB2009"]);
});

const shown = ({ name, value, how, note, place, from }: Provenance): string =>
  [
    `${name} = ${showValue(value)}: ${how}`,
    ...(note === undefined ? [] : [note]),
    ...(place === undefined ? [] : [`${place.file.replace(`${FOLDER}/`, "")}:${place.line}`]),
  ].join(", ") + (from.length > 0 ? ` (${from.map(shown).join("; ")})` : "");

test.each([
  ["server.eth0.mtu", "mtu = 1400B: set, lab.vbus:14"],
  [
    'web["a"].eth0.mtu',
    "mtu = 2kB: derived, std:prelude/device.vbus:27 (lan.mtu = 2kB: set, lab.vbus:5 (base = 1kB: set, lab.vbus:3))",
  ],
  ["web['b'].eth0.ip", "ip = 10.0.0.3: allocated, from the pool of lan"],
  ["server.eth0.mac", /^mac = [0-9a-f:]+: allocated, from the lab's name and the address$/],
  ["echo.memory", "memory = 1MiB: allocated, told by its driver"],
  [
    'web["a"].args',
    'args = ["--name", "a", "--token", <secret>]: set, lab.vbus:10 (name = "a": variable; ' +
      "token = <secret>: default, lab.vbus:2)",
  ],
  [
    'web["a"].env',
    "env = { PEER = 10.0.0.4 }: set, lab.vbus:11 (server.eth0.ip = 10.0.0.4: allocated, from the pool of lan)",
  ],
  ["server.watchdog", "watchdog = 10s: default, std:prelude/guest.vbus:70"],
  ["p.size", "size = 2: set, lab.vbus:7 (count = 2: default, lab.vbus:1)"],
  ["p.one[2].labels", "labels = { n = 2 }: set, lab.vbus:6 (i = 2: variable)"],
])("why %s", (question, wanted) => {
  const { thing, ok } = why(question);
  expect(ok).toBe(true);
  const [only] = thing?.attributes ?? [];
  expect(thing?.attributes).toHaveLength(1);
  if (typeof wanted === "string") expect(only && shown(only)).toBe(wanted);
  else expect(only && shown(only)).toMatch(wanted);
});

test("a parameter tells who gave it", () => {
  const [flag] = why("p.size", { flags: { count: "3" } }).thing?.attributes ?? [];
  expect(flag && shown(flag)).toBe("size = 3: set, lab.vbus:7 (count = 3: given, -p count, lab.vbus:1)");
  const [variable] = why("p.size", { world: { env: { VBUS_PARAM_COUNT: "4" } } }).thing?.attributes ?? [];
  expect(variable && shown(variable)).toContain("count = 4: given, VBUS_PARAM_COUNT");
});

test("a thing is told with every attribute, and nothing of a secret", () => {
  const { thing } = why('web["a"]');
  expect(thing).toMatchObject({ address: 'web["a"]', kind: "guest", place: { line: 8 } });
  expect(thing?.attributes.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["image", "args", "goal"]),
  );
  expect(JSON.stringify(thing?.attributes.map(shown))).not.toContain("hunter2");
});

test.each([
  ["servr", "server"],
  ["server.eth1", "server.eth0"],
  ["server.eth0.mtuu", "server.eth0.mtu"],
])("%s is nothing; %s is near", (question, near) => {
  expect(why(question)).toMatchObject({ ok: true, nearest: near });
  expect(why(question).thing).toBeUndefined();
});
